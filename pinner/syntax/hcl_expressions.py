"""Expressions and templates of HCL's native syntax as a tree (hclsyntax/spec.md, "Expressions", "Templates")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pinner.syntax.hcl_cursor import Cursor
from pinner.syntax.hcl_lexer import RefusedError, Token
from pinner.syntax.hcl_nodes import (
    Call,
    Conditional,
    Constant,
    Each,
    Elements,
    Entry,
    Expression,
    Object,
    Operation,
    Text,
    Variable,
)
from pinner.syntax.hcl_texts import Piece, join, letters_piece, sequence_piece, trim_end, trim_start, unindent
from pinner.text import Span

_BINARY: Final = frozenset({"==", "!=", ">=", "<=", "&&", "||", "<", ">", "+", "-", "*", "/", "%"})
_WORDS: Final = frozenset({"true", "false", "null"})


class Expressions(Cursor):
    """Reads expressions; `texts` are all templates that were read."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        super().__init__(tokens)
        self.text = text
        self.texts: list[Text] = []

    def expression(self) -> Expression:
        """Read one expression."""
        with self.deeper():
            start = self.peek().start
            found = self._operation()
            if not self.take("?"):
                return found
            first = self.expression()
            self.expect(":")
            second = self.expression()
            return Conditional(self.span(start), found, (first, second))

    def _operation(self) -> Expression:
        start = self.peek().start
        operands = [self._term()]
        while self.take(*_BINARY):
            operands.append(self._term())
        return operands[0] if len(operands) == 1 else Operation(self.span(start), tuple(operands))

    def _term(self) -> Expression:
        start = self.peek().start
        is_plain = True
        while self.take("-", "!"):
            is_plain = False
        term = self._traversal(self._atom(), start)
        return term if is_plain else Operation(self.span(start), (term,))

    def _atom(self) -> Expression:
        token = self.peek()
        if token.kind in ("quote", "heredoc"):
            return self.template()
        if token.kind == "number":
            self.read()
            return Constant(self.span(token.start))
        if token.kind == "name":
            return self._named()
        if self.take("("):
            with self.newlines(count=False):
                inner = self.expression()
                self.expect(")")
            return inner
        if self.is_sign("["):
            return self._elements()
        if self.is_sign("{"):
            return self._object()
        raise self.refuse("an expression must stand here")

    def _named(self) -> Expression:
        token = self.name()
        name = token.text
        while self.take("::"):
            name += f"::{self.name().text}"
            if not self.is_sign("::", "("):
                raise self.refuse("'(' is missing here")
        if self.is_sign("("):
            return self._call(name, token.start)
        span = self.span(token.start)
        return Constant(span) if name in _WORDS else Variable(span, (name,))

    def _call(self, name: str, start: int) -> Call:
        arguments: list[Expression] = []
        self.expect("(")
        with self.newlines(count=False):
            while not self.take(")"):
                arguments.append(self.expression())
                if self.take("..."):
                    self.expect(")")
                    break
                if not self.take(",") and not self.is_sign(")"):
                    raise self.refuse("',' is missing here")
        return Call(self.span(start), name, tuple(arguments))

    def _traversal(self, term: Expression, start: int) -> Expression:
        """Read what follows a term: attributes, indexes and splats."""
        while True:
            if self.take("."):
                step = self.read()
                if step.kind not in ("name", "number") and step.text != "*":
                    raise RefusedError(step.start, step.end, "a name is missing here")
                if isinstance(term, Variable) and step.kind == "name":
                    term = Variable(self.span(start), (*term.names, step.text))
                else:
                    term = Operation(self.span(start), (term,))
            elif self.take("["):
                with self.newlines(count=False):
                    index = () if self.take("*") else (self.expression(),)
                    self.expect("]")
                term = Operation(self.span(start), (term, *index))
            else:
                return term

    def _elements(self) -> Expression:
        start = self.expect("[").start
        items: list[Expression] = []
        with self.newlines(count=False):
            if self.is_name("for"):
                return self._each(start, "]")
            while not self.take("]"):
                items.append(self.expression())
                if not self.take(",") and not self.is_sign("]"):
                    raise self.refuse("',' is missing here")
        return Elements(self.span(start), tuple(items))

    def _object(self) -> Expression:
        start = self.expect("{").start
        with self.newlines(count=False):
            if self.is_name("for"):
                return self._each(start, "}")
        entries: list[Entry] = []
        with self.newlines(count=True):
            while not self.take("}"):
                if self.peek().kind == "newline":
                    self.read()
                    continue
                entries.append(self._entry())
                if not self.take(",") and not self.is_sign("}") and self.peek().kind != "newline":
                    raise self.refuse("',' or a new line is missing here")
        return Object(self.span(start), tuple(entries))

    def _entry(self) -> Entry:
        is_made = self.is_sign("(")
        key = self.expression()
        self.expect("=", ":")
        return Entry(key, None if is_made else self._key_name(key), self.expression())

    def _key_name(self, key: Expression) -> str | None:
        match key:
            case Text(value=value, is_literal=True):
                return value
            case Variable(names=(name,)):
                return name
            case Constant(span=span):
                return self.text[span.start : span.end]
        return None

    def _each(self, start: int, closer: str) -> Each:
        """Read a `for` expression behind its bracket."""
        others = [self._iteration()]
        self.expect(":")
        value = self.expression()
        if self.take("=>"):
            others.append(value)
            value = self.expression()
        self.take("...")
        if self.is_name("if"):
            self.read()
            others.append(self.expression())
        self.expect(closer)
        return Each(self.span(start), value, tuple(others))

    def _iteration(self) -> Expression:
        """Read `for a, b in c` and return what is gone through."""
        self.name()
        self.name()
        if self.take(","):
            self.name()
        if self.name().text != "in":
            raise self.refuse("'in' is missing here")
        return self.expression()

    # --- templates

    def template(self) -> Text:
        """Read a quoted template or a heredoc."""
        opening = self.read()
        is_heredoc = opening.kind == "heredoc"
        pieces: list[Piece] = []
        inside: list[Expression] = []
        is_trimmed = False
        while (token := self.read()).kind not in ("unquote", "marker"):
            if token.kind == "letters":
                piece = letters_piece(token.text, token.start, is_quoted=not is_heredoc)
                pieces.append(trim_start(piece) if is_trimmed else piece)
                is_trimmed = False
            elif token.kind == "sequence":
                if token.text.endswith("~") and pieces and not pieces[-1].is_sequence:
                    pieces[-1] = trim_end(pieces[-1])
                inside += self._sequence(token)
                is_trimmed = self.tokens[self.at - 1].text == "~}"
                pieces.append(sequence_piece(self.text, token.start, self.end))
            else:
                raise RefusedError(token.start, token.end, "this has no meaning in a template")
        shown = unindent(pieces) if opening.text.startswith("<<-") else pieces
        value, offsets = join(shown, token.start)
        text = Text(
            span=Span(opening.start, token.end),
            value=value,
            offsets=offsets,
            is_literal=not any(piece.is_sequence for piece in pieces),
            is_heredoc=is_heredoc,
            has_directives=any(piece.is_sequence and piece.value.startswith("%") for piece in pieces),
            inside=tuple(inside),
        )
        self.texts.append(text)
        return text

    def _sequence(self, opening: Token) -> tuple[Expression, ...]:
        """Read what stands between `${` or `%{` and its brace."""
        with self.newlines(count=False):
            inside = (self.expression(),) if opening.text.startswith("$") else self._directive()
            self.expect("}", "~}")
        return inside

    def _directive(self) -> tuple[Expression, ...]:
        keyword = self.peek()
        match keyword.text:
            case "if":
                self.read()
                return (self.expression(),)
            case "for":
                return (self._iteration(),)
            case "else" | "endif" | "endfor":
                self.read()
                return ()
        raise self.refuse("'if', 'for' or the end of one is missing here")
