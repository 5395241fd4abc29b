"""Letters of a Dockerfile with their places in the source, and the ways in which BuildKit splits them.

Nothing here may know what an instruction means. Offsets count code points of the whole source.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Sequence
from typing import Final

from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.text import Span

# What Go's unicode.IsSpace says; Python's str.isspace also takes the separators 0x1C to 0x1F.
WHITE_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
)
# Flags are read byte by byte.
_ASCII_WHITE_SPACE: Final = "\t\n\v\f\r "
_WORD: Final = compile_later(r"[^\t\v\f\r ]+")
_BLANKS: Final = compile_later(r"[\t\v\f\r ]+")
_QUOTED_FIELD: Final = compile_later(r'"((?:[^"]+|"")*+)"')
# `${name}`, or the beginning of `${name:-word}` and `${name/pattern/replacement}`.
_EXPANSION: Final = compile_later(
    r"\$\{(?![{}:])(?>\d+|[@*#?$!-]|\w*)(?:(?P<closed>\})|:[^#%]|[+\-?#%]|(?P<slash>//?))", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Letters:
    """A text of which every letter knows its place: letter i stands at `offsets[i]`.

    `breaks` are the places where the continuation lines begin that the text was put together from.
    """

    text: str
    offsets: Sequence[int]
    breaks: Sequence[int] = ()

    def part(self, start: int, end: int | None = None) -> Letters:
        """Return the letters from `start` up to, not including, `end`."""
        return Letters(self.text[start:end], self.offsets[start:end], self.breaks)

    def pick(self, indexes: Iterable[int]) -> Letters:
        """Return only the letters at `indexes`: what stays when quotes and escapes are taken away."""
        kept = tuple(indexes)
        return Letters(
            "".join(self.text[index] for index in kept), tuple(self.offsets[index] for index in kept), self.breaks
        )

    def strip(self) -> Letters:
        """Return the letters without white space around them."""
        start = len(self.text) - len(self.text.lstrip(WHITE_SPACE))
        return self.part(start, max(start, len(self.text.rstrip(WHITE_SPACE))))

    @property
    def is_split(self) -> bool:
        """Whether a line continuation stands between the letters."""
        return bool(self.offsets) and bisect(self.breaks, self.offsets[0]) != bisect(self.breaks, self.offsets[-1])

    @property
    def span(self) -> Span | None:
        """The place in the source, with the quotes and escapes between the letters; None for no or split letters."""
        return None if not self.offsets or self.is_split else Span(self.offsets[0], self.offsets[-1] + 1)


def split_first(line: Letters) -> tuple[Letters, Letters]:
    """Return the first word and what stands behind the blanks that follow it."""
    blanks = _BLANKS.search(line.text)
    if blanks is None:
        return line, line.part(len(line.text))
    return line.part(0, blanks.start()), line.part(blanks.end())


def split_words(text: Letters) -> tuple[Letters, ...]:
    """Return the words between blanks; quotes mean nothing, as in `FROM` and `COPY`."""
    return tuple(text.part(word.start(), word.end()) for word in _WORD.finditer(text.text))


def split_pairs(text: Letters, escape: str) -> tuple[Letters, ...]:
    """Return the words of `ARG`, with their quotes and escapes: blanks in either do not end a word."""
    mark = re.escape(escape)
    in_quotes = rf"'[^']*(?:'|\Z)|\"(?:{mark}.|[^\"{mark}])*(?:\"|(?={mark}?\Z))"
    pair = re.compile(rf"(?:{mark}.|{in_quotes}|[^{mark}{WHITE_SPACE}])+", re.DOTALL)
    return tuple(text.part(word.start(), word.end()) for word in pair.finditer(text.text))


def split_flags(text: Letters, escape: str) -> tuple[tuple[Letters, ...], Letters]:
    """Return the `--flags` at the beginning, without their quotes and escapes, and the rest."""
    flags: list[Letters] = []
    at = 0
    while True:
        while at < len(text.text) and text.text[at] in _ASCII_WHITE_SPACE:
            at += 1
        if not text.text.startswith("--", at):
            return tuple(flags), text.part(at)
        at, kept = _scan_flag(text.text, at, escape)
        flag = text.pick(kept)
        if flag.text == "--":
            return tuple(flags), text.part(at)
        flags.append(flag)


def _scan_flag(text: str, at: int, escape: str) -> tuple[int, list[int]]:
    """Return where the flag ends and the indexes of its letters; escapes work in both kinds of quotes."""
    kept: list[int] = []
    quote = ""
    while at < len(text) and (quote or text[at] not in _ASCII_WHITE_SPACE):
        letter = text[at]
        if letter == quote:
            quote = ""
        elif not quote and letter in "'\"":
            quote = letter
        else:
            at += letter == escape
            if at < len(text):
                kept.append(at)
        at += 1
    return min(at, len(text)), kept


def split_fields(text: Letters) -> tuple[Letters, ...] | None:
    """Return the fields of one comma-separated record, or None where its quotes are wrong (RFC 4180)."""
    fields: list[Letters] = []
    at = 0
    while text.text:
        if text.text.startswith('"', at):
            quoted = _QUOTED_FIELD.match(text.text, at)
            if quoted is None:
                return None
            end = quoted.end()
            doubled = {quoted.start(1) + pair.start() for pair in re.finditer('""', quoted[1])}
            fields.append(text.pick(index for index in range(at + 1, end - 1) if index not in doubled))
        else:
            end = text.text.find(",", at)
            end = len(text.text) if end < 0 else end
            if '"' in text.text[at:end]:
                return None
            fields.append(text.part(at, end))
        if end == len(text.text):
            return tuple(fields)
        if text.text[end] != ",":
            return None
        at = end + 1
    return None


def split_shell_words(text: Letters, escape: str) -> tuple[Letters, ...] | None:
    """Return the words as BuildKit's shell lexer splits them, or None where it finds an error.

    Variables stay as they are written.
    """
    return _ShellScan(text, escape).split()


def split_heredoc_words(text: Letters, *, keep_quotes: bool) -> tuple[Letters, ...] | None:
    """Return the words as BuildKit splits them where it looks for here-documents, or None where it finds an error.

    There the escape is always the backslash, and of a word with `${V:-x}` what stands before that is forgotten.
    """
    return _ShellScan(text, "\\", keep_quotes=keep_quotes, forgets=True).split()


class _ShellScan:
    """One pass over a text; `open` holds the letters that end what is open: a quote, a `${…}`, its pattern.

    `keep_quotes` keeps escapes, too.
    """

    def __init__(self, letters: Letters, escape: str, *, keep_quotes: bool = False, forgets: bool = False) -> None:
        self.letters = letters
        self.text = letters.text
        self.escape = escape
        self.keep_quotes = keep_quotes
        self.forgets = forgets
        self.at = 0
        self.open: list[str] = []
        self.word: list[int] = []
        self.words: list[Letters] = []

    def split(self) -> tuple[Letters, ...] | None:
        while self.at < len(self.text):
            if not self._step(self.text[self.at]):
                return None
        self._end_word()
        return None if self.open else tuple(self.words)

    def _step(self, letter: str) -> bool:
        """Read one thing; return False where BuildKit reports an error."""
        inside = self.open[-1] if self.open else ""
        if letter == inside:
            self.open.pop()
            self._take(protected=False) if letter != '"' else self._take_mark()
        elif letter == "$":
            return self._take_variable()
        elif letter == self.escape:
            self._take_escape(inside)
        elif inside == '"':
            self._take(protected=False)
        elif letter == '"':
            self._take_mark()
            self.open.append(letter)
        elif letter == "'":
            return self._take_single_quotes()
        elif self.text.startswith("<<", self.at):
            self._take_heredoc_mark()
        else:
            self._take(protected=False)
        return True

    def _take(self, *, protected: bool) -> None:
        """Add one letter to the word; white space that nothing protects ends the word.

        Inside `${…}` nothing is protected: BuildKit splits the expression's text again, quotes or not.
        """
        in_quotes = self.open[:1] == ['"']
        if self.text[self.at] in WHITE_SPACE and not in_quotes and (self.open or not protected):
            self._end_word()
        else:
            self.word.append(self.at)
        self.at += 1

    def _take_mark(self) -> None:
        """Add a quote or an escape, or leave it out."""
        if self.keep_quotes:
            self.word.append(self.at)
        self.at += 1

    def _take_escape(self, inside: str) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if inside == '"' and following not in ('"', "$", self.escape):
            self._take(protected=True)
            return
        self._take_mark()
        if following:
            self._take(protected=True)

    def _take_single_quotes(self) -> bool:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            return False
        self._take_mark()
        while self.at < end:
            self._take(protected=True)
        self._take_mark()
        return True

    def _take_heredoc_mark(self) -> None:
        """Add `<<` and the blanks behind it: they belong to the word."""
        for _ in range(2):
            self._take(protected=True)
        while self.text[self.at : self.at + 1] in ("\t", "\r", " "):
            self._take(protected=True)

    def _take_variable(self) -> bool:
        if not self.text.startswith("${", self.at):
            # `$$` is a variable, so that its second letter begins no other one.
            for _ in range(2 if self.text.startswith("$$", self.at) else 1):
                self._take(protected=False)
            return True
        expansion = _EXPANSION.match(self.text, self.at)
        if expansion is None:
            return False
        if self.forgets and not expansion["closed"] and "}" not in self.open:
            self.word = []
        while self.at < expansion.end():
            self._take(protected=False)
        if not expansion["closed"]:
            self.open += ("}", "/") if expansion["slash"] else ("}",)
        return True

    def _end_word(self) -> None:
        if self.word:
            self.words.append(self.letters.pick(self.word))
            self.word = []
