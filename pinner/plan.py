"""What is to be done, decided in full before anything is written.

Occurrences, a lock and resolutions in; edits, a new lock and failures out. A failure never hides another image, and
never removes or moves a digest that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pinner.cooldown import Dropped, Waiting
from pinner.errors import AmbiguousTagError, UnknownTagError
from pinner.formats.base import Occurrence, ScannedFile
from pinner.forms import Form
from pinner.frozen import dataclass
from pinner.lock.comparison import LockDifference, compare
from pinner.lock.model import Lock, Pin, candidates_after, lock_key
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.oci.reference import DEFAULT_TAG, Reference
from pinner.relevance import Unchanged
from pinner.resolution import Resolution, Resolved, Unresolved
from pinner.rewriting import Failure, FileChange, Wish, rewrite_files
from pinner.text import Edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Files to rewrite, the lock before and after, and what could not be done.

    `waiting` is what is not old enough, `dropped` what waits no longer without being accepted, `unchanged` what moved
    without touching a platform that is run here.
    """

    files: tuple[FileChange, ...]
    old_lock: Lock
    lock: Lock
    failures: tuple[Failure, ...]
    waiting: tuple[Waiting, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()

    @property
    def edits(self) -> Mapping[str, tuple[Edit, ...]]:
        """All edits by path."""
        return {rewrite.before.path: rewrite.edits for rewrite in self.files}

    @property
    def difference(self) -> LockDifference:
        """What the lock gains, loses and moves."""
        return compare(self.old_lock, self.lock)


def missing_from_lock(
    files: Iterable[ScannedFile], lock: Lock, platform: Platform | None = None
) -> tuple[Reference, ...]:
    """Return the references that `pin` must look up, once each: without a digest, and not in the lock."""
    missing: dict[str, Reference] = {}
    for occurrence in _occurrences(files):
        reference = occurrence.reference
        key = lock_key(reference, platform)
        if reference.digest is None and lock.get(key) is None:
            missing.setdefault(key, reference.with_tag(reference.tag))
    return tuple(missing.values())


def plan_pins(
    files: Sequence[ScannedFile], lock: Lock, resolutions: Iterable[Resolution], platform: Platform | None = None
) -> Plan:
    """Plan `pin`: add digests where there are none, and write all in their form; what is recorded stays."""
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

    return _plan(files, lock, new_lock, wish, _failures(files, unresolved, awaits))


def recorded_keys(files: Iterable[ScannedFile], lock: Lock) -> Mapping[str, Reference]:
    """Return what `update` may move, by key: every tag that has a digest in a file or in the lock."""
    keys: dict[str, Reference] = {}
    for occurrence in _occurrences(files):
        for key in _keys_of(occurrence.reference, lock):
            keys.setdefault(key, _reference_of(key))
    return keys


def written_digests(files: Iterable[ScannedFile], lock: Lock) -> Mapping[str, Digest]:
    """Return the digest that files have for a tag without an entry, where all of them have the same one."""
    digests: dict[str, set[Digest]] = {}
    for occurrence in _occurrences(files):
        reference = occurrence.reference
        if reference.digest is not None and not reference.is_digest_only and lock.get(reference.tagged) is None:
            digests.setdefault(reference.tagged, set()).add(reference.digest)
    return {key: found.pop() for key, found in digests.items() if len(found) == 1}


def plan_update(
    files: Sequence[ScannedFile], lock: Lock, pins: Mapping[str, Pin], unresolved: Mapping[str, Unresolved]
) -> Plan:
    """Plan `update`: `pins` are the entries as they are now; a tag in `unresolved` keeps its digest everywhere."""
    new_lock = lock.with_pins(pins.values())

    def wish(occurrence: Occurrence) -> Reference | None:
        keys = _keys_of(occurrence.reference, lock)
        digests = {new_lock.pins[key].digest for key in keys} if any(key in pins for key in keys) else set()
        if len(digests) != 1 or occurrence.reference.digest in digests:
            return None
        return occurrence.reference.pinned_to(digests.pop())

    def awaits(occurrence: Occurrence) -> str | None:
        return next((key for key in _keys_of(occurrence.reference, lock) if key in unresolved), None)

    failures = (*_failures(files, unresolved, awaits), *_ambiguous(files, lock, new_lock))
    return _plan(files, lock, new_lock, wish, failures)


def _ambiguous(files: Iterable[ScannedFile], lock: Lock, new_lock: Lock) -> Iterator[Failure]:
    """Yield the references without a tag whose digest belonged to several tags that mean different digests now."""

    def is_ambiguous(occurrence: Occurrence) -> bool:
        # A tag that no lock has yet may be one that nothing could be found out about.
        pins = (new_lock.get(key) for key in _keys_of(occurrence.reference, lock))
        return len({one.digest for one in pins if one is not None}) > 1

    for reference, places in _gather(files, is_ambiguous):
        keys = " or ".join(_keys_of(reference, lock))
        message = f"{reference.written!r} may be {keys}, which moved apart; it was left alone"
        error = AmbiguousTagError(message, hint="write the tag in front of the digest")
        yield Failure(image=reference.written, places=places, error=error)


def _gather(
    files: Iterable[ScannedFile], is_meant: Callable[[Occurrence], bool]
) -> Iterator[tuple[Reference, tuple[str, ...]]]:
    """Yield the references that are meant, once each, with all their places."""
    places: dict[Reference, dict[str, None]] = {}
    for file in files:
        for occurrence in file.occurrences:
            if is_meant(occurrence):
                places.setdefault(occurrence.reference, {})[file.source.place(occurrence.span.start)] = None
    yield from ((reference, tuple(where)) for reference, where in places.items())


def plan_unpin(files: Sequence[ScannedFile], lock: Lock) -> Plan:
    """Plan `unpin`: take the digests away again; a digest whose tag nobody knows stays, and so does the lock."""

    def wish(occurrence: Occurrence) -> Reference | None:
        return _without_digest(occurrence.reference, lock)

    written = (file for file in files if file.form is not Form.LEAVE)
    unknown = _gather(written, lambda one: one.reference.digest is not None and wish(one) is None)
    failures = (
        Failure(image=reference.written, places=places, error=_unknown_tag(reference, lock))
        for reference, places in unknown
    )
    return _plan(files, lock, lock, wish, failures)


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


def _unknown_tag(reference: Reference, lock: Lock) -> UnknownTagError:
    keys = " or ".join(_keys_of(reference, lock))
    reason = f"it may be {keys}" if keys else "it is not in the lock"
    message = f"nobody knows the tag of {reference.written!r}: {reason}; it was left alone"
    return UnknownTagError(message, hint="write the tag in front of the digest")


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


def _occurrences(files: Iterable[ScannedFile]) -> Iterator[Occurrence]:
    for file in files:
        yield from file.occurrences


def _failures(
    files: Iterable[ScannedFile],
    unresolved: Mapping[str, Unresolved],
    awaits: Callable[[Occurrence], str | None],
) -> tuple[Failure, ...]:
    """Gather the places of every image that could not be resolved."""
    places: dict[str, list[str]] = {key: [] for key in unresolved}
    for file in files:
        for occurrence in file.occurrences:
            key = awaits(occurrence)
            if key in places:
                places[key].append(file.source.place(occurrence.span.start))
    return tuple(
        Failure(image=key, places=tuple(dict.fromkeys(places[key])), error=one.error) for key, one in unresolved.items()
    )


def _plan(files: Sequence[ScannedFile], lock: Lock, new_lock: Lock, wish: Wish, failures: Iterable[Failure]) -> Plan:
    changed, refused = rewrite_files(files, wish)
    return Plan(files=changed, old_lock=lock, lock=new_lock, failures=(*failures, *refused))
