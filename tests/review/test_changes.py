from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from pinner.lock.model import Candidate, Lock, Pin
from pinner.oci import media_types
from pinner.review.changes import Action, Place, Review, Side, begin_review
from pinner.review.evidence import Cause, Evidence, Judgement
from tests.review.reviews import (
    AMD,
    API,
    ARM,
    GONE,
    NEW,
    NEW_ONE,
    NGINX,
    NODE,
    OLD,
    RISCV,
    mixed_review,
    review_of,
)
from tests.support.sources import pin


def keys(review: Review) -> list[str]:
    return [one.key for one in review.images]


def because_of(*causes: Cause) -> Evidence:
    return Evidence(judgements=tuple(Judgement(cause=one, because="") for one in causes))


def test_equal_locks_leave_nothing_to_review() -> None:
    review = review_of([pin(NGINX)], [pin(NGINX)])
    assert (review.images, review.groups, dict(review.counts)) == ((), (), {})


def test_a_republished_version_comes_first_and_losses_before_plain_moves() -> None:
    review = mixed_review()
    assert [(one.key, one.action) for one in review.images] == [
        (API, Action.REPUBLISHED),
        (NGINX, Action.MOVED),
        (NODE, Action.MOVED),
        (NEW_ONE, Action.ADDED),
        (GONE, Action.REMOVED),
    ]
    assert list(review.counts.items()) == [
        (Action.REPUBLISHED, 1),
        (Action.MOVED, 2),
        (Action.ADDED, 1),
        (Action.REMOVED, 1),
    ]
    assert [one.is_moved for one in review.images] == [True, True, True, False, False]


@pytest.mark.parametrize(
    "lossy",
    [
        Pin(key=NODE, digest=NEW, media_type=media_types.OCI_INDEX, platforms=(ARM,)),
        Pin(key=NODE, digest=NEW, media_type=media_types.OCI_MANIFEST),
    ],
)
def test_what_lost_platforms_comes_before_a_known_and_weighty_cause(lossy: Pin) -> None:
    review = review_of([pin(NGINX, "old"), pin(NODE, "old")], [pin(NGINX, "new"), lossy])
    judged = review.with_evidence({NGINX: because_of(Cause.PLATFORM_REMOVED), NODE: because_of(Cause.REBUILT)})
    assert [keys(one) for one in (review, judged)] == [[NODE, NGINX]] * 2


def test_a_version_that_came_or_went_was_not_republished() -> None:
    review = review_of([pin("a.io/x:1.2.3")], [pin("a.io/y:1.2.3")])
    assert [one.action for one in review.images] == [Action.ADDED, Action.REMOVED]


def test_platforms_are_told_where_both_sides_know_them() -> None:
    nginx = next(one for one in mixed_review().images if one.key == NGINX)
    assert (nginx.platforms_added, nginx.platforms_removed) == ((RISCV,), (AMD,))
    unknown = review_of([pin(NODE, "old")], [Pin(key=NODE, digest=NEW)]).images[0]
    assert (unknown.platforms_added, unknown.platforms_removed, unknown.media_types) == ((), (), None)


@pytest.mark.parametrize(
    ("old", "new", "types", "is_flattened"),
    [
        (media_types.OCI_INDEX, media_types.OCI_INDEX, None, False),
        (media_types.DOCKER_LIST, media_types.OCI_INDEX, (media_types.DOCKER_LIST, media_types.OCI_INDEX), False),
        (media_types.OCI_INDEX, media_types.OCI_MANIFEST, (media_types.OCI_INDEX, media_types.OCI_MANIFEST), True),
        (media_types.OCI_MANIFEST, media_types.OCI_INDEX, (media_types.OCI_MANIFEST, media_types.OCI_INDEX), False),
        (media_types.OCI_INDEX, "text/x", (media_types.OCI_INDEX, "text/x"), False),
        (None, media_types.OCI_INDEX, None, False),
    ],
)
def test_an_index_that_became_a_manifest_is_told_from_other_media_types(
    old: str | None, new: str | None, types: tuple[str, str] | None, *, is_flattened: bool
) -> None:
    review = review_of([Pin(key=NODE, digest=OLD, media_type=old)], [Pin(key=NODE, digest=NEW, media_type=new)])
    assert (review.images[0].media_types, review.images[0].is_flattened) == (types, is_flattened)


def test_the_entries_of_one_tag_stand_together_beside_the_weightiest() -> None:
    keyed = [NODE, f"{API}#linux/amd64", f"{API}#linux/arm64", f"{NODE}#linux/arm64"]
    review = review_of([pin(key, "old") for key in keyed[:3]], [pin(key, "new") for key in keyed])
    assert [[one.key for one in group] for group in review.groups] == [
        [f"{API}#linux/amd64", f"{API}#linux/arm64"],
        [NODE, f"{NODE}#linux/arm64"],
    ]


def test_the_order_follows_the_weightiest_cause_and_the_unknown_may_be_anything() -> None:
    names = [f"a.io/{letter}:1" for letter in "abcd"]
    review = review_of([pin(key, "old") for key in names], [pin(key, "new") for key in names])
    a, b, c, d = names
    known = {
        a: because_of(Cause.ATTESTATION_ONLY),
        b: because_of(Cause.REBUILT, Cause.PLATFORM_ADDED),
        c: because_of(Cause.REBUILT, Cause.UNKNOWN),
        d: because_of(Cause.NEW_REVISION),
    }
    judged = review.with_evidence(known)
    assert keys(judged) == [c, d, b, a]
    assert judged.images[0].evidence is known[c]
    # A second look leaves what is known.
    assert judged.with_evidence({}) == judged


def test_places_are_those_of_the_tag_and_none_where_nobody_looked() -> None:
    review = mixed_review()
    assert review.places_of(GONE) == (Place("Dockerfile", 1, 6),)
    assert review.places_of(NODE) == ()
    assert replace(review, places=None).places_of(GONE) is None
    assert [one.folder for one in (Place("Dockerfile", 1, 1), Place("a/b/c", 1, 1))] == [".", "a/b"]
    assert str(Place("a/b", 2, 3)) == "a/b:2:3"


def test_a_review_is_a_value() -> None:
    assert mixed_review() == mixed_review()
    assert hash(mixed_review()) == hash(mixed_review())
    assert [one.platforms_removed for one in mixed_review().images if one.key == API] == [()]
    assert ARM in (mixed_review().images[0].pin.platforms or ())


def test_a_digest_that_waits_since_another_day_is_told() -> None:
    days = [dt.date(2026, 11, day) for day in (20, 10)]
    old, new = (Lock(pending={NODE: (Candidate(digest=pin(NODE).digest, seen=day),)}) for day in days)
    names = (Side("old"), Side("new"))
    assert [one.seen for one in begin_review(old, new, names=names).waiting] == [days[1]]
    assert begin_review(old, old, names=names).waiting == ()
