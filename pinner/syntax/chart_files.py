"""The files of a Helm chart, which somebody else opens, read for what they tell of its values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pinner.syntax.chart_digests import find_digest_uses
from pinner.syntax.chart_tags import find_tag_uses
from pinner.syntax.chart_templates import Templates
from pinner.syntax.charts import GLOBAL_REGISTRIES, Chart
from pinner.syntax.yaml_chunks import may_hide_keys, may_hold_list, may_hold_scalar
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scan import Unparsed, scan
from pinner.text import Source

_REGISTRIES: Final = frozenset({"registry", "hub"})
_REGISTRY_KEYS: Final = _REGISTRIES | {str(path[-1]) for path in GLOBAL_REGISTRIES}
_DEPENDENCIES: Final = frozenset({"dependencies"})
_NAMES: Final = frozenset({"name", "alias"})
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})


def read_chart(
    description: Iterable[Source], values: Iterable[Source], templates: Iterable[Source], inner: Iterable[Source] = ()
) -> Chart:
    """Read a chart: its `Chart.yaml`, `values.yaml` and templates, and the templates of charts unpacked in it."""
    own, below = Templates(templates), Templates(inner)
    return Chart(
        tag_uses=(*find_tag_uses(own), *find_tag_uses(below, is_subchart=True)),
        digest_uses=(*find_digest_uses(own), *find_digest_uses(below, is_subchart=True)),
        registries=frozenset(path for source in values for path in _registries(source)),
        dependencies=frozenset(name for source in description for name in _dependencies(source)),
    )


def _registries(source: Source) -> Iterator[Path]:
    for node in _scalars(scan(source.text, _REGISTRY_KEYS, is_needed=_may_hold_registries)):
        if node.value not in _NULLS:
            if node.path in GLOBAL_REGISTRIES:
                yield ()
            elif node.path[-1] in _REGISTRIES:
                yield node.path[:-1]


def _may_hold_registries(chunk: str) -> bool:
    return may_hold_scalar(chunk, _REGISTRY_KEYS) or may_hide_keys(chunk)


def _may_hold_dependencies(chunk: str) -> bool:
    return may_hold_list(chunk, _DEPENDENCIES) or may_hide_keys(chunk)


def _dependencies(source: Source) -> Iterator[str]:
    for node in _scalars(scan(source.text, _NAMES, is_needed=_may_hold_dependencies)):
        match node.path:
            case ("dependencies", int(), "name" | "alias"):
                yield node.value


def _scalars(parts: Iterable[Document | Unparsed]) -> Iterator[Node]:
    for document in parts:
        if not isinstance(document, Unparsed):
            yield from (node for node in document.nodes if node.shape == "scalar" and node.path)
