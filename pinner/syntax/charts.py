"""What a Helm chart tells of the values that are given to it, as values; `chart_files` reads it."""

from __future__ import annotations

from typing import Final

from pinner.frozen import dataclass
from pinner.syntax.yaml_nodes import Path

# Where values name a registry for all images of a chart and of the charts in it.
GLOBAL_REGISTRIES: Final[tuple[Path, ...]] = (("global", "imageRegistry"), ("global", "image", "registry"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueName:
    """A value as a template names it: by the keys from the top of the values where `is_whole`, else from anywhere."""

    names: tuple[str, ...]
    is_whole: bool

    def means(self, path: Path) -> bool:
        """Return whether it is the value at a path."""
        return path == self.names if self.is_whole else path[-len(self.names) :] == self.names


@dataclass(frozen=True, slots=True, kw_only=True)
class TagUse:
    """A use of a tag outside of an image reference, at `place`."""

    tag: ValueName
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestUse:
    """A use of a digest in an image reference; `is_bare` where the chart writes `sha256:` itself."""

    digest: ValueName
    is_bare: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart of which nothing but this is known.

    `tag_uses` are those that a tag with a digest behind it would break; `digest_uses` tell what a digest key takes.
    `registries` are the mappings in which the chart's own values name a registry, `()` for all of them. `dependencies`
    are the keys under which the values of other charts stand.
    """

    tag_uses: tuple[TagUse, ...] = ()
    digest_uses: tuple[DigestUse, ...] = ()
    registries: frozenset[Path] = frozenset()
    dependencies: frozenset[str] = frozenset()

    def knows(self, path: Path) -> bool:
        """Return whether the values of a mapping are those of this chart, and no other's."""
        return not path or path[0] not in self.dependencies

    def has_registry_for(self, path: Path) -> bool:
        """Return whether the chart's own values name a registry for the images of a mapping."""
        return path in self.registries or self.has_global_registry

    @property
    def has_global_registry(self) -> bool:
        """Whether the chart's own values name a registry for all images."""
        return () in self.registries

    def is_bare_digest(self, path: Path) -> bool | None:
        """Return whether the digest at a path has no algorithm in front; None where it cannot be told."""
        uses = [use for use in self.digest_uses if use.digest.means(path)]
        # A template that names the whole path knows better than a helper for any image.
        styles = {use.is_bare for use in uses if use.digest.is_whole} or {use.is_bare for use in uses}
        return styles.pop() if len(styles) == 1 else None
