"""The tool for values that are YAML or JSON documents themselves, as those of a ConfigMap.

Which values they are is said by a rule; what is an image in them, by the format that takes them or by the rule. An edit
is proven twice: the value changes by it alone, and the document in the value by its own format's proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from pinner.context import NO_CONTEXT, Context, Rule
from pinner.formats.base import Change, Format, Found, Unreadable
from pinner.formats.inner import Inside, prove_inside
from pinner.formats.places import Place
from pinner.formats.yaml_reading import FOLDED, locator, refuse_node, skip_place
from pinner.path_filter import PathFilter
from pinner.syntax.routes import followed_keys
from pinner.syntax.yaml_nodes import Document, Node
from pinner.syntax.yaml_scalars import scalar_text, value_offsets
from pinner.syntax.yaml_scan import Unparsed, scan
from pinner.text import Source

# Returns the format that takes a source.
Detect = Callable[[Source, Context], Format | None]

_NO_STRING: Final = "the rule must lead to one string"
_SHARED: Final = Unreadable("shared-anchor", "the anchor is also used where no document is expected")
_EVERY_FILE: Final = PathFilter(include=("*",))
_NAME: Final = "embedded.yaml"


def embedding(taken: Format, rules: Sequence[Rule], detect: Detect) -> Format:
    """Return a format that also looks into the values that these rules name."""

    def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
        return (*taken.find(source, context), *_find_inside(source, rules, detect, context))

    def prove(before: Source, after: Source, changes: Sequence[Change]) -> None:
        taken.prove(before, after, changes)
        prove_inside(changes)

    return replace(taken, find=find, prove=prove)


def _find_inside(source: Source, rules: Sequence[Rule], detect: Detect, context: Context) -> Iterator[Found]:
    keys = followed_keys(rule.route for rule in rules if rule.route is not None)
    for document in scan(source.text, keys):
        # A chunk that is no YAML has been said by the format around it.
        if not isinstance(document, Unparsed):
            seen: set[int] = set()
            for node in document.nodes:
                rule = next((one for one in rules if _is_meant(one, node, document)), None)
                if rule is not None and node.start not in seen:
                    seen.add(node.start)
                    yield from _find_in_node(source, node, document, rule, detect, context)


def _is_meant(rule: Rule, node: Node, document: Document) -> bool:
    return rule.route is not None and rule.route.matches(node.path, document.scalar_at)


def _find_in_node(
    source: Source, node: Node, document: Document, rule: Rule, detect: Detect, context: Context
) -> Iterator[Found]:
    assert rule.route is not None, "an embedded document has a route"
    refused = refuse_node(source, node, _NO_STRING)
    offsets = None if refused else value_offsets(source.text, node)
    is_shared = node.has_lost_uses or not all(rule.route.matches(path, document.scalar_at) for path in node.uses)
    problem = refused or (FOLDED if offsets is None else _SHARED if is_shared else None)
    if problem is not None or offsets is None:
        yield skip_place(source, Place(node), problem or FOLDED)
        return
    rules = (Rule(paths=_EVERY_FILE, route=rule.inside),) if rule.inside is not None else ()
    within = Context(rules=rules, aliases=context.aliases)
    inner = _open(node, detect, within)
    if inner is None:
        if "image" in node.value:
            detail = f"no format takes this text; say in {rule.name} with `inside` where its images stand"
            yield skip_place(source, Place(node), Unreadable("unknown-text", detail))
        return
    inner_source, taken = inner
    inside = Inside(inner_source, offsets, taken.prove, locator(node.path))
    for one in taken.find(inner_source, within):
        yield inside.lift(source.path, one)


def _open(node: Node, detect: Detect, within: Context) -> tuple[Source, Format] | None:
    """Return the text of a value as a file and its format; the key is its name, as in a ConfigMap."""
    text = scalar_text(node)
    # A rule takes a text of any name, and so comes last.
    for name, context in ((str(node.path[-1]), NO_CONTEXT), (_NAME, NO_CONTEXT), (_NAME, within)):
        source = Source(name, text)
        taken = detect(source, context)
        if taken is not None:
            return source, taken
    return None
