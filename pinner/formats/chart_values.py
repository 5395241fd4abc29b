"""The tool for Helm values: which mappings and texts of them are images.

Values have no schema, and each chart reads them in its own way. So a mapping is an image only where its key or its
neighbours say so, and what might be put together in another way is left alone with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from pinner.formats import chart_words as words
from pinner.formats.base import Unreadable, read_reference
from pinner.formats.places import Parts, Place, node_of, text_of
from pinner.frozen import dataclass
from pinner.syntax.charts import GLOBAL_REGISTRIES, Chart
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.syntax.yaml_scalars import is_string, scalar_text

# A value with the path that the chart sees, which is not always the one in the document.
Entry = tuple[Path, Node]


def document_entries(document: Document, root: Path = ()) -> Iterator[Entry]:
    """Yield the values below a path, as the chart sees them."""
    return ((node.path[len(root) :], node) for node in document.nodes if is_below(node.path, root))


def is_below(path: Path, root: Path) -> bool:
    """Return whether a path leads through another one."""
    return len(path) > len(root) and path[: len(root)] == root


def read_values(
    entries: Iterable[Entry], chart: Chart | None = None, *, named_at: Path | None = None
) -> tuple[Place | Parts, ...]:
    """Return the images of Helm values in the order of the text; `chart` is what is known of the one they are for.

    `named_at` is where the values stand if their paths are none of the document.
    """
    mappings: dict[Path, dict[str, Entry]] = {}
    globally: Node | None = None
    for path, node in entries:
        # The entries of a list are as good as those of a mapping: `images: [quay.io/acme/proxy:1.2]`.
        mappings.setdefault(path[:-1], {})[_plain(str(path[-1]))] = (path, node)
        if path in GLOBAL_REGISTRIES and text_of(node):
            globally = node
    places = [
        place for path, keys in mappings.items() for place in _Mapping(path, keys, globally, chart, named_at).images()
    ]
    return tuple(sorted(places, key=lambda place: node_of(place).start))


def _plain(key: str) -> str:
    """Return a key as it is compared: `imagePullPolicy`, `image_pull_policy` and `image-pull-policy` are one."""
    return key.lower().replace("_", "").replace("-", "")


@dataclass(frozen=True, slots=True)
class _Mapping:
    """One mapping of values: its path, what stands under each key, and what the whole file and the chart say."""

    path: Path
    keys: dict[str, Entry]
    global_registry: Node | None
    chart: Chart | None
    named_at: Path | None

    def images(self) -> Iterator[Place | Parts]:
        """Yield the image that this mapping is, and those in it."""
        names = [_plain(step) for step in self.path if isinstance(step, str)]
        is_named = any(one.endswith(("image", "images")) for one in names[-2:])
        holds_images = bool(names) and (names[-1].endswith("images") or names[-2:] == ["images", "tags"])
        if names and names[-1].endswith("images") and self._text("repository"):
            yield Place(self._at("repository"), words.SEVERAL)
        elif "repository" in self.keys:
            yield from self._own_image("repository", is_named=is_named)
        elif is_named and "repo" in self.keys:
            yield from self._own_image("repo", is_named=True)
        elif names and names[-1].endswith("image") and "image" not in self.keys:
            yield from self._own_tag()
        for key in self.keys:
            flat = key.removesuffix("repository")
            if flat != key and flat.endswith("image"):
                yield self._in_parts(key, flat)
            elif key.endswith(words.TEXTS) and not (is_named and "repository" in self.keys):
                yield from self._text_image(key)
            elif holds_images and key not in words.NO_IMAGES:
                yield from self._listed_image(key)

    def _own_image(self, key: str, *, is_named: bool) -> Iterator[Place | Parts]:
        """Yield the mapping itself: `image: {registry: …, repository: …, tag: …}`."""
        node, written = self._at(key), self._text(key)
        if node.shape != "scalar":
            return
        more = next((one for one in words.MORE_PARTS if self._text(one)), None)
        if not is_named and not any(one in self.keys for one in words.TELLING):
            if "tag" not in self.keys or "://" in written:
                return
            if not _has_host(written) or written.lower().startswith(words.FORGES):
                yield Place(node, words.ANY_REPOSITORY)
                return
        others = [one for one in self.keys if one.endswith("digest") and one not in words.OWN_DIGESTS]
        if others and not any(one in self.keys for one in words.DIGESTS):
            detail = f"{self.keys[others[0]][0][-1]!r} belongs to an image whose name the chart makes of this one"
            yield Place(node, Unreadable("ambiguous", detail))
            return
        if more is not None:
            detail = f"{self.keys[more][0][-1]!r} beside the repository may be a part of the name or of the tag"
            yield Place(self._at(more), Unreadable("ambiguous", detail))
            return
        yield self._in_parts(key, "")

    def _own_tag(self) -> Iterator[Place]:
        """Yield a tag or a digest whose repository stands elsewhere, or under another key."""
        key = next((one for one in (*words.TAGS, *words.DIGESTS) if self._text(one)), None)
        if key is not None:
            yield Place(self._at(key), words.NAMED if self._text("name") else words.NO_REPOSITORY)

    def _text_image(self, key: str) -> Iterator[Place | Parts]:
        """Yield a text under `image`, `*Image` or `imageName`: a reference, or the repository of a tag beside it."""
        node = self._at(key)
        name = next((one for one in words.NAMES if key.endswith(one)), "")
        reading = read_reference(scalar_text(node)) if node.shape == "scalar" and is_string(node) else None
        if reading is None or isinstance(reading, Unreadable):
            yield from () if name else self._no_reference(key, reading)
            return
        is_tagged = reading.tag is not None or reading.digest is not None
        if not is_tagged and words.OTHER_IMAGE.match(reading.written):
            yield Place(node, words.NO_CONTAINER_IMAGE)
            return
        flat = key.removesuffix(name)
        prefix = flat if f"{flat}tag" in self.keys or key != "image" else ""
        yield from self._beside_others(key, prefix, is_tagged=is_tagged, is_name=bool(name))

    def _beside_others(self, key: str, prefix: str, *, is_tagged: bool, is_name: bool) -> Iterator[Place | Parts]:
        """Yield a text that reads as a reference, by what stands beside it."""
        node = self._at(key)
        has_version = f"{prefix}tag" in self.keys or any(self._text(prefix + one) for one in words.DIGESTS)
        has_registry = any(self._text(one) for one in words.REGISTRIES)
        has_more = has_registry or any(prefix + one in self.keys for one in words.DIGESTS)
        if self._is_container() or (is_tagged and not self._text(f"{prefix}tag") and not has_more):
            yield self._whole(node)
        elif is_tagged and self._text(f"{prefix}tag"):
            yield Place(node, words.TWO_TAGS)
        elif not is_tagged and not has_version:
            yield from () if is_name else (Place(node, words.UNTAGGED),)
        elif "/" not in text_of(node) and not has_registry and not is_tagged:
            yield Place(node, words.ONE_WORD)
        else:
            yield self._in_parts(key, prefix, tags=("tag",))

    def _no_reference(self, key: str, reading: Unreadable | None) -> Iterator[Place]:
        node = self._at(key)
        if node.shape == "scalar" and words.OTHER_IMAGE.match(node.value):
            yield Place(node, words.NO_CONTAINER_IMAGE)
        elif key != "image" and reading is not None and reading.reason == "not-a-reference":
            yield Place(node, words.NO_NAME)
        else:
            yield Place(node)

    def _listed_image(self, key: str) -> Iterator[Place]:
        """Yield a text in a mapping of images: `images: {proxy: quay.io/acme/proxy:1.2}`."""
        node = self._at(key)
        if node.shape != "scalar" or not is_string(node) or words.OTHER_IMAGE.match(node.value):
            return
        if words.NUMBERS.fullmatch(node.value) or (isinstance(self.path[-1], int) and "/" not in node.value):
            return
        reading = read_reference(scalar_text(node))
        if isinstance(reading, Unreadable):
            yield from (Place(node),) if reading.reason in words.MADE else ()
        elif reading.tag is not None or reading.digest is not None:
            yield self._whole(node)
        elif "/" in node.value:
            yield Place(node, words.UNTAGGED)

    def _whole(self, node: Node) -> Place:
        is_whole = self.global_registry is None or _has_host(scalar_text(node))
        return Place(node) if is_whole else Place(node, words.BEHIND_GLOBAL)

    def _in_parts(self, key: str, prefix: str, tags: Iterable[str] = words.TAGS) -> Place | Parts:
        """Return the image whose repository stands under `key`; `prefix` is that of the other keys."""
        repository = self._at(key)
        registry = self._first(prefix, words.REGISTRIES)
        if not _has_host(text_of(repository)):
            unknown = self._refuse_registry(registry) if text_of(repository) else None
            if unknown is not None:
                return Place(repository, unknown)
            registry = self.global_registry if registry is not None and self.global_registry else registry
        tag = self._first(prefix, tags)
        digest = self._first(prefix, words.DIGESTS)
        style = self._digest_style(digest, prefix) if digest is not None else None
        if style is None and text_of(digest) and digest is not None:
            return Place(digest, words.UNUSED)
        return Parts(
            repository=repository,
            registry=registry,
            tag=tag,
            digest=None if style is None else digest,
            digest_style=style or "prefixed",
            tag_alone=self._why_alone(tag, digest),
            path=self._locate(key, prefix),
        )

    def _digest_style(self, digest: Node, prefix: str) -> Literal["prefixed", "hex"] | None:
        """Return how the chart wants a digest; None where it wants none, or nobody knows how it is wanted."""
        if self._text(f"{prefix}usedigest").lower() == "false":
            return None
        key, path = next((key, path) for key, (path, node) in self.keys.items() if node is digest)
        is_bare = self.chart.is_bare_digest(path) if self.chart is not None else None
        if is_bare is None:
            # A digest that stands there tells its own style.
            return "prefixed" if text_of(digest) or key.removeprefix(prefix) not in words.HEX else None
        return "hex" if is_bare else "prefixed"

    def _locate(self, key: str, prefix: str) -> Path | None:
        """Return the path that names the image, where it is not the mapping in the document."""
        if self.named_at is not None:
            return self.named_at + (self.keys[key][0] if prefix else self.path)
        return self._at(key).path if prefix else None

    def _refuse_registry(self, registry: Node | None) -> Unreadable | None:
        """Say why a repository that names no registry may be one of another registry than the one beside it."""
        if registry is not None:
            is_hidden = self.global_registry is None and self.chart is not None and self.chart.has_global_registry
            return words.BEHIND_CHART if is_hidden else None
        if self.global_registry is not None:
            return words.BEHIND_GLOBAL
        if self.chart is None or not self.chart.knows(self.path):
            return words.NO_CHART
        return words.BEHIND_CHART if self.chart.has_registry_for(self.path) else None

    def _why_alone(self, tag: Node | None, digest: Node | None) -> Unreadable | None:
        """Say where the chart uses the tag for something else than an image, or may do so."""
        if self._is_unknown_hash(digest):
            return words.UNKNOWN_HASH
        path = next((path for path, node in self.keys.values() if node is tag and text_of(tag)), ())
        uses = self.chart.tag_uses if self.chart is not None else ()
        use = next((one for one in uses if one.tag.means(path)), None)
        if use is None:
            return None
        detail = f"the chart uses the tag outside of an image reference, at {use.place}"
        return Unreadable("tag-used-elsewhere", f"{detail}; let the chart read a digest under a key of its own")

    def _is_unknown_hash(self, digest: Node | None) -> bool:
        """Return whether a chart that nobody knows takes the hex, or more, under an empty key for it.

        kube-prometheus-stack gives the tag to its operator as a version, too, which a digest behind it would break.
        """
        if digest is None or text_of(digest) or (self.chart is not None and self.chart.knows(self.path)):
            return False
        return any(node is digest and key.endswith(words.HEX) for key, (_, node) in self.keys.items())

    def _is_container(self) -> bool:
        """Return whether the mapping is a container as Kubernetes has it: its image is a whole reference."""
        match self.path:
            case (*_, str(containers), int()):
                return _plain(containers).endswith(("containers", "sidecars"))
        return False

    def _at(self, key: str) -> Node:
        return self.keys[key][1]

    def _text(self, key: str) -> str:
        return text_of(self.keys[key][1]) if key in self.keys else ""

    def _first(self, prefix: str, names: Iterable[str]) -> Node | None:
        return next((self._at(prefix + one) for one in names if prefix + one in self.keys), None)


def _has_host(text: str) -> bool:
    """Return whether a name begins with a registry."""
    host, slash, _ = text.partition("/")
    return bool(slash) and ("." in host or ":" in host or host == "localhost")
