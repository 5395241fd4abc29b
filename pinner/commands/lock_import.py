"""`lock import`: digests that stand in the project's files, or in another tool's lockfile, become entries.

Nothing is mended here and nothing that is recorded moves: where two digests are written for one tag, both are said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Final

from pinner.aims import pin_of
from pinner.commands.lock import put_lock
from pinner.commands.network import OpenResolver
from pinner.commands.project import Project
from pinner.commands.scanning import scan_each
from pinner.errors import ContradictionError, InputError, PinnerError, UnknownTagError
from pinner.formats.base import Occurrence, ScannedFile
from pinner.frozen import dataclass
from pinner.lock.adoption import Claim, Contradiction, adopt, recorded_digests
from pinner.lock.imports.table import read_foreign_lock
from pinner.lock.model import Lock, Pin
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.policy.findings import Finding
from pinner.policy.rules import find_unreadable
from pinner.resolution import Resolution, Unresolved
from pinner.rewriting import Failure
from pinner.syntax.toml_places import raise_together
from pinner.text import Source
from pinner.workspace.reading import read_regular

_SHOWN: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The entries that the lock gains, what was left out and why, files that cannot be read, and the patch."""

    pins: tuple[Pin, ...]
    failures: tuple[Failure, ...]
    unreadable: tuple[Finding, ...]
    patch: str


@dataclass(frozen=True, slots=True)
class _Orphan:
    """A digest that stands without a tag."""

    name: str
    digest: Digest
    written: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """What was read: claims, what was left out at once, digests without tags, and files that cannot be read."""

    claims: tuple[Claim, ...] = ()
    refused: tuple[Failure, ...] = ()
    orphans: tuple[_Orphan, ...] = ()
    unreadable: tuple[Finding, ...] = ()


def import_digests(
    project: Project, files: Sequence[Path] = (), *, open_resolver: OpenResolver | None = None, writes: bool = True
) -> Imported:
    """Adopt the digests of other tools' lockfiles or, without any, of the files of the project.

    With a resolver, each digest is read: what the registry does not have is left out, and what it says is recorded.
    Raise `LockError`, with nothing written, for a file that is no lockfile that is known.
    """
    with project.workspace.locked(on_wait=project.warn) if writes else nullcontext():
        lock_file = project.read_lock()
        lock = lock_file.lock
        gathered = _read_locks(files) if files else _read_tree(project, lock)
        adoption = adopt(lock, gathered.claims)
        pins = adoption.pins
        unread: tuple[Failure, ...] = ()
        if open_resolver is not None:
            pins, unread = _read_all(adoption.pins, open_resolver, _places_by_key(gathered.claims))
        after = lock.with_pins(pins)
        failures = (
            *gathered.refused,
            *(_contradiction(one, lock_file.path) for one in adoption.contradictions),
            *_unknown_tags(gathered.orphans, after),
            *unread,
        )
        patch = put_lock(project, lock_file, after, writes=writes) if pins else ""
        return Imported(pins=pins, failures=failures, unreadable=gathered.unreadable, patch=patch)


def _read_locks(files: Iterable[Path]) -> _Gathered:
    """Read foreign lockfiles, all of them before one is refused."""
    claims: list[Claim] = []
    refused: list[Failure] = []
    problems: list[InputError] = []
    for file in files:
        path = file.as_posix()
        try:
            # The user names it: it may be anywhere, and a link.
            found, left = read_foreign_lock(Source.decode(path, read_regular(file.resolve(), path)))
        except InputError as error:
            problems.append(error)
        else:
            claims += found
            refused += (Failure(image=one.image, places=(one.place,), error=one.error) for one in left)
    if problems:
        raise_together(problems)
    return _Gathered(claims=tuple(claims), refused=tuple(refused))


def _read_tree(project: Project, lock: Lock) -> _Gathered:
    parts = [one.verdict for one in scan_each(project, judge=lambda file: _gather(file, lock))]
    return _Gathered(
        claims=tuple(claim for part in parts for claim in part.claims),
        orphans=tuple(orphan for part in parts for orphan in part.orphans),
        unreadable=tuple(finding for part in parts for finding in part.unreadable),
    )


