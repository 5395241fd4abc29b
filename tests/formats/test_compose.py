"""Which nodes of a compose file are images."""

from __future__ import annotations

import pytest

from pinner.formats.base import Occurrence, Skipped
from pinner.formats.compose import find
from pinner.text import Source
from tests.support.yaml_editor import reasons


def locators(text: str) -> list[str]:
    return [one.locator for one in find(Source("compose.yaml", text)) if isinstance(one, Occurrence)]


def why(text: str) -> list[str]:
    return reasons(find(Source("compose.yaml", text)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("services:\n", id="F01-no-services"),
        pytest.param("services: {a: {command: x}}\n", id="F01-no-image"),
        pytest.param("services: {a: {labels: {image: x:1}}}\n", id="C10-label"),
        pytest.param("services: {a: {x-notes: {image: x:1}}}\n", id="F02-extension-in-a-service"),
        pytest.param("services: {}\nx-base: {image: x:1}\n", id="F02-unused-template"),
        pytest.param("volumes: {image: {x: y}}\nnetworks: {image: n}\n", id="C10-a-volume-of-that-name"),
        pytest.param("x-base: {image: x:1}\n", id="F02-only-templates"),
        pytest.param("services: {image: {command: x}}\n", id="C10-a-service-of-that-name"),
        pytest.param("services: [{image: {x: 1}}]\n", id="C10-list"),
        pytest.param("- image: nginx:1\n", id="C10-list-at-the-top"),
        pytest.param("services: {a: {build: {dockerfile_inline: 'FROM scratch'}}}\n", id="F03-nothing-but-scratch"),
        pytest.param(
            "services: {a: {build: {dockerfile_inline: 'FROM --platform=x scratch'}}}\n", id="F03-scratch-of-a-platform"
        ),
        pytest.param("services: {a: {build: {dockerfile_inline: {a: FROM x}}}}\n", id="F03-no-text"),
        pytest.param("services: {a: {build: {additional_contexts: {x: ../x, y: 'service:b'}}}}\n", id="F03-folders"),
        pytest.param("services: {a: {build: {additional_contexts: [x=../x]}}}\n", id="F03-folders-in-a-list"),
        pytest.param("services: {a: {environment: {X: 'docker-image://a:1'}}}\n", id="F03-a-variable"),
        pytest.param("services: {a: {volumes: [{type: bind, source: a:1}, 'a:/b']}}\n", id="F03-other-volumes"),
        pytest.param("services: {a: {volumes: [{type: image, target: /b}]}}\n", id="F03-volume-without-source"),
        pytest.param("volumes: {a: {type: image, source: a:1}}\nservices: {}\n", id="F03-named-volume"),
        pytest.param("x-a: {volumes: [{type: image, source: a:1}]}\nservices: {}\n", id="F03-unused-template"),
    ],
)
def test_what_is_no_service_image_is_left_alone(text: str) -> None:
    assert (locators(text), why(text)) == ([], [])


def test_the_image_of_every_service_is_found() -> None:
    assert locators("services: {a: {image: x:1}, 'b.c': {image: z}}\n") == ["services.a.image", "services.b.c.image"]


def test_a_file_without_services_has_them_at_the_top() -> None:
    assert locators("web: {image: x:1}\nvolumes: {image: x:1}\n") == ["web.image"]


def test_each_document_has_a_form_of_its_own() -> None:
    assert locators("services: {a: {image: x:1}}\n---\nweb: {image: x:1}\n") == ["services.a.image", "web.image"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("services: {a: {build: ., image: x:1}}\n", id="F01-short"),
        pytest.param("services: {a: {image: x:1, build: {context: .}}}\n", id="F01-long"),
        pytest.param("x: &b {build: .}\nservices: {a: {<<: *b, image: x:1}}\n", id="F02-merged"),
        pytest.param(
            "services: {a: {image: x:1, build: &b {context: .}}, b: {image: y:1, build: *b}}\n", id="F01-alias"
        ),
        pytest.param("a: {image: x:1, build: .}\n", id="F01-legacy"),
    ],
)
def test_f01_what_is_built_is_not_pinned(text: str) -> None:
    assert locators(text) == []
    assert set(why(text)) == {"build"}


def test_f02_a_template_is_found_in_every_service_that_merges_it() -> None:
    text = "x-b: &b {image: x:1}\nservices: {a: {<<: *b}, b: {<<: [*b], image: y:2}}\n"
    assert locators(text) == ["services.a.image", "services.b.image", "services.b.image"]


