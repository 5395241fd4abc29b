"""A registry in memory: what `pinner.resolution.Resolver` gives, without a socket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from pinner.errors import NotFoundError, ResolutionError
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.documents import Descriptor
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.resolution import How, Resolution, Resolved, Unresolved

PLATFORMS = (Platform("linux", "amd64"), Platform("linux", "arm64"))


def digest_of(text: str) -> Digest:
    return Digest.of(text.encode())


def platform_digest(text: str, platform: Platform) -> Digest:
    return digest_of(f"{text}#{platform}")


def resolved(written: str, digest: Digest, *, how: How = "get", platform: Platform | None = None) -> Resolved:
    """Return the answer for an index, or for the manifest of one platform."""
    media_type = media_types.OCI_MANIFEST if platform else media_types.OCI_INDEX
    return Resolved(
        reference=Reference.parse(written),
        descriptor=Descriptor(digest=digest, media_type=media_type, size=857),
        how=how,
        platforms=None if how == "head" else () if platform else PLATFORMS,
    )


@dataclass(slots=True)
class FakeRegistry:
    """Tags by their canonical name, each with the text that its digest is the hash of, or with an error.

    Whatever is asked for by its digest is there, unless it is in `deleted`. `asked` holds every question in order;
    `opened` the platform of every resolver that was opened.
    """

    tags: dict[str, str | ResolutionError]
    asked: list[str] = field(default_factory=list)
    opened: list[Platform | None] = field(default_factory=list)
    deleted: set[Digest] = field(default_factory=set)

    @contextmanager
    def open_resolver(self, platform: Platform | None = None) -> Iterator[_FakeResolver]:
        self.opened.append(platform)
        yield _FakeResolver(self.tags, self.asked, platform, self.deleted)


@dataclass(frozen=True, slots=True)
class _FakeResolver:
    tags: Mapping[str, str | ResolutionError]
    asked: list[str]
    platform: Platform | None
    deleted: set[Digest]

    def look_up(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        return tuple(self._look_for(one) if one.is_digest_only else self._answer(one, "head") for one in references)

    def describe(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        return tuple(self._answer(one, "get") for one in references)

    def _look_for(self, reference: Reference) -> Resolution:
        """Say whether a digest is there, which is no question of tags."""
        assert reference.digest is not None
        self.asked.append(f"head {reference}")
        if reference.digest in self.deleted:
            return Unresolved(reference=reference, error=NotFoundError(f"{reference.digest} does not exist"))
        return resolved(reference.written, reference.digest, how="head")

    def _answer(self, reference: Reference, how: How) -> Resolution:
        self.asked.append(f"{how} {reference.tagged}")
        content = self.tags.get(reference.tagged, NotFoundError(f"{reference.tagged} does not exist", hint="check it"))
        if isinstance(content, ResolutionError):
            return Unresolved(reference=reference, error=content)
        digest = platform_digest(content, self.platform) if self.platform else digest_of(content)
        if how == "get" and reference.digest is not None:
            digest = reference.digest
        if digest in self.deleted:
            return Unresolved(reference=reference, error=NotFoundError(f"{digest} does not exist"))
        return resolved(reference.written, digest, how=how, platform=self.platform)
