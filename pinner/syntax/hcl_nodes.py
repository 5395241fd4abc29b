"""What HCL's native syntax says: bodies with attributes and blocks, and expressions that nobody evaluates here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pinner.frozen import dataclass
from pinner.text import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A template: `"…"` or a heredoc; `span` holds its quotes or markers.

    `value` is what it stands for, with its sequences (`${…}`, `%{…}`) as they are written; letter i begins at
    `offsets[i]`, and one more offset says where the last one ends. Without sequences it `is_literal`; `has_directives`
    where one is an `%{if}` or `%{for}`.
    """

    span: Span
    value: str
    offsets: Sequence[int]
    is_literal: bool
    is_heredoc: bool
    has_directives: bool = False
    inside: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Variable:
    """A name with attributes: `var.image`."""

    span: Span
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, `true`, `false` or `null`."""

    span: Span


@dataclass(frozen=True, slots=True)
class Elements:
    """A tuple: `[a, b]`."""

    span: Span
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value; `name` is the key's text, None where it must be evaluated."""

    key: Expression
    name: str | None
    value: Expression


@dataclass(frozen=True, slots=True)
class Object:
    """An object: `{ a = b }`."""

    span: Span
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    span: Span
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Conditional:
    """`a ? b : c`, which is one of its two outcomes."""

    span: Span
    condition: Expression
    outcomes: tuple[Expression, Expression]


@dataclass(frozen=True, slots=True)
class Each:
    """`[for a in b : c]` or `{ for … }`: `value` is that of every element, `others` is what decides of it."""

    span: Span
    value: Expression
    others: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """Anything else: operators, indexes, splats."""

    span: Span
    operands: tuple[Expression, ...]


Expression = Text | Variable | Constant | Elements | Object | Call | Conditional | Each | Operation


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = expression`; `start` is where the name begins."""

    name: str
    start: int
    expression: Expression


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its type, its labels, its body; `start` is where the type begins."""

    type: str
    labels: tuple[str, ...]
    start: int
    body: Body


@dataclass(frozen=True, slots=True)
class Body:
    """Attributes and blocks, in the order of the file."""

    items: tuple[Attribute | Block, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A whole file; `texts` are all templates of it in the order in which they end, those in labels and keys too."""

    body: Body
    texts: tuple[Text, ...]


def parts_of(expression: Expression) -> Iterator[Expression]:
    """Yield the expressions of which one is made."""
    match expression:
        case Text():
            yield from expression.inside
        case Elements():
            yield from expression.items
        case Object():
            for entry in expression.entries:
                yield from (entry.key, entry.value)
        case Call():
            yield from expression.arguments
        case Conditional():
            yield from (expression.condition, *expression.outcomes)
        case Each():
            yield from (*expression.others, expression.value)
        case Operation():
            yield from expression.operands
        case Variable() | Constant():
            return
