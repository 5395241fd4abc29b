r"""Regular expressions that a repository brings along, held to what cannot take forever on a text made to be slow.

The grammar is a part of Python's: letters, `.`, classes (`[a-z]`, `\s \S \d \D \w \W`), `\b ^ $`, groups `( )` and
`(?: )`, `|`, and the repeats `* + ? {2,5}`, also lazy. One group is the part that is meant. A repeat may only stand
behind one letter or class, so that the time is a polynomial of the length. What a line costs at most is known before
it is searched; where that is too much, it is not searched, and that is said.
"""

from __future__ import annotations

import re
import warnings
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from math import factorial
from typing import Final

from pinner.errors import InvalidPatternError
from pinner.frozen import dataclass
from pinner.patterns import compile_later

LONGEST: Final = 200
# Steps of the matcher: about a tenth of a second for a line, some seconds for a whole file.
LINE_EFFORT: Final = 10_000_000
FILE_EFFORT: Final = 1_000_000_000
_SHORT_LINE: Final = 100
_PIECE: Final = (
    r"(?P<escape>\\[^A-Za-z0-9\s]|\\[tsSdDwWbB])"
    r"|(?P<letters>\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<open>\((?:\?:)?(?!\?))"
    r"|(?P<close>\))"
    r"|(?P<bar>\|)"
    r"|(?P<repeat>(?:[*+?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\})\??)"
    r"|(?P<anchor>[\^$])"
    r"|(?P<letter>[^\\\[\](){}|*+?^$])"
)
_ANY_OF_MANY: Final = r"\.|\\[A-Za-z]"
_ZERO_WIDTH: Final = ("\\b", "\\B")
_BREAKS: Final = compile_later(r"\r\n|\r|\n")
_SUBSET: Final = "the grammar has letters, classes, groups, `|`, and repeats of one letter or class"


@dataclass(frozen=True, slots=True)
class LinePattern:
    """A pattern whose one group is what is meant; `parse_pattern` makes it.

    All that it matches holds `literal`, and begins with it where `is_leading`. From one start, a line costs
    `choices * length ** repeats / repeats!` steps at most.
    """

    written: str
    compiled: re.Pattern[str]
    literal: str
    is_leading: bool
    repeats: int
    choices: int

    def effort(self, line: str) -> int:
        """Return the steps that a line can cost: none where the pattern cannot match."""
        found = line.count(self.literal)
        if not found:
            return 0
        length = len(line) + 1
        starts = found if self.is_leading else length
        per_start: int = self.choices * length**self.repeats // factorial(self.repeats)
        return starts * per_start


@dataclass(frozen=True, slots=True)
class Part:
    """Where the group of a pattern stands in a text; with `is_unsearched` a line that was not searched, and why."""

    start: int
    end: int
    is_unsearched: bool = False


def _start_of(part: Part) -> int:
    return part.start


class Searcher:
    """Searches the texts of one file, and stops where that would cost too much."""

    def __init__(self) -> None:
        self._left = FILE_EFFORT

    def find_all(self, patterns: Iterable[LinePattern], text: str) -> tuple[Part, ...]:
        """Return what several patterns mean, in the order of the text; where two meet, the first pattern decides."""
        taken: list[Part] = []
        for pattern in patterns:
            known = sorted(taken, key=_start_of)
            for part in self.find(pattern, text):
                behind = bisect_left(known, part.end, key=_start_of)
                if behind == 0 or known[behind - 1].end <= part.start:
                    taken.append(part)
        return tuple(sorted(taken, key=_start_of))

    def find(self, pattern: LinePattern, text: str) -> Iterator[Part]:
        """Yield what the pattern means in each line of `text`, and the lines that are too long or too many for it."""
        start = 0
        for line_end in (*_BREAKS.finditer(text), None):
            end = line_end.start() if line_end else len(text)
            yield from self._find_in_line(pattern, text[start:end], start)
            start = line_end.end() if line_end else end

    def _find_in_line(self, pattern: LinePattern, line: str, start: int) -> Iterator[Part]:
        effort = pattern.effort(line)
        if not effort:
            return
        if effort > min(LINE_EFFORT, self._left):
            yield Part(start, start + len(line), is_unsearched=True)
            return
        self._left -= effort
        for match in pattern.compiled.finditer(line):
            if match[1]:
                yield Part(start + match.start(1), start + match.end(1))


