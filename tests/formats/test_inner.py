"""Documents in values: found and edited at the letters of the file, and proven twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pinner.context import Context, Rule
from pinner.errors import EditError
from pinner.formats.base import Change, Found, Occurrence, Skipped, change_to, edits_for
from pinner.formats.places import AnyPlace, Embedded, Place
from pinner.formats.yaml_places import find_images, prove
from pinner.forms import Form
from pinner.oci.digest import Digest
from pinner.path_filter import PathFilter
from pinner.syntax.routes import parse_route
from pinner.syntax.yaml_nodes import Document
from pinner.text import Source, apply_edits

A = Digest("sha256", "a" * 64)


def texts(document: Document) -> Iterator[AnyPlace]:
    """Take each `text` for a document, in which the same holds again."""
    for node in document.nodes:
        if node.path[-1] == "text":
            yield Embedded(node=node, classify=texts)
        elif node.path[-1] == "image":
            yield Place(node)


def find(text: str, context: Context | None = None) -> tuple[Found, ...]:
    return find_images(Source("x.yaml", text), texts, context or Context(), keys=None)


def changes_of(text: str, form: Form = Form.TAG_AND_DIGEST) -> list[Change]:
    return [change_to(one, one.reference.pinned_to(A), form) for one in find(text) if isinstance(one, Occurrence)]


def pin(text: str, form: Form = Form.TAG_AND_DIGEST) -> str:
    changes = changes_of(text, form)
    after = apply_edits(text, edits_for(changes))
    prove(Source("x.yaml", text), Source("x.yaml", after), changes)
    assert edits_for(changes_of(after, form)) == ()
    back = [change_to(one, one.reference.unpinned()) for one in find(after) if isinstance(one, Occurrence)]
    assert apply_edits(after, edits_for(back)) == text
    return after


def reasons(text: str) -> list[str]:
    return [one.reason for one in find(text) if isinstance(one, Skipped)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("text: ''\n", [], id="empty"),
        pytest.param("text:\n", [], id="nothing"),
        pytest.param("text: {image: [x]}\n", [], id="mapping"),
        pytest.param("text: plain words\n", [], id="words"),
        pytest.param("text: an image of a shop\n", [], id="words-about-an-image"),
        pytest.param("text: >\n  image: a:1\n\n  b: 1\n", ["unsupported-scalar-form"], id="folded"),
        pytest.param("text: |\n  image: [\n", ["invalid-yaml"], id="broken"),
        pytest.param("text: |\n  image: $X\n", ["variable"], id="A11-variable"),
        pytest.param("text: |\n  {{ if }}\n  image: a:1\n", ["templated"], id="A12-template"),
        pytest.param("text: &t |\n  image: a:1\nother: *t\n", ["shared-anchor"], id="C04-shared"),
    ],
)
def test_what_is_no_document_is_left_alone(text: str, expected: list[str]) -> None:
    assert reasons(text) == expected
    assert pin(text) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("text: |\n  image: nginx:1.27\n", id="literal"),
        pytest.param("text: |-2\n    a: 1\n    image: nginx:1.27   # c\n\n    b: 2\nc: 1\n", id="literal-with-indent"),
        pytest.param("text: |+\r\n  # c\r\n  image: nginx:1.27\r\n\r\nc: 1\r\n", id="C02-CRLF"),
        pytest.param("text: |\n  image: nginx:1.27", id="C01-no-final-newline"),
        pytest.param('text: "image: nginx:1.27\\nb: \\"x\\"\\n"\n', id="C05-double-quotes"),
        pytest.param("text: '{image: nginx:1.27, b: ''x''}'\n", id="C05-single-quotes"),
        pytest.param("text: '{image: \"nginx:1.27\"}'\n", id="C05-quotes-in-quotes"),
        pytest.param("text: >-\n  {image: nginx:1.27}\n", id="C06-folded-line"),
        pytest.param('{"text": "{\\"image\\": \\"nginx:1.27\\"}"}\n', id="JSON-in-JSON"),
        pytest.param("text: |\n  text: |\n    image: nginx:1.27\n", id="twice"),
        pytest.param("text: |\n  a: 1\n  ---\n  image: nginx:1.27\n", id="documents"),
        pytest.param("a: &t |\n  image: no:1\ntext: |\n  image: nginx:1.27\n", id="C07-another-text"),
    ],
)
def test_an_image_in_a_text_is_edited_where_it_stands(text: str) -> None:
    assert pin(text) == text.replace("nginx:1.27", f"nginx:1.27@{A}")


def test_the_place_is_that_of_the_file() -> None:
    text = "a: \U0001f600\ntext: |\n  b:\n    - image: nginx:1.27\n"
    (one,) = find(text)
    assert isinstance(one, Occurrence)
    assert (one.path, one.locator) == ("x.yaml", "text > b[0].image")
    assert text[one.span.start : one.span.end] == "nginx:1.27"


def test_a_comment_in_a_text_remembers_the_tag() -> None:
    text = "text: |\n  image: nginx:1.27\n  b: 1\n"
    assert pin(text, Form.DIGEST) == f"text: |\n  image: nginx@{A}  # pinner: tag=1.27\n  b: 1\n"


def test_rules_are_about_files_and_not_about_their_values() -> None:
    rule = Rule(paths=PathFilter(include=("*",)), route=parse_route("b"))
    found = find("b: redis:7\ntext: |\n  b: redis:8\n  image: nginx:1\n", Context(rules=(rule,)))
    assert [one.reference.written for one in found if isinstance(one, Occurrence)] == ["redis:7", "nginx:1"]


def test_an_edit_that_breaks_the_inner_document_is_refused() -> None:
    text = "text: |\n  image: nginx:1.27\n"
    (change,) = changes_of(text)
    forged = replace(change, rewrites=tuple(map(breaking, change.rewrites)))
    after = apply_edits(text, forged.edits)
    with pytest.raises(EditError, match="makes the document unreadable"):
        prove(Source("x.yaml", text), Source("x.yaml", after), [forged])


def breaking(rewrite: Any) -> Any:
    """Return a rewrite that is good for the file and no YAML in the value."""
    inner = replace(rewrite.inner, edit=replace(rewrite.inner.edit, replacement=": x"), new=": x")
    return replace(rewrite, edit=replace(rewrite.edit, replacement=": x"), new=": x", inner=inner)
