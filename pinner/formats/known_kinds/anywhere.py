"""Places in objects of every group: annotations that injectors read, and what operators give to their operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.known_kinds.entries import PART, InText, Kinds
from pinner.formats.routed import Images
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Node, Path

_RELATED: Final = "RELATED_IMAGE_"
# The whole images of sidecars that injectors put into pods.
_PROXY_IMAGE: Final = "sidecar.istio.io/proxyImage"
_VAULT_AGENT: Final = "vault.hashicorp.com/agent-image"
_DAPR_SIDECAR: Final = "dapr.io/sidecar-image"
# The names of Linkerd's images, without their tags.
_LINKERD: Final = ("config.linkerd.io/proxy-image", "config.linkerd.io/init-image", "config.linkerd.io/debug-image")
_HOOK_SIDECARS: Final = "hooks.kubevirt.io/hookSidecars"
_TRIGGERS: Final = "image.openshift.io/triggers"
_FILLED: Final = Unreadable("image-stream", "OpenShift fills this in from an image stream; pin the tag of the stream")
# Where such an annotation leads: a container, by its list and by its name or index.
_FIELD: Final = compile_later(r"""\b(\w*ontainers)\[(?:\?\(@\.name==\\?["']([^"'\\]+)\\?["']\)|([0-9]+))\]""")


def _is_filled(document: Document) -> Callable[[Node], bool]:
    """Tell the containers that an annotation lets OpenShift fill (docs.openshift.com, "Triggering updates")."""
    filled: dict[Path, set[tuple[str, str]]] = {
        node.path[:-3]: {(kind, name or index) for kind, name, index in _FIELD.findall(node.value)}
        for node in document.nodes
        if node.path[-3:] == ("metadata", "annotations", _TRIGGERS)
    }

    def is_filled(node: Node) -> bool:
        containers, index = str(node.path[-3]), str(node.path[-2])
        name = document.scalar_at((*node.path[:-1], "name")) or index
        return any(
            node.path[: len(root)] == root and not fields.isdisjoint({(containers, name), (containers, index)})
            for root, fields in filled.items()
        )

    return is_filled


def _annotation(name: str) -> str:
    return f'**.annotations."{name}"'


TABLE: Final = (
    Kinds(needle=_RELATED, places=(f"**.env[name={_RELATED}*].value",)),
    *(Kinds(needle=name, places=(_annotation(name),)) for name in (_PROXY_IMAGE, _VAULT_AGENT, _DAPR_SIDECAR)),
    *(Kinds(needle=name, places=(Images(route=_annotation(name), verdict=PART),)) for name in _LINKERD),
    Kinds(
        needle=_HOOK_SIDECARS, places=(InText(route=_annotation(_HOOK_SIDECARS), pattern=r'"image"\s*:\s*"([^"\\]+)"'),)
    ),
    Kinds(
        needle=_TRIGGERS,
        places=(
            Images(route="**.containers[].image", where=_is_filled, verdict=_FILLED),
            Images(route="**.initContainers[].image", where=_is_filled, verdict=_FILLED),
        ),
        keys=frozenset({_TRIGGERS, "name"}),
    ),
)
