"""The templates of a Helm chart, read for where a value ends up: through variables and named templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pinner.syntax.charts import ValueName
from pinner.syntax.template_mask import ACTION
from pinner.text import Source

_VALUES: Final = "Values"
# In quotes, this is the name of a label more often than a key of values.
_VERSION: Final = "version"
# Objects of Helm itself that have versions.
_BUILT_IN: Final = frozenset({"Chart", "Capabilities", "Release", "Template", "Files"})
_CHAIN: Final = re.compile(r"(?<![\w.\")])\$?\w*((?:\.[A-Za-z_]\w*)+)")
VARIABLE: Final = re.compile(r"\$(\w+)(?![\w.])(?!\s*:?=)")
_ASSIGNED: Final = re.compile(r"\{\{-?\s*\$(\w+)\s*:?=")
_DEFINED: Final = re.compile(r'\{\{-?\s*define\s+"([^"]+)"')
_OPENED: Final = re.compile(r"\{\{-?\s*(?:if|range|with|block)\b")
_ENDED: Final = re.compile(r"\{\{-?\s*end\b")
_COMMENT: Final = re.compile(r"\{\{-?\s*/\*")
_STRING: Final = re.compile(r'"([^"\\\n]{1,200})"')
# Further away on its line, nothing is looked at: the many actions of a text in one line must not cost its square.
_FAR: Final = 500
# What holds a value: a variable of a file, or a named template (of no file).
_Holder = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    """One action of a template: its text, the line around it, and the named template that it stands in."""

    source: Source
    start: int
    text: str
    line: str
    defined: str | None

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"{self.source.path}:{self.source.position(self.start).line}"

    @property
    def variables(self) -> list[str]:
        """The variables that it reads."""
        return VARIABLE.findall(self.text)

    @property
    def holder(self) -> _Holder | None:
        """What holds its value: the variable that it sets, or a named template whose line has nothing else."""
        assigned = _ASSIGNED.match(self.text)
        if assigned is not None:
            return self.source.path, assigned[1]
        is_bare = not ACTION.sub("", self.line).strip(" \t\r\"'")
        return ("", self.defined) if self.defined is not None and is_bare else None

    @property
    def held(self) -> Iterator[_Holder]:
        """What it reads: variables of its file, and named templates."""
        yield from ((self.source.path, name) for name in self.variables)
        yield from (("", name) for name in _STRING.findall(self.text))


class Templates:
    """The actions of all templates of a chart."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.actions = tuple(action for source in sources for action in _actions(source))
        self._readers: dict[_Holder, list[Action]] = {}
        for action in self.actions:
            for holder in dict.fromkeys(action.held):
                self._readers.setdefault(holder, []).append(action)

    def ends(
        self, keys: re.Pattern[str], is_end: Callable[[Action], bool], *, is_subchart: bool
    ) -> Iterator[tuple[ValueName, Action]]:
        """Yield each value under one of these keys with the actions in which it ends up.

        Where `is_end`, an action is not followed further. The values of a subchart are told by their last keys alone.
        """
        seen: dict[ValueName, set[_Holder]] = {}
        for action in self.actions:
            for name in _names(action.text, keys, is_subchart=is_subchart):
                for end in self._follow(action, seen.setdefault(name, set()), is_end):
                    yield name, end

    def _follow(self, first: Action, seen: set[_Holder], is_end: Callable[[Action], bool]) -> Iterator[Action]:
        todo = [first]
        while todo:
            action = todo.pop()
            holder = None if is_end(action) else action.holder
            if holder is None:
                yield action
            elif holder not in seen:
                seen.add(holder)
                todo += self._readers.get(holder, ())


def _names(text: str, keys: re.Pattern[str], *, is_subchart: bool) -> Iterator[ValueName]:
    """Yield the values that an action names: `.Values.image.tag`, `.tag`, `index .image "tag"`."""
    for names in chains(text):
        if keys.fullmatch(names[-1]):
            is_whole = _VALUES in names
            below = names[names.index(_VALUES) + 1 :] if is_whole else names
            yield ValueName(names=below, is_whole=is_whole and not is_subchart)
    for quoted in _STRING.findall(text):
        if keys.fullmatch(quoted) and quoted != _VERSION:
            yield ValueName(names=(quoted,), is_whole=False)


def _actions(source: Source) -> Iterator[Action]:
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
        line = text[max(0, match.start() - _FAR) : match.start()].rpartition("\n")[2] + action
        line += text[match.end() : match.end() + _FAR].partition("\n")[0]
        yield Action(source, match.start(), action, line, open_blocks[-1] if open_blocks else None)


def chains(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the keys of each `.Values.image.tag`."""
    for match in _CHAIN.finditer(text):
        names = tuple(match[1][1:].split("."))
        if _VALUES in names or not _BUILT_IN.intersection(names):
            yield names
