"""A walk over the tokens of an HCL file, with or without line ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from pinner.syntax.hcl_lexer import RefusedError, Token
from pinner.text import Span

_DEEPEST: Final = 100


class Cursor:
    """Where a reader stands: `end` is where the token ends that was read last."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.end = 0
        self.depth = 0
        # Whether line ends count, innermost brackets last.
        self.sees_newlines = [True]

    def peek(self) -> Token:
        """Return the next token."""
        if not self.sees_newlines[-1]:
            while self.tokens[self.at].kind == "newline":
                self.at += 1
        return self.tokens[self.at]

    def read(self) -> Token:
        """Return the next token and go on behind it; nothing stands behind the end."""
        token = self.peek()
        self.at += token.kind != "end"
        self.end = token.end
        return token

    def is_sign(self, *signs: str) -> bool:
        """Return whether one of these signs comes next."""
        token = self.peek()
        return token.kind == "sign" and token.text in signs

    def is_name(self, name: str) -> bool:
        """Return whether this name comes next."""
        token = self.peek()
        return token.kind == "name" and token.text == name

    def take(self, *signs: str) -> bool:
        """Read one of these signs if it comes next."""
        if not self.is_sign(*signs):
            return False
        self.read()
        return True

    def expect(self, *signs: str) -> Token:
        """Read one of these signs, or refuse the file."""
        if not self.is_sign(*signs):
            raise self.refuse(f"{signs[0]!r} is missing here")
        return self.read()

    def name(self) -> Token:
        """Read a name, or refuse the file."""
        token = self.read()
        if token.kind != "name":
            raise RefusedError(token.start, token.end, "a name is missing here")
        return token

    def refuse(self, detail: str) -> RefusedError:
        """Return why the next token has no meaning."""
        token = self.peek()
        return RefusedError(token.start, token.end, detail)

    @contextmanager
    def newlines(self, *, count: bool) -> Iterator[None]:
        """Let line ends count, or not."""
        self.sees_newlines.append(count)
        yield
        self.sees_newlines.pop()

    def span(self, start: int) -> Span:
        """Return what was read since `start`."""
        return Span(start, self.end)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Hold blocks and expressions to what can be read."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.refuse("blocks and expressions are nested too deeply")
        yield
        self.depth -= 1
