"""Values of Helm charts (helm.sh/docs/chart_template_guide/values_files), by their names alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found
from pinner.formats.chart_values import document_entries, read_values
from pinner.formats.places import AnyPlace
from pinner.formats.yaml_places import find_images, prove
from pinner.syntax.yaml_nodes import Document
from pinner.text import Source

# Objects of Kubernetes have both at the top; values may have one of them somewhere.
_OBJECT: Final = (re.compile(r"(?m)^apiVersion:"), re.compile(r"(?m)^kind:"))


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the images in values (D04, D05)."""

    def classify(document: Document) -> Iterable[AnyPlace]:
        return read_values(document_entries(document), context.chart)

    return find_images(source, classify, context, keys=None)


def is_values(source: Source) -> bool:
    """Return whether a file of such a name holds values: not a template of a chart, and not an object of Kubernetes."""
    is_template = "templates" in source.path.lower().split("/")[:-1]
    return not is_template and not all(one.search(source.text) for one in _OBJECT)


FORMAT: Final = Format(
    name="helm-values",
    is_ours=is_values,
    find=find,
    prove=prove,
    reads_charts=True,
)
