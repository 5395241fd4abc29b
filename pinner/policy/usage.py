"""Which entries of the lock are used."""

from __future__ import annotations

from collections.abc import Iterable

from pinner.formats.base import ScannedFile
from pinner.lock.model import Lock, Pin
from pinner.oci.reference import Reference


def keys_used(files: Iterable[ScannedFile], lock: Lock) -> frozenset[str]:
    """Return the keys of the lock's entries that these files use."""
    references = (occurrence.reference for file in files for occurrence in file.occurrences)
    return frozenset(pin.key for reference in references for pin in _entries_for(reference, lock))


def _entries_for(reference: Reference, lock: Lock) -> tuple[Pin, ...]:
    if reference.is_digest_only and reference.digest is not None:
        return lock.for_digest(reference.name, reference.digest)
    return lock.pins_for(reference.tagged)
