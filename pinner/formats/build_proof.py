"""The tool that proves what images a file names after an edit: those that were wanted, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pinner.errors import EditError
from pinner.formats.base import Change, Found, Occurrence
from pinner.oci.reference import Reference


def prove_images(before: Iterable[Found], after: Iterable[Found], changes: Sequence[Change]) -> None:
    """Raise `EditError` unless the same places are found again, each with what it was to be given."""
    wishes = {change.occurrence.span: change.reference for change in changes}
    wanted = [
        (one.locator, _identity(wishes.get(one.span, one.reference)) if isinstance(one, Occurrence) else one.reason)
        for one in before
    ]
    if wanted != [
        (one.locator, _identity(one.reference) if isinstance(one, Occurrence) else one.reason) for one in after
    ]:
        message = "the file names other images than the edit wanted"
        raise EditError(message)


def _identity(reference: Reference) -> tuple[object, ...]:
    return reference.name, reference.tag, reference.digest
