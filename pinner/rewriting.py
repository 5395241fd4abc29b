"""From wishes to new texts: each file that changes, proven, and each place that cannot be written as it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pinner.errors import EditError, FormError, PinnerError, UnknownTagError
from pinner.formats.base import Change, Occurrence, ScannedFile, change_to, edits_for
from pinner.forms import Form
from pinner.frozen import dataclass
from pinner.oci.reference import Reference
from pinner.text import Edit, Source, apply_edits


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file before and after, with the changes that make the difference; proven."""

    before: Source
    after: Source
    changes: tuple[Change, ...]

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits of the file, once each and in order."""
        return edits_for(self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Something that could not be pinned: the image, every `path:line:column` it stands at, and why."""

    image: str
    places: tuple[str, ...]
    error: PinnerError


# The reference that an occurrence is to have, or None where it stays as it is. The same again asks for the form alone.
Wish = Callable[[Occurrence], Reference | None]


def rewrite_files(files: Iterable[ScannedFile], wish: Wish) -> tuple[tuple[FileChange, ...], tuple[Failure, ...]]:
    """Write every wish in the form that is wanted for its file; a file whose form is `leave` stays as it is."""
    changed: list[FileChange] = []
    failures: list[Failure] = []
    for file in files:
        changes, refused = _changes(file, wish) if file.form is not Form.LEAVE else ((), ())
        failures += refused
        if not changes:
            continue
        try:
            changed.append(_rewrite(file, changes))
        except EditError as error:
            error.hint = "the file was left alone; please report it with these lines"
            failures.append(Failure(image=file.source.path, places=(f"{file.source.path}:1:1",), error=error))
    return tuple(changed), tuple(failures)


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


def _rewrite(file: ScannedFile, changes: tuple[Change, ...]) -> FileChange:
    """Apply the changes to a copy of the text and prove them."""
    after = file.source.with_text(apply_edits(file.source.text, edits_for(changes)))
    if file.format is None:
        message = f"{file.source.path}: no format took this file"
        raise EditError(message)
    file.format.prove(file.source, after, changes)
    return FileChange(before=file.source, after=after, changes=changes)
