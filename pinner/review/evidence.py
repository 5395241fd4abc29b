"""Why a digest moved: the causes that were found, and the facts that they were found in."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

from pinner.errors import ResolutionError
from pinner.frozen import dataclass
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform

Side = Literal["old", "new"]

# More platforms than any image has, and fewer than an index can name.
MOST_PLATFORMS: Final = 64


class Cause(StrEnum):
    """What may be behind another digest, the weightiest first: the order in which they are told."""

    PLATFORM_REMOVED = "platform-removed"
    SOURCE_CHANGED = "source-changed"
    CONFIGURATION_CHANGED = "configuration-changed"
    NEW_REVISION = "new-revision"
    BASE_CHANGED = "base-changed"
    # The layers are other ones, and labels do not say of which revision.
    CONTENT_CHANGED = "content-changed"
    REBUILT = "rebuilt"
    PLATFORM_ADDED = "platform-added"
    # An index became a single manifest, or the other way round.
    SHAPE_CHANGED = "shape-changed"
    # Other layers that unpack to the same files.
    RECOMPRESSED = "recompressed"
    METADATA_ONLY = "metadata-only"
    ATTESTATION_ONLY = "attestation-only"
    # The same manifests, listed by an index of other bytes.
    INDEX_ONLY = "index-only"
    # All that differs is for platforms that are not run here.
    OTHER_PLATFORMS_ONLY = "other-platforms-only"
    # Something could not be read, so that there may be more causes.
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """The cause as people say it: `platform added`."""
        return self.value.replace("-", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One cause with what it was concluded from, a short phrase such as `both carry revision 3f2a91c`.

    `platforms` are those it was seen on, empty for what concerns the image as a whole.
    """

    cause: Cause
    because: str
    platforms: tuple[Platform, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """One platform's image on one side; `config` and `layers` are None where its documents were not read.

    `size` is the sum of its layers as they are stored, in bytes, None where it is not known.
    """

    manifest: Digest
    config: Digest | None = None
    layers: tuple[Digest, ...] | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFacts:
    """One platform that differs; the side that does not have it is None.

    `shared_layers` counts the layers that both sides have, None where one of them was not read.
    """

    platform: Platform | None
    old: ImageFacts | None
    new: ImageFacts | None
    shared_layers: int | None = None

    @property
    def size_delta(self) -> int | None:
        """By how many bytes the layers grew, None where that is not known."""
        old, new = (one.size if one else None for one in (self.old, self.new))
        return None if old is None or new is None else new - old


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFact:
    """What both sides say under one name, such as `org.opencontainers.image.revision`; None where they say nothing."""

    name: str
    old: str | None
    new: str | None

    @property
    def is_changed(self) -> bool:
        """Whether the sides differ."""
        return self.old != self.new


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A change of how the image runs: which field (`entry-point`, `environment`), and the whole of it as a sentence.

    Values of environment variables are never part of it, only their names.
    """

    field: str
    sentence: str
    platforms: tuple[Platform, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What could not be read, such as `the old index` or `the new image of linux/arm64`, and why."""

    side: Side
    what: str
    error: ResolutionError

    @property
    def is_gone(self) -> bool:
        """Whether the registry says that it has no such digest any more."""
        return self.error.code == "not-found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of one move.

    `judgements` begin with the weightiest cause and name each once. `platforms` are those that differ; `left_out`
    counts further ones that were not looked into, because nobody runs them here or because there are too many. `labels`
    are those of the first platform that differs, in a fixed order, changed or not. `compare` is an https address that
    shows what lies between the revisions.
    """

    judgements: tuple[Judgement, ...] = ()
    platforms: tuple[PlatformFacts, ...] = ()
    left_out: int = 0
    labels: tuple[LabelFact, ...] = ()
    compare: str | None = None
    settings: tuple[Setting, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The causes alone, the weightiest first."""
        return tuple(one.cause for one in self.judgements)
