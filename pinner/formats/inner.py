"""The tool for documents that stand in a value of another document, as the text of Helm values in a resource.

What is found in the inner document is lifted to the letters of the file; an edit is proven for the file, and again for
the document in the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace

from pinner.formats.base import Change, Found, Occurrence, Prove, Skipped, edits_for
from pinner.forms import Form
from pinner.frozen import dataclass
from pinner.oci.reference import Reference
from pinner.syntax.rewrites import Rewrite, ValueRewrite
from pinner.text import Edit, Source, Span, apply_edits


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """A document in a value: letter i of it stands at `offsets[i]` of the file, and it ends at the last offset.

    `prove` is the proof of its format.
    """

    source: Source
    offsets: Sequence[int]
    prove: Prove
    locator: str

    def lift(self, path: str, one: Found) -> Found:
        """Return what was found in the document as it stands in the file."""
        span = self.lift_span(one.span)
        where = f"{self.locator} > {one.locator}" if one.locator else self.locator
        if isinstance(one, Skipped):
            return replace(one, path=path, span=span, locator=where)
        return replace(one, path=path, span=span, locator=where, slot=_InnerSlot(self, one))

    def lift_span(self, span: Span) -> Span:
        """Return where letters of the document stand in the file."""
        return Span(self.offsets[span.start], self.offsets[span.end])


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerRewrite(ValueRewrite):
    """What a rewrite of the inner document, of a comment too, is to the value that holds it."""

    inner: Rewrite = field(compare=False)


@dataclass(frozen=True, slots=True)
class _InnerSlot:
    """A place in a document that is in a value."""

    inside: Inside
    occurrence: Occurrence

    def rewrites(self, reference: Reference, form: Form) -> tuple[Rewrite, ...]:
        """Return the rewrites of the inner document, as rewrites of the value."""
        return tuple(map(self._lift, self.occurrence.slot.rewrites(reference, form)))

    def _lift(self, inner: Rewrite) -> Rewrite:
        span = inner.edit.span
        return InnerRewrite(
            edit=Edit(self.inside.lift_span(span), inner.edit.replacement),
            at=span.start,
            old=self.inside.source.text[span.start : span.end],
            new=inner.edit.replacement,
            inner=inner,
        )


def prove_inside(changes: Sequence[Change]) -> None:
    """Hold each document that is in a value to the proof of its format; raise `EditError`."""
    inner: dict[Inside, list[Change]] = {}
    for change in changes:
        slot = change.occurrence.slot
        if isinstance(slot, _InnerSlot):
            rewrites = tuple(one.inner for one in change.rewrites if isinstance(one, InnerRewrite))
            inner.setdefault(slot.inside, []).append(replace(change, occurrence=slot.occurrence, rewrites=rewrites))
    for inside, changes_inside in inner.items():
        after = inside.source.with_text(apply_edits(inside.source.text, edits_for(changes_inside)))
        inside.prove(inside.source, after, changes_inside)