def _gather(file: ScannedFile, lock: Lock) -> _Gathered:
    """Return what a file says that the lock does not know yet."""
    return _Gathered(
        claims=tuple(dict.fromkeys(_claims(file, lock))),
        orphans=tuple(dict.fromkeys(_orphans(file, lock))),
        unreadable=find_unreadable(file),
    )


def _claims(file: ScannedFile, lock: Lock) -> Iterator[Claim]:
    for one in file.occurrences:
        digest, key = one.reference.digest, one.reference.tagged
        if digest is not None and one.reference.tag is not None and digest not in recorded_digests(lock, key):
            yield Claim(key, digest, _place(file, one))


def _orphans(file: ScannedFile, lock: Lock) -> Iterator[_Orphan]:
    for one in file.occurrences:
        reference = one.reference
        if reference.digest is None or reference.tag is not None:
            continue
        if not lock.for_digest(reference.name, reference.digest):
            yield _Orphan(reference.name, reference.digest, reference.written, _place(file, one))


def _place(file: ScannedFile, one: Occurrence) -> str:
    return file.source.place(one.span.start)


def _contradiction(one: Contradiction, lock_path: str) -> Failure:
    others = " or ".join(_short(digest) for digest in one.others)
    where = f"in {lock_path}; the lock stays" if one.is_locked else "elsewhere; none was adopted"
    hint = "`pinner update` accepts what the tag means now" if one.is_locked else "write one digest everywhere"
    error = ContradictionError(f"{one.key!r} has {_short(one.digest)} here and {others} {where}", hint=hint)
    return Failure(image=one.key, places=one.places, error=error)


def _short(digest: Digest) -> str:
    return f"{digest.encoded[:_SHOWN]}…"


def _unknown_tags(orphans: Iterable[_Orphan], lock: Lock) -> Iterator[Failure]:
    """Yield the digests whose tag nobody knows, not even by what was just adopted; each text with all its places."""
    places: dict[str, list[str]] = {}
    for one in orphans:
        if not lock.for_digest(one.name, one.digest):
            places.setdefault(one.written, []).append(one.place)
    for written, where in places.items():
        error = UnknownTagError(
            f"nobody knows the tag of {written!r}; it was not adopted", hint="write the tag in front of the digest"
        )
        yield Failure(image=written, places=tuple(where), error=error)


def _places_by_key(claims: Iterable[Claim]) -> Mapping[str, tuple[str, ...]]:
    places: dict[str, dict[str, None]] = {}
    for claim in claims:
        places.setdefault(claim.key, {})[claim.place] = None
    return {key: tuple(some) for key, some in places.items()}


def _read_all(
    pins: Iterable[Pin], open_resolver: OpenResolver, places: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[Pin, ...], tuple[Failure, ...]]:
    """Return the entries with all that their documents say, and those that could not be read."""
    read: list[Pin] = []
    failures: list[Failure] = []
    for platform, group in groupby(sorted(pins, key=lambda pin: str(pin.platform)), key=lambda pin: pin.platform):
        wanted = tuple(group)
        with open_resolver(platform) as resolver:
            found = resolver.describe([Reference.parse(pin.tagged).pinned_to(pin.digest) for pin in wanted])
        for pin, resolution in zip(wanted, found, strict=True):
            outcome = _with_facts(pin, resolution, platform)
            if isinstance(outcome, Pin):
                read.append(outcome)
            else:
                failures.append(Failure(image=pin.key, places=places[pin.key], error=outcome))
    return tuple(sorted(read, key=lambda pin: pin.key)), tuple(failures)


def _with_facts(pin: Pin, resolution: Resolution, platform: Platform | None) -> Pin | PinnerError:
    """Return an entry with what its document says, or why it is none."""
    if isinstance(resolution, Unresolved):
        return resolution.error
    now = pin_of(resolution, platform)
    if now.digest == pin.digest:
        return replace(pin, media_type=now.media_type, platforms=now.platforms)
    message = f"{pin.key!r} has {_short(now.digest)} for this platform, not {_short(pin.digest)}"
    return ContradictionError(message, hint="`pinner pin --platform` looks it up")