def test_an_image_that_also_names_a_build_is_left_alone() -> None:
    text = "services:\n  a: {image: &i x:1, build: .}\n  b: {image: *i}\n"
    assert why(text) == ["build", "shared-anchor"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("services: {a: {<<: {image: x:1}}}\n", ["services.a.image"], id="service"),
        pytest.param("services: {<<: {a: {image: x:1}}}\n", ["services.a.image"], id="services"),
        pytest.param("<<: {services: {a: {image: x:1}}}\n", ["services.a.image"], id="top"),
        pytest.param("a: {<<: {image: x:1}}\n", ["a.image"], id="legacy"),
        pytest.param(
            "services: {a: {<<: &z {image: x:1}}, b: {<<: *z}}\n", ["services.a.image", "services.b.image"], id="anchor"
        ),
        pytest.param(
            "x-a: &a {image: y:1}\nservices: {a: {<<: [{image: x:1}, *a]}}\n",
            ["services.a.image", "services.a.image"],
            id="list",
        ),
    ],
)
def test_f02_an_inline_merge_is_found(text: str, expected: list[str]) -> None:
    assert (locators(text), why(text)) == (expected, [])


def test_f02_a_quoted_merge_key_is_a_key_like_any_other() -> None:
    assert locators("services: {a: {'<<': {image: x:1}}}\n") == []


def said(text: str) -> list[tuple[str, str, str]]:
    return [
        (one.reason, one.locator, one.written) for one in find(Source("compose.yaml", text)) if isinstance(one, Skipped)
    ]


@pytest.mark.parametrize(
    ("text", "reason", "locator", "written"),
    [
        pytest.param(
            "build: {additional_contexts: {x: 'docker-image://redis:7', y: ../y}}",
            "additional-context",
            "build.additional_contexts.x",
            "docker-image://redis:7",
            id="map",
        ),
        pytest.param(
            "build: {additional_contexts: [y=../y, 'x=docker-image://redis:7']}",
            "additional-context",
            "build.additional_contexts[1]",
            "x=docker-image://redis:7",
            id="list",
        ),
        pytest.param(
            "build: {additional_contexts: {<<: {x: docker-image://a}}}",
            "additional-context",
            "build.additional_contexts.x",
            "docker-image://a",
            id="merge",
        ),
        pytest.param(
            "volumes: [a:/a, {type: image, source: redis:7, target: /x}]",
            "image-volume",
            "volumes[1].source",
            "redis:7",
            id="volume",
        ),
        pytest.param(
            "build: {dockerfile_inline: FROM python:3}",
            "dockerfile-inline",
            "build.dockerfile_inline",
            "FROM python:3",
            id="inline",
        ),
    ],
)
def test_f03_images_in_other_places_of_a_service_are_said(text: str, reason: str, locator: str, written: str) -> None:
    assert said(f"services: {{a: {{{text}}}}}\n") == [(reason, f"services.a.{locator}", written)]


def test_f03_what_an_alias_brings_is_said_too() -> None:
    text = (
        "x-c: &c {x: docker-image://a:1}\nx-s: &s docker-image://b:1\nx-v: &v {type: image, source: c:1}\n"
        "x-b: &b {dockerfile_inline: FROM d}\nservices:\n"
        "  a: {build: {additional_contexts: *c}}\n  b: {build: {additional_contexts: {y: *s}}}\n"
        "  c: {volumes: [*v]}\n  d: {build: *b}\n"
    )
    assert said(text) == [
        ("additional-context", "services.a.build.additional_contexts.x", "docker-image://a:1"),
        ("additional-context", "services.b.build.additional_contexts.y", "docker-image://b:1"),
        ("image-volume", "services.c.volumes[0].source", "c:1"),
        ("dockerfile-inline", "services.d.build.dockerfile_inline", "FROM d"),
    ]


@pytest.mark.parametrize(
    ("lines", "images"),
    [
        pytest.param(["FROM a:1", "RUN x"], "a:1", id="one"),
        pytest.param(
            ["# c", "from --platform=$X a:1 as b", "FROM b", "FROM scratch", "COPY --from=b /x /"], "a:1", id="stages"
        ),
        pytest.param(["FROM scratch", "COPY --from=c/d:2 /x /"], "c/d:2", id="copied"),
        pytest.param(["FROM a", "RUN --mount=type=bind,from=e:5,target=/x y", "FROM a"], "a, e:5", id="mounted"),
    ],
)
def test_f03_the_images_of_an_inline_dockerfile_are_named(lines: list[str], images: str) -> None:
    text = "services:\n  a:\n    build:\n      dockerfile_inline: |\n" + "".join(f"        {line}\n" for line in lines)
    (one,) = find(Source("compose.yaml", text))
    assert isinstance(one, Skipped)
    assert (one.reason, one.written) == ("dockerfile-inline", lines[0])
    assert f"({images})" in one.detail


def test_f03_an_image_that_is_also_a_volume_is_left_alone() -> None:
    text = "services: {a: {image: &i x:1, volumes: [{type: image, source: *i}]}}\n"
    assert sorted(why(text)) == ["image-volume", "shared-anchor"]