def parse_pattern(written: str) -> LinePattern:
    """Read a pattern; raise `InvalidPatternError` with the column of what is wrong or could be too slow."""
    if len(written) > LONGEST:
        raise InvalidPatternError(f"longer than {LONGEST} letters", column=LONGEST + 1)
    reader = _Reader(written)
    reader.read()
    compiled = _compile(written)
    if compiled.groups != 1:
        hint = "put the reference in ( ), and other groups in (?: )"
        raise InvalidPatternError(f"{compiled.groups} groups, where one is the reference", hint=hint, column=1)
    if compiled.fullmatch("") is not None:
        raise InvalidPatternError("matches nothing", hint="name what stands around the reference", column=1)
    is_leading = bool(reader.literal) and reader.leading == reader.literal
    pattern = LinePattern(written, compiled, reader.literal, is_leading, reader.repeats, reader.choices)
    if pattern.effort(pattern.literal.ljust(_SHORT_LINE)) > LINE_EFFORT:
        hint = "use fewer repeats, `?` and `|`; name more of the text letter by letter"
        raise InvalidPatternError("could take too long", hint=hint, column=1)
    return pattern


def _compile(written: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(written)
    except FutureWarning as warning:
        raise InvalidPatternError(
            "a class with [, --, &&, ~~ or || in it", hint="escape these signs", column=1
        ) from warning
    except re.error as error:
        raise InvalidPatternError(f"not a regular expression: {error.msg}", column=(error.pos or 0) + 1) from error


class _Reader:
    """One pass over a pattern: how free it is, and a text that whatever it matches must hold."""

    def __init__(self, written: str) -> None:
        self.written = written
        self.repeats = 0
        self.choices = 1
        self.literal = ""
        self.leading: str | None = None
        self._run = ""
        # What a repeat would stand behind: nothing, one letter or class, or a group.
        self._previous = ""
        self._depth = 0
        self._has_bar = False

    def read(self) -> None:
        tokens = re.compile(_PIECE, re.ASCII | re.DOTALL)
        at = 0
        while at < len(self.written):
            token = tokens.match(self.written, at)
            if token is None:
                raise InvalidPatternError(f"{self.written[at]!r} is not supported here", hint=_SUBSET, column=at + 1)
            kind = token.lastgroup
            assert kind is not None, "every alternative has a name"
            self._take(kind, token[0], at)
            at = token.end()
        self._end_run()
        if self._has_bar:
            self.literal = ""

    def _take(self, kind: str, token: str, at: int) -> None:
        if kind == "repeat":
            self._repeat(token, at)
            return
        if kind in ("letter", "escape"):
            self._letter(token)
            return
        self._end_run()
        self._previous = {"letters": "one", "close": "group"}.get(kind, "")
        self._depth += {"open": 1, "close": -1}.get(kind, 0)
        if kind == "bar":
            self.choices *= 2
            self._has_bar = self._has_bar or self._depth == 0

    def _letter(self, token: str) -> None:
        if re.fullmatch(_ANY_OF_MANY, token):
            self._end_run()
        elif self._depth == 0:
            self._run += token[-1]
        self._previous = "" if token in _ZERO_WIDTH else "one"

    def _repeat(self, token: str, at: int) -> None:
        if not self._previous:
            raise InvalidPatternError(f"{token!r} repeats nothing", hint=_SUBSET, column=at + 1)
        # The letter that is repeated need not be there.
        self._run = self._run[:-1] if self._previous == "one" else self._run
        self._end_run()
        if token in ("?", "??"):
            self.choices *= 2
        elif self._previous == "group":
            raise InvalidPatternError("a group is repeated, which could take forever", hint=_SUBSET, column=at + 1)
        else:
            self.repeats += 1
        self._previous = ""

    def _end_run(self) -> None:
        if self.leading is None:
            self.leading = self._run
        if len(self._run) > len(self.literal):
            self.literal = self._run
        self._run = ""
