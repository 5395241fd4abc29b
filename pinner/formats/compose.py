"""Compose files and Swarm stacks (compose-spec): images of services, hooks and volumes, and what builds begin with.

Compose replaces variables everywhere. Only where the default of one is a whole image, that is edited (A11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Change, Format, Found, Unreadable, is_versioned
from pinner.formats.build_places import BUILT, CONTEXT_SCHEME, Builds, context_names, result_name, taken_by
from pinner.formats.naming import matches
from pinner.formats.table import COMPOSE_NAMES
from pinner.formats.yaml_places import Place, find_images
from pinner.formats.yaml_places import prove as prove_yaml
from pinner.frozen import dataclass
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scalars import scalar_text
from pinner.text import Source

_KEYS: Final = frozenset(
    {"services", "image", "build", "dockerfile_inline", "tags", "type", "source", "extends", "file", "service"}
)
_BUILT: Final = Unreadable("build", "the service is built from source; the image only names the result")
_EXTENDED: Final = Unreadable("extends", "the service extends one of another file, which may build the image")
_UNUSED: Final = Unreadable("unused-template", "no service of this file uses the template; other files may")
_VARIABLE: Final = Unreadable(
    "variable", "Compose replaces the variable; only a default that is a whole image is pinned"
)
# `${NAME:-default}` and `${NAME-default}`; what begins with `:?`, `?`, `:+` or `+` is no default.
_DEFAULT: Final = compile_later(r"\$\{[A-Za-z_][A-Za-z0-9_]*:?-(?P<default>.*)\}", re.DOTALL | re.ASCII)
_HOOKS: Final = ("pre_start", "post_start", "pre_stop")
# What stands at the top beside the services; a file of only these is no file of the old form.
_SECTIONS: Final = frozenset({"configs", "include", "models", "networks", "secrets", "volumes"})


def find(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    """Return the images of every service; one that is built from source is left alone (F01)."""
    # The names of contexts and of arguments are keys of any name.
    keys = None if "contexts" in source.text or "args" in source.text else _KEYS
    return find_images(source, _classify, context, keys=keys, marker=CONTEXT_SCHEME)


def prove(before: Source, after: Source, changes: Sequence[Change]) -> None:
    """Raise `EditError` unless `after` is `before` with exactly these changes, in inline Dockerfiles, too."""
    from pinner.formats.build_proof import prove_images  # noqa: PLC0415 - start-up: most verbs edit nothing

    prove_yaml(before, after, changes)
    prove_images(find(before), find(after), changes)


def _classify(document: Document) -> Iterator[Place]:
    services = _Services(document)
    contexts = [node for node in document.nodes if _is_context(services.path_inside(node.path))]
    builds = Builds(
        variable=_VARIABLE, narrow=_find_default, contexts=context_names(contexts), results=services.results
    )
    for node in document.nodes:
        inside = services.path_inside(node.path)
        if services.is_unused(node):
            yield Place(node, _UNUSED)
        match inside:
            case ("image",):
                yield services.place(node, services.doubt(node))
            case (hook, int(), "image") if hook in _HOOKS:
                yield services.place(node, services.doubt_use(node))
            case ("volumes", int(), "source") if node.path[:-1] in services.image_volumes:
                yield services.place(node, services.doubt_use(node))
            case ("build", "dockerfile_inline"):
                yield from builds.inline_places(node)
            case ("build", "args", _):
                yield from builds.argument_places(node)
            case _ if _is_context(inside):
                yield from builds.context_places(node)


def _is_context(inside: Path) -> bool:
    match inside:
        case ("build", "additional_contexts", _) | ("build", "x-bake", "contexts", _):
            return True
    return False


def _find_default(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return where the literal default of a variable stands that is the whole text; defaults may hold variables."""
    while (match := _DEFAULT.fullmatch(text, start, end)) is not None:
        start, end = match.span("default")
        if start < end and not any(letter in "${}" for letter in text[start:end]):
            return start, end
    return None


