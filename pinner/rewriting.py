"""From wishes to new texts: each file that changes, proven, and each place that cannot be written as it should be."""

from __future__ import annotations

from collections.abc import Callable

from pinner.errors import EditError, FormError, PinnerError, UnknownTagError
from pinner.formats.base import Change, Occurrence, ScannedFile, change_to, edits_for
from pinner.forms import Form
from pinner.frozen import dataclass
from pinner.oci.reference import Reference
from pinner.text import Edit, Position, Source, Span, apply_edits


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """A reference that gives way to another one: where it stands, and what reports say of it."""

    span: Span
    position: Position
    locator: str
    written: str
    reference: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What becomes of a file: all that makes the new text of the old one, and neither of them.

    `fingerprint` is that of the file which the edits were proven for; in any other they would be damage.
    """

    path: str
    fingerprint: bytes
    edits: tuple[Edit, ...]
    places: tuple[Replaced, ...]

    def apply(self, before: Source) -> Source:
        """Return the file as it is to be."""
        return before.with_text(apply_edits(before.text, self.edits))


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Something that could not be pinned: the image, every `path:line:column` it stands at, and why."""

    image: str
    places: tuple[str, ...]
    error: PinnerError


# The reference that an occurrence is to have, or None where it stays as it is. The same again asks for the form alone.
Wish = Callable[[Occurrence], Reference | None]


def rewrite(file: ScannedFile, wish: Wish) -> tuple[Revision | None, tuple[Failure, ...]]:
    """Write every wish in the form that is wanted for the file; one whose form is `leave` stays as it is."""
    changes, refused = _changes(file, wish) if file.form is not Form.LEAVE else ((), ())
    if not changes:
        return None, refused
    try:
        return _revise(file, changes), refused
    except EditError as error:
        error.hint = "the file was left alone; please report it with these lines"
        failure = Failure(image=file.source.path, places=(f"{file.source.path}:1:1",), error=error)
        return None, (*refused, failure)


def _changes(file: ScannedFile, wish: Wish) -> tuple[tuple[Change, ...], tuple[Failure, ...]]:
    """Return what changes in a file, and the places that cannot be written in its form, gathered by the reason."""
    changes: list[Change] = []
    refused: dict[str, tuple[PinnerError, dict[str, None]]] = {}
    for occurrence in file.occurrences:
        reference = wish(occurrence)
        if reference is None:
            continue
        try:
            change = change_to(occurrence, reference, file.form)
        except (FormError, UnknownTagError) as error:
            _, places = refused.setdefault(error.message, (error, {}))
            places[file.source.place(occurrence.span.start)] = None
            continue
        if change.rewrites:
            changes.append(change)
    failures = (
        Failure(image=file.source.path, places=tuple(places), error=error) for error, places in refused.values()
    )
    return tuple(changes), tuple(failures)


def _revise(file: ScannedFile, changes: tuple[Change, ...]) -> Revision:
    """Apply the changes to a copy of the text and prove them."""
    edits = edits_for(changes)
    after = file.source.with_text(apply_edits(file.source.text, edits))
    if file.format is None:
        message = f"{file.source.path}: no format took this file"
        raise EditError(message)
    file.format.prove(file.source, after, changes)
    places = tuple(_replaced(file.source, change) for change in changes)
    return Revision(path=file.source.path, fingerprint=file.source.fingerprint, edits=edits, places=places)


def _replaced(source: Source, change: Change) -> Replaced:
    occurrence = change.occurrence
    return Replaced(
        span=occurrence.span,
        position=source.position(occurrence.span.start),
        locator=occurrence.locator,
        written=occurrence.reference.written,
        reference=change.reference,
    )
