"""Dockerfiles as BuildKit reads them: directives, instructions, flags, words and heredocs, with exact places.

Nothing here may know an image. What BuildKit's parser refuses as a whole is `Malformed`; what only its later stages
refuse (an unknown instruction, a flag that does not exist) is passed on as it stands, for other front ends know more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.dockerfile_words import (
    WHITE_SPACE,
    Letters,
    split_first,
    split_flags,
    split_heredoc_words,
    split_words,
)
from pinner.text import BYTE_ORDER_MARK, Span

DEFAULT_ESCAPE: Final = "\\"
_DIRECTIVES: Final = frozenset({"syntax", "escape", "check"})
_DIRECTIVE: Final = compile_later(
    rf"(?P<mark>#|//)[{WHITE_SPACE}]*(?P<name>[a-zA-Z][a-zA-Z0-9]*)[\t\f\r ]*=[\t\f\r ]*(?P<value>.+)"
)
_TAKES_HEREDOCS: Final = frozenset({"run", "copy", "add"})
_HEREDOC: Final = compile_later(r"[0-9]*<<(?P<dash>-?)[\t\f\r ]*(?P<word>[^<]*)")


@dataclass(frozen=True, slots=True)
class Directive:
    """A parser directive: `# escape=x`; `name` is lowercase."""

    name: str
    value: Letters


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here-document: its terminator, and where its lines stand without the terminator's."""

    name: str
    body: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction, put together from its lines.

    `flags` are without quotes and escapes; `arguments` are all the rest, as written. `trigger` is what stands behind
    `ONBUILD`.
    """

    keyword: Letters
    flags: tuple[Letters, ...]
    arguments: Letters
    trigger: Instruction | None = None
    heredocs: tuple[Heredoc, ...] = ()

    @property
    def name(self) -> str:
        """The keyword in lowercase."""
        return self.keyword.text.lower()

    @property
    def words(self) -> tuple[Letters, ...]:
        """The arguments, split at blanks."""
        return split_words(self.arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """A whole file; `syntax` names the front end's image, and comes from a directive or from `// syntax=`."""

    escape: str
    directives: tuple[Directive, ...]
    instructions: tuple[Instruction, ...]
    syntax: Letters | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """Why the whole file cannot be read, and where."""

    span: Span
    reason: str
    detail: str


def lex(text: str) -> Dockerfile | Malformed:
    """Read a Dockerfile; a byte order mark at the beginning counts as one letter of `text`."""
    directives = _read_head(text)
    if isinstance(directives, Malformed):
        return directives
    syntax, is_foreign = _find_syntax(text)
    escape = _escape_letter(directives)
    instructions: list[Instruction] = []
    for one in () if is_foreign else _Scan(text, escape).instructions():
        if isinstance(one, Malformed):
            return one
        instructions.append(one)
    return Dockerfile(escape=escape, directives=directives, instructions=tuple(instructions), syntax=syntax)


def lex_first(text: str) -> Instruction | None:
    """Return the first instruction without reading further; None where there is none that BuildKit would reach."""
    directives = _read_head(text)
    if isinstance(directives, Malformed) or _find_syntax(text)[1]:
        return None
    first = next(_Scan(text, _escape_letter(directives)).instructions(), None)
    return first if isinstance(first, Instruction) else None


def _read_head(text: str) -> tuple[Directive, ...] | Malformed:
    directives: list[Directive] = []
    for directive in _read_directives(text, "#", indented=True):
        span = Span(directive.value.offsets[0], directive.value.offsets[-1] + 1)
        if any(directive.name == earlier.name for earlier in directives):
            return Malformed(span, "invalid-directive", f"the {directive.name} directive stands here a second time")
        if directive.name == "escape" and directive.value.text not in ("\\", "`"):
            detail = f"the escape letter is \\ or `, not {directive.value.text!r}"
            return Malformed(span, "invalid-directive", detail)
        directives.append(directive)
    return tuple(directives)


def _escape_letter(directives: Iterable[Directive]) -> str:
    return next((one.value.text for one in directives if one.name == "escape"), DEFAULT_ESCAPE)


def _lines(text: str) -> Iterator[Span]:
    """Yield the lines without byte order mark and line end; only LF ends a line, CR before it belongs to the end."""
    at = 1 if text.startswith(BYTE_ORDER_MARK) else 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield Span(at, at + len(text[at:end].rstrip("\r")))
        at = end + 1


def _letters(text: str, start: int, end: int) -> Letters:
    return Letters(text[start:end], range(start, end))


def _skip_white_space(text: str, line: Span) -> int:
    return line.end - len(text[line.start : line.end].lstrip(WHITE_SPACE))


def _read_directives(text: str, mark: str, *, indented: bool) -> Iterator[Directive]:
    """Yield the directives at the top; the first line that is none ends them, be it empty."""
    for line in _lines(text):
        if not indented and line.start <= 1 and text.startswith("#!", line.start):
            continue
        start = _skip_white_space(text, line) if indented else line.start
        match = _DIRECTIVE.fullmatch(text, start, line.end)
        if match is None or match["mark"] != mark or match["name"].lower() not in _DIRECTIVES:
            return
        end = match.start("value") + len(match["value"].rstrip("\t\f\r "))
        yield Directive(match["name"].lower(), _letters(text, match.start("value"), max(end, match.start("value") + 1)))


