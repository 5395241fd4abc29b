"""The templates of a Helm chart, read for one thing: where the tag of an image goes besides image references.

`tag: v1@sha256:…` is a tag only in an image reference. In a label or a name it is too long and has letters that are not
allowed there, and `semverCompare` fails on it. A use that cannot be told from these counts as one of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pinner.syntax.charts import TagUse
from pinner.syntax.template_mask import ACTION
from pinner.text import Source

_VALUES: Final = "Values"
# Objects of Helm itself that have versions.
_BUILT_IN: Final = frozenset({"Chart", "Capabilities", "Release", "Template", "Files"})
_CHAIN: Final = re.compile(r"(?<![\w.\")])\$?\w*((?:\.[A-Za-z_]\w*)+)")
_TAG: Final = re.compile(r"(?:\w*image_?)?tag|version", re.IGNORECASE)
_NAME: Final = re.compile(r"\w*(?:repository|registry|repo|image)(?:_?name)?", re.IGNORECASE)
_QUOTED_TAG: Final = re.compile(r'"(tag|imageTag)"')
_JOINED: Final = re.compile(r":(?=%|\{\{|\"|\$)")
_VARIABLE: Final = re.compile(r"\$(\w+)(?![\w.])(?!\s*:?=)")
_ASSIGNED: Final = re.compile(r"\{\{-?\s*\$(\w+)\s*:?=")
_DEFINED: Final = re.compile(r'\{\{-?\s*define\s+"([^"]+)"')
_OPENED: Final = re.compile(r"\{\{-?\s*(?:if|range|with|block)\b")
_ENDED: Final = re.compile(r"\{\{-?\s*end\b")
_TESTED: Final = re.compile(r"\{\{-?\s*(?:else\s+)?if\b")
_COMMENT: Final = re.compile(r"\{\{-?\s*/\*")
_STRING: Final = re.compile(r'"([^"\\\n]{1,200})"')
_IMAGE_KEY: Final = re.compile(r"""[\s-]*["']?[\w./-]*image["']?\s*:""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Tag:
    """A tag as a template names it."""

    names: tuple[str, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Action:
    """One action of a template: its text, its line, and the named template that it stands in."""

    source: Source
    start: int
    text: str
    line: str
    defined: str | None

    @property
    def place(self) -> str:
        return f"{self.source.path}:{self.source.position(self.start).line}"

    @property
    def is_bare(self) -> bool:
        """Whether its line holds nothing but actions: what it writes is what its named template gives."""
        return not ACTION.sub("", self.line).strip(" \t\r\"'")

    @property
    def is_fine(self) -> bool:
        """Whether it is a comment, a test, or a part of an image reference."""
        if self.line.lstrip().startswith("#") or _IMAGE_KEY.match(self.line):
            return True
        if _TESTED.match(self.text):
            return "semver" not in self.text
        chains = (names[-1] for names in _chains(self.line))
        is_named = any(map(_NAME.fullmatch, (*chains, *_VARIABLE.findall(self.line))))
        return is_named and _JOINED.search(self.line) is not None


def find_tag_uses(templates: Iterable[Source], *, is_subchart: bool = False) -> tuple[TagUse, ...]:
    """Return the uses of tags outside of image references; those of a subchart are told by their last keys alone."""
    reading = _Reading([action for source in templates for action in _actions(source)])
    for action in reading.actions:
        for tag in _tags(action.text):
            reading.follow(action, _Tag(tag.names, tag.is_whole and not is_subchart))
    return tuple(dict.fromkeys(reading.uses))


# Returns the actions in which what has a name (in a file) is used.
_Find = Callable[[str, str], Iterator[_Action]]


@dataclass(frozen=True, slots=True)
class _Reading:
    """One pass over all actions: tags are followed through variables and named templates."""

    actions: list[_Action]
    uses: list[TagUse] = field(default_factory=list)
    _seen: set[tuple[_Tag, str, str]] = field(default_factory=set)

    def follow(self, action: _Action, tag: _Tag) -> None:
        """Remember a use, or look where the variable or the named template that holds the tag is used."""
        todo = [action]
        while todo:
            one = todo.pop()
            if one.is_fine:
                continue
            assigned = _ASSIGNED.match(one.text)
            if assigned is not None and "semver" not in one.text:
                todo += self._new(tag, one.source.path, assigned[1], self._with_variable)
            elif one.defined is not None and one.is_bare:
                todo += self._new(tag, "", one.defined, self._with_template)
            else:
                self.uses.append(TagUse(names=tag.names, is_whole=tag.is_whole, place=one.place))

    def _new(self, tag: _Tag, path: str, name: str, find: _Find) -> Iterator[_Action]:
        if (tag, path, name) not in self._seen:
            self._seen.add((tag, path, name))
            yield from find(path, name)

    def _with_variable(self, path: str, name: str) -> Iterator[_Action]:
        return (one for one in self.actions if one.source.path == path and name in _VARIABLE.findall(one.text))

    def _with_template(self, _: str, name: str) -> Iterator[_Action]:
        return (one for one in self.actions if name in _STRING.findall(one.text) and not _DEFINED.match(one.text))


def _actions(source: Source) -> Iterator[_Action]:
    """Yield the actions of a template, but for comments."""
    open_blocks: list[str | None] = []
    text = source.text
    for match in ACTION.finditer(text):
        action = match.group()
        defined = _DEFINED.match(action)
        if _COMMENT.match(action):
            continue
        if defined is not None or _OPENED.match(action):
            open_blocks.append(defined[1] if defined is not None else open_blocks[-1] if open_blocks else None)
        elif _ENDED.match(action) and open_blocks:
            open_blocks.pop()
        first = text.rfind("\n", 0, match.start()) + 1
        last = text.find("\n", match.end())
        line = text[first : last if last >= 0 else len(text)]
        yield _Action(source, match.start(), action, line, open_blocks[-1] if open_blocks else None)


def _tags(text: str) -> Iterator[_Tag]:
    """Yield the tags that an action names."""
    for names in _chains(text):
        if _TAG.fullmatch(names[-1]):
            is_whole = _VALUES in names
            yield _Tag(names[names.index(_VALUES) + 1 :] if is_whole else names, is_whole)
    for quoted in _QUOTED_TAG.findall(text):
        yield _Tag((quoted,), is_whole=False)


def _chains(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the keys of each `.Values.image.tag`."""
    for match in _CHAIN.finditer(text):
        names = tuple(match[1][1:].split("."))
        if _VALUES in names or not _BUILT_IN.intersection(names):
            yield names
