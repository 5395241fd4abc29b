"""Which nodes of a compose file are images."""

from __future__ import annotations

import pytest

from pinner.formats.base import Occurrence
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
