"""Platforms: what people write, what registries write, and when the two are the same."""

from __future__ import annotations

import pytest

from pinner.errors import InputError
from pinner.oci.platform import Platform, is_platform_part


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/amd64", Platform("linux", "amd64")),
        ("linux/arm/v7", Platform("linux", "arm", "v7")),
        ("windows/amd64", Platform("windows", "amd64")),
        (" Linux/AMD64 ", Platform("linux", "amd64")),
        ("linux/x86_64", Platform("linux", "amd64")),
        ("linux/x86-64", Platform("linux", "amd64")),
        ("linux/aarch64", Platform("linux", "arm64")),
        ("linux/armhf", Platform("linux", "arm")),
        ("linux/i386", Platform("linux", "386")),
        ("linux/ppc64le", Platform("linux", "ppc64le")),
    ],
)
def test_a_platform_is_read_as_people_write_it(text: str, platform: Platform) -> None:
    assert Platform.parse(text) == platform


@pytest.mark.parametrize(
    "text", ["", "linux", "linux/", "/amd64", "linux/arm/v7/x", "linux/amd 64", "lïnux/amd64", "a//b"]
)
def test_what_is_no_platform_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match="is not a platform") as caught:
        Platform.parse(text)
    assert "linux/arm64" in (caught.value.hint or "")


def test_a_platform_prints_as_it_is_written() -> None:
    assert [str(Platform.parse(text)) for text in ("linux/amd64", "linux/arm/v6")] == ["linux/amd64", "linux/arm/v6"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("linux/arm64", "linux/arm64/v8"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/amd64", "linux/amd64/v1"),
    ],
)
def test_a_default_variant_is_no_difference_res_17(one: str, other: str) -> None:
    assert Platform.parse(one).normal == Platform.parse(other).normal == Platform.parse(one)


def test_the_names_of_a_registry_become_the_usual_ones_res_17() -> None:
    assert Platform("linux", "aarch64", "v8").normal == Platform("linux", "arm64")
    assert Platform("linux", "x86_64").normal == Platform("linux", "amd64")


@pytest.mark.parametrize("text", ["linux/arm/v6", "linux/amd64/v3", "linux/arm64/v9", "linux/s390x"])
def test_another_variant_stays(text: str) -> None:
    assert str(Platform.parse(text).normal) == text


def test_the_platform_of_an_attestation_is_unknown_res_17() -> None:
    assert Platform("unknown", "unknown").is_unknown
    assert Platform("linux", "unknown").is_unknown
    assert not Platform("linux", "amd64").is_unknown


def test_only_plain_words_are_parts_of_a_platform_sec_15() -> None:
    assert is_platform_part("linux")
    for text in (None, 7, "", "li\x1b[31mnux", "linux\n", "\ud800", "linux/amd64"):
        assert not is_platform_part(text)


@pytest.mark.parametrize(
    ("wanted", "offered", "is_met"),
    [
        ("linux/amd64", ["linux/arm64", "linux/amd64"], True),
        ("linux/amd64", ["linux/arm64"], False),
        ("linux/amd64", [], False),
        ("linux/amd64", ["windows/amd64"], False),
        ("linux/arm64/v8", ["linux/arm64"], True),
        ("linux/arm64", ["linux/aarch64/v8"], True),
        # Whoever asks for no variant takes any, as a look-up does.
        ("linux/arm", ["linux/arm/v6"], True),
        ("linux/arm/v7", ["linux/arm/v6"], False),
        ("linux/arm/v7", ["linux/arm"], True),
    ],
)
def test_a_platform_is_among_others_as_a_look_up_would_choose(wanted: str, offered: list[str], is_met: object) -> None:
    assert Platform.parse(wanted).is_among(map(Platform.parse, offered)) is is_met
