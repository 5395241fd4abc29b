"""A digest is not taken away where what is left would name something else: a stage, or what the file builds."""

from __future__ import annotations

import pytest

from pinner.errors import UnknownTagError
from pinner.formats import compose, dockerfile
from pinner.formats.base import Format, Occurrence, change_to
from pinner.text import Source
from tests.support.writing import DIGEST, unpin


def digested(one: Format, text: str) -> tuple[Source, list[Occurrence]]:
    source = Source("file", text.replace("@", f"@{DIGEST}"))
    found = [place for place in one.find(source) if isinstance(place, Occurrence) and place.reference.digest]
    return source, found


@pytest.mark.parametrize(
    ("one", "text"),
    [
        pytest.param(dockerfile.FORMAT, "FROM s@ AS s\nFROM t@\nFROM s:1@\n", id="E09-later-stage-and-tag"),
        pytest.param(dockerfile.FORMAT, "FROM a AS s\nONBUILD COPY --from=s:1@ /a /a\n", id="E09-tag-in-a-trigger"),
        pytest.param(dockerfile.FORMAT, "ARG V=s@\nFROM a:1 AS t\nFROM $V\n", id="E09-default"),
        pytest.param(compose.FORMAT, "services: {a: {image: x@}, b: {image: y:1, build: .}}\n", id="E09-other-result"),
    ],
)
def test_what_stays_an_image_is_unpinned(one: Format, text: str) -> None:
    source, found = digested(one, text)
    assert found
    assert unpin(one, source).text == text.replace("@", "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("FROM nginx:1\\@\nFROM b:1\n", "FROM nginx:1\nFROM b:1\n", id="E02-before-the-digest"),
        pytest.param("# escape=`\nFROM nginx:1`@\n", "# escape=`\nFROM nginx:1\n", id="E02-backtick"),
        pytest.param("FROM nginx\\:1\\.2@\n", "FROM nginx\\:1\\.2\n", id="E02-in-the-tag"),
    ],
)
def test_an_escape_goes_with_the_letter_behind_it(before: str, after: str) -> None:
    source, found = digested(dockerfile.FORMAT, before)
    assert found
    assert unpin(dockerfile.FORMAT, source).text == after


@pytest.mark.parametrize(
    ("one", "text"),
    [
        pytest.param(dockerfile.FORMAT, "FROM a AS s\nFROM s@\n", id="E09-stage"),
        pytest.param(dockerfile.FORMAT, "FROM scratch@\n", id="E09-scratch"),
        pytest.param(dockerfile.FORMAT, "COPY --from=s@ /a /a\nFROM a AS s\n", id="E09-stage-of-a-copy"),
        pytest.param(dockerfile.FORMAT, "COPY --from=0@ /a /a\n", id="E09-number"),
        pytest.param(dockerfile.FORMAT, "FROM a AS s\nRUN --mount=from=s@,target=/a x\n", id="E09-mount"),
        pytest.param(dockerfile.FORMAT, "ONBUILD COPY --from=s@ /a /a\n", id="E09-trigger"),
        pytest.param(dockerfile.FORMAT, "ARG V=s@\nFROM a AS s\nFROM $V\n", id="E09-default"),
        pytest.param(compose.FORMAT, "services: {a: {image: x@}, b: {image: x, build: .}}\n", id="E09-result"),
        pytest.param(
            compose.FORMAT,
            "services: {a: {build: {dockerfile_inline: FROM d@, additional_contexts: {d: ../d}}}}\n",
            id="E09-context",
        ),
        pytest.param(
            compose.FORMAT,
            "services:\n  a: {build: {additional_contexts: {d: docker-image://x@}}}\n  b: {image: x, build: .}\n",
            id="E09-context-that-is-a-result",
        ),
        pytest.param(
            compose.FORMAT, "services: {a: {build: {dockerfile_inline: 'FROM ${B:-s@}'}}}\n", id="E09-default"
        ),
    ],
)
def test_a_digest_stays_where_the_bare_name_is_no_image(one: Format, text: str) -> None:
    source, (place,) = digested(one, text)
    with pytest.raises(UnknownTagError, match="names something else here"):
        change_to(place, place.reference.unpinned())
    assert unpin(one, source) == source
