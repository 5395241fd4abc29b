"""Inline Dockerfiles in Compose files, and defaults of variables: where exactly the digest goes (F03, A11)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import EditError
from pinner.formats.base import Occurrence, Skipped, change_to, edits_for
from pinner.formats.compose import FORMAT
from pinner.forms import Form
from pinner.oci.digest import Digest
from pinner.oci.reference import Reference
from pinner.text import Source, apply_edits
from tests.formats.test_dockerfile import PIECES

_A = Digest("sha256", "a" * 64)


def pin(text: str) -> str:
    source = Source("compose.yaml", text)
    changes = [change_to(one, one.reference.pinned_to(_A)) for one in occurrences(text)]
    after = source.with_text(apply_edits(text, edits_for(changes)))
    FORMAT.prove(source, after, changes)
    return after.text


def occurrences(text: str) -> list[Occurrence]:
    return [one for one in FORMAT.find(Source("compose.yaml", text)) if isinstance(one, Occurrence)]


def skipped(text: str) -> list[tuple[str, str]]:
    return [(one.written, one.reason) for one in FORMAT.find(Source("compose.yaml", text)) if isinstance(one, Skipped)]


def inline(*lines: str, style: str = "|", more: str = "") -> str:
    body = "".join(f"        {line}\n" if line else "\n" for line in lines)
    return f"services:\n  a:\n    build:{more}\n      dockerfile_inline: {style}\n{body}    restart: always\n"


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["FROM scratch", "COPY a /a"], id="F03-scratch"),
        pytest.param(["# FROM a:1", "RUN <<E", "FROM b:1", "E"], id="F03-text"),
        pytest.param([""], id="F03-empty"),
    ],
)
def test_an_inline_dockerfile_without_images_stays(lines: list[str]) -> None:
    text = inline(*lines)
    assert pin(text) == text
    assert skipped(text) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(["FROM $BASE"], [("$BASE", "variable")], id="F03-variable"),
        pytest.param(["ARG V=3", "FROM a:$$V"], [("a:$$V", "variable")], id="F03-argument"),
        pytest.param(["FROM a:${V:-3}"], [("a:${V:-3}", "variable")], id="F03-default-of-a-tag"),
        pytest.param(["FROM ${B:-scratch}"], [("${B:-scratch}", "variable")], id="F03-default-scratch"),
        pytest.param(["COPY --from=$X /a /a"], [("$X", "variable")], id="F03-variable-in-copy"),
        pytest.param(["FROM scratch AS $X", "FROM b"], [("b", "ambiguous-stage")], id="F03-stage-of-a-variable"),
        pytest.param(["FROM {{ base }}:1"], [("{{ base }}:1", "template-value")], id="A12-template"),
        pytest.param(["FROM a\\:1"], [("a\\:1", "split-word")], id="F03-escape"),
        pytest.param(["FROM a\\", ":1"], [("a\\", "split-word")], id="F03-continuation"),
        pytest.param(["FROM a:1 # x"], [("a:1 # x", "invalid-instruction")], id="F03-comment"),
        pytest.param(["FROM a:1", "RUN <<E"], [("RUN <<E", "unterminated-heredoc")], id="F03-here-document"),
        pytest.param(["# escape=x", "FROM a:1"], [("x", "invalid-directive")], id="F03-directive"),
    ],
)
def test_what_cannot_be_pinned_inside_is_said(lines: list[str], expected: list[tuple[str, str]]) -> None:
    text = inline(*lines)
    assert pin(text) == text
    assert skipped(text) == expected


@pytest.mark.parametrize("name", ["d", "d:latest", "docker.io/library/d", "d::linux/amd64"])
def test_an_image_that_a_context_replaces_is_left_alone(name: str) -> None:  # F04
    for more in (f"\n      additional_contexts: {{'{name}': ../d}}", f"\n      additional_contexts: ['{name}=../d']"):
        text = inline("FROM d", "COPY --from=d:latest /a /a", "COPY --from=e:2 /a /a", more=more)
        assert skipped(text) == [("d", "build-context"), ("d:latest", "build-context")]
        assert [one.reference.written for one in occurrences(text)] == ["e:2"]


def test_the_images_of_an_inline_dockerfile_are_pinned_where_they_stand() -> None:
    lines = [
        "# syntax=docker/dockerfile:1",
        "FROM --platform=$BUILDPLATFORM golang:1.24 AS build",
        "",
        "  RUN --mount=from=busybox:1.36,target=/b <<E",
        "FROM no:1",
        "E",
        "FROM build",
        'COPY --from="alpine:3.21" /a /a',
        "FROM ${BASE:-debian:12}",
    ]
    text = inline(*lines)
    pinned = pin(text)
    for image in ("docker/dockerfile:1", "golang:1.24", "busybox:1.36", "alpine:3.21", "debian:12"):
        assert pinned.count(f"{image}@{_A}") == 1
    assert pinned.replace(f"@{_A}", "") == text
    assert skipped(text) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("FROM a:1", f"FROM a:1@{_A}", id="plain"),
        pytest.param("'FROM a:1'", f"'FROM a:1@{_A}'", id="single-quotes"),
        pytest.param('"FROM a:1\\nFROM b:2\\n"', f'"FROM a:1@{_A}\\nFROM b:2@{_A}\\n"', id="escapes"),
        pytest.param('"FROM a\\x3a1"', f'"FROM a\\x3a1@{_A}"', id="escaped-letter"),
    ],
)
def test_f03_other_styles_of_scalars(value: str, expected: str) -> None:
    text = f"services: {{a: {{build: {{dockerfile_inline: {value}}}}}}}\n"
    assert pin(text) == text.replace(value, expected)


@pytest.mark.parametrize("style", ["|", "|-", "|+", "|2", "| # comment"])
def test_f03_headers_of_literal_scalars(style: str) -> None:
    text = inline("FROM a:1", "", "FROM b:2 AS c", style=style)
    assert pin(text).replace(f"@{_A}", "") == text
    assert len(occurrences(text)) == 2


def test_f03_a_folded_dockerfile_of_several_lines_is_left_alone() -> None:
    text = inline("FROM a:1", "", "FROM b:2", style=">")
    assert skipped(text) == [("a:1", "unsupported-scalar-form"), ("b:2", "unsupported-scalar-form")]


def test_f03_several_places_in_one_value_are_told_apart() -> None:
    text = inline("FROM a:1", "COPY --from=b:1 /a /a", "COPY --from=b:1 /b /b")
    prefix = "services.a.build.dockerfile_inline: stage 0"
    assert [one.locator for one in occurrences(text)] == [
        prefix,
        f"{prefix}: COPY --from",
        f"{prefix}: COPY --from (2)",
    ]


def test_f03_an_edit_that_turns_an_image_into_a_stage_is_refused() -> None:
    text = inline("FROM scratch AS base", "FROM a:1")
    source, (one,) = Source("compose.yaml", text), occurrences(text)
    change = change_to(one, Reference.parse("base"))
    with pytest.raises(EditError, match="the file names other images"):
        FORMAT.prove(source, source.with_text(apply_edits(text, change.edits)), [change])


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("$IMG", id="A11-bare"),
        pytest.param("${IMG}", id="A11-braces"),
        pytest.param("${IMG:?nginx:1.25}", id="A11-error"),
        pytest.param("${IMG?nginx:1.25}", id="A11-error-where-unset"),
        pytest.param("${IMG:+nginx:1.25}", id="A11-replacement"),
        pytest.param("${IMG+nginx:1.25}", id="A11-replacement-where-set"),
        pytest.param("${IMG:-}", id="A11-empty-default"),
        pytest.param("${IMG:-$OTHER}", id="A11-default-of-a-variable"),
        pytest.param("${IMG:-${OTHER:?nginx:1.25}}", id="A11-nested-error"),
        pytest.param("${IMG:-nginx:${TAG:-1.25}}", id="A11-nested-tag"),
        pytest.param("${IMG:-$${X}}", id="A11-escaped-dollar-inside"),
        pytest.param("$${IMG:-nginx:1.25}", id="A11-escaped-dollar"),
        pytest.param("${IMG:-nginx}:${TAG:-1.25}", id="A11-two-variables"),
        pytest.param("docker.io/${IMG:-nginx:1.25}", id="A11-behind-a-name"),
        pytest.param("${IMG:-nginx:1.25}-alpine", id="A11-in-front-of-a-suffix"),
        pytest.param("nginx:${TAG:-1.25}", id="A11-only-the-tag"),
        pytest.param("${1X:-nginx:1.25}", id="A11-no-name"),
    ],
)
def test_a_variable_without_a_whole_image_for_its_default_is_left_alone(value: str) -> None:
    text = f"services:\n  a:\n    image: {value}\n"
    assert pin(text) == text
    assert skipped(text) == [(value, "variable")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("${IMG:-nginx:1.25}", f"${{IMG:-nginx:1.25@{_A}}}", id="row-106-and-A11"),
        pytest.param("${IMG-nginx:1.25}", f"${{IMG-nginx:1.25@{_A}}}", id="row-106-unset"),
        pytest.param("${A:-${B-h:5/n:1}}", f"${{A:-${{B-h:5/n:1@{_A}}}}}", id="A11-nested"),
        pytest.param('"${IMG:-nginx}"', f'"${{IMG:-nginx@{_A}}}"', id="A11-quoted-and-untagged"),
        pytest.param("${i_2:-a/b-c:1-d}", f"${{i_2:-a/b-c:1-d@{_A}}}", id="A11-dashes"),
    ],
)
def test_the_digest_goes_into_the_default_of_a_variable(value: str, expected: str) -> None:
    for place in (
        "services: {{a: {{image: {0}}}}}\n",
        "services: {{a: {{volumes: [{{type: image, source: {0}}}]}}}}\n",
        "services: {{a: {{pre_start: [{{image: {0}}}]}}}}\n",
    ):
        quoted = "'{}'" if '"' not in value else "{}"
        text = place.format(quoted.format(value))
        assert pin(text) == place.format(quoted.format(expected))
        assert pin(pin(text)) == pin(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("docker-image://${X:-a:1}", f"docker-image://${{X:-a:1@{_A}}}", id="behind-the-scheme"),
        pytest.param("${X:-docker-image://a:1}", f"${{X:-docker-image://a:1@{_A}}}", id="with-the-scheme"),
        pytest.param("docker-image://$X", None, id="variable"),
        pytest.param("${X:-docker-image://a:$Y}", None, id="variable-tag"),
    ],
)
def test_f04_contexts_with_variables(value: str, expected: str | None) -> None:
    text = f"services: {{a: {{build: {{additional_contexts: {{b: '{value}'}}}}}}}}\n"
    assert pin(text) == text.replace(value, expected or value)
    assert [reason for _, reason in skipped(text)] == ([] if expected else ["variable"])


def test_the_tag_of_a_default_is_remembered_behind_it() -> None:
    text = "services:\n  a:\n    image: ${IMG:-nginx:1.25}\n"
    (one,) = occurrences(text)
    change = change_to(one, one.reference.pinned_to(_A), Form.DIGEST)
    after = apply_edits(text, change.edits)
    assert after == f"services:\n  a:\n    image: ${{IMG:-nginx@{_A}}}  # pinner: tag=1.25\n"
    (again,) = occurrences(after)
    assert again.reference.tag == "1.25"


# What YAML reads as a line end or as no letter would make another text of the block.
_PRINTABLE = [piece for piece in PIECES if not {"\r", "\x85", "\ufeff"} & set(piece)]
_VARIABLES = ["${B:-h:1}", "$${V}", "${X:?", "docker-image://i:1", "}"]


@given(st.lists(st.sampled_from([*_PRINTABLE, *_VARIABLES]), max_size=20).map("".join))
def test_f03_any_inline_dockerfile_is_pinned_without_touching_another_letter(dockerfile: str) -> None:
    text = inline("# first", *dockerfile.split("\n"))
    pinned = pin(text)
    assert pinned.replace(f"@{_A}", "") == text
    assert pin(pinned) == pinned
