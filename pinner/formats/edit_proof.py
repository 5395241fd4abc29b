"""The proof of edits in YAML, with templates in it, and with documents in its values: the tool behind `prove`."""

from __future__ import annotations

from collections.abc import Sequence

from pinner.errors import EditError
from pinner.formats.base import Change, edits_for, rewrites_of
from pinner.formats.inner import prove_inside
from pinner.syntax.template_mask import mask_unparsed
from pinner.syntax.yaml_proof import prove as prove_texts
from pinner.text import Source, apply_edits


def prove_edit(before: Source, after: Source, changes: Sequence[Change]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these changes and no other meaning changed."""
    rewrites = rewrites_of(changes)
    edits = edits_for(changes)
    masked = mask_unparsed(before.text)
    if masked == before.text:
        prove_texts(before.text, after.text, rewrites)
    else:
        expected = apply_edits(masked, edits)
        spans = (one.span for one in edits)
        is_literal = all(masked[one.start : one.end] == before.text[one.start : one.end] for one in spans)
        if not is_literal or apply_edits(before.text, edits) != after.text or mask_unparsed(after.text) != expected:
            message = "the edit reaches into a template"
            raise EditError(message)
        prove_texts(masked, expected, rewrites)
    prove_inside(changes)
