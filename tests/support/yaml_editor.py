"""The whole YAML editor in one call: every node under `image` is an image, everything is pinned to one digest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pinner.formats.base import Change, Found, Occurrence, Skipped, change_to, edits_for
from pinner.formats.yaml_places import Place, find_images, prove
from pinner.oci.digest import Digest
from pinner.syntax.yaml_nodes import Document
from pinner.text import Edit, Source, apply_edits

DIGEST: Final = Digest("sha256", "a" * 64)
KEYS: Final = frozenset({"image"})


def every_image(document: Document) -> Iterable[Place]:
    """Take each node under `image`."""
    return (Place(node) for node in document.nodes if node.path[-1] == "image")


def find(text: str, *, wanted: frozenset[str] | None = KEYS) -> tuple[Found, ...]:
    """Return what stands under `image`."""
    return find_images(Source("x.yaml", text), every_image, keys=KEYS, wanted=wanted)


def changes(found: Iterable[Found]) -> tuple[Change, ...]:
    """Return what pinning does to the references that have another digest or none."""
    return tuple(
        change_to(one, one.reference.pinned_to(DIGEST))
        for one in found
        if isinstance(one, Occurrence) and one.reference.digest != DIGEST
    )


def edits(changed: Iterable[Change]) -> tuple[Edit, ...]:
    """Return the edits in the order of the text."""
    return edits_for(changed)


def pin(text: str) -> str:
    """Return the text with every image pinned, and prove it."""
    changed = changes(find(text))
    after = apply_edits(text, edits(changed))
    prove(Source("x.yaml", text), Source("x.yaml", after), changed)
    return after


def reasons(found: Sequence[Found]) -> list[str]:
    """Return why places were left alone."""
    return [one.reason for one in found if isinstance(one, Skipped)]


def written(found: Sequence[Found]) -> list[str]:
    """Return the references as they stand."""
    return [one.reference.written for one in found if isinstance(one, Occurrence)]