def _find_syntax(text: str) -> tuple[Letters | None, bool]:
    """Return the front end's image, and whether the file is written in another language (`// syntax=`).

    BuildKit looks for it before any front end runs, and reads lines as they stand: not indented, behind a shebang.
    """
    for mark in ("#", "//"):
        for directive in _read_directives(text, mark, indented=False):
            if directive.name == "syntax":
                end = directive.value.text.find(" ")
                return directive.value.part(0, end if end >= 0 else None), mark == "//"
    return None, False


class _Scan:
    """One walk over the lines of a file."""

    def __init__(self, text: str, escape: str) -> None:
        self.text = text
        self.escape = escape
        self.lines = _lines(text)

    def instructions(self) -> Iterator[Instruction | Malformed]:
        """Yield the instructions; what is malformed ends them."""
        for first in self.lines:
            start = _skip_white_space(self.text, first)
            if start == first.end or self.text[start] == "#":
                continue
            line = self._join(Span(start, first.end)).strip()
            instruction = _read_instruction(line, self.escape)
            heredocs: list[Heredoc] = []
            for name, strips_tabs in _announced_heredocs(instruction, line):
                heredoc = self._read_heredoc(name, strips_tabs=strips_tabs)
                if heredoc is None:
                    detail = f"the here-document {name!r} does not end"
                    yield Malformed(Span(start, first.end), "unterminated-heredoc", detail)
                    return
                heredocs.append(heredoc)
            if instruction.keyword.text:
                yield replace(instruction, heredocs=tuple(heredocs)) if heredocs else instruction

    def _join(self, line: Span) -> Letters:
        """Put a line and its continuations together, without anything between them."""
        fragments: list[range] = []
        fragment, goes_on = self._trim_continuation(line)
        fragments.append(fragment)
        while goes_on and (following := next(self.lines, None)) is not None:
            start = _skip_white_space(self.text, following)
            if start == following.end or self.text[start] == "#":
                continue
            fragment, goes_on = self._trim_continuation(following)
            fragments.append(fragment)
        if len(fragments) == 1:
            return _letters(self.text, line.start, fragment.stop)
        return Letters(
            "".join(self.text[one.start : one.stop] for one in fragments),
            tuple(chain.from_iterable(fragments)),
            tuple(one.start for one in fragments[1:]),
        )

    def _trim_continuation(self, line: Span) -> tuple[range, bool]:
        """Return the line without its continuation mark; two marks in a row are none."""
        body = self.text[line.start : line.end].rstrip("\t ")
        if body.endswith(self.escape) and not body.endswith(self.escape * 2):
            return range(line.start, line.start + len(body) - 1), True
        return range(line.start, line.end), False

    def _read_heredoc(self, name: str, *, strips_tabs: bool) -> Heredoc | None:
        start: int | None = None
        for line in self.lines:
            start = line.start if start is None else start
            body = self.text[line.start : line.end]
            if (body.lstrip("\t") if strips_tabs else body) == name:
                return Heredoc(name, Span(start, line.start))
        return None


def _read_instruction(line: Letters, escape: str, *, is_trigger: bool = False) -> Instruction:
    keyword, rest = split_first(line)
    flags, arguments = split_flags(rest, escape)
    arguments = arguments.strip()
    has_trigger = not is_trigger and keyword.text.lower() == "onbuild" and arguments.text
    # A trigger is read in the builds on the image, where no directive of this file is known.
    trigger = _read_instruction(arguments, DEFAULT_ESCAPE, is_trigger=True) if has_trigger else None
    return Instruction(keyword=keyword, flags=flags, arguments=arguments, trigger=trigger)


def _announced_heredocs(instruction: Instruction, line: Letters) -> Iterator[tuple[str, bool]]:
    """Yield the here-documents that follow an instruction: the terminator, and whether tabs before it are dropped."""
    taker = instruction.trigger or instruction
    if "<<" not in line.text or taker.name not in _TAKES_HEREDOCS or _is_exec_form(taker.arguments.text):
        return
    # In a line with an error, BuildKit finds none.
    for word in split_heredoc_words(line, keep_quotes=True) or ():
        match = _HEREDOC.fullmatch(word.text)
        if match is None:
            continue
        terminator = split_heredoc_words(word.part(match.start("word")), keep_quotes=False)
        if terminator is not None and len(terminator) == 1:
            yield terminator[0].text, match["dash"] == "-"


def _is_exec_form(arguments: str) -> bool:
    if not arguments.startswith("["):
        return False
    import json  # noqa: PLC0415 - start-up: most checks see no instruction in this form

    try:
        return isinstance(json.loads(arguments), list)
    except (ValueError, RecursionError):
        return False
