"""The objects of the Kubernetes API in a document: lists and templates hold several, and objects hold others."""

from __future__ import annotations

from pinner.frozen import dataclass
from pinner.syntax.yaml_nodes import Document, Path, split_document


@dataclass(frozen=True, slots=True)
class ApiObject:
    """An object at `root`; `document` has what stands below it alone, or lists would cost their length squared."""

    root: Path
    group: str
    kind: str
    document: Document


def read_objects(document: Document) -> dict[Path, ApiObject]:
    """Return every object in the document, by its path."""
    kinds = {
        node.path[:-1]: node.value for node in document.nodes if node.path[-1] == "kind" and node.shape == "scalar"
    }
    groups = {
        node.path[:-1]: node.value.rpartition("/")[0]
        for node in document.nodes
        if node.path[-1] == "apiVersion" and node.path[:-1] in kinds
    }
    parts = split_document(document, groups)
    return {root: ApiObject(root, group, kinds[root], parts[root]) for root, group in groups.items()}
