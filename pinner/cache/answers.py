"""`AnswerCache`: recalls what a tag meant a moment ago, for those who say how old that may be (RATE-09).

Only answers that a registry gives to everybody are kept: none that needed a login, none of a mirror, no refusal, no
missing tag. So nobody is told what only somebody else may see, and no secret and no account is on the disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from pinner.cache.age import LONGEST_AGE
from pinner.cache.disk import read_cache, write_cache
from pinner.cache.entries import MAXIMUM_PLATFORMS, Entry, parse_entries, render_entries
from pinner.oci.digest import Digest
from pinner.oci.documents import Descriptor
from pinner.oci.hosts import host_identity
from pinner.oci.platform import Platform
from pinner.oci.reference import DEFAULT_TAG, Reference
from pinner.resolution import Resolution, Resolved


class AnswerCache:
    """Answers by registry, repository, tag and platform; `max_age` is in seconds.

    `is_asked` says whether the registry of a reference is asked itself: what the settings forbid or send elsewhere is
    neither kept nor recalled. `count` is told of every answer that was recalled, `warn` of a file that cannot be
    written: no reason to stop.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_age: float,
        is_asked: Callable[[Reference], bool] = lambda _: True,
        clock: Callable[[], float] = time.time,
        count: Callable[[str], None] = lambda _: None,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._path = path
        self._max_age = max_age
        self._is_asked = is_asked
        self._clock = clock
        self._count = count
        self._warn = warn
        self._entries = parse_entries(read_cache(path))

    def recall_tag(self, reference: Reference, platform: Platform | None = None) -> Resolved | None:
        """Return what the tag of `reference` meant, if that is known and young enough; see `Resolver.look_up`."""
        entry = self._young(reference, platform)
        return None if entry is None else self._told(reference, entry)

    def recall_document(self, reference: Reference, platform: Platform | None = None) -> Resolved | None:
        """Return what was read of the digest or tag of `reference`, likewise; see `Resolver.describe`."""
        entry = self._young(reference, platform)
        if entry is None or entry.platforms is None or reference.digest not in {None, entry.digest}:
            return None
        return self._told(reference, entry)

    def confirms(self, reference: Reference, digest: Digest, platform: Platform | None = None) -> bool:
        """Return whether the tag of `reference` meant `digest` so short a time ago."""
        entry = self._young(reference, platform)
        if entry is None or entry.digest != digest:
            return False
        self._count("cache")
        return True

    def note_tags(self, resolutions: Iterable[Resolution], platform: Platform | None = None) -> None:
        """Keep what tags mean now, as `look_up` gave it."""
        now = self._clock()
        self._keep({_key(one.reference, platform): _entry(one, now) for one in _to_all(resolutions)})

    def note_documents(self, resolutions: Iterable[Resolution], platform: Platform | None = None) -> None:
        """Keep what was read, as `describe` gave it; of a digest this does not say that the tag beside it means it."""
        now = self._clock()
        noted: dict[str, Entry] = {}
        for one in _to_all(resolutions):
            entry = self._young(one.reference, platform)
            if one.reference.digest is None:
                noted[_key(one.reference, platform)] = _entry(one, now)
            elif entry is not None and entry.digest == one.descriptor.digest:
                noted[_key(one.reference, platform)] = _entry(one, entry.at)
        self._keep(noted)

    def _young(self, reference: Reference, platform: Platform | None) -> Entry | None:
        """Return what is known of the tag; a digest alone has none."""
        if reference.is_digest_only or not self._is_asked(reference):
            return None
        entry = self._entries.get(_key(reference, platform))
        return entry if entry is not None and 0 <= self._clock() - entry.at <= self._max_age else None

    def _told(self, reference: Reference, entry: Entry) -> Resolved:
        self._count("cache")
        descriptor = Descriptor(digest=entry.digest, media_type=entry.media_type, size=entry.size)
        return Resolved(reference=reference, descriptor=descriptor, how="cache", platforms=entry.platforms)

    def _keep(self, noted: Mapping[str, Entry]) -> None:
        """Put news beside what another run may have written meanwhile; of two, the newer stays."""
        if not noted:
            return
        now = self._clock()
        known = {
            key: entry
            for key, entry in parse_entries(read_cache(self._path)).items()
            if 0 <= now - entry.at <= LONGEST_AGE
        }
        for key, entry in noted.items():
            known[key] = _newer(known.get(key), entry)
        self._entries = known
        try:
            write_cache(self._path, render_entries(known))
        except OSError as error:
            self._warn(f"the cache {self._path} cannot be written: {error.strerror}")


def _to_all(resolutions: Iterable[Resolution]) -> Iterable[Resolved]:
    """Yield the answers that the registry itself gives to everybody, and that are about a tag."""
    for one in resolutions:
        if isinstance(one, Resolved) and one.is_public and one.mirror is None and not one.reference.is_digest_only:
            yield one


def _entry(one: Resolved, at: float) -> Entry:
    descriptor, platforms = one.descriptor, one.platforms
    is_kept = platforms is not None and len(platforms) <= MAXIMUM_PLATFORMS
    return Entry(
        digest=descriptor.digest,
        media_type=descriptor.media_type,
        size=descriptor.size,
        platforms=platforms if is_kept else None,
        at=at,
    )


def _newer(old: Entry | None, new: Entry) -> Entry:
    """Return the newer entry; what was read of a digest once stays known as long as the digest does."""
    if old is None:
        return new
    first, last = sorted((old, new), key=lambda one: one.at)
    return replace(last, platforms=first.platforms) if first.digest == last.digest and last.platforms is None else last


def _key(reference: Reference, platform: Platform | None) -> str:
    name = f"{host_identity(reference.registry)}/{reference.repository}:{reference.tag or DEFAULT_TAG}"
    # As it was asked for: `linux/arm` may be answered with v6, and `linux/arm/v7` may not.
    return name if platform is None else f"{name}#{platform}"
