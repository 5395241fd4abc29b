"""Development containers (A11, C05, C12)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinner.formats import detect, load_format
from pinner.formats.base import Skipped
from pinner.text import Source
from tests.support import cases

DEVCONTAINER = load_format("devcontainer")


def essence(text: str) -> list[str]:
    """Return the reason or the reference of each place."""
    found = DEVCONTAINER.find(Source("devcontainer.json", text))
    return [one.reason if isinstance(one, Skipped) else one.reference.written for one in found]


@pytest.mark.parametrize(
    "path", [".devcontainer.json", ".devcontainer/devcontainer.json", ".devcontainer/a/devcontainer.json"]
)
def test_a_container_is_described_in_three_places(path: str) -> None:
    assert detect(Source(path, '{"image": "a:1"}')) is DEVCONTAINER


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"image": "a:1"}', ["a:1"]),
        ('{"image": ""}', ["empty"]),
        ('{"image": null}', ["not-a-scalar"]),
        ('{"image": {"name": "a:1"}}', ["not-a-scalar"]),
        ('{"image": "a:${localEnv:TAG}"}', ["variable"]),  # A11
        ('{"x": {"image": "a:1"}}', []),
        (
            '{"features": {"ghcr.io/a/b:1": {}, "./local": {}, "https://x/y.tgz": {}, "docker-in-docker": {}}}',
            ["feature"],
        ),
        ('{"dockerFile": "image/Dockerfile"}', ["build"]),
        (
            '{"build": {"dockerfile": "D", "cacheFrom": "a:1", "args": {"IMAGE": "a:1", "V": "1"}}}',
            ["build", "cache", "build-argument"],
        ),
        ('{"image": "a:1"', ["invalid-json"]),
    ],
)
def test_only_the_image_is_pinned(text: str, expected: list[str]) -> None:
    assert essence(text) == expected


def test_escapes_and_comments_stay() -> None:  # C05
    source = Source("devcontainer.json", '{"image": "a\\/b:1", /* "image": "a/b:1" */}')
    assert cases.pin("devcontainer", source).text == source.text.replace(':1",', f':1@{cases.DIGEST}",', 1)


MEMBERS = st.sampled_from(
    [
        '"image": "a:1"', '"image":"b\\/c"', '"x": [1, "d:1", ]', "// c\n", "/* , */", '"features": {"a/b:1": {}}',
        f'"image": "e@sha256:{"b" * 64}"', '"build": {"args": {"image": "f:1"}}', '"image": null', "x",
    ]
)  # fmt: skip


@given(st.lists(MEMBERS, max_size=6))
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_container_comes_back_after_pinning(members: list[str]) -> None:  # C12
    source = Source("devcontainer.json", "{" + ", ".join(members) + "}")
    for form in cases.WRITTEN_FORMS:
        once = cases.pin("devcontainer", source, form)
        assert cases.changes("devcontainer", once, cases.with_digest, form) == ()
        assert cases.unpin("devcontainer", once) == cases.unpin("devcontainer", source)
