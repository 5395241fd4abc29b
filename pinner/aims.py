"""What each verb that writes wants of a place: from references, a lock and what was looked up.

A failure never removes or moves a digest that is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pinner.errors import AmbiguousTagError, UnknownTagError
from pinner.formats.base import Occurrence, ScannedFile
from pinner.forms import Form
from pinner.lock.model import Lock, Pin, candidates_after, lock_key
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.oci.reference import DEFAULT_TAG, Reference
from pinner.plan import Aim, Doubt
from pinner.resolution import Resolution, Resolved, Unresolved


def missing_from_lock(
    references: Iterable[Reference], lock: Lock, platform: Platform | None = None
) -> tuple[Reference, ...]:
    """Return the references that `pin` must look up, once each: without a digest, and not in the lock."""
    missing: dict[str, Reference] = {}
    for reference in references:
        key = lock_key(reference, platform)
        if reference.digest is None and lock.get(key) is None:
            missing.setdefault(key, reference.with_tag(reference.tag))
    return tuple(missing.values())


def aim_to_pin(lock: Lock, resolutions: Iterable[Resolution] = (), platform: Platform | None = None) -> Aim:
    """Aim at a digest where there is none, and at the form that is wanted; what is recorded stays."""
    resolved, unresolved = _by_key(resolutions, platform)
    new_lock = lock.with_pins(resolved.values()).with_pending(
        {key: candidates_after(lock.pending.get(key, ()), pin.digest) for key, pin in resolved.items()}
    )

    def wish(occurrence: Occurrence) -> Reference | None:
        if occurrence.reference.digest is not None:
            return occurrence.reference
        pin = new_lock.get(lock_key(occurrence.reference, platform))
        return None if pin is None else occurrence.reference.pinned_to(pin.digest)

    def awaits(occurrence: Occurrence) -> str | None:
        return lock_key(occurrence.reference, platform) if occurrence.reference.digest is None else None

    return Aim(old_lock=lock, lock=new_lock, wish=wish, unresolved=unresolved, awaits=awaits)


def recorded_keys(references: Iterable[Reference], lock: Lock) -> Mapping[str, Reference]:
    """Return what `update` may move, by key: every tag that has a digest in a file or in the lock."""
    keys: dict[str, Reference] = {}
    for reference in references:
        for key in _keys_of(reference, lock):
            keys.setdefault(key, _reference_of(key))
    return keys


def written_digests(references: Iterable[Reference], lock: Lock) -> Mapping[str, Digest]:
    """Return the digest that files have for a tag without an entry, where all of them have the same one."""
    digests: dict[str, set[Digest]] = {}
    for reference in references:
        if reference.digest is not None and not reference.is_digest_only and lock.get(reference.tagged) is None:
            digests.setdefault(reference.tagged, set()).add(reference.digest)
    return {key: found.pop() for key, found in digests.items() if len(found) == 1}


def aim_to_update(lock: Lock, pins: Mapping[str, Pin], unresolved: Mapping[str, Unresolved]) -> Aim:
    """Aim at what tags mean: `pins` are the entries as they are now; a tag in `unresolved` keeps its digest everywhere.

    A reference without a tag is unclear where its digest belonged to several tags that mean different digests now.
    """
    new_lock = lock.with_pins(pins.values())

    def wish(occurrence: Occurrence) -> Reference | None:
        keys = _keys_of(occurrence.reference, lock)
        digests = {new_lock.pins[key].digest for key in keys} if any(key in pins for key in keys) else set()
        if len(digests) != 1 or occurrence.reference.digest in digests:
            return None
        return occurrence.reference.pinned_to(digests.pop())

    def awaits(occurrence: Occurrence) -> str | None:
        return next((key for key in _keys_of(occurrence.reference, lock) if key in unresolved), None)

    def is_ambiguous(_: ScannedFile, occurrence: Occurrence) -> bool:
        # A tag that no lock has yet may be one that nothing could be found out about.
        pins = (new_lock.get(key) for key in _keys_of(occurrence.reference, lock))
        return len({one.digest for one in pins if one is not None}) > 1

    def explain(reference: Reference) -> AmbiguousTagError:
        keys = " or ".join(_keys_of(reference, lock))
        message = f"{reference.written!r} may be {keys}, which moved apart; it was left alone"
        return AmbiguousTagError(message, hint="write the tag in front of the digest")

    doubt = Doubt(is_ambiguous, explain)
    return Aim(old_lock=lock, lock=new_lock, wish=wish, unresolved=unresolved, awaits=awaits, doubt=doubt)


def aim_to_unpin(lock: Lock) -> Aim:
    """Aim at no digests; one whose tag nobody knows stays, and so does the lock."""

    def wish(occurrence: Occurrence) -> Reference | None:
        return _without_digest(occurrence.reference, lock)

    def is_unknown(file: ScannedFile, occurrence: Occurrence) -> bool:
        return file.form is not Form.LEAVE and occurrence.reference.digest is not None and wish(occurrence) is None

    def explain(reference: Reference) -> UnknownTagError:
        keys = " or ".join(_keys_of(reference, lock))
        reason = f"it may be {keys}" if keys else "it is not in the lock"
        message = f"nobody knows the tag of {reference.written!r}: {reason}; it was left alone"
        return UnknownTagError(message, hint="write the tag in front of the digest")

    return Aim(old_lock=lock, lock=lock, wish=wish, unresolved={}, doubt=Doubt(is_unknown, explain))


def _without_digest(reference: Reference, lock: Lock) -> Reference | None:
    """Return the reference as it was before it was pinned, or None where that is unknown, or it has no digest."""
    if reference.digest is None:
        return None
    if reference.tag is not None:
        return reference.unpinned()
    # `latest` is what `pin` takes an untagged reference for, and this is how it writes one.
    tags = {_reference_of(key).tag for key in _keys_of(reference, lock)}
    if tags == {DEFAULT_TAG}:
        return reference.unpinned()
    return reference.unpinned().tagged_as(tags.pop() or DEFAULT_TAG) if len(tags) == 1 else None


def pin_of(resolved: Resolved, platform: Platform | None = None) -> Pin:
    """Return the lock entry that a resolution gives."""
    return Pin(
        key=lock_key(resolved.reference, platform),
        digest=resolved.descriptor.digest,
        media_type=resolved.descriptor.media_type,
        platforms=resolved.platforms,
    )


def _keys_of(reference: Reference, lock: Lock) -> tuple[str, ...]:
    """Return the lock keys that an occurrence belongs to: by its tag, or by the digest where it has no tag.

    Several keys stand only for a digest without a tag that several tags share.
    """
    plain = lock_key(reference)
    if reference.digest is None:
        # A tag that nobody pinned yet is left to `pin`.
        return (plain,) if lock.get(plain) is not None else ()
    if reference.tag is None:
        keys = tuple(pin.key for pin in lock.for_digest(reference.name, reference.digest))
        # `latest` is what `pin` takes an untagged reference for, and this is how it writes one.
        return (plain,) if plain in keys else keys
    pins = lock.pins_for(reference.tagged)
    same = next((pin.key for pin in pins if pin.digest == reference.digest), None)
    if same is not None:
        return (same,)
    # A digest that the lock lacks is moved too, but not where the lock has several platforms: nobody knows which.
    if len(pins) > 1 and lock.get(plain) is None:
        return ()
    return (pins[0].key,) if len(pins) == 1 else (plain,)


def _reference_of(key: str) -> Reference:
    return Reference.parse(key.partition("#")[0])


def _by_key(
    resolutions: Iterable[Resolution], platform: Platform | None
) -> tuple[dict[str, Pin], dict[str, Unresolved]]:
    pins: dict[str, Pin] = {}
    unresolved: dict[str, Unresolved] = {}
    for resolution in resolutions:
        if isinstance(resolution, Unresolved):
            unresolved[lock_key(resolution.reference, platform)] = resolution
        else:
            pin = pin_of(resolution, platform)
            pins[pin.key] = pin
    return pins, unresolved
