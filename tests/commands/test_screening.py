"""What the configuration says of platforms, held against what registries answer (RES-34)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from pinner.commands.screening import Screen
from pinner.config import Config
from pinner.errors import NotFoundError, UnreachableError
from pinner.lock.model import Lock, Pin
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.documents import Descriptor
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.resolution import Resolution, Resolved, Resolver, Unresolved
from tests.support.resolvers import digest_of

NGINX = Reference.parse("nginx:1.27")
KEY = "docker.io/library/nginx:1.27"
OLD, NEW = digest_of("old"), digest_of("new")
AMD, ARM = Platform("linux", "amd64"), Platform("linux", "arm64")
RUN = Config(platforms=(AMD,))
REQUIRED = Config(required_platforms=(AMD, ARM))


def index(digest: Digest, *platforms: Platform, text: str = "same") -> Resolved:
    images = tuple(
        Descriptor(digest=digest_of(f"{text} {one}"), media_type=media_types.OCI_MANIFEST, platform=one)
        for one in platforms
    )
    descriptor = Descriptor(digest=digest, media_type=media_types.OCI_INDEX)
    return Resolved(
        reference=NGINX, descriptor=descriptor, how="get", platforms=platforms, images=images, is_public=True
    )


@dataclass(slots=True)
class Stand:
    """A registry whose tag means NEW; `documents` has what each digest is."""

    documents: dict[Digest, Resolution]
    found: Resolved = field(default_factory=lambda: replace(index(NEW, AMD), platforms=None, images=(), how="head"))
    described: list[Reference] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def look_up(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        return tuple(replace(self.found, reference=one) for one in references)

    def describe(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        asked = tuple(references)
        self.described += asked
        return tuple(self._answer(one) for one in asked)

    def _answer(self, reference: Reference) -> Resolution:
        answer = self.documents[reference.digest or NEW]
        return replace(answer, reference=reference)

    @contextmanager
    def open(self, _platform: Platform | None = None) -> Iterator[Resolver]:
        yield self

    def screen(self, config: Config, *, pin: Pin | None = None, accepts: bool = False) -> Screen:
        lock = Lock.of(() if pin is None else (pin,))
        return Screen(self.open, lock=lock, config=config, warn=self.warnings.append, is_accepted=lambda _: accepts)


def recorded(*platforms: Platform) -> Pin:
    return Pin(key=KEY, digest=OLD, media_type=media_types.OCI_INDEX, platforms=platforms)


def looked_up(screen: Screen) -> Resolved:
    with screen.open_resolver() as resolver:
        (answer,) = resolver.look_up([NGINX])
    assert isinstance(answer, Resolved)
    return answer


def described(screen: Screen) -> Resolution:
    with screen.open_resolver() as resolver:
        (answer,) = resolver.describe([NGINX.pinned_to(NEW)])
    return answer


SAME = {OLD: index(OLD, AMD), NEW: index(NEW, AMD, ARM)}


def test_a_move_beside_the_platforms_that_are_run_is_answered_with_the_recorded_digest() -> None:
    stand = Stand(dict(SAME))
    screen = stand.screen(RUN, pin=recorded(AMD))
    answer = looked_up(screen)
    assert answer.descriptor.digest == OLD
    # It is no fact about the tag, and nothing that a cache may tell others.
    assert not answer.is_public
    assert [(one.key, one.digest, one.new) for one in screen.unchanged] == [(KEY, OLD, NEW)]


@pytest.mark.parametrize(
    ("config", "pin", "accepts"),
    [
        (Config(), recorded(AMD), False),
        (RUN, None, False),
        (RUN, recorded(AMD), True),
        (RUN, replace(recorded(AMD), digest=NEW), False),
        (RUN, replace(recorded(AMD), media_type=media_types.OCI_MANIFEST), False),
    ],
    ids=["no platforms", "no entry", "accepted", "not moved", "no index"],
)
def test_everything_else_is_passed_on_unread(config: Config, pin: Pin | None, *, accepts: bool) -> None:
    stand = Stand(dict(SAME))
    screen = stand.screen(config, pin=pin, accepts=accepts)
    assert looked_up(screen) == replace(stand.found, reference=NGINX)
    assert (stand.described, screen.unchanged) == ([], [])


@pytest.mark.parametrize("error", [NotFoundError("it is gone"), UnreachableError("it is down")])
@pytest.mark.parametrize("digest", [OLD, NEW])
def test_an_index_that_cannot_be_read_counts_as_moved(digest: Digest, error: NotFoundError) -> None:
    stand = Stand({**SAME, digest: Unresolved(reference=NGINX, error=error)})
    screen = stand.screen(RUN, pin=recorded(AMD))
    assert looked_up(screen).descriptor.digest == NEW
    assert screen.unchanged == []


def test_a_mirror_that_stands_in_is_left_to_those_who_trust_it_less() -> None:  # RES-28
    stand = Stand(dict(SAME))
    stand.found = replace(stand.found, instead_of=UnreachableError("the registry is down"))
    assert looked_up(stand.screen(RUN, pin=recorded(AMD))).descriptor.digest == NEW
    assert stand.described == []


def test_one_platform_that_was_asked_for_is_not_screened() -> None:
    stand = Stand({NEW: index(NEW)})
    with stand.screen(REQUIRED, pin=recorded(AMD, ARM)).open_resolver(AMD) as resolver:
        assert resolver is stand


def test_a_lost_platform_that_is_required_is_refused() -> None:
    answer = described(Stand({NEW: index(NEW, AMD)}).screen(REQUIRED, pin=recorded(AMD, ARM)))
    assert isinstance(answer, Unresolved)
    assert (answer.error.code, answer.error.exit_code) == ("platform-lost", 1)
    assert answer.error.message == (
        f"{KEY}: {NEW} does not have linux/arm64, but this project requires linux/amd64 and linux/arm64"
    )


def test_platforms_that_could_not_be_read_are_not_called_lost() -> None:
    unread = replace(index(NEW), platforms=None)
    answer = described(Stand({NEW: unread}).screen(REQUIRED, pin=recorded(AMD, ARM)))
    assert isinstance(answer, Unresolved)
    assert (answer.error.code, answer.error.exit_code) == ("rate-limited", 3)


@pytest.mark.parametrize(
    ("pin", "new", "warning"),
    [
        (recorded(AMD, ARM), index(NEW, AMD, ARM), None),
        # What was not there before is not lost now.
        (recorded(AMD), index(NEW, AMD), None),
        (recorded(), index(NEW, AMD), None),
        (None, index(NEW, AMD, ARM), None),
        (None, index(NEW), None),
        (None, index(NEW, AMD), f"{KEY}: does not have linux/arm64, which this project requires"),
        (
            recorded(AMD, ARM, Platform("linux", "s390x")),
            index(NEW, AMD, ARM),
            f"{KEY}: {NEW} does not have linux/s390x, unlike the digest before it",
        ),
    ],
)
def test_what_is_accepted_may_be_warned_of(pin: Pin | None, new: Resolved, warning: str | None) -> None:
    stand = Stand({NEW: new})
    assert isinstance(described(stand.screen(REQUIRED, pin=pin)), Resolved)
    assert stand.warnings == ([] if warning is None else [warning])
