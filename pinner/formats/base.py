"""What every format shares: what was found, what was passed over and why, and how a reference is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, Protocol

from pinner.context import NO_CONTEXT, Context
from pinner.errors import InputError
from pinner.formats.slots import Slot
from pinner.forms import Form
from pinner.frozen import dataclass
from pinner.oci.reference import Reference
from pinner.patterns import compile_later
from pinner.syntax.rewrites import Rewrite, edits_of
from pinner.text import Edit, Position, Source, Span

_VARIABLE: Final = compile_later(r"\$(?:[A-Za-z_({\[]|\$)")
# `${{ matrix.x }}` is an expression of GitHub Actions: a variable, not a template.
_TEMPLATE: Final = compile_later(r"(?<!\$)\{\{|\{%|<%|%\{|<<\s*[A-Za-z_]")
_PLACEHOLDER: Final = compile_later(r"^<[^<>]*>|<[A-Za-z][\w .-]*>|^%s$|%[sdv](?![0-9a-fA-F]{2})")
_NAME_END: Final = compile_later(r"[/:@]")
_NUMBERS: Final = compile_later(r"[0-9.]+:[0-9]+")
_IMAGE_ID: Final = compile_later(r"(?:sha256:)?[0-9a-f]{64}", re.ASCII)


NO_ALIASES: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """An image reference in a file.

    `span` covers the reference as it stands in the source, without quotes; of a reference in parts, the part that names
    most. `reference` is what the place means: parts put together, aliases replaced, with the tag that a comment
    remembers. `locator` is for people: `spec.containers[0].image`. `slot` knows how a new reference is written.
    """

    path: str
    span: Span
    reference: Reference
    locator: str
    slot: Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A place that looks like an image and is left alone; `reason` is a stable word, `detail` is for people."""

    path: str
    span: Span
    locator: str
    written: str
    reason: str
    detail: str = ""


Found = Occurrence | Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One occurrence, the reference that is to stand in its place, and how that is written; see `change_to`."""

    occurrence: Occurrence
    reference: Reference
    rewrites: tuple[Rewrite, ...]

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits that write it, in the order of the text."""
        return edits_of(self.rewrites)


def change_to(occurrence: Occurrence, reference: Reference, form: Form = Form.TAG_AND_DIGEST) -> Change:
    """Return the change that makes a place say `reference`; raise `FormError` where it cannot in this form."""
    return Change(occurrence=occurrence, reference=reference, rewrites=occurrence.slot.rewrites(reference, form))


def rewrites_of(changes: Iterable[Change]) -> tuple[Rewrite, ...]:
    """Return all that is rewritten; a place that several occurrences share counts once."""
    return tuple(dict.fromkeys(one for change in changes for one in change.rewrites))


def edits_for(changes: Iterable[Change]) -> tuple[Edit, ...]:
    """Return the edits of these changes, once each and in the order of the text."""
    return edits_of(rewrites_of(changes))


class Find(Protocol):
    """Returns the images of a file and what is left alone; `context` has what the project says about places."""

    def __call__(self, source: Source, context: Context = NO_CONTEXT, /) -> tuple[Found, ...]:
        """Look into one file."""


# Raises `EditError` unless `after` is `before` with exactly these changes.
Prove = Callable[[Source, Source, Sequence[Change]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A kind of file that holds image references: two functions, and what else is to be known.

    Its row in the table (`table.py`) says which names its files have. A file that has one is taken when `is_ours`
    agrees. With `reads_charts`, the context must tell what is known of the Helm chart around the file.

    `included` gives the files that a file takes in, which are of the same format whatever their name: patterns of paths
    from the root, in which `*` is any letters but `/`, and `**` any letters.
    """

    name: str
    is_ours: Callable[[Source], bool] | None = None
    find: Find
    prove: Prove
    reads_charts: bool = False
    included: Callable[[Source], Iterable[str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedFile:
    """A file, the format that took it, what it found in which context, and the form that is wanted for it.

    A file that could not be read has an empty source.
    """

    source: Source
    format: Format | None
    found: tuple[Found, ...]
    context: Context = NO_CONTEXT
    form: Form = Form.TAG_AND_DIGEST

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """The image references of the file."""
        return tuple(one for one in self.found if isinstance(one, Occurrence))

    @property
    def is_untaken(self) -> bool:
        """Whether the file was named and no format takes it."""
        return [one.reason for one in self.skipped] == ["no-format"]

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The places that were left alone."""
        return tuple(one for one in self.found if isinstance(one, Skipped))


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A place that was passed over, with what a report wants of its file: so the file need not be kept."""

    position: Position
    format: str | None
    skipped: Skipped


def left_alone_in(file: ScannedFile) -> Iterator[LeftAlone]:
    """Yield the places of a file that were passed over."""
    name = file.format.name if file.format else None
    for one in file.skipped:
        yield LeftAlone(file.source.position(one.span.start), name, one)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a text is no reference that can be pinned: a stable word, and a sentence for people."""

    reason: str
    detail: str = ""


def read_reference(text: str, aliases: Mapping[str, str] = NO_ALIASES) -> Reference | Unreadable:
    """Read an image reference as people write it in files, or say why it is none (REF-12).

    Variables and templates are recognised before the grammar is asked, so that their reason is the right one. One of
    `aliases` in front is read as the name that it means, and stays in what is written (G02).
    """
    if aliases:
        # A pipeline may have thousands: they are looked up, not tried one by one. None has a sign that ends it.
        ended = _NAME_END.search(text)
        variable = text if ended is None else text[: ended.start()]
        name = aliases.get(variable)
        rest = text[len(variable) :]
        if name is not None and variable and (rest[:1] == "/" or "/" in name):
            meant = read_reference(name + rest)
            return replace(meant, written=text) if isinstance(meant, Reference) else meant
    if not text:
        return Unreadable("empty", "no image is named")
    for pattern, reason, detail in (
        (_TEMPLATE, "template-value", "the value is made by a template"),
        (_VARIABLE, "variable", "the value is a variable, or holds one"),
        (_PLACEHOLDER, "placeholder", "the value is to be filled in"),
        (_IMAGE_ID, "image-id", "an image id is local to one machine"),
    ):
        found = pattern.fullmatch(text) if pattern is _IMAGE_ID else pattern.search(text)
        if found:
            return Unreadable(reason, detail)
    try:
        return Reference.parse(text)
    except InputError as error:
        return Unreadable("not-a-reference", error.message + (f" ({error.hint})" if error.hint else ""))


def is_versioned(text: str, aliases: Mapping[str, str] = NO_ALIASES) -> bool:
    """Return whether a text is a reference with a tag or a digest, and not only numbers (`127.0.0.1:80`)."""
    reading = read_reference(text, aliases)
    if isinstance(reading, Unreadable) or _NUMBERS.fullmatch(text):
        return False
    return reading.tag is not None or reading.digest is not None
