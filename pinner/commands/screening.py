"""What the configuration says of platforms, held against what registries answer.

A move that touches no platform that is run here is none: whoever asks is told the recorded digest. A digest that lost a
platform which every image must have is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from pinner.commands.network import OpenResolver
from pinner.config import Config
from pinner.errors import PlatformLostError, RateLimitedError, ResolutionError
from pinner.frozen import dataclass
from pinner.lock.model import Lock
from pinner.oci.digest import Digest
from pinner.oci.media_types import INDEXES
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.relevance import Unchanged, is_same_for, lost
from pinner.resolution import Resolution, Resolved, Resolver, Unresolved


class Screen:
    """Stands between a verb and its resolvers for one run; `is_accepted` names images whose news are never passed over.

    `unchanged` is what moved without touching a platform that is run.
    """

    def __init__(
        self,
        open_resolver: OpenResolver,
        *,
        lock: Lock,
        config: Config,
        warn: Callable[[str], None],
        is_accepted: Callable[[Reference], bool] = lambda _: False,
    ) -> None:
        self._open = open_resolver
        self._lock = lock
        self._config = config
        self._warn = warn
        self._is_accepted = is_accepted
        self.unchanged: list[Unchanged] = []

    @contextmanager
    def open_resolver(self, platform: Platform | None = None) -> Iterator[Resolver]:
        """Give a resolver; a digest of one platform is what was asked for, and needs no other."""
        with self._open(platform) as resolver:
            yield resolver if platform else _Screened(resolver, self)

    def pass_over(self, resolver: Resolver, answers: tuple[Resolution, ...]) -> tuple[Resolution, ...]:
        """Return what tags mean now, or the recorded digest where that is the same for what is run."""
        moved = {number: one for number, one in enumerate(answers) if isinstance(one, Resolved) and self._may_pass(one)}
        if not moved:
            return answers
        pins = {number: self._lock.pins[one.reference.tagged] for number, one in moved.items()}
        pairs = [(_at(one, pins[number].digest), _at(one, one.descriptor.digest)) for number, one in moved.items()]
        read = iter(resolver.describe([reference for pair in pairs for reference in pair]))
        settled = list(answers)
        for (number, one), old, new in zip(moved.items(), read, read, strict=True):
            # What cannot be read counts as moved: the old digest may be gone.
            if isinstance(old, Unresolved) or isinstance(new, Unresolved):
                continue
            if is_same_for(self._config.platforms, old, new):
                found = Unchanged(key=pins[number].key, digest=pins[number].digest, new=one.descriptor.digest)
                self.unchanged.append(found)
                # No fact about the tag, so it is not to be kept for others.
                settled[number] = replace(one, descriptor=old.descriptor, is_public=False)
        return tuple(settled)

    def _may_pass(self, one: Resolved) -> bool:
        pin = self._lock.get(one.reference.tagged)
        return (
            bool(self._config.platforms)
            and pin is not None
            and pin.digest != one.descriptor.digest
            and one.instead_of is None
            and {one.descriptor.media_type, pin.media_type} <= INDEXES
            and not self._is_accepted(one.reference)
        )

    def check(self, one: Resolution) -> Resolution:
        """Return what was read, or why it is not accepted: it lost a platform that every image must have."""
        if isinstance(one, Unresolved):
            return one
        key, digest = one.reference.tagged, one.descriptor.digest
        pin, required = self._lock.get(key), self._config.required_platforms
        if pin is None:
            self._warn_of_lack(one, required)
            return one
        if pin.digest == digest or pin.platforms is None:
            return one
        gone = lost(required, pin.platforms, one.platforms)
        if gone and one.platforms is None:
            message = f"{key}: the rate limit leaves no room to read the platforms of {digest}"
            return _refused(one, RateLimitedError(message, hint="run again later, or log in for a higher limit"))
        if gone:
            message = f"{key}: {digest} {_tell(gone, one)}, but this project requires {_list(required)}"
            hint = "the pin stays; wait for an image that has them, or change required-platforms"
            return _refused(one, PlatformLostError(message, hint=hint))
        others = () if one.platforms is None else lost(pin.platforms, pin.platforms, one.platforms)
        if others:
            self._warn(f"{key}: {digest} {_tell(others, one)}, unlike the digest before it")
        return one

    def _warn_of_lack(self, one: Resolved, required: tuple[Platform, ...]) -> None:
        lacking = [platform for platform in required if not platform.is_among(one.platforms or ())]
        # A single manifest names no platform, and `check` says so.
        if one.platforms and lacking:
            self._warn(f"{one.reference.tagged}: does not have {_list(lacking)}, which this project requires")


@dataclass(frozen=True, slots=True)
class _Screened:
    resolver: Resolver
    screen: Screen

    def look_up(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        """Return what each tag means now, as far as it matters here."""
        return self.screen.pass_over(self.resolver, self.resolver.look_up(references))

    def describe(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        """Return what each digest or tag means, or why it is refused here."""
        return tuple(map(self.screen.check, self.resolver.describe(references)))


def _at(one: Resolved, digest: Digest) -> Reference:
    return one.reference.with_tag(None).pinned_to(digest)


def _refused(one: Resolved, error: ResolutionError) -> Unresolved:
    return Unresolved(reference=one.reference, error=error)


def _tell(gone: Iterable[Platform], one: Resolved) -> str:
    """Say what a digest lacks; a single manifest names no platform."""
    return f"does not have {_list(gone)}" if one.platforms else "is a manifest of one platform"


def _list(platforms: Iterable[Platform]) -> str:
    return " and ".join(map(str, platforms))
