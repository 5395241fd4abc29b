"""The foreign lockfiles that are known, told by what stands in them and not by their names."""

from __future__ import annotations

from typing import Final

from pinner.errors import LockError
from pinner.lock.adoption import Claim
from pinner.lock.imports import docker_lock, images_lock, imgpkg, kbld
from pinner.lock.imports.base import Entry, ForeignFormat, Refusal, problem
from pinner.lock.reading import looks_like_ours
from pinner.syntax.yaml_events import YamlSyntaxError
from pinner.syntax.yaml_values import PlacedValue, read_values
from pinner.text import Source

FORMATS: Final[tuple[ForeignFormat, ...]] = (kbld.FORMAT, imgpkg.FORMAT, images_lock.FORMAT, docker_lock.FORMAT)
_KNOWN: Final = ", ".join(one.name for one in FORMATS)
_TAKES: Final = f"it takes {_KNOWN}; without a file, digests are taken from the files of the project"


def read_foreign_lock(source: Source) -> tuple[tuple[Claim, ...], tuple[Refusal, ...]]:
    """Return what a lockfile of another tool records, and its entries that say no digest of a tag.

    Raise `LockError` with `path:line:column` for a file of no known tool, of an unknown version, or of another shape.
    """
    if looks_like_ours(source.text):
        message = f"{source.path}: this is a lockfile of pinner"
        raise LockError(message, hint="`pinner lock merge` joins three of them")
    try:
        documents = read_values(source.text)
    except YamlSyntaxError as error:
        message = f"{source.place(error.offset)}: neither YAML nor JSON: {error.message}"
        raise LockError(message, hint=_TAKES) from None
    entries: list[Entry] = []
    is_known = False
    # A stream may hold objects of all kinds, as kbld takes them.
    for document in documents:
        taken = _format_of(source, document)
        if taken is not None:
            is_known = True
            entries += taken.read(source, document)
    if not is_known:
        message = f"{source.path}:1: this is no lockfile that can be imported"
        raise LockError(message, hint=_TAKES)
    return (
        tuple(one for one in entries if isinstance(one, Claim)),
        tuple(one for one in entries if isinstance(one, Refusal)),
    )


def _format_of(source: Source, document: PlacedValue) -> ForeignFormat | None:
    """Return the format of a document, or None; raise `LockError` for a version that is not known."""
    table = document.table
    api_version, kind = table.get("apiVersion"), table.get("kind")
    if api_version is None:
        return next((one for one in FORMATS if any(key in table for key in one.keys)), None)
    written = str(api_version.value)
    group, _, version = written.rpartition("/")
    for one in FORMATS:
        if kind is not None and kind.value in one.kinds and group == one.group:
            if version != one.version:
                raise problem(source, api_version, f"{one.name} of version {written[:80]!r} is not known")
            return one
    return None
