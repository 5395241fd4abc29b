from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.review.tags import TagKind, classify_tag


@pytest.mark.parametrize(
    "tag",
    [
        *("latest", "1", "1.27", "v1", "v1.4", "22-alpine", "22-alpine3.20.1", "3.12-slim-bookworm", "alpine3.20.1"),
        *("1.4.2-SNAPSHOT", "1.4.2-latest", "1.4.x", "2024-11", "22.04", "nightly", "stable", "main", "deadbeefs"),
        *("20241305", "19991105", "2024-11.05", "1234567", "deadbee", "v", "-", "1..2", "12345678901"),
    ],
)
def test_a_tag_that_is_meant_to_move_looks_like_one(tag: str) -> None:
    assert classify_tag(tag) is TagKind.MOVING


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        *((tag, TagKind.VERSION) for tag in ("1.4.2", "v2.0.1", "V2.0.1", "1.4.2-alpine3.20", "1.4.2rc1", "1.4.2.7")),
        *((tag, TagKind.VERSION) for tag in ("release-1.4.2", "api_v1.4.2", "1.4.2-debian-12-r3", "24.04.1")),
        *((tag, TagKind.DATE) for tag in ("2024-11-05", "20241105", "jammy-20241105", "v20241105", "2024-11-05-slim")),
        *((tag, TagKind.DATE) for tag in ("RELEASE.2024-11-05T10-00-00Z", "nightly-2024-11-05", "20241105101500")),
        *((tag, TagKind.DATE) for tag in ("9.4-1194.1716824890", "1.27-20241105")),
        *((tag, TagKind.COMMIT) for tag in ("3f2a91c", "sha-3f2a91c", "main-3f2a91c", "v1.4.2-3-g1a2b3c4", "0" * 40)),
    ],
)
def test_a_tag_that_people_expect_to_stay_says_why(tag: str, kind: TagKind) -> None:
    assert classify_tag(tag) is kind


@given(st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z"))
def test_every_tag_looks_like_something(tag: str) -> None:
    assert classify_tag(tag).words.startswith("a ")


@given(st.tuples(*[st.integers(0, 10**6)] * 3), st.sampled_from(["", "v", "release-"]), st.sampled_from(["", "-slim"]))
def test_three_numbers_are_never_a_moving_tag(numbers: tuple[int, ...], before: str, after: str) -> None:
    assert classify_tag(f"{before}{'.'.join(map(str, numbers))}{after}") is not TagKind.MOVING
