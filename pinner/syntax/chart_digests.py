"""How the templates of a Helm chart write the digest of an image: `@{{ .digest }}`, or `@sha256:{{ .sha }}`."""

from __future__ import annotations

import re
from typing import Final

from pinner.patterns import compile_later
from pinner.syntax.chart_templates import Action, Templates
from pinner.syntax.charts import DigestUse

_DIGEST: Final = compile_later(r"(?:\w*image_?)?(?:digest|sha|sha256)", re.IGNORECASE)
# Functions that look for the algorithm, or take it away, write none.
_NOT_WRITTEN: Final = compile_later(r"\b(?:hasPrefix|trimPrefix|contains)\s+[\"`]@?sha256:[\"`]")
_BARE: Final = compile_later(r"sha256:[\"`]?\s*(?:\{\{|%[sv]|\$|\.|\()")
_PREFIXED: Final = compile_later(r"@[\"`]?\s*(?:\{\{|%[sv]|\$|\.|\()")


def find_digest_uses(templates: Templates, *, is_subchart: bool = False) -> tuple[DigestUse, ...]:
    """Return how digests are written into image references."""
    ends = templates.ends(_DIGEST, _is_written, is_subchart=is_subchart)
    uses = (DigestUse(digest=digest, is_bare=_is_bare(end)) for digest, end in ends if _is_written(end))
    return tuple(dict.fromkeys(uses))


def _is_written(action: Action) -> bool:
    """Return whether the line of an action puts a digest behind a name."""
    return _is_bare(action) or _PREFIXED.search(action.line) is not None


def _is_bare(action: Action) -> bool:
    """Return whether the chart writes the algorithm itself."""
    return _BARE.search(_NOT_WRITTEN.sub("", action.line)) is not None
