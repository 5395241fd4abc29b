"""What claims make of a lock: entries that were missing, and nothing where two digests are claimed."""

from __future__ import annotations

import pytest

from pinner.lock.adoption import Adoption, Claim, adopt
from pinner.lock.model import Lock, Pin
from pinner.oci.digest import Digest
from tests.support.resolvers import digest_of
from tests.support.sources import pin

NGINX = "docker.io/library/nginx:1.27"
ARM = f"{NGINX}#linux/arm64"
ONE, TWO, THREE = map(digest_of, ("one", "two", "three"))


def said(adoption: Adoption) -> list[tuple[str, object, tuple[str, ...], tuple[object, ...], bool]]:
    return [(one.key, one.digest, one.places, one.others, one.is_locked) for one in adoption.contradictions]


def test_what_is_recorded_gains_nothing() -> None:
    lock = Lock.of([pin(NGINX, "one"), pin("a.io/b:1#linux/arm64", "two")])
    claims = [Claim(NGINX, ONE, "a:1:1"), Claim("a.io/b:1", TWO, "b:1:1")]
    assert adopt(lock, claims) == Adoption(pins=(), contradictions=())


def test_what_is_missing_is_gained_sorted_and_without_facts_that_nobody_read() -> None:
    claims = [
        Claim(ARM, TWO, "b:1:1"),
        Claim(NGINX, ONE, "a:1:1"),
        Claim(NGINX, ONE, "c:1:1"),
        Claim("a.io/b:1", ONE, ""),
    ]
    assert adopt(Lock.empty(), claims).pins == tuple(
        Pin(key=key, digest=digest) for key, digest in (("a.io/b:1", ONE), (NGINX, ONE), (ARM, TWO))
    )


def test_two_digests_for_one_key_gain_nothing_and_each_is_said_with_its_places() -> None:
    claims = [Claim(NGINX, ONE, "a:1:1"), Claim(NGINX, TWO, "b:1:1"), Claim(NGINX, ONE, "c:1:1")]
    adoption = adopt(Lock.empty(), claims)
    assert adoption.pins == ()
    assert said(adoption) == [
        (NGINX, ONE, ("a:1:1", "c:1:1"), (TWO,), False),
        (NGINX, TWO, ("b:1:1",), (ONE,), False),
    ]


@pytest.mark.parametrize("claims", [[TWO], [ONE, TWO], [TWO, ONE]])
def test_what_is_recorded_stays_against_all_claims_h09(claims: list[Digest]) -> None:
    adoption = adopt(Lock.of([pin(NGINX, "one")]), [Claim(NGINX, one, "a:1:1") for one in claims])
    assert adoption.pins == ()
    assert said(adoption) == [(NGINX, TWO, ("a:1:1",), (ONE,), True)]


def test_the_digest_of_a_platform_contradicts_the_whole_tag_as_check_says() -> None:
    lock = Lock.of([pin(ARM, "one")])
    assert said(adopt(lock, [Claim(NGINX, TWO, "a:1:1")])) == [(NGINX, TWO, ("a:1:1",), (ONE,), True)]
    whole = Lock.of([pin(NGINX, "one")])
    assert [one.key for one in adopt(whole, [Claim(ARM, TWO, "a:1:1")]).pins] == [ARM]
