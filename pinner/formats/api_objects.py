"""The objects of the Kubernetes API in a document: lists and templates hold several, and objects hold others."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.yaml_chunks import may_hide_keys
from pinner.syntax.yaml_nodes import Document, Path, split_document

# The API groups that are named in a text; None where one may be hidden.
Groups = frozenset[str] | None

# With the sign that shows that the value goes on behind a blank.
_API_VERSION: Final = compile_later(r"""apiVersion["']?\s*:\s*["']?([^\s"',}]*(?:[ \t]+[^\s#,\]}])?)""")
# In schemas, `apiVersion` is a mapping: its first key follows.
_NEXT_KEY: Final = compile_later(r"\w+:(?:[ \t].)?")
_PLAIN: Final = compile_later(r"[A-Za-z0-9][A-Za-z0-9./-]*")


@dataclass(frozen=True, slots=True)
class ApiObject:
    """An object at `root`; `document` has what stands below it alone, or lists would cost their length squared."""

    root: Path
    group: str
    kind: str
    document: Document


def read_objects(document: Document) -> dict[Path, ApiObject]:
    """Return every object in the document, by its path."""
    kinds = {
        node.path[:-1]: node.value for node in document.nodes if node.path[-1] == "kind" and node.shape == "scalar"
    }
    groups = {
        node.path[:-1]: node.value.rpartition("/")[0]
        for node in document.nodes
        if node.path[-1] == "apiVersion" and node.path[:-1] in kinds
    }
    if len(groups) == 1 and () in groups:
        return {(): ApiObject((), groups[()], kinds[()], document)}
    parts = split_document(document, groups)
    return {root: ApiObject(root, group, kinds[root], parts[root]) for root, group in groups.items()}


def read_groups(text: str) -> Groups:
    """Return the groups of all objects that may stand in a text, and maybe others; None where one cannot be read."""
    versions = {one for one in _API_VERSION.findall(text) if _NEXT_KEY.fullmatch(one) is None}
    if not all(map(_PLAIN.fullmatch, versions)) or may_hide_keys(text):
        return None
    return frozenset(one.rpartition("/")[0] for one in versions)


@dataclass(frozen=True, slots=True)
class KindFilter:
    """Tells, by group and kind, whether an object of one of some kinds may stand in a text."""

    kinds: frozenset[tuple[str, str]]

    def may_stand_in(self, text: str, groups: Groups) -> bool:
        """Return whether one may stand there, among others of these groups."""
        if groups is None:
            return "\\" in text or any(name in text for _, name in self.kinds)
        names = frozenset(name for group, name in self.kinds if group in groups)
        return bool(names) and _any_kind(names).search(text) is not None


@lru_cache(maxsize=64)
def _any_kind(names: frozenset[str]) -> re.Pattern[str]:
    """Return what finds one of these kinds, or one that is not written as a plain or quoted word behind its key."""
    named = "|".join(sorted(map(re.escape, names)))
    return re.compile(rf"""kind["']?\s*:\s*(?:["']?(?:{named})\b|[^\w\s"']|"\w*\\)""")
