"""Which entries of the lock are used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pinner.formats.base import ScannedFile
from pinner.lock.model import Lock
from pinner.oci.reference import Reference


def keys_used(files: Iterable[ScannedFile], lock: Lock) -> frozenset[str]:
    """Return the keys of the lock's entries that these files use, and of the tags that wait for their first one."""
    references = (occurrence.reference for file in files for occurrence in file.occurrences)
    return frozenset(key for reference in references for key in _keys_for(reference, lock))


def tags_of(reference: Reference, lock: Lock) -> tuple[str, ...]:
    """Return the tags that a reference uses, with their names; for a digest alone, those that the lock has for it."""
    if not reference.is_digest_only or reference.digest is None:
        return (reference.tagged,)
    return tuple(dict.fromkeys(pin.tagged for pin in lock.for_digest(reference.name, reference.digest)))


def _keys_for(reference: Reference, lock: Lock) -> Iterator[str]:
    if reference.is_digest_only and reference.digest is not None:
        yield from (pin.key for pin in lock.for_digest(reference.name, reference.digest))
        return
    yield from (pin.key for pin in lock.pins_for(reference.tagged))
    if reference.tagged in lock.pending:
        yield reference.tagged
