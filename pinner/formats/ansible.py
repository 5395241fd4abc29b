"""Ansible playbooks and task lists (docs.ansible.com, `community.docker`, `containers.podman`, `kubernetes.core`).

A module is named in full or by its last word, at any depth of plays and blocks; its options stand in a mapping, or in
one text. Values of variables are found where they become images, and left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found, Unreadable, read_reference
from pinner.formats.patches import patch_images
from pinner.formats.places import AnyPlace, Embedded, Place
from pinner.formats.pod_paths import is_pod_image
from pinner.formats.yaml_places import find_images, prove
from pinner.oci.reference import Reference
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Node
from pinner.syntax.yaml_scalars import scalar_text
from pinner.text import Source

_COLLECTIONS: Final = frozenset(
    {
        "", "community.docker", "community.general", "containers.podman", "kubernetes.core", "community.kubernetes",
        "community.okd", "redhat.openshift",
    }
)  # fmt: skip
# The option that is the image, by module.
_OPTIONS: Final = {
    "docker_container": "image",
    "docker_swarm_service": "image",
    "docker_image": "name",
    "docker_image_pull": "name",
    "podman_container": "image",
    "podman_image": "name",
    "podman_pod": "infra_image",
}
_NO_TAG: Final = "the module would look for the image by its tag and never find it; a digest stands alone"
_TAKES_NO_TAG: Final = frozenset({"docker_container", "docker_image_pull"})
_OBJECTS: Final = ("k8s", "definition"), ("k8s", "resource_definition"), ("openshift", "definition")
_NO_DIGEST: Final = Unreadable("no-digest", "docker_image takes no digest; docker_image_pull does")
_APART: Final = Unreadable("tag-apart", "a digest goes behind the name; write the tag there, too, to have it pinned")
_BUILT: Final = Unreadable("build", "the image is built here")
_RESOLVED: Final = Unreadable("resolved", "with `resolve_image` the module asks for the digest itself, and takes none")
_VALUE: Final = Unreadable(
    "ansible-variable", "the value of a variable may be used in other places, too; pin it by hand, or name it in a rule"
)
_ARGUMENT: Final = r"(?:.*\s)?{}=([^\s\"']+)(?:\s.*)?"
_LIST: Final = compile_later(r"\ufeff?(?:[ \t]*(?:#[^\n]*|---[^\n]*)?\r?\n)*[ \t]*(?:-[ \t\r\n]|\[)")
_EXPRESSION: Final = compile_later(r"\{\{-?\s*([A-Za-z_]\w*(?:\.\w+)?)")
_LOOPS: Final = ("loop", "with_items", "with_list")


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the images of modules, and the values of variables that become one."""
    return find_images(source, _classify, context, keys=None)


def _is_list(source: Source) -> bool:
    """Return whether the file is a list, as plays and tasks are."""
    return _LIST.match(source.text) is not None


def _classify(document: Document) -> Iterator[AnyPlace]:
    used: set[str] = set()
    for node in document.nodes:
        for place in _read(document, node):
            if isinstance(place, Place):
                used |= set(_EXPRESSION.findall(place.node.value))
            yield place
    yield from (Place(node, _VALUE) for node in document.nodes if _is_used(node, used))


def _read(document: Document, node: Node) -> Iterator[AnyPlace]:
    match node.path:
        case (*_, str(module)) if node.shape == "scalar" and _short(module) in _OPTIONS:
            yield from _argument(node, _short(module))
        case (*_, str(module), str(option)) if _OPTIONS.get(_short(module)) == option:
            yield Place(node, _doubt(document, node, _short(module)), no_tag=_no_tag(_short(module)))
        case (*_, str(module), str(option)) if (_short(module), option) in _OBJECTS and node.shape == "scalar":
            yield Embedded(node=node, classify=patch_images)
        case (*_, "definition", "services", str(), "image") | (*_, "compose", int(), "services", str(), "image"):
            is_built = any(one.path == (*node.path[:-1], "build") for one in document.nodes)
            yield Place(node, _BUILT if is_built else None)
        case (*_, str(module), "containers", int(), "image") if _short(module) == "podman_containers":
            yield Place(node)
        case path if is_pod_image(path) and any((_short(one), two) in _OBJECTS for one, two in _pairs(path)):
            yield Place(node)


def _pairs(path: tuple[str | int, ...]) -> Iterator[tuple[str, str]]:
    return ((str(one), str(two)) for one, two in pairwise(path))


def _short(module: str) -> str:
    """Return the last word of a module that we know the collection of."""
    collection, _, name = module.rpartition(".")
    return name if collection in _COLLECTIONS else ""


def _no_tag(module: str) -> str:
    return _NO_TAG if module in _TAKES_NO_TAG else ""


def _doubt(document: Document, node: Node, module: str) -> Unreadable | None:
    """Say why the module takes no digest here."""

    def option(name: str) -> str | None:
        return document.scalar_at((*node.path[:-1], name))

    if option("source") == "build" or option("state") == "build" or (module == "podman_image" and option("path")):
        return _BUILT
    if module == "docker_image":
        return _NO_DIGEST
    if module == "docker_swarm_service" and option("resolve_image") not in (None, "false", "no", "False"):
        return _RESOLVED
    return _APART if option("tag") is not None and node.path[-1] == "name" else None


def _argument(node: Node, module: str) -> Iterator[Place]:
    """Yield the image in options that stand in one text: `name=web image=nginx:1.27`."""
    matched = re.fullmatch(_ARGUMENT.format(_OPTIONS[module]), scalar_text(node), re.DOTALL)
    if matched is not None:
        verdict = _NO_DIGEST if module == "docker_image" else None
        yield Place(node, verdict, part=matched.span(1), no_tag=_no_tag(module))


def _is_used(node: Node, used: set[str]) -> bool:
    """Return whether a literal reference is the value of a variable that becomes an image."""
    match node.path:
        case (*_, "vars" | "set_fact" | "ansible.builtin.set_fact", str(name)):
            is_named = name in used
        case (*_, str(loop), int()) if loop in _LOOPS:
            is_named = "item" in used
        case (*_, str(loop), int(), str(key)) if loop in _LOOPS:
            is_named = f"item.{key}" in used
        case _:
            is_named = False
    return is_named and node.shape == "scalar" and isinstance(read_reference(node.value), Reference)


FORMAT: Final = Format(
    name="ansible",
    is_ours=_is_list,
    find=find,
    prove=prove,
)