@dataclass(frozen=True)
class _Services:
    """What the services of one document say of each other."""

    document: Document

    @cached_property
    def _is_legacy(self) -> bool:
        """Whether the services stand at the top, as they did before 2014."""
        return not any(node.path == ("services",) for node in self.document.nodes)

    def path_inside(self, path: Path) -> Path:
        """Return the path inside of the service, or nothing."""
        match path:
            case (str(name), *inside) if self._is_legacy and name not in _SECTIONS and not name.startswith("x-"):
                return tuple(inside)
            case ("services", _, *inside):
                return tuple(inside)
        return ()

    def is_unused(self, node: Node) -> bool:
        """Return whether this is the image of a template (`x-base`, `x-bases.web`) that no service takes in (F02)."""
        match node.path:
            case (str(top), "image") | (str(top), str(), "image") if top.startswith("x-") and node.shape == "scalar":
                return is_versioned(_literal(node)) and not any(map(self.path_inside, node.uses))
        return False

    def place(self, node: Node, verdict: Unreadable | None) -> Place:
        """Return the place of an image, inside of the variable whose default it is."""
        if verdict is not None or node.shape != "scalar":
            return Place(node, verdict)
        text = scalar_text(node)
        return Place(node, part=_find_default(text, 0, len(text)), taken=taken_by(self.results, _literal(node)))

    def doubt(self, node: Node) -> Unreadable | None:
        """Say why the image of a service is left alone: the service is built, or may be (F01, F02)."""
        return self._origins.get(node.path[:-1]) or self.doubt_use(node)

    def doubt_use(self, node: Node) -> Unreadable | None:
        """Say why an image that is only used is left alone: the file builds it."""
        return BUILT if node.shape == "scalar" and result_name(_literal(node)) in self.results else None

    @cached_property
    def image_volumes(self) -> frozenset[Path]:
        """The mounts that are images."""
        return frozenset(n.path[:-1] for n in self.document.nodes if n.path[-1:] == ("type",) and n.value == "image")

    @cached_property
    def _paths(self) -> frozenset[Path]:
        return frozenset(node.path for node in self.document.nodes)

    @cached_property
    def _origins(self) -> Mapping[Path, Unreadable | None]:
        """Which services are built, or extend one of another file, themselves or through those that they extend."""
        dropped = {node.path for node in self.document.nodes if node.tag == "!reset"}
        inside = {path: self.path_inside(path) for path in self._paths - dropped}
        origins: dict[Path, Unreadable | None] = {
            path[:-2]: _EXTENDED for path, rest in inside.items() if rest == ("extends", "file")
        }
        origins |= {path[:-1]: _BUILT for path, rest in inside.items() if rest == ("build",)}
        for service in self._extended:
            chain: dict[Path, None] = {}
            while service not in origins and service not in chain and service in self._extended:
                chain[service] = None
                service = self._extended[service]  # noqa: PLW2901 - the chain is followed from here
            # Also where nothing came of it, so that no service is followed twice.
            origins |= dict.fromkeys(chain, origins.get(service))
        return origins

    @cached_property
    def _extended(self) -> Mapping[Path, Path]:
        """Which service of this file another one extends."""
        return {
            node.path[: -len(inside)]: (*node.path[: -len(inside) - 1], node.value)
            for node in self.document.nodes
            if (inside := self.path_inside(node.path)) in (("extends",), ("extends", "service"))
            and node.shape == "scalar"
        }

    @cached_property
    def results(self) -> frozenset[str]:
        """The names of the images that services of this file build."""
        names = (_literal(node) for node in self.document.nodes if node.shape == "scalar" and self._is_result(node))
        return frozenset(result_name(name) for name in names if name and "@" not in name)

    def _is_result(self, node: Node) -> bool:
        match self.path_inside(node.path):
            case ("image",):
                return self._origins.get(node.path[:-1]) is _BUILT
            case ("build", "tags", int()):
                return True
        return False


def _literal(node: Node) -> str:
    """Return the value of a scalar, or the default of the variable that it is."""
    default = _find_default(node.value, 0, len(node.value))
    return node.value[slice(*default)] if default else node.value


_SERVICES: Final = compile_later(r"^\ufeff?[\"']?services[\"']?[ \t]*:", re.MULTILINE)


def _is_compose(source: Source) -> bool:
    """Return whether a file with a name that Compose shares with others has services."""
    path = source.path.lower()
    is_known = any(matches(pattern, path) for pattern in COMPOSE_NAMES)
    return is_known or _SERVICES.search(source.text) is not None


FORMAT: Final = Format(
    name="compose",
    is_ours=_is_compose,
    find=find,
    prove=prove,
)
