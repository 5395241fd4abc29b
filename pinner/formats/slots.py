"""How a place is written: from a new reference and the form that is wanted to the smallest edits of the source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from pinner.errors import FormError, UnknownTagError
from pinner.formats.notes import NoNote, Note
from pinner.forms import Form
from pinner.frozen import dataclass
from pinner.oci.reference import Reference
from pinner.syntax.rewrites import Rewrite, ValueRewrite
from pinner.text import Edit, Span

_NO_KEY: Final = "no field for the digest alone stands here"
_ESCAPED: Final = "the tag is written with escapes or over two lines, which a comment could not give back"
_NO_COMMENTS: Final = NoNote("this kind of file has no comments")
_CHOOSE: Final = "choose another form for this path in [[forms]]"


class Slot(Protocol):
    """A place that can be given another reference; it knows what stands there now."""

    def rewrites(self, reference: Reference, form: Form) -> tuple[Rewrite, ...]:
        """Return what makes the place say `reference` in this form: nothing where it does so already.

        A reference without a digest gives back what stood there before. Raise `FormError` where the place cannot be
        written in this form, and `UnknownTagError` where nothing but the digest says which image it is.
        """


@dataclass(frozen=True, slots=True)
class WholeReference:
    """The whole reference stands in one place, perhaps with its tag in a comment.

    `text` is what stands there now and `offsets[i]` where letter i of it begins in the source; one more entry says
    where the last one ends. A `range` serves where source and value are the same text. `base` is the index in the
    value at which `text` begins. `elsewhere` is what of the reference stands in front of it, in another place.
    `no_tag` says why no tag may stand beside a digest, `needs_tag` why one must. `taken` is a text that would not be
    this image: the name of a stage, say.
    """

    text: str
    offsets: Sequence[int]
    base: int = 0
    elsewhere: str = ""
    note: Note | NoNote = _NO_COMMENTS
    no_tag: str = ""
    needs_tag: str = ""
    taken: str = ""

    def rewrites(self, reference: Reference, form: Form) -> tuple[Rewrite, ...]:
        """Return edits of the letters that differ, so that quotes, escapes and folds stay, and of the comment."""
        is_pinned = reference.digest is not None
        if is_pinned and form is Form.DIGEST_KEY:
            raise refuse_form(form, _NO_KEY)
        if is_pinned and reference.tag is not None:
            problem = {Form.TAG_AND_DIGEST: self.no_tag, Form.DIGEST: self.needs_tag}.get(form, "")
            if problem:
                raise refuse_form(form, problem)
        tag = reference.tag if is_pinned and form is Form.DIGEST else None
        written = (reference.untagged() if tag else reference).written.removeprefix(self.elsewhere)
        if self.taken and written == self.taken:
            message = f"{written!r} alone names something else here, so that the digest stays"
            raise UnknownTagError(message, hint="write the tag, then run `pinner unpin` again")
        letters = replace_text(self.text, written, self.offsets, self.base)
        if tag is not None and not all(map(_is_plain, letters)):
            raise refuse_form(form, _ESCAPED)
        return (*letters, *self._remember(tag))

    def _remember(self, tag: str | None) -> tuple[Rewrite, ...]:
        if isinstance(self.note, Note):
            return self.note.rewrites(tag)
        if tag is not None:
            raise refuse_form(Form.DIGEST, f"{self.note.reason}, so that no comment can remember the tag")
        return ()


def replace_text(before: str, after: str, offsets: Sequence[int], base: int = 0) -> tuple[ValueRewrite, ...]:
    """Return the smallest rewrite that makes `before`, whose letters stand at `offsets`, read `after`."""
    if before == after:
        return ()
    shorter = min(len(before), len(after))
    start = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    tail = next((at for at in range(shorter - start) if before[-1 - at] != after[-1 - at]), shorter - start)
    old, new = before[start : len(before) - tail], after[start : len(after) - tail]
    edit = Edit(Span(offsets[start], offsets[len(before) - tail]), new)
    return (ValueRewrite(edit=edit, at=base + start, old=old, new=new),)


def _is_plain(rewrite: ValueRewrite) -> bool:
    """Return whether the source has the letters that go as they are, so that they could come back."""
    return rewrite.edit.span.end - rewrite.edit.span.start == len(rewrite.old)


def refuse_form(form: Form, reason: str) -> FormError:
    """Return the error that says why a place cannot be written in a form."""
    return FormError(f"the form {form.value!r} cannot be written here: {reason}", hint=_CHOOSE)
