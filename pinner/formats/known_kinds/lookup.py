"""From the text of a file to the lines of the tables that it needs, and from these to places in a document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache, cached_property, lru_cache
from importlib import import_module
from typing import Final

from pinner.formats.api_objects import Groups
from pinner.formats.base import Unreadable
from pinner.formats.known_kinds.entries import InParts, InText, Kinds, KnownPlace
from pinner.formats.places import Parts, Place, text_of
from pinner.formats.routed import Images, RoutedPlace
from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.routes import Route, followed_keys, parse_route
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scalars import scalar_text

# The groups of Kubernetes itself: in these, only a pod's containers and volumes hold images.
BUILT_IN: Final = frozenset(
    {
        "", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps",
        "authentication.k8s.io", "authorization.k8s.io", "autoscaling", "batch", "certificates.k8s.io",
        "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "extensions", "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io", "node.k8s.io", "policy", "rbac.authorization.k8s.io", "resource.k8s.io",
        "scheduling.k8s.io", "storage.k8s.io",
    }
)  # fmt: skip
TABLES: Final = ("anywhere", "clusters", "databases", "openshift", "operators", "packages", "pipelines")
# What OpenShift's kinds of the group without a name cannot do without; other files need few tables.
_OLD_OPENSHIFT: Final = ("ockerImage", "DeploymentConfig")
# Escapes in a key, or in a group or a kind, hide what other patterns look for.
_ESCAPED: Final = compile_later(
    r"""(?:"[^"\r\n]*\\[xuU/][^"\r\n]*"[ \t]*:)|(?:(?:apiVersion|kind)["']?\s*:\s*"[^"\r\n]*\\)"""
)
_OWN_VERSION: Final = Unreadable("app-version", "no tag is written: the operator takes its own version")
_UNUSED: Final = Unreadable("unused", "another key of the object names the whole image")

# What a node is: one place or several, or None where nothing is known of it.
Read = Callable[[Node], tuple[Place | Parts, ...] | None]


@dataclass(frozen=True, slots=True)
class KnownKinds:
    """The lines of the tables that may say something of one file."""

    lines: tuple[Line, ...]

    @property
    def wanted(self) -> frozenset[str] | None:
        """The keys under which images stand; None where these can have any name."""
        return _union(one.wanted for one in self.lines)

    @property
    def keys(self) -> frozenset[str] | None:
        """The keys that must be looked at; None for all."""
        return _union(one.keys for one in self.lines)

    def reader(self, document: Document, root: Path, group: str, kind: str) -> Read:
        """Return what says of the nodes of the object at `root` what they are."""
        places = [place for line in self.lines if line.is_about(group, kind) for place in line.places]
        reads = [(one.route.last_key, one.reader(document, root)) for one in places]

        def read(node: Node) -> tuple[Place | Parts, ...] | None:
            key = next(step for step in reversed(node.path) if isinstance(step, str))
            tried = (one(node) for last, one in reads if last in (None, key))
            return next((found for found in tried if found is not None), None)

        return read if reads else _know_nothing


def known_in(text: str, groups: Groups) -> KnownKinds:
    """Return what is known of the objects that may stand in a text, which has these groups."""
    if groups is None and "\\" in text and _ESCAPED.search(text):
        return all_kinds()
    is_plain = groups is not None and groups <= BUILT_IN and not any(word in text for word in _OLD_OPENSHIFT)
    lines = _lines_about(TABLES[:1] if is_plain else TABLES, groups)
    return KnownKinds(tuple(line for line in lines if line.may_stand_in(text, groups)))


def known_of(group: str) -> KnownKinds:
    """Return what is known of the objects of an API group."""
    return KnownKinds(_lines(TABLES[0])) if group in BUILT_IN else all_kinds()


def all_kinds() -> KnownKinds:
    """Return all lines of all tables."""
    return KnownKinds(tuple(line for name in TABLES for line in _lines(name)))


@lru_cache(maxsize=256)
def _lines_about(tables: tuple[str, ...], groups: Groups) -> tuple[Line, ...]:
    """Return the lines of these tables about one of `groups`; where these could not be read, all."""
    lines = (line for name in tables for line in _lines(name))
    return tuple(
        one for one in lines if groups is None or not one.kinds.groups or groups.intersection(one.kinds.groups)
    )


@cache
def _lines(table: str) -> tuple[Line, ...]:
    return tuple(map(Line, import_module(f"pinner.formats.known_kinds.{table}").TABLE))


def _union(sets: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    known = list(sets)
    return None if None in known else frozenset[str]().union(*(one for one in known if one is not None))


def _know_nothing(_: Node) -> None:
    return None


@dataclass(frozen=True)
class Line:
    """A line of a table; its routes are read when it is asked first."""

    kinds: Kinds

    def may_stand_in(self, text: str, groups: Groups) -> bool:
        """Return whether such an object may stand in a text, by the words that it cannot do without.

        Where `groups` could be read, the line is known to be about one of these.
        """
        kinds = self.kinds
        return (
            kinds.needle in text
            # The words of a group are rarer than the names of its kinds.
            and (groups is not None or not kinds.groups or any(group in text for group in kinds.groups))
            and (not kinds.names or any(name in text for name in kinds.names))
        )

    def is_about(self, group: str, kind: str) -> bool:
        """Return whether the line says something of the objects of a kind."""
        kinds = self.kinds
        return (not kinds.groups or group in kinds.groups) and (not kinds.names or kind in kinds.names)

    @cached_property
    def places(self) -> tuple[_Compiled, ...]:
        """The places, ready to be asked."""
        return tuple(map(_compile, self.kinds.places))

    @cached_property
    def wanted(self) -> frozenset[str] | None:
        """The keys under which images stand; None where these can have any name."""
        routes = [one.route for one in self.places]
        return None if followed_keys(routes) is None else frozenset(one.last_key for one in routes if one.last_key)

    @cached_property
    def keys(self) -> frozenset[str] | None:
        """The keys that must be looked at; None for all."""
        return (
            None if self.wanted is None else self.wanted.union(self.kinds.keys, *(one.compared for one in self.places))
        )


@dataclass(frozen=True, slots=True)
class _Compiled:
    """One place of a table with its route, ready to be asked."""

    place: Images | InParts | InText
    route: Route

    @property
    def compared(self) -> frozenset[str]:
        """The keys whose values must be known besides."""
        beside = {*self.place.tags, self.place.digest, self.place.unless} if isinstance(self.place, InParts) else ()
        return self.route.compared_keys.union(beside)

    def reader(self, document: Document, root: Path) -> Read:
        """Return what gives the places that a node of the object at `root` is."""
        if isinstance(self.place, Images):
            routed = RoutedPlace(self.place, self.route).reader(document, root)
            return lambda node: None if (place := routed(node)) is None else (place,)
        # A node is found by the same rules, whatever is made of it then.
        routed = RoutedPlace(Images(route=self.place.route), self.route).reader(document, root)
        if isinstance(self.place, InText):
            pattern = re.compile(self.place.pattern)
            return lambda node: None if routed(node) is None else _read_text(pattern, node)
        nodes = {node.path: node for node in document.nodes}
        place = self.place
        return lambda node: None if routed(node) is None else (_read_parts(place, node, nodes),)


def _compile(place: KnownPlace) -> _Compiled:
    place = Images(route=place) if isinstance(place, str) else place
    return _Compiled(place, parse_route(place.route))


def _read_text(pattern: re.Pattern[str], node: Node) -> tuple[Place, ...]:
    if node.shape != "scalar":
        return ()
    return tuple(Place(node, part=found.span(1)) for found in pattern.finditer(scalar_text(node)))


def _read_parts(place: InParts, node: Node, nodes: dict[Path, Node]) -> Place | Parts:
    def beside(key: str) -> Node | None:
        return nodes.get((*node.path[:-1], key))

    if text_of(beside(place.unless)):
        return Place(node, _UNUSED)
    tag = next((one for one in map(beside, place.tags) if text_of(one)), None)
    digest = beside(place.digest)
    if digest is not None:
        return Parts(
            repository=node,
            tag=tag,
            digest=digest,
            digest_style=place.digest_style,
            untagged=_OWN_VERSION,
            tag_alone=place.tag_alone,
        )
    name = text_of(node).rpartition("/")[2]
    if ":" in name or "@" in name:
        return Place(node)
    return Place(tag or node, place.tag_alone if tag else _OWN_VERSION)
