"""What a YAML format says of its nodes: an image in one piece or in parts, a document, or why one is left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal

from pinner.formats.base import Unreadable
from pinner.frozen import dataclass
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scalars import scalar_text

_NULLS: Final = ("", "~", "null", "Null", "NULL")
_APP_VERSION: Final = Unreadable(
    "app-version", "no tag is written: the chart takes its appVersion; write the tag to have it pinned"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A node that holds an image; with `verdict` it is one that must be left alone.

    `collection` is what to say where a mapping or a sequence stands in the place; without it nothing is said (C10).
    `part` is where the reference begins and ends in the value; without it, it is the whole value. `inside` says for
    people where that is, in a value that has places of its own. `no_tag` says why no tag may stand beside
    a digest, `needs_tag` why one must. `taken` is a text that would be no image there.
    """

    node: Node
    verdict: Unreadable | None = None
    collection: str = ""
    part: tuple[int, int] | None = None
    inside: str = ""
    no_tag: str = ""
    needs_tag: str = ""
    taken: str = ""

    @property
    def rewritable(self) -> tuple[Node, ...]:
        """The scalars that pinning may change."""
        return (self.node,)

    @property
    def meaning(self) -> str:
        """What the scalar means, where several images share it."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """A value that is a YAML document itself; `classify` gives the images in it, with nodes under every key."""

    node: Node
    classify: Classify

    @property
    def rewritable(self) -> tuple[Node, ...]:
        """The scalars that pinning may change."""
        return (self.node,)

    @property
    def meaning(self) -> str:
        """What the scalar means, where several places share it."""
        return "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """One image that is written as several scalars: `registry/repository:tag@digest`.

    The repository may hold the registry and the tag; what is empty or null counts as missing, but a `tag: null` is
    never guessed. The digest goes into `digest` where that is empty (`digest: ""`, `digest:`), else behind the tag.
    `digest_style` is `hex` for keys whose value has no `sha256:` in front. `untagged` is the verdict on an image
    without tag and digest; `tag_alone` says why no digest may stand behind the tag. `scheme` is what the repository
    begins with, where it is written as an address. `path` is the image's; without it, the mapping that holds the
    repository.
    """

    repository: Node
    registry: Node | None = None
    tag: Node | None = None
    digest: Node | None = None
    digest_style: Literal["prefixed", "hex"] = "prefixed"
    untagged: Unreadable = _APP_VERSION
    tag_alone: Unreadable | None = None
    scheme: str = ""
    path: Path | None = None

    @property
    def name(self) -> str:
        """The registry and the repository, as they are written."""
        registry, repository = text_of(self.registry), text_of(self.repository).removeprefix(self.scheme)
        return f"{registry}/{repository}" if registry else repository

    @property
    def holder(self) -> Node:
        """The scalar that names most: the tag, else the repository."""
        return self.tag if self.tag is not None and text_of(self.tag) else self.repository

    @property
    def text(self) -> str:
        """The reference without what stands under the key of the digest."""
        return self.name if self.holder is self.repository else f"{self.name}:{text_of(self.tag)}"

    @property
    def rewritable(self) -> tuple[Node, ...]:
        """The scalars that pinning may change."""
        if self.digest is None:
            return (self.holder,)
        return (self.digest, self.holder) if "@" in text_of(self.holder) else (self.digest,)

    @property
    def meaning(self) -> str:
        """What the scalars mean, where several images share them."""
        return self.text


AnyPlace = Place | Parts | Embedded
# Yields the nodes of a document that are images; it sees all nodes under the keys that it asked for, and maybe others.
Classify = Callable[[Document], Iterable[AnyPlace]]


@dataclass(frozen=True, slots=True)
class Look:
    """How a chunk is looked at: the keys whose nodes are needed, or None for those of every key, and what they are."""

    keys: frozenset[str] | None
    classify: Classify


# Returns how the text of a chunk is looked at; None where no image can stand in it, and it is not parsed.
LookInto = Callable[[str], Look | None]


def node_of(place: AnyPlace) -> Node:
    """Return the node that says most of an image."""
    return place.holder if isinstance(place, Parts) else place.node


def text_of(node: Node | None) -> str:
    """Return the value of a part: nothing where it is missing or null."""
    if node is None or node.shape != "scalar":
        return ""
    return "" if is_null(node) else scalar_text(node)


def is_null(node: Node) -> bool:
    """Return whether a scalar stands plain for no value."""
    return node.is_plain and not node.style and node.value in _NULLS
