"""The way to the network, opened only when something must be looked up.

Importing this module loads no client: offline verbs must not pay for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pinner.errors import NotLockedError, OfflineError, ResolutionError
from pinner.frozen import dataclass
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.registry.stats import Stats
from pinner.resolution import Resolution, Resolver, Unresolved

if TYPE_CHECKING:
    from pinner.cache.answers import AnswerCache
    from pinner.credentials.chain import Chain
    from pinner.credentials.named_login import NamedLogin
    from pinner.registry.browsing import RegistryBrowser
    from pinner.registry.resolver import RegistryResolver
    from pinner.registry.settings import Registries

OpenResolver = Callable[[Platform | None], AbstractContextManager[Resolver]]
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How registries are reached: by the user's settings, never by the repository's (SEC-22).

    `timeout` is in seconds, for all look-ups together. `on_warning` is told what was odd but no reason to stop, `stats`
    counts what is asked.
    """

    registries: Path | None = None
    auth: tuple[NamedLogin, ...] = ()
    pull_secrets: tuple[Path, ...] = ()
    jobs: int = 32
    timeout: float = 300.0
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    on_progress: OnProgress | None = None
    on_warning: Callable[[str], None] = lambda _: None
    stats: Stats = field(default_factory=Stats)

    @contextmanager
    def open_resolver(self, platform: Platform | None = None, *, rank: int | None = None) -> Iterator[RegistryResolver]:
        """Give a resolver for one platform, or for indexes as they are; with a `rank`, it asks one place only."""
        from pinner.registry.resolver import RegistryResolver  # noqa: PLC0415 - start-up: see the module's docstring

        with RegistryResolver(
            registries=replace(self.read_settings(), rank=rank),
            credentials=self.find_credentials(),
            jobs=self.jobs,
            timeout=self.timeout,
            platform=platform,
            on_progress=self.on_progress,
            stats=self.stats,
        ) as resolver:
            yield resolver
            for warning in resolver.warnings:
                self.on_warning(warning)

    def open_reader(self) -> AbstractContextManager[RegistryResolver]:
        """Give a reader of what digests name."""
        return self.open_resolver()

    @contextmanager
    def open_browser(self) -> Iterator[RegistryBrowser]:
        """Give a browser of what registries have."""
        from pinner.registry.browsing import RegistryBrowser  # noqa: PLC0415 - start-up: see the module's docstring

        with RegistryBrowser(
            registries=self.read_settings(),
            credentials=self.find_credentials(),
            timeout=self.timeout,
            stats=self.stats,
        ) as browser:
            yield browser
            for warning in browser.warnings:
                self.on_warning(warning)

    def open_cache(self, max_age: str) -> AnswerCache | None:
        """Return the answers of earlier runs that may be used again, or None; raise `UsageError` for what is no age."""
        from pinner.cache.age import parse_age  # noqa: PLC0415 - start-up: see the module's docstring
        from pinner.cache.answers import AnswerCache  # noqa: PLC0415 - as above
        from pinner.cache.disk import find_cache  # noqa: PLC0415 - as above

        seconds, path = parse_age(max_age), find_cache(self.environ)
        if not seconds:
            return None
        if path is None:
            self.on_warning("without HOME there is no cache")
            return None
        is_asked = self.read_settings().asks_itself
        return AnswerCache(path, max_age=seconds, is_asked=is_asked, count=self.stats.count, warn=self.on_warning)

    def read_settings(self) -> Registries:
        """Return the user's settings of registries; raise `ConfigError` where they are wrong."""
        from pinner.registry.settings_file import load_registries  # noqa: PLC0415 - start-up: as above

        return load_registries(self.environ, self.registries)

    def find_credentials(self) -> Chain:
        """Return where credentials are looked for, in order; raise `ConfigError` where that is not clear."""
        from pinner.credentials.chain import default_sources  # noqa: PLC0415 - start-up: as above
        from pinner.credentials.surroundings import Surroundings  # noqa: PLC0415 - as above

        return default_sources(Surroundings.of(self.environ, auth=self.auth, pull_secrets=self.pull_secrets))


class _Refusal:
    """A resolver that looks nothing up and says why."""

    def __init__(self, kind: type[ResolutionError], message: str, hint: str) -> None:
        self._kind = kind
        self._message = message
        self._hint = hint

    def look_up(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        """Return the refusal for each."""
        return tuple(
            Unresolved(reference=one, error=self._kind(f"{_asked(one)} {self._message}", hint=self._hint))
            for one in references
        )

    def describe(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        """Return the refusal for each."""
        return self.look_up(references)


def _asked(reference: Reference) -> str:
    """Return what is looked up; who writes a digest alone asks for no tag."""
    return f"{reference.name}@{reference.digest}" if reference.is_digest_only else reference.tagged


@contextmanager
def offline_resolver(_platform: Platform | None = None) -> Iterator[Resolver]:
    """Give a resolver that opens no connection (`--offline`)."""
    yield _Refusal(OfflineError, "must be looked up, but the network is off", "run again without --offline")


@contextmanager
def offline_reader() -> Iterator[_OfflineReader]:
    """Give a reader that opens no connection (`--offline`)."""
    yield _OfflineReader()


class _OfflineReader:
    """Reads nothing and says why."""

    def read(self, references: Iterable[Reference]) -> tuple[OfflineError, ...]:
        """Return the refusal for each."""
        hint = "run again without --offline"
        return tuple(OfflineError(f"{one} must be read, but the network is off", hint=hint) for one in references)


@contextmanager
def frozen_resolver(_platform: Platform | None = None) -> Iterator[Resolver]:
    """Give a resolver that has only the lock (`--frozen`)."""
    yield _Refusal(NotLockedError, "is not in the lock", "run `pinner pin` without --frozen and commit pinner.lock")


def describe_all(
    open_resolver: OpenResolver, references: Sequence[Reference], platform: Platform | None
) -> tuple[Resolution, ...]:
    """Look references up with their documents; without any, no resolver is opened."""
    if not references:
        return ()
    with open_resolver(platform) as resolver:
        return resolver.describe(references)
