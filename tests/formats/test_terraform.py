"""Terraform and OpenTofu: which arguments are images, what variables stand for, and what is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.context import Context, Rule
from pinner.errors import EditError
from pinner.formats import detect
from pinner.formats.base import Occurrence, change_to
from pinner.formats.terraform import FORMAT
from pinner.oci.reference import Reference
from pinner.path_filter import PathFilter
from pinner.syntax.line_patterns import parse_pattern
from pinner.syntax.routes import parse_route
from pinner.text import Source, apply_edits
from tests.support import cases

USE = 'resource "docker_container" "x" {\n  image = %s\n}\n'


def find(text: str, context: Context | None = None) -> list[str]:
    """Return what is found, and what is skipped with its reason."""
    found = FORMAT.find(Source("main.tf", text), context or Context())
    return [one.reference.written if isinstance(one, Occurrence) else f"{one.written} {one.reason}" for one in found]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('resource "aws_instance" "a" {\n  ami = "ami-1"\n}\n', id="C10-machine"),
        pytest.param('resource "hcloud_server" "a" {\n  image = "debian-12"\n}\n', id="C10-name-of-a-machine-image"),
        pytest.param(USE % "null", id="C10-null"),
        pytest.param(USE % "3", id="C10-number"),
        pytest.param(USE % '["a:1"]', id="C10-tuple"),
        pytest.param(USE % '{ a = "a:1" }', id="C10-object"),
        pytest.param(USE % "docker_image.x.image_id", id="A11-found-elsewhere"),
        pytest.param(USE % "data.docker_registry_image.x.name", id="A11-said-elsewhere"),
        pytest.param('# image = "a:1"\n/* image = "a:1" */\n', id="C10-comments"),
        pytest.param('output "image" {\n  value = "a:1"\n}\n', id="C10-output"),
        pytest.param('variable "image" {\n  default = "plain"\n}\n', id="C10-no-reference"),
    ],
)
def test_what_is_no_image_is_left_alone(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param('"a:1"', ["a:1"], id="literal"),
        pytest.param('("a:1")', ["a:1"], id="parentheses"),
        pytest.param('x ? "a:1" : "b:1"', ["a:1", "b:1"], id="both outcomes"),
        pytest.param('x ? "a:1" : var.y', ["a:1", "var.y variable"], id="A11-one outcome"),
        pytest.param('"a:${x}"', ["a:${x} variable"], id="A11-template"),
        pytest.param('"%{ if x }a:1%{ endif }"', ["%{ if x }a:1%{ endif } variable"], id="A12-directive"),
        pytest.param('"$${x}"', ["${x} variable"], id="A11-escaped"),
        pytest.param('"a:1" + x', ['"a:1" + x expression'], id="A11-operation"),
        pytest.param('f("a:1")', ['f("a:1") expression'], id="A11-call"),
        pytest.param("var.x[0]", ["var.x[0] expression"], id="A11-index"),
        pytest.param("each.value", ["each.value variable"], id="A11-each"),
        pytest.param('"A:1"', ["A:1 not-a-reference"], id="REF-12-capitals"),
        pytest.param('""', [" empty"], id="REF-12-empty"),
    ],
)
def test_values_are_read_or_said(value: str, expected: list[str]) -> None:
    assert find(USE % value) == expected


@pytest.mark.parametrize(
    ("definition", "use", "expected"),
    [
        pytest.param('variable "v" {\n  default = "a:1"\n}\n', "var.v", ["a:1"], id="default"),
        pytest.param('variable "v" {\n  default = "a:1"\n}\n', '"${var.v}"', ["a:1"], id="default in a template"),
        pytest.param('locals {\n  v = { w = "a:1" }\n}\n', "local.v.w", ["a:1"], id="local"),
        pytest.param(
            'locals {\n  v = "a:1"\n}\nlocals {\n  v = "b:1"\n}\n', "local.v", ["local.v variable"], id="twice"
        ),
        pytest.param('locals {\n  v = "a:${x}"\n}\n', "local.v", ["local.v variable"], id="A11-no literal"),
        pytest.param('variable "v" {}\n', "var.v", ["var.v variable"], id="A11-no default"),
        pytest.param('variable "v" {\n  default = "a:1"\n}\n', '"b/${var.v}"', ["b/${var.v} variable"], id="A11-part"),
    ],
)
def test_a_variable_is_followed_to_its_literal(definition: str, use: str, expected: list[str]) -> None:
    assert find(definition + USE % use) == expected


@pytest.mark.parametrize(
    "other",
    [
        pytest.param('output "x" {\n  value = local.v\n}\n', id="output"),
        pytest.param('output "x" {\n  value = "b-${local.v}"\n}\n', id="template"),
        pytest.param('output "x" {\n  value = [for a in [local.v] : a]\n}\n', id="for"),
        pytest.param('output "x" {\n  value = local.v.w\n}\n', id="attribute of it"),
        pytest.param('data "docker_registry_image" "x" {\n  name = local.v\n}\n', id="a place that takes no digest"),
        pytest.param('resource "aws_lambda_function" "x" {\n  image_uri = local.v\n}\n', id="a place without tags"),
        pytest.param('resource "docker_image" "x" {\n  name = local.v\n  build {}\n}\n', id="a place that builds it"),
    ],
)
def test_a_variable_that_is_used_otherwise_is_left_alone(other: str) -> None:
    assert find('locals {\n  v = "a:1"\n}\n' + USE % "local.v" + other) == ["a:1 variable"]


def test_a_variable_of_many_images_is_found_once() -> None:
    assert find('locals {\n  v = "a:1"\n}\n' + USE % "local.v" + USE % "local.v") == ["a:1"]


def test_images_of_unknown_resources_are_said_and_marks_tell() -> None:
    text = 'resource "x" "y" {\n  image = "a:1"\n}\n'
    assert find(text) == ["a:1 unknown-resource"]
    assert find(text.replace("  image", "  # pinner: image\n  image")) == ["a:1"]


def test_a_mark_in_a_text_means_no_text_in_its_sequences() -> None:
    assert find('a = <<E\n# pinner: image\n${f("a:1")}\nE\n') == ["# pinner: image misplaced-mark"]


def test_rules_name_values_by_their_way() -> None:
    text = 'resource "x" "y" {\n  a = [{ b = "a:1", c = "--image=b:1" }]\n  d = "docker run c:1"\n}\n'
    every = PathFilter(include=("*",))
    rules = (
        Rule(paths=every, route=parse_route("resource.x.*.a[].b")),
        Rule(paths=every, route=parse_route("resource.x.*.a[].c"), pattern=parse_pattern("--image=(.*)")),
        Rule(paths=every, pattern=parse_pattern(r"docker run ([^ \"]+)")),
    )
    assert find(text, Context(rules=rules)) == ["a:1", "b:1", "c:1"]


def test_a_pattern_that_tells_no_text_is_said() -> None:
    rule = Rule(paths=PathFilter(include=("*",)), pattern=parse_pattern(r"use (\S+)"))
    assert find("# use a:1\n", Context(rules=(rule,))) == ["a:1 not-a-text"]


def test_aliases_are_kept_and_resolved() -> None:
    found = FORMAT.find(Source("main.tf", USE % '"$REGISTRY/a:1"'), Context(aliases={"$REGISTRY": "ghcr.io/acme"}))
    assert [one.reference.name for one in found if isinstance(one, Occurrence)] == ["ghcr.io/acme/a"]


def test_where_a_reader_takes_no_tag_beside_a_digest_a_comment_keeps_it() -> None:
    source = Source("main.tf", 'resource "aws_lambda_function" "x" {\n  image_uri = "ghcr.io/a:1"\n}\n')
    pinned = cases.pin("terraform", source)
    assert f'"ghcr.io/a@{cases.DIGEST}"  # pinner: tag=1\n' in pinned.text
    assert cases.unpin("terraform", pinned) == source


def test_an_edit_that_makes_another_image_is_refused() -> None:
    source = Source("main.tf", USE % '"a:1"')
    (one,) = FORMAT.find(source)
    assert isinstance(one, Occurrence)
    change = change_to(one, Reference.parse("b:1"))
    after = source.with_text(apply_edits(source.text, change.edits).replace("container", "image"))
    with pytest.raises(EditError, match="outside the references"):
        FORMAT.prove(source, after, [change])


def test_an_edit_that_means_something_else_in_an_inner_document_is_refused() -> None:
    text = 'resource "kubectl_manifest" "x" {\n  yaml_body = <<E\ncontainers: [{image: "a:1"}]\nb:\n- c\nE\n}\n'
    source = Source("main.tf", text.replace('"a:1"}]', "a:1}]"))
    (one,) = FORMAT.find(source)
    assert isinstance(one, Occurrence)
    # As YAML the letter behind the blank begins a comment: the file still names b:1.
    change = change_to(one, replace(Reference.parse("b:1"), written="b:1}] # "))
    with pytest.raises(EditError) as caught:
        FORMAT.prove(source, source.with_text(apply_edits(source.text, change.edits)), [change])
    assert "names other images" not in caught.value.message


@pytest.mark.parametrize(
    ("path", "text", "is_taken"),
    [
        ("main.tf", "image", True),
        ("modules/a/main.tofu", "image", True),
        ("main.tf", "nothing", False),
        ("terraform.tfvars", "image", False),
        (".terraform.lock.hcl", "image", False),
    ],
)
def test_files_are_taken_by_their_names(path: str, text: str, *, is_taken: bool) -> None:
    assert (detect(Source(path, f"# {text}\n")) is FORMAT) is is_taken


IMAGES = st.sampled_from(
    ["nginx:1.27", "ghcr.io/acme/app", "localhost:5000/a:b", "a@sha256:" + "b" * 64, "${var.x}", "x y"]
)
VALUES = st.one_of(IMAGES.map(lambda one: f'"{one}"'), st.sampled_from(["var.v", "local.w", "null", "f(x)"]))
TEMPLATES = (
    USE,
    'resource "aws_lambda_function" "a" { image_uri = %s }\r\n',
    'variable "v" {\n  default = %s # c\n}\n',
    "locals {\n  w = %s // c\n}\n",
    'resource "aws_ecs_task_definition" "a" {\n  container_definitions = jsonencode([{ image = %s }])\n}\n',
)
DOCUMENT = 'resource "kubectl_manifest" "a" {\n  yaml_body = <<-E\n    containers: [{image: "%s"}]\n  E\n}\n'
BLOCKS = st.one_of(
    st.tuples(st.sampled_from(TEMPLATES), VALUES).map(lambda pair: pair[0] % pair[1]),
    IMAGES.map(lambda one: DOCUMENT % one),
)


@given(st.lists(BLOCKS, max_size=5).map("".join))
def test_pinning_changes_only_references_and_unpinning_restores_them(text: str) -> None:
    source = Source("main.tf", text)
    pinned = cases.pin("terraform", source)
    assert cases.pin("terraform", pinned) == pinned
    assert cases.unpin("terraform", pinned) == cases.unpin("terraform", source)


@pytest.mark.parametrize("function", ["templatefile", "templatestring"])
def test_what_a_template_makes_of_its_variables_is_not_known(function: str) -> None:
    definitions = f'{function}("a.json", {{ image = "a:1" }})'
    text = f'resource "aws_ecs_task_definition" "x" {{\n  container_definitions = {definitions}\n}}\n'
    assert [line for line in find(text) if "a:1" in line][-1] == "a:1 unknown-resource"
    assert "a:1" not in find(text)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ('set = [{ name = "replicas", value = "1.4" }]', []),
        ('set = [{ name = "image.tag", value = "1.4" }, { name = "a", value = "b" }]', ["1.4 helm-value"]),
        ('values = [yamlencode({ service = { port = "80" } })]', []),
        (
            'values = [yamlencode({ image = { repository = "ghcr.io/a/b", tag = "3" } })]',
            ["ghcr.io/a/b helm-value", "3 helm-value"],
        ),
    ],
)
def test_images_in_values_of_a_helm_release_are_said(values: str, said: list[str]) -> None:
    assert find(f'resource "helm_release" "x" {{\n  description = "image"\n  {values}\n}}\n') == said
