"""What the readers of foreign lockfiles share: fields with their places, and what an entry comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pinner.errors import ForeignEntryError, InputError, LockError, PinnerError, UnknownTagError
from pinner.frozen import dataclass
from pinner.lock.adoption import Claim
from pinner.lock.model import lock_key
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.syntax.yaml_values import PlacedValue
from pinner.text import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An entry that names no digest of a tag: the image as it is written, where, and why."""

    image: str
    place: str
    error: PinnerError


Entry = Claim | Refusal
Read = Callable[[Source, PlacedValue], Iterator[Entry]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFormat:
    """A lockfile of another tool: what people call it, and how its objects are told and read.

    One that is no object (`apiVersion` and `kind`) is told by its `keys`.
    """

    name: str
    group: str = ""
    version: str = ""
    kinds: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    read: Read


def problem(source: Source, at: PlacedValue, message: str) -> LockError:
    """Return the error that something in a foreign lockfile has another shape than its tool gives it."""
    return LockError(f"{source.place(at.start)}: {message}", hint="write the file again with the tool that made it")


def read_text(source: Source, table: PlacedValue, key: str) -> str:
    """Return the text under a key, empty where there is none."""
    found = table.table.get(key)
    if found is None:
        return ""
    if not isinstance(found.value, str):
        raise problem(source, found, f"{key} must be a text")
    return found.value


def read_tables(source: Source, table: PlacedValue, key: str) -> tuple[PlacedValue, ...]:
    """Return the tables in the list under a key, which must be there."""
    found = table.table.get(key)
    if found is None:
        raise problem(source, table, f"{key} is missing")
    # An empty list of Go's is often written as null.
    if found.value in ("", "null", "~"):
        return ()
    if not isinstance(found.value, tuple):
        raise problem(source, found, f"{key} must be a list")
    for one in found.value:
        read_table(source, one, f"an element of {key}")
    return found.value


def read_table(source: Source, found: PlacedValue, name: str) -> PlacedValue:
    """Return a value that must be a table."""
    if isinstance(found.value, str | tuple):
        raise problem(source, found, f"{name} must be a table")
    return found


def read_replacement(source: Source, at: PlacedValue, image: str, pinned: str) -> Entry:
    """Return what an entry says that replaces `image`, as people wrote it, by `pinned`, which has a digest.

    It says something of the tag of `image` only where both are in one repository.
    """
    try:
        before, after = Reference.parse(image), Reference.parse(pinned)
    except InputError as error:
        return refuse(source, at, image, error.message)
    if after.digest is None:
        return refuse(source, at, image, f"{pinned!r} has no digest")
    if before.is_digest_only:
        return _without_tag(source, at, image)
    if before.name != after.name:
        return refuse(source, at, image, f"it stands for an image of another repository, {after.name}")
    if before.digest is not None and before.digest != after.digest:
        return refuse(source, at, image, f"it stands for another digest, {after.digest}")
    return Claim(lock_key(before), after.digest, source.place(at.start))


def read_digest(source: Source, at: PlacedValue, image: str, written: str, *, platform: str = "") -> Entry:
    """Return what an entry says that has the digest of `image` in a field of its own, for one platform or for all."""
    if not written:
        return refuse(source, at, image, "it has no digest")
    try:
        reference, digest = Reference.parse(image), Digest.parse(written)
        key = lock_key(reference, Platform.parse(platform) if platform else None)
    except InputError as error:
        return refuse(source, at, image, error.message)
    if reference.digest not in {None, digest}:
        return refuse(source, at, image, f"it stands beside another digest, {digest}")
    return Claim(key, digest, source.place(at.start))


def refuse(source: Source, at: PlacedValue, image: str, reason: str) -> Refusal:
    """Return an entry that is left out."""
    error = ForeignEntryError(f"{image!r} was not adopted: {reason}", hint="`pinner pin` looks its tag up")
    return Refusal(image=image, place=source.place(at.start), error=error)


def _without_tag(source: Source, at: PlacedValue, image: str) -> Refusal:
    error = UnknownTagError(f"nobody knows the tag of {image!r}; it was not adopted")
    return Refusal(image=image, place=source.place(at.start), error=error)
