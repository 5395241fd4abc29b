"""Reviews of small locks, with places and evidence as a registry's answers give them."""

from __future__ import annotations

import datetime as dt

from pinner.errors import NotFoundError
from pinner.lock.comparison import compare
from pinner.lock.model import Candidate, Lock, Pin
from pinner.oci import media_types
from pinner.oci.platform import Platform
from pinner.review.changes import Place, Review, Side, begin_review, review_difference
from pinner.review.evidence import (
    Cause,
    Evidence,
    ImageFacts,
    Judgement,
    LabelFact,
    PlatformFacts,
    Setting,
    Unread,
)
from tests.support.resolvers import digest_of
from tests.support.sources import pin

NGINX, NODE, API = "docker.io/library/nginx:1.27", "docker.io/library/node:22", "ghcr.io/acme/api:1.4.2"
NEW_ONE, GONE = "a.io/new:1", "a.io/gone:1"
OLD, NEW = digest_of("old"), digest_of("new")
AMD, ARM, RISCV = Platform("linux", "amd64"), Platform("linux", "arm64"), Platform("linux", "riscv64")
OLD_SIDE, NEW_SIDE = Side("main", "0" * 40), Side("the working tree")


def review_of(old: list[Pin], new: list[Pin]) -> Review:
    return review_difference(compare(Lock.of(old), Lock.of(new)), old=OLD_SIDE, new=NEW_SIDE)


def waiting_review(*keys: str) -> Review:
    """Return a review in which nothing moved, and a digest of each key has begun to wait; one waited before."""
    seen = dt.date(2026, 11, 20)
    waited, new = Candidate(digest=OLD, seen=seen), Candidate(digest=NEW, seen=seen)
    old, now = Lock(pending={NODE: (waited,)}), Lock(pending={NODE: (waited,), **dict.fromkeys(keys, (new,))})
    return begin_review(old, now, names=(OLD_SIDE, NEW_SIDE))


def mixed_review() -> Review:
    """Return one change of each kind, with places: a full version is republished, and all lose or win something."""
    bare = Pin(key=NGINX, digest=NEW, media_type=media_types.OCI_INDEX, platforms=(ARM, RISCV))
    review = review_of(
        [pin(NGINX, "old"), pin(NODE, "old"), pin(API, "old"), pin(GONE, "old")],
        [bare, pin(NODE, "new"), pin(API, "new"), pin(NEW_ONE, "new")],
    )
    places = {
        NGINX: (Place("deploy/api.yaml", 26, 22),),
        API: tuple(Place(path, line, 9) for path in ("charts/a.yaml", "deploy/api.yaml") for line in (3, 5, 7)),
        GONE: (Place("Dockerfile", 1, 6),),
    }
    return review.with_places(places)


def evidence(text: str = "words") -> Evidence:
    """Return all that can be known of a move, with a text from outside in every place that can hold one."""
    before = ImageFacts(manifest=OLD, config=OLD, layers=(OLD, NEW), size=1_000_000)
    after = ImageFacts(manifest=NEW, config=NEW, layers=(OLD, NEW, NEW), size=3_250_000)
    return Evidence(
        judgements=(
            Judgement(cause=Cause.NEW_REVISION, because=text, platforms=(AMD,)),
            Judgement(cause=Cause.BASE_CHANGED, because="the first layer is another one"),
        ),
        platforms=(
            PlatformFacts(platform=AMD, old=before, new=after, shared_layers=2),
            PlatformFacts(platform=RISCV, old=None, new=after),
        ),
        left_out=2,
        labels=(
            LabelFact(name=text, old=text, new=None),
            LabelFact(name="same", old=text, new=text),
            LabelFact(name="org.opencontainers.image.revision", old=None, new=text),
        ),
        compare="https://github.com/acme/api/compare/3f2a91c...8b53cab",
        settings=(Setting(field="user", sentence=f"the user was {text}", platforms=(AMD, ARM)),),
        unread=(Unread(side="old", what="the old index", error=NotFoundError(text)),),
    )
