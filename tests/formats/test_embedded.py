"""Values that are YAML documents themselves: found by a rule, edited where they stand, proven twice (row 103)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pinner.context import Context, Rule
from pinner.errors import EditError
from pinner.formats import detect
from pinner.formats.base import Change, Found, Occurrence, change_to, edits_for
from pinner.formats.inner import InnerRewrite
from pinner.oci.digest import Digest
from pinner.path_filter import PathFilter
from pinner.syntax.routes import parse_route
from pinner.text import Edit, Source, apply_edits

DIGEST = Digest("sha256", "a" * 64)
PINNED = f"@{DIGEST}"
MAP = """apiVersion: v1
kind: ConfigMap
metadata: {name: x}
data:
  script.sh: |
    docker run nginx:1.27
  pod.yaml: |
    # image: nginx:1.27
    apiVersion: v1
    kind: Pod
    spec:
      containers:
      - image: nginx:1.27 # é
      - {image: 'redis:7'}

  compose.yaml: |2-
    services: {a: {image: "nginx:1.27"}, b: {image: $X}}
"""


def context(*routes: str, inside: str = "") -> Context:
    rules = tuple(
        Rule(
            paths=PathFilter(include=("*.yaml",)),
            route=parse_route(route),
            is_embedded=True,
            inside=parse_route(inside) if inside else None,
            name="rules[0]",
        )
        for route in routes
    )
    return Context(rules=rules, aliases={"$R": "registry.example.com"})


def found(text: str, where: Context) -> tuple[Found, ...]:
    source = Source("a.yaml", text)
    taken = detect(source, where)
    return () if taken is None else taken.find(source, where)


def show(text: str, where: Context) -> list[str]:
    return [
        f"{one.locator}: {one.reference.written if isinstance(one, Occurrence) else f'[{one.reason}]'}"
        for one in found(text, where)
    ]


def pin(text: str, where: Context) -> str:
    source = Source("a.yaml", text)
    taken = detect(source, where)
    assert taken is not None
    changes = change_all(found(text, where))
    after = source.with_text(apply_edits(text, edits_for(changes)))
    taken.prove(source, after, changes)
    return after.text


def change_all(all_found: Sequence[Found]) -> list[Change]:
    return [change_to(one, one.reference.pinned_to(DIGEST)) for one in all_found if isinstance(one, Occurrence)]


def test_without_a_rule_a_document_in_a_value_is_text_row_103() -> None:
    assert show(MAP, Context()) == []
    assert show(MAP, context("other.*")) == []


def test_images_in_values_are_found_by_the_format_that_the_key_names_row_103() -> None:
    assert show(MAP, context("data.*")) == [
        "data.pod.yaml > spec.containers[0].image: nginx:1.27",
        "data.pod.yaml > spec.containers[1].image: redis:7",
        "data.compose.yaml > services.a.image: nginx:1.27",
        "data.compose.yaml > services.b.image: [variable]",
    ]


def test_only_the_letters_of_the_references_change_row_103() -> None:
    expected = (
        MAP.replace("- image: nginx:1.27", f"- image: nginx:1.27{PINNED}")
        .replace("redis:7", f"redis:7{PINNED}")
        .replace('"nginx:1.27"', f'"nginx:1.27{PINNED}"')
    )
    assert pin(MAP, context("data.*")) == expected
    carriage = MAP.replace("\n", "\r\n")
    assert pin(carriage, context("data.*")) == expected.replace("\n", "\r\n")
    assert pin("\ufeff" + MAP, context("data.*")) == "\ufeff" + expected
    assert show(expected, context("data.*"))[0].endswith(PINNED)


def test_a_span_covers_the_reference_in_the_file() -> None:
    spans = [MAP[one.span.start : one.span.end] for one in found(MAP, context("data.*"))]
    assert spans == ["nginx:1.27", "redis:7", "nginx:1.27", "$X"]


def test_the_rule_may_say_where_the_images_stand_inside() -> None:
    text = "config: |\n  sidecar: {image: a:1}\n  tool: [$R/b:1]\nimage: c:1\n"
    assert show(text, context("config")) == ["config: [unknown-text]"]
    assert show(text, context("config", inside="sidecar.image")) == ["config > sidecar.image: a:1"]
    assert pin(text, context("config", inside="tool[]")) == text.replace("b:1", f"b:1{PINNED}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('x: \'{"image": "a:1"}\'\n', f'x: \'{{"image": "a:1{PINNED}"}}\'\n'),
        ("x: \"{image: 'a:1'}\"\n", f"x: \"{{image: 'a:1{PINNED}'}}\"\n"),
        ('x: "y: 1\\nimage: a:1\\n"\n', f'x: "y: 1\\nimage: a:1{PINNED}\\n"\n'),
        ("x: |+\n\n  image: a:1\n\n", f"x: |+\n\n  image: a:1{PINNED}\n\n"),
    ],
)
def test_quoted_values_can_be_documents_too(text: str, expected: str) -> None:
    assert pin(text, context("x", inside="image")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x: >\n  image: a:1\n\n  b: 1\n", "x: [unsupported-scalar-form]"),
        ("x: [image]\n", "x: [not-a-scalar]"),
        ("x: 1.5\n", "x: [non-string]"),
        ("y: &a |\n  image: a:1\nx: *a\n", "x: [shared-anchor]"),
        ("x: |\n  image: [\n", "x: [invalid-yaml]"),
        ("x: |\n  image: {{ y }}\n   z\n", "x: [templated]"),
        ("x: *nothing\n", "x: [alias-to-non-scalar]"),
    ],
)
def test_what_cannot_be_a_document_is_said(text: str, expected: str) -> None:
    assert show(text, context("x", inside="image")) == [expected]


def test_an_anchor_that_is_a_document_everywhere_is_one() -> None:
    text = "x: {a: &a 'image: b:1', c: *a}\n"
    assert show(text, context("x.*", inside="image")) == ["x.a > image: b:1"]
    assert pin(text, context("x.*", inside="image")) == text.replace("b:1", f"b:1{PINNED}")


def test_a_rule_inside_works_beside_the_format_of_the_text() -> None:
    text = "x: |\n  apiVersion: v1\n  kind: Pod\n  spec: {containers: [{image: a:1, args: [b:1]}]}\n"
    assert show(text, context("x", inside="**.args[]")) == [
        "x > spec.containers[0].image: a:1",
        "x > spec.containers[0].args[0]: b:1",
    ]


def test_the_proof_looks_into_the_value() -> None:
    source = Source("a.yaml", "x: |\n  image: a:1\n")
    where = context("x", inside="image")
    taken = detect(source, where)
    assert taken is not None
    (change,) = change_all(taken.find(source, where))
    with pytest.raises(EditError):
        taken.prove(source, source.with_text(f"x: |\n  image: a:2{PINNED}\n"), [change])
    (rewrite,) = change.rewrites
    assert isinstance(rewrite, InnerRewrite)
    # The value changes by nothing but this, and is another document.
    edit, key = rewrite.edit.span, ": b"
    broken = replace(
        rewrite, edit=Edit(edit, key), new=key, inner=replace(rewrite.inner, edit=Edit(rewrite.inner.edit.span, key))
    )
    with pytest.raises(EditError):
        taken.prove(source, source.with_text(f"x: |\n  image: a:1{key}\n"), [replace(change, rewrites=(broken,))])
