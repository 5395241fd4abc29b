"""Kubernetes objects: everything with `apiVersion` and `kind` (kubernetes.io/docs/reference, PodSpec).

Containers and image volumes are found in every object, at any depth; other places are those of the tables in
`known_kinds`. In a custom resource that no table knows, `image` is one if its value can be nothing else (decision 4).
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.api_objects import read_groups, read_objects
from pinner.formats.base import Format, Found, Unreadable
from pinner.formats.delivery_objects import delivery_places, may_deliver
from pinner.formats.helm_objects import chart_places, may_be_about_charts
from pinner.formats.known_kinds.lookup import BUILT_IN, KnownKinds, known_in
from pinner.formats.places import AnyPlace, Look, Place
from pinner.formats.pod_paths import is_pod_image, may_hold_containers, may_hold_pod_images
from pinner.formats.unknown_kinds import OTHER_PARTS, doubt_image
from pinner.formats.yaml_places import find_in_chunks, prove
from pinner.patterns import compile_later
from pinner.syntax.yaml_chunks import is_template, may_hide_keys, may_hold_list, may_hold_scalar
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.text import Source

_IMAGES: Final = frozenset({"image", "reference"})
# Beside each other in a mapping under `image`, as charts have it; the one that says most comes first.
_PARTS: Final = ("repository", "tag")
_WANTED: Final = _IMAGES.union(_PARTS)
_OBJECT: Final = frozenset({"apiVersion", "kind"})
_KEYS: Final = _WANTED.union(_OBJECT, OTHER_PARTS)
_API_VERSION: Final = compile_later(r"""apiVersion["']?[ \t]*:""")
_BEFORE_KEY: Final = compile_later(r"""(?:^|[\r\n{,\ufeff])[ \t-]*["']?\Z""")
_LOOK_BACK: Final = 99
# What people and controllers write about an object; its values only describe.
_DESCRIPTIONS: Final = frozenset({"metadata", "status", "data", "stringData", "binaryData"})
_LABELS: Final = frozenset({"labels", "annotations", "matchLabels"})
# Keys that end like one of an image, and what under them can hardly be anything else.
_IMAGE_KEY: Final = compile_later(r"""Image["']?[ \t]*:""")
_BACKWARDS: Final = compile_later(r"\w+")
# What stands before the colon on its line has no more letters (YAML 1.2.2, 7.4.2).
_LONGEST_KEY: Final = 1024
# With more of them, a look at every node costs less than a search for each.
_MOST_KEYS: Final = 50
_WHOLE: Final = compile_later(r"(?=.*[:@])[\w.-]+(?::[0-9]+)?(?:/[\w.-]+)+(?::[\w.-]+|@sha256:[0-9a-f]{64}){1,2}")
_IN_PARTS: Final = Unreadable(
    "not-a-scalar", "the image is written in parts (repository and tag); this version does not pin such parts"
)
_NO_STRING: Final = "the image of a container or of an image volume must be one string"
_UNKNOWN_KEY: Final = Unreadable(
    "unknown-key", "the key of a custom resource that may name an image; a rule in pinner.toml has it pinned"
)


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the images of pods at any depth, of known kinds, and the `image` keys of others (D01, D02, D03, D04)."""
    return find_in_chunks(source, look_into, context)


def look_into(chunk: str) -> Look | None:
    """Return what must be looked at in the objects of a chunk; None where no image can stand in them."""
    groups = read_groups(chunk)
    known = known_in(chunk, groups)

    def look_at(keys: frozenset[str] | None) -> Look:
        return Look(keys, lambda document: classify(document, known))

    keys, wanted = known.keys, known.wanted
    if keys is None or wanted is None or may_be_about_charts(chunk, groups) or may_deliver(chunk, groups):
        return look_at(None)
    if groups is not None and groups <= BUILT_IN and not is_template(chunk):
        # A lone `image` is none here, but maybe what is left of a chunk that is broken: that is said, not passed over.
        is_needed = may_hold_pod_images(chunk) or may_hold_list(chunk, wanted) or may_hold_scalar(chunk, _IMAGES)
        return look_at(keys | _IMAGES | _OBJECT) if is_needed else None
    likely = _likely_keys(chunk)
    if len(likely) > _MOST_KEYS:
        return look_at(None)
    is_needed = (
        may_hold_scalar(chunk, _WANTED | likely)
        or may_hold_list(chunk, wanted)
        or may_hold_containers(chunk)
        or (groups is None and may_hide_keys(chunk))
    )
    return look_at(keys.union(_KEYS, likely)) if is_needed else None


def is_kubernetes(source: Source) -> bool:
    """Return whether an `apiVersion` key stands in the text."""
    text = source.text
    return any(
        _BEFORE_KEY.search(text[max(0, match.start() - _LOOK_BACK) : match.start()])
        for match in _API_VERSION.finditer(text)
    )


def _likely_keys(chunk: str) -> frozenset[str]:
    """Return the keys in a text that end like one of an image."""
    backwards = (chunk[max(0, one.start() - _LONGEST_KEY) : one.start()][::-1] for one in _IMAGE_KEY.finditer(chunk))
    words = filter(None, map(_BACKWARDS.match, backwards))
    return frozenset(f"{word[0][::-1]}Image" for word in words)


def classify(document: Document, known: KnownKinds) -> Iterator[AnyPlace]:
    """Yield the images of one document; `known` must hold what may be said of its objects."""
    objects = read_objects(document)
    if () not in objects:
        return
    readers = {root: known.reader(one.document, root, one.group, one.kind) for root, one in objects.items()}
    parts = _parts(document)
    charted, owned = chart_places(objects.values())
    delivered, named = delivery_places(objects.values())
    yield from charted
    yield from delivered
    for node in document.nodes:
        if node.path in named or (owned and _holder(node.path, owned) is not None):
            continue
        root = _holder(node.path, objects) if len(objects) > 1 else ()
        assert root is not None, "the document is an object"
        path = node.path[len(root) :]
        places = readers[root](node) if path[0] != "status" else ()
        if places is not None:
            yield from places
        elif _is_image_key(node.path[-1]):
            place = _classify_node(node, path, objects[root].group, parts.get(node.path), document)
            if place is not None:
                yield place


def _holder(path: Path, holders: Container[Path]) -> Path | None:
    """Return the nearest of `holders` above a path."""
    return next((path[:length] for length in reversed(range(len(path))) if path[:length] in holders), None)


def _is_image_key(step: str | int) -> bool:
    return step in _IMAGES or (isinstance(step, str) and step.endswith("Image"))


def _parts(document: Document) -> dict[Path, Node]:
    """Return the part that names each image that is written in parts, by the path of the image."""
    return {
        node.path[:-1]: node
        for part in reversed(_PARTS)
        for node in document.nodes
        if node.path[-1] == part and node.shape == "scalar"
    }


def _classify_node(node: Node, path: Path, group: str, part: Node | None, document: Document) -> Place | None:
    if path[0] in _DESCRIPTIONS or _LABELS.intersection(path):
        return None
    is_custom = group not in BUILT_IN
    if is_custom and part is not None and path[-1] == "image" and node.shape == "mapping":
        return Place(replace(part, path=node.path), _IN_PARTS)
    if is_pod_image(path):
        return Place(node, collection=_NO_STRING)
    if not is_custom:
        return None
    if path[-1] != "image":
        is_likely = path[-1] != "reference" and node.shape == "scalar" and _WHOLE.fullmatch(node.value)
        return Place(node, _UNKNOWN_KEY) if is_likely else None
    return Place(node, None if node.shape != "scalar" else doubt_image(node, path, document))


FORMAT: Final = Format(
    name="kubernetes",
    is_ours=is_kubernetes,
    find=find,
    prove=prove,
)
