"""The templates of a Helm chart, read for where a value ends up: through variables and named templates."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Final

from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.charts import ValueName
from pinner.syntax.template_mask import GO_ACTION
from pinner.text import Source

_VALUES: Final = "Values"
# In quotes, this is the name of a label more often than a key of values.
_VERSION: Final = "version"
# All keys that anybody follows have one of these in them: most actions of a chart have none.
_TELLING: Final = ("tag", "version", "digest", "sha")
# Objects of Helm itself that have versions.
_BUILT_IN: Final = frozenset({"Chart", "Capabilities", "Release", "Template", "Files"})
_CHAIN: Final = compile_later(r"(?<![\w.\")])\$?\w*((?:\.[A-Za-z_]\w*)+)")
VARIABLE: Final = compile_later(r"\$(\w+)(?![\w.])(?!\s*:?=)")
_ASSIGNED: Final = compile_later(r"\{\{-?\s*\$(\w+)\s*:?=")
_DEFINED: Final = compile_later(r'\{\{-?\s*define\s+"([^"]+)"')
_OPENED: Final = compile_later(r"\{\{-?\s*(?:if|range|with|block)\b")
_ENDED: Final = compile_later(r"\{\{-?\s*end\b")
_COMMENT: Final = compile_later(r"\{\{-?\s*/\*")
_STRING: Final = compile_later(r'"([^"\\\n]{1,200})"')
# Further away on its line, nothing is looked at: the many actions of a text in one line must not cost its square.
_FAR: Final = 500


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    """One action of a template, with its text."""

    template: Template
    start: int
    text: str

    @property
    def line(self) -> str:
        """The line around it."""
        text, end = self.template.source.text, self.start + len(self.text)
        before = text[max(0, self.start - _FAR) : self.start].rpartition("\n")[2]
        return before + self.text + text[end : end + _FAR].partition("\n")[0]

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        source = self.template.source
        return f"{source.path}:{source.position(self.start).line}"

    @property
    def holder(self) -> _Holder | None:
        """What holds its value: the variable that it sets, or a named template whose line has nothing else."""
        assigned = _ASSIGNED.match(self.text)
        if assigned is not None:
            return self.template, assigned[1]
        if GO_ACTION.sub("", self.line).strip(" \t\r\"'"):
            return None
        defined = self.template.defined.get(self.start)
        return None if defined is None else (None, defined)


# What holds a value: a variable of a file, or a named template (of no file).
_Holder = tuple["Template | None", str]


class Template:
    """One file of a chart; what is seldom asked for is looked up when it is needed first."""

    def __init__(self, source: Source) -> None:
        self.source = source

    @property
    def actions(self) -> Iterator[Action]:
        """The actions, but for comments."""
        for match in GO_ACTION.finditer(self.source.text):
            if not _COMMENT.match(match[0]):
                yield Action(self, match.start(), match[0])

    @cached_property
    def telling(self) -> Sequence[Action]:
        """The actions that may name a tag or a digest."""
        found = (match for match in GO_ACTION.finditer(self.source.text) if _is_telling(match[0].lower()))
        return tuple(Action(self, match.start(), match[0]) for match in found if not _COMMENT.match(match[0]))

    @cached_property
    def variables(self) -> Mapping[str, Sequence[Action]]:
        """The actions that read each variable."""
        return _index(self.actions, VARIABLE)

    @cached_property
    def defined(self) -> Mapping[int, str]:
        """The named template in which each action stands, by where the action begins."""
        found: dict[int, str] = {}
        open_blocks: list[str | None] = []
        for action in self.actions:
            defined = _DEFINED.match(action.text)
            if defined is not None or _OPENED.match(action.text):
                open_blocks.append(defined[1] if defined is not None else open_blocks[-1] if open_blocks else None)
            elif _ENDED.match(action.text) and open_blocks:
                open_blocks.pop()
            if open_blocks and open_blocks[-1] is not None:
                found[action.start] = open_blocks[-1]
        return found


class Templates:
    """All templates of a chart."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.files = tuple(map(Template, sources))

    def ends(
        self, keys: re.Pattern[str], is_end: Callable[[Action], bool], *, is_subchart: bool
    ) -> Iterator[tuple[ValueName, Action]]:
        """Yield each value under one of these keys, of tags or digests, with the actions in which it ends up.

        Where `is_end`, an action is not followed further. The values of a subchart are told by their last keys alone.
        """
        seen: dict[ValueName, set[_Holder]] = {}
        for action in chain.from_iterable(one.telling for one in self.files):
            for name in _names(action.text, keys, is_subchart=is_subchart):
                for end in self._follow(action, seen.setdefault(name, set()), is_end):
                    yield name, end

    @cached_property
    def _callers(self) -> Mapping[str, Sequence[Action]]:
        """The actions of all files that may call a named template."""
        return _index(chain.from_iterable(one.actions for one in self.files), _STRING)

    def _follow(self, first: Action, seen: set[_Holder], is_end: Callable[[Action], bool]) -> Iterator[Action]:
        todo = [first]
        while todo:
            action = todo.pop()
            holder = None if is_end(action) else action.holder
            if holder is None:
                yield action
            elif holder not in seen:
                seen.add(holder)
                template, name = holder
                todo += (self._callers if template is None else template.variables).get(name, ())


def _is_telling(lowered: str) -> bool:
    return any(word in lowered for word in _TELLING)


def _index(actions: Iterable[Action], names: re.Pattern[str]) -> Mapping[str, Sequence[Action]]:
    """Return the actions in which each of these names stands."""
    index: dict[str, list[Action]] = defaultdict(list)
    for action in actions:
        for name in dict.fromkeys(names.findall(action.text)):
            index[name].append(action)
    return index


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


def chains(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the keys of each `.Values.image.tag`."""
    for match in _CHAIN.finditer(text):
        names = tuple(match[1][1:].split("."))
        if _VALUES in names or not _BUILT_IN.intersection(names):
            yield names
