"""What tags say of versions, and what they do not (RES-33)."""

from __future__ import annotations

import pytest

from pinner.oci.versions import agrees, contradicts, nearest_to, numbers_of


@pytest.mark.parametrize(
    ("tag", "numbers"),
    [
        ("1.27", (1, 27)),
        ("v1.4.2", (1, 4, 2)),
        ("1.27.3-alpine3.20", (1, 27, 3)),
        ("22_slim", (22,)),
        ("latest", ()),
        ("3.12rc1", ()),
        ("8u392-jre", ()),
        ("RELEASE.2024-01-01", ()),
        ("1a2b3c4", ()),
        ("1.27.", ()),
        ("", ()),
    ],
)
def test_a_tag_begins_with_numbers_or_is_no_version(tag: str, numbers: tuple[int, ...]) -> None:
    assert numbers_of(tag) == numbers


@pytest.mark.parametrize(
    ("tag", "other"),
    [
        ("1.27", "1.27"),
        ("1.27", "1.27.3"),
        ("1.27.3", "1.27"),
        ("1.27", "1.27-alpine"),
        ("1.27-slim", "1.27-alpine"),
        ("22", "22.3.0"),
        # Builds are counted, too, and a lone number may be one.
        ("2.1", "57"),
        ("22", "20"),
        # A calendar and a count of releases.
        ("2024.11", "3.2"),
        ("3.2", "2024.11"),
        ("latest", "1.27"),
        ("1.27", "latest"),
        ("1.27", "1a2b3c4"),
        ("1.27", "stable-1.28"),
    ],
)
def test_tags_that_may_have_meant_one_image_do_not_contradict_each_other(tag: str, other: str) -> None:
    assert not contradicts(tag, other)


@pytest.mark.parametrize(
    ("tag", "other"),
    [("1.28", "1.27"), ("1.28", "1.27.3-alpine"), ("22", "20.11"), ("v2.0.0", "1.9.9"), ("1.2", "1.20")],
)
def test_versions_that_are_never_one_contradict_each_other(tag: str, other: str) -> None:
    assert contradicts(tag, other)
    assert not agrees(tag, other)


def test_a_part_of_a_version_agrees_with_it() -> None:
    assert agrees("1.27", "1.27.3")
    assert agrees("1.27.3", "1.27")
    assert not agrees("latest", "1.27")


def test_the_nearest_versions_come_first() -> None:
    others = ("latest", "1.9", "1.27.3", "2.0", "1.26", "1.28", "1.27.10", "1.27")
    assert nearest_to("1.27", others) == ("1.27.3", "1.27.10", "1.26", "1.9", "1.28", "2.0", "latest")
