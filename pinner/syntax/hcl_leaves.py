"""From the tree of an HCL file to its values, each with the way to it.

The way goes through block types, labels, attributes, keys and numbers: `resource.docker_image.web.name`. A function is
a step of its own (`jsonencode()`), the value of every element is `for`, and what stands in `dynamic "x" { content {} }`
stands in `x`. Both outcomes of a conditional have the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pinner.frozen import dataclass
from pinner.syntax.hcl_nodes import (
    Attribute,
    Block,
    Body,
    Call,
    Conditional,
    Each,
    Elements,
    Expression,
    File,
    Object,
    Text,
    parts_of,
)
from pinner.syntax.yaml_nodes import Path

# A key that must be evaluated.
_ANY_KEY: Final = "*"
_DYNAMIC: Final = "dynamic"
_EACH: Final = "for"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that some attribute has, or a part of it; `blocks` are those around it, the innermost last."""

    path: Path
    expression: Expression
    blocks: tuple[Block, ...]


def leaves(file: File) -> Iterator[Leaf]:
    """Yield the values of a file in its order; a whole comes before its parts."""
    yield from _in_body(file.body, (), ())


def literal_attribute(body: Body, name: str) -> str | None:
    """Return the text of an attribute that stands there without anything to evaluate; of several, the last."""
    texts = (one.expression for one in body.items if isinstance(one, Attribute) and one.name == name)
    return next((one.value for one in reversed(tuple(texts)) if isinstance(one, Text) and one.is_literal), None)


def expressions(file: File) -> Iterator[Expression]:
    """Yield every expression of a file, also those in keys, conditions and templates."""
    yield from _all_in(file.body)


def _all_in(body: Body) -> Iterator[Expression]:
    for item in body.items:
        if isinstance(item, Block):
            yield from _all_in(item.body)
        else:
            found = [item.expression]
            while found:
                one = found.pop()
                yield one
                found += parts_of(one)


def _in_body(body: Body, path: Path, blocks: tuple[Block, ...]) -> Iterator[Leaf]:
    for item in body.items:
        if isinstance(item, Attribute):
            yield from _in_value(item.expression, (*path, item.name), blocks)
        elif item.type == _DYNAMIC and len(item.labels) == 1:
            yield from _in_dynamic(item, path, blocks)
        else:
            yield from _in_body(item.body, (*path, item.type, *item.labels), (*blocks, item))


def _in_dynamic(block: Block, path: Path, blocks: tuple[Block, ...]) -> Iterator[Leaf]:
    for item in block.body.items:
        around = (*blocks, block)
        if isinstance(item, Attribute):
            yield from _in_value(item.expression, (*path, _DYNAMIC, *block.labels, item.name), around)
        else:
            yield from _in_body(item.body, (*path, *block.labels), (*around, item))


def _in_value(expression: Expression, path: Path, blocks: tuple[Block, ...]) -> Iterator[Leaf]:
    yield Leaf(path, expression, blocks)
    match expression:
        case Elements(items=items):
            parts: Iterator[tuple[Path, Expression]] = (((number,), one) for number, one in enumerate(items))
        case Object(entries=entries):
            parts = (((_ANY_KEY if one.name is None else one.name,), one.value) for one in entries)
        case Call(name=name, arguments=arguments):
            parts = (((f"{name}()", number), one) for number, one in enumerate(arguments))
        case Conditional(outcomes=outcomes):
            parts = (((), one) for one in outcomes)
        case Each(value=value):
            parts = iter([((_EACH,), value)])
        case _:
            return
    for steps, one in parts:
        yield from _in_value(one, (*path, *steps), blocks)
