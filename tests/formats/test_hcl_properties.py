"""Whatever is written in HCL: pinning changes references alone, twice is once, and unpinning gives the bytes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.formats.base import Occurrence
from pinner.forms import Form
from pinner.text import Source
from tests.support import cases
from tests.syntax.hcl_texts import EXPRESSIONS

IMAGES = st.sampled_from(
    ["nginx:1.27", "ghcr.io/acme/app", "localhost:5000/a:b", "a@sha256:" + "b" * 64, "${var.x}", "x y", "docker://a:1"]
)
VALUES = st.one_of(
    IMAGES.map(lambda one: f'"{one}"'),
    IMAGES.map(lambda one: f'"docker-image://{one}"'),
    IMAGES.map(lambda one: f'x ? "{one}" : "b:2"'),
    st.sampled_from(["var.image", "local.image", "image", '"docker-image://${image}"', "null", "f(x)"]),
    EXPRESSIONS.filter(lambda one: not one.endswith("\n")),
)
COMMENTS = st.sampled_from(["", " # c", " // c", " /* c */", " # pinner: tag=1", "  # pinner: tag=1.27"])
LINE_ENDS = st.sampled_from(["\n", "\r\n"])
DEFINITIONS = (
    'variable "image" {\n  default = %s%s\n}\n',
    "locals {\n  image = %s%s\n}\n",
)
PLACES = {
    "terraform": (
        "main.tf",
        'resource "docker_container" "x" {\n  image = %s%s\n}\n',
        'resource "aws_lambda_function" "x" {\n  image_uri = %s%s\n}\n',
        'resource "kubernetes_manifest" "x" {\n  manifest = { containers = [{ image = %s }]%s\n }\n}\n',
        'resource "aws_ecs_task_definition" "x" {\n  container_definitions = jsonencode([{ image = %s }])%s\n}\n',
    ),
    "nomad": (
        "web.nomad",
        'job "a" {\n  task "b" {\n    driver = "docker"\n    config {\n      image = %s%s\n    }\n  }\n}\n',
    ),
    "bake_hcl": (
        "docker-bake.hcl",
        'target "x" {\n  contexts = {\n    a = %s%s\n  }\n}\n',
        'target "x" {\n  dockerfile-inline = "FROM a:1\\nFROM b"\n  args = { a = %s }%s\n}\n',
    ),
}


@st.composite
def documents(draw: st.DrawFn, templates: tuple[str, ...]) -> str:
    """Return some places and definitions, with values and comments of any kind."""
    chosen = draw(st.lists(st.sampled_from((*templates, *DEFINITIONS, "b = %s%s\n")), max_size=5))
    return "".join(template % (draw(VALUES), draw(COMMENTS)) for template in chosen).replace("\n", draw(LINE_ENDS))


@pytest.mark.parametrize("form", cases.WRITTEN_FORMS)
@pytest.mark.parametrize("module", sorted(PLACES))
def test_pinning_changes_only_references_and_unpinning_restores_them(module: str, form: Form) -> None:
    path, *templates = PLACES[module]

    @given(documents(tuple(templates)))
    def hold(text: str) -> None:
        source = Source(path, text)
        pinned = cases.pin(module, source, form)
        assert cases.pin(module, pinned, form) == pinned
        assert cases.unpin(module, pinned) == cases.unpin(module, source)
        assert names(module, pinned) == names(module, source)

    hold()


def names(module: str, source: Source) -> list[tuple[str, str]]:
    """Return what is named at which place, whatever the digest."""
    return [
        (one.locator, one.reference.tagged if isinstance(one, Occurrence) else one.reason)
        for one in cases.find(module, source)
    ]
