"""HCL's native syntax as tokens with exact places (hashicorp/hcl, hclsyntax/spec.md, "Lexical Elements", "Templates").

Nothing here may know a block or an attribute. Whatever HCL's own scanner accepts is read the same way; what it refuses
is `Malformed` as a whole where nobody can say what stands inside of a string and what outside.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.dockerfile_words import WHITE_SPACE
from pinner.text import BYTE_ORDER_MARK, Span

Kind = Literal[
    "name", "number", "sign", "newline", "quote", "unquote", "heredoc", "marker", "letters", "sequence", "end"
]

_NAME: Final = r"(?:[A-Za-z_]|[^\x00-\x7f])(?:[A-Za-z0-9_-]|[^\x00-\x7f])*"
_CODE: Final = compile_later(
    rf"""
    (?P<skipped>[ \t]+|/\*.*?\*/)
    |(?P<newline>\r?\n|(?:\#|//)[^\n]*(?:\n|\Z))
    |(?P<name>{_NAME})
    |(?P<number>[0-9](?:(?:[0-9.]|[eE][+-]?[0-9])*(?:[0-9]|[eE][+-]?[0-9]))?)
    |(?P<quote>")
    |(?P<heredoc><<-?(?P<marker>{_NAME})\r?\n)
    |(?P<sign>==|!=|>=|<=|&&|\|\||::|\.\.\.|=>|~\}}|[\[\]{{}}().,*/%+\-=<>!?:])
    """,
    re.VERBOSE | re.DOTALL,
)
# `$${` is an escape, `${` begins a sequence, and any other `$` is a letter; the same with `%`.
_DOLLAR: Final = r"\$\$\{|%%\{|\$(?!\{)|%(?!\{)"
_QUOTED: Final = compile_later(rf"(?:[^\"\\$%\r\n]|\\[^\r\n]|{_DOLLAR})++")
_HEREDOC: Final = compile_later(rf"(?:[^$%\r\n]|{_DOLLAR})++(?:\r?\n)?|\r?\n")
_SEQUENCE: Final = compile_later(r"[$%]\{~?")
_DEEPEST: Final = 200


class Token(NamedTuple):
    """A token and its place; a comment at the end of a line is the `newline`, any other one is no token.

    Of a template: `quote` and `unquote`, or `heredoc` and `marker`, with `letters` and sequences between them, which
    begin with a `sequence` (`${`, `%{`) and end with the `sign` `}`.
    """

    kind: Kind
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """Why a file cannot be read, and where."""

    span: Span
    reason: str
    detail: str


class RefusedError(Exception):
    """A file is refused; never leaves the room."""

    def __init__(self, start: int, end: int, detail: str) -> None:
        super().__init__(detail)
        self.malformed = Malformed(Span(start, end), "invalid-hcl", detail)


def tokenize(text: str) -> tuple[Token, ...]:
    """Return the tokens, the last of which is `end`; raise `RefusedError`."""
    return _Scan(text).tokens()


@dataclass(slots=True)
class _Open:
    """What is open: a quoted template, a heredoc, or braces; `is_sequence` where these end a template's sequence."""

    start: int
    marker: str | None = None
    is_quoted: bool = False
    is_sequence: bool = False


class _Scan:
    """One walk over a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 1 if text.startswith(BYTE_ORDER_MARK) else 0
        self.found: list[Token] = []
        self.open: list[_Open] = []

    def tokens(self) -> tuple[Token, ...]:
        while self.at < len(self.text):
            around = self.open[-1] if self.open else None
            if around is not None and around.is_quoted:
                self._quoted()
            elif around is not None and around.marker is not None:
                self._heredoc(around.marker)
            else:
                self._code()
        if self.open:
            start = self.open[-1].start
            raise RefusedError(start, start + 1, "what begins here does not end")
        self._add("end", self.at)
        return tuple(self.found)

    def _add(self, kind: Kind, end: int) -> None:
        self.found.append(Token(kind, self.at, end, self.text[self.at : end]))
        self.at = end

    def _push(self, opened: _Open) -> None:
        if len(self.open) >= _DEEPEST:
            raise RefusedError(opened.start, opened.start + 1, "brackets and templates are nested too deeply")
        self.open.append(opened)

    def _code(self) -> None:
        found = _CODE.match(self.text, self.at)
        if found is None:
            raise RefusedError(self.at, self.at + 1, f"{self.text[self.at]!r} has no meaning here")
        start, end = found.span()
        if found["skipped"]:
            self.at = end
        elif found["quote"]:
            self._push(_Open(start, is_quoted=True))
            self._add("quote", end)
        elif found["heredoc"]:
            self._push(_Open(start, marker=found["marker"]))
            self._add("heredoc", end)
        elif found["sign"]:
            self._sign(found["sign"], end)
        else:
            self._add("newline" if found["newline"] else "name" if found["name"] else "number", end)

    def _sign(self, sign: str, end: int) -> None:
        if sign == "{":
            self._push(_Open(self.at))
        elif sign in ("}", "~}"):
            if not self.open or (sign == "~}" and not self.open[-1].is_sequence):
                raise RefusedError(self.at, end, "no brace is open that this one could close")
            self.open.pop()
        self._add("sign", end)

    def _quoted(self) -> None:
        if self.text[self.at] == '"':
            self.open.pop()
            self._add("unquote", self.at + 1)
        elif (letters := _QUOTED.match(self.text, self.at)) is not None:
            self._add("letters", letters.end())
        else:
            self._sequence("a quoted text ends on its line")

    def _heredoc(self, marker: str) -> None:
        if self.text[self.at - 1] == "\n" and (end := self._marker_end(marker)) is not None:
            self.open.pop()
            self._add("marker", end)
        elif (letters := _HEREDOC.match(self.text, self.at)) is not None:
            self._add("letters", letters.end())
        else:
            self._sequence("a carriage return stands alone in a heredoc")

    def _marker_end(self, marker: str) -> int | None:
        """Return where the marker that ends a heredoc ends, blanks behind it included, if it stands on this line."""
        line_end = self.text.find("\n", self.at)
        if line_end < 0 or self.text[self.at : line_end].strip(WHITE_SPACE) != marker:
            return None
        return line_end - (self.text[line_end - 1] == "\r")

    def _sequence(self, problem: str) -> None:
        opened = _SEQUENCE.match(self.text, self.at)
        if opened is None:
            raise RefusedError(self.at, self.at + 1, problem)
        self._push(_Open(self.at, is_sequence=True))
        self._add("sequence", opened.end())
