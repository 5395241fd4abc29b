"""Where the templates of a Helm chart use the tag of an image besides image references.

`tag: v1@sha256:…` is a tag only in an image reference. In a label or a name it is too long and has letters that are not
allowed there, and `semverCompare` fails on it. A use that cannot be told from these counts as one of them.
"""

from __future__ import annotations

import re
from typing import Final

from pinner.patterns import compile_later
from pinner.syntax.chart_templates import VARIABLE, Action, Templates, chains
from pinner.syntax.charts import TagUse

_TAG: Final = compile_later(r"(?:\w*image_?)?tag|version", re.IGNORECASE)
_NAME: Final = compile_later(r"\w*(?:repository|registry|repo|image)(?:_?name)?", re.IGNORECASE)
_JOINED: Final = compile_later(r":(?=%|\{\{|\"|\$)")
_TESTED: Final = compile_later(r"\{\{-?\s*(?:else\s+)?if\b")
_IMAGE_KEY: Final = compile_later(r"""[\s-]*["']?[\w./-]*image["']?\s*:""", re.IGNORECASE)


def find_tag_uses(templates: Templates, *, is_subchart: bool = False) -> tuple[TagUse, ...]:
    """Return the uses of tags outside of image references."""
    ends = templates.ends(_TAG, _is_end, is_subchart=is_subchart)
    return tuple(dict.fromkeys(TagUse(tag=tag, place=end.place) for tag, end in ends if not _is_fine(end)))


def _is_end(action: Action) -> bool:
    return "semver" in action.text or _is_fine(action)


def _is_fine(action: Action) -> bool:
    """Return whether an action is a comment, a test, or a part of an image reference."""
    if action.line.lstrip().startswith("#") or _IMAGE_KEY.match(action.line):
        return True
    if _TESTED.match(action.text):
        return "semver" not in action.text
    last = (names[-1] for names in chains(action.line))
    is_named = any(map(_NAME.fullmatch, (*last, *VARIABLE.findall(action.line))))
    return is_named and _JOINED.search(action.line) is not None
