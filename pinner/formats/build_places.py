"""The tool for builds that stand in YAML and JSON: Dockerfiles in a value, and images that are contexts of a build."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pinner.formats.base import Unreadable, is_versioned, read_reference
from pinner.formats.build_names import bare_name, is_stage_name
from pinner.formats.places import Place
from pinner.frozen import dataclass
from pinner.oci.reference import Reference
from pinner.patterns import compile_later
from pinner.syntax.yaml_nodes import Node
from pinner.syntax.yaml_scalars import scalar_text

if TYPE_CHECKING:
    from pinner.formats.dockerfile_places import ImagePlace

CONTEXT_SCHEME: Final = "docker-image://"
BUILT: Final = Unreadable("build", "a service of this file builds this image")
ARGUMENT: Final = Unreadable("build-argument", "the Dockerfile may read it in any way; pin it by hand or by a rule")
_SPLIT: Final = Unreadable("split-word", "quotes, escapes or line ends split the image; write it in one piece")
_CONTEXT: Final = Unreadable("build-context", "a build of this file has a context of this name, which takes its place")
_MADE_STAGES: Final = Unreadable("ambiguous-stage", "a variable names a stage, which may be this one")
# `db:5432` is more likely an address than an image.
_ADDRESS: Final = compile_later(r"[^/:]+:[0-9]{4,5}")

# Returns which part of a text is a reference, where a variable stands for it; None where none is.
Narrow = Callable[[str, int, int], tuple[int, int] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Builds:
    """How the values of a kind of file become builds.

    `variable` is what to say of an image with a `$`: the file's own reader replaces it before any Dockerfile is read.
    `narrow` finds the literal default in such a text. `contexts` are the names of all contexts of builds, `results`
    those of the images that the file itself builds.
    """

    variable: Unreadable
    narrow: Narrow
    contexts: Collection[str] = ()
    results: Collection[str] = ()

    def inline_places(self, node: Node) -> Iterator[Place]:
        """Yield the images of a Dockerfile that is a value, each with its part of the value."""
        if node.shape != "scalar":
            return
        from pinner.formats.dockerfile_places import find_places, stage_names  # noqa: PLC0415 - start-up: few have one
        from pinner.syntax.dockerfile_lexer import Malformed, lex  # noqa: PLC0415 - as above

        text = scalar_text(node)
        dockerfile = lex(text)
        if isinstance(dockerfile, Malformed):
            span = dockerfile.span
            yield Place(node, Unreadable(dockerfile.reason, dockerfile.detail), part=(span.start, span.end))
            return
        has_made_stages = any("$" in name for name in stage_names(dockerfile))
        for place in find_places(dockerfile):
            yield self._read(Place(node, inside=place.locator), text, place, has_made_stages=has_made_stages)

    def _read(self, whole: Place, text: str, place: ImagePlace, *, has_made_stages: bool) -> Place:
        """Return which part of the Dockerfile is the reference, and why it is left alone."""
        part = (place.value.offsets[0], place.value.offsets[-1] + 1)
        written = place.value.text
        is_variable = "$" in written
        if is_variable:
            default = self.narrow(text, *part)
            if default is None or is_stage_name(text[slice(*default)]):
                return replace(whole, verdict=self.variable, part=part)
            part = default
            written = text[slice(*default)]
        elif place.problem is not None:
            return replace(whole, verdict=place.problem, part=part)
        if text[slice(*part)] != written:
            return replace(whole, verdict=_SPLIT, part=part)
        bare = bare_name(written)
        may_be_stage = is_variable or has_made_stages
        taken = place.taken or (bare if self._doubt(bare, may_be_stage=may_be_stage) else "")
        return replace(whole, verdict=self._doubt(written, may_be_stage=may_be_stage), part=part, taken=taken)

    def _doubt(self, name: str, *, may_be_stage: bool) -> Unreadable | None:
        """Say why a name is left alone, if it is one that the file itself makes."""
        if context_name(name) in self.contexts:
            return _CONTEXT
        if result_name(name) in self.results:
            return BUILT
        return _MADE_STAGES if may_be_stage and is_stage_name(name) else None

    def context_places(self, node: Node) -> Iterator[Place]:
        """Yield the image that is a context: `docker-image://alpine:3.21`, also as `base=docker-image://…`."""
        if node.shape != "scalar":
            return
        text = scalar_text(node)
        start, end = 0, len(text)
        if isinstance(node.path[-1], int):
            start = text.find("=") + 1
        start, end = self.narrow(text, start, end) or (start, end)
        if text.startswith(CONTEXT_SCHEME, start, end):
            start += len(CONTEXT_SCHEME)
            default = self.narrow(text, start, end)
            part = default or (start, end)
            is_variable = default is None and "$" in text[start:end]
            written = text[slice(*part)]
            is_result = result_name(written) in self.results
            verdict = self.variable if is_variable else BUILT if is_result else None
            yield Place(node, verdict, part=part, taken=taken_by(self.results, written))
        elif CONTEXT_SCHEME in text:
            yield Place(node, self.variable if "$" in text else None)

    def argument_places(self, node: Node) -> Iterator[Place]:
        """Yield the argument of a build that is an image by its looks, also as `BASE=node:20`; it is only said."""
        if node.shape != "scalar":
            return
        text = scalar_text(node)
        start, end = text.find("=") + 1 if isinstance(node.path[-1], int) else 0, len(text)
        part = self.narrow(text, start, end) or (start, end)
        if is_image_argument(text[slice(*part)]):
            yield Place(node, ARGUMENT, part=part)


def is_image_argument(text: str) -> bool:
    """Return whether the argument of a build looks like an image with a tag or a digest."""
    return is_versioned(text) and not _ADDRESS.fullmatch(text)


def context_names(nodes: Iterable[Node]) -> frozenset[str]:
    """Return the names of contexts, which are keys or stand in front of `=`."""
    written = (
        one.value.partition("=")[0] if isinstance(one.path[-1], int) else one.path[-1]
        for one in nodes
        if one.shape == "scalar"
    )
    return frozenset(context_name(name.partition("::")[0]) for name in written)


def context_name(text: str) -> str:
    """Return the name that a context and an image must share for the one to take the other's place."""
    reference = read_reference(text)
    return reference.familiar.removesuffix(":latest") if isinstance(reference, Reference) else text


def taken_by(results: Collection[str], written: str) -> str:
    """Return what taking the digest away would leave of a reference, if that names a result."""
    bare = bare_name(written)
    return bare if result_name(bare) in results else ""


def result_name(text: str) -> str:
    """Return the name that a build must give its result for it to be this image: with a tag, without a digest.

    A digest without tag is no build's name; what is no reference is compared as it is written.
    """
    reference = read_reference(text)
    if isinstance(reference, Unreadable) or reference.is_digest_only:
        return text
    return reference.tagged
