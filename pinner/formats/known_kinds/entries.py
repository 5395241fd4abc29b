"""What the lines of the tables are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from pinner.formats.base import Unreadable
from pinner.formats.routed import Images
from pinner.frozen import dataclass
from pinner.syntax.yaml_nodes import Document, Node

OTHER_IMAGE: Final = Unreadable("other-image", "the value names a picture, a disk or a machine image")
BUILT: Final = Unreadable("build", "the name of what is built here; nothing is pulled by it")
WATCHED: Final = Unreadable("watched", "a controller looks for newer tags of this image; a digest would end that")
COMPARED: Final = Unreadable("pattern", "images are compared with this value; none is pulled by it")
MIRROR: Final = Unreadable("mirror", "the place of a mirror, and no image by itself")
PART: Final = Unreadable("image-part", "a program makes the names of several images from this value")
REPOSITORY: Final = Unreadable("image-part", "a repository with all of its tags, and no image by itself")


@dataclass(frozen=True, slots=True, kw_only=True)
class InParts:
    """One image in several keys of a mapping; `route` leads to its repository, the others are keys beside that.

    It can be pinned where the repository has the tag in it (then it is a whole reference), or where the key of the
    digest is there; `tag_alone` says why nothing else may change. Where the key `unless` has a value, that is it.
    """

    route: str
    tags: tuple[str, ...]
    digest: str
    digest_style: Literal["prefixed", "hex"] = "prefixed"
    tag_alone: Unreadable
    unless: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InText:
    """References inside of a longer text: the one group of every match of `pattern`."""

    route: str
    pattern: str


KnownPlace = str | Images | InParts | InText


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """Where the images of some kinds of object stand; without `names`, of every kind of these groups.

    Routes begin at the object. `keys` are those that the `where` of a place looks at. Of two places that lead to one
    value, the first decides. Without `groups` it is about objects of every group, and `needle` stands in their text.
    """

    groups: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    needle: str = ""
    places: tuple[KnownPlace, ...]
    keys: frozenset[str] = frozenset()


Where = Callable[[Document], Callable[[Node], bool]]


def beside(key: str, *values: str, above: int = 0) -> Where:
    """Return what tells of a node whether `key` has one of `values` beside it, or that many steps above."""

    def tell(document: Document) -> Callable[[Node], bool]:
        return lambda node: document.scalar_at((*node.path[: -1 - above], key)) in values

    return tell


def with_key(key: str, *, above: int = 0) -> Where:
    """Return what tells of a node whether anything stands under `key` beside it, or that many steps above."""

    def tell(document: Document) -> Callable[[Node], bool]:
        holders = {node.path[:-1] for node in document.nodes if node.path[-1] == key}
        return lambda node: node.path[: -1 - above] in holders

    return tell
