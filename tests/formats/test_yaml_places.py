"""What is decided once for all YAML formats: strings, anchors, templates, places, and the proof."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pinner.errors import EditError
from pinner.formats.base import Occurrence, Skipped, Unreadable, change_to
from pinner.formats.yaml_places import Place, find_images, locator, prove
from pinner.syntax.yaml_nodes import Document
from pinner.text import Edit, Source, Span, apply_edits
from tests.support.yaml_editor import DIGEST, changes, edits, find, pin, reasons, written

B = "b" * 64


def skipped(text: str) -> list[tuple[str, str, str]]:
    """Return reason, what the place shows, and the letters of its span."""
    return [
        (one.reason, one.written, text[one.span.start : one.span.end]) for one in find(text) if isinstance(one, Skipped)
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="row-81-empty"),
        pytest.param("# image: nginx:1\n", id="row-82-only-comments"),
        pytest.param("images: nginx:1\nimag: nginx:1\nx-image: {a: nginx:1}\n", id="C10-other-keys"),
        pytest.param("image: {name: nginx:1}\n", id="C10-row-56-mapping"),
        pytest.param("image: [nginx:1]\n", id="C10-row-57-list"),
        pytest.param(f"image: nginx:1@sha256:{'a' * 64}\n", id="C12-pinned"),
    ],
)
def test_nothing_is_changed_where_no_image_is_named(text: str) -> None:
    assert pin(text) == text
    assert reasons(find(text)) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("image",), "image"),
        (("spec", "containers", 0, "image"), "spec.containers[0].image"),
        ((0, 1, "image"), "[0][1].image"),
        (("a", "", "image"), "a..image"),
    ],
)
def test_a_path_is_written_for_people(path: tuple[str | int, ...], expected: str) -> None:
    assert locator(path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("image: 1.10\n", ("non-string", "1.10", "1.10"), id="A08-float"),
        pytest.param("image: ~\n", ("non-string", "~", "~"), id="C10-null"),
        pytest.param("image: !!int '7'\n", ("non-string", "7", "7"), id="tagged-number"),
        pytest.param("image:\n", ("empty", "", ""), id="row-55-empty"),
        pytest.param("image: ''\n", ("empty", "", ""), id="row-55-empty-quotes"),
        pytest.param("image: *nope\n", ("alias-to-non-scalar", "*nope", "*nope"), id="row-77-undefined"),
        pytest.param("image: {{ .x }} # {{\n", ("template-value", "{{ .x }}", "{{ .x }}"), id="A12-unquoted"),
        pytest.param("image: {{ x: 1 } : 2}\n", ("template-value", "{", "{"), id="A12-a-mapping-as-key"),
        pytest.param('image: "{{ .x }}"\n', ("template-value", "{{ .x }}", "{{ .x }}"), id="A12-quoted"),
        pytest.param("image: nginx:${T:-1}\n", ("variable", "nginx:${T:-1}", "nginx:${T:-1}"), id="A11"),
        pytest.param("image: 'a\n  b'\n", ("not-a-reference", "a b", "'a\n  b'"), id="row-14-folded"),
        pytest.param("a: 1\nb: image: x\n", ("invalid-yaml", ": x", ": x"), id="row-45"),
        pytest.param("image: a\rx: {% y %}\r", ("templated", "{% y %}", "{% y %}\r"), id="CR-only"),
    ],
)
def test_a_place_that_is_left_alone_is_shown(text: str, expected: tuple[str, str, str]) -> None:
    assert skipped(text) == [expected]


def test_a_value_that_is_folded_into_a_reference_is_left_alone() -> None:
    text = "image: >-\n  nginx\n\n\n  \n# c\n"
    assert pin(text) == text.replace("nginx", f"nginx@{DIGEST}")
    folded = "image: |\n\n  nginx:1\n"
    assert reasons(find(folded)) == ["not-a-reference"]


def test_a_reference_whose_letters_have_no_place_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pinner.formats.yaml_reading.value_offsets", lambda *_: None)
    assert skipped("image: nginx:1\n") == [("unsupported-scalar-form", "nginx:1", "nginx:1")]


def test_what_is_shown_of_a_long_value_is_short() -> None:
    (one,) = find(f"image: '{'$x ' * 1000}'\n")
    assert isinstance(one, Skipped)
    assert len(one.written) == 200
    (one,) = find(f"image: a: {'b' * 1000}\n")
    assert isinstance(one, Skipped)
    assert len(one.written) == 80


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: {image: &i n:1}\nb: {image: *i}\n", [], id="C04-only-images"),
        pytest.param("x-i: &i n:1\nimage: *i\n", [], id="C04-extension"),
        pytest.param(".i: &i n:1\nimage: *i\n", [], id="C04-hidden-job"),
        pytest.param("_i: [&i n:1]\nimage: *i\n", [], id="C04-private"),
        pytest.param("i: &i n:1\nimage: *i\n", ["shared-anchor"], id="C04-elsewhere"),
        pytest.param("image: &i n:1\nlabel: *i\n", ["shared-anchor"], id="row-32-label"),
        pytest.param("image: &i n:1\nlist: [*i]\n", ["shared-anchor"], id="C04-list"),
        pytest.param("image: &i n:1\nb: {*i : x}\n", [], id="C04-as-a-key"),
        pytest.param("&k image: n:1\nb: {image: *k}\n", ["shared-anchor"], id="C04-anchor-on-a-key"),
        pytest.param("- &i n:1\n- image: *i\n", ["shared-anchor"], id="C04-list-at-the-top"),
    ],
)
def test_an_anchor_that_is_used_elsewhere_is_left_alone(text: str, expected: list[str]) -> None:
    assert reasons(find(text)) == expected
    after = pin(text)
    assert after.count("@sha256:") == text.count("n:1") - ("&k" not in text and len(expected)) or expected


def test_a_key_is_never_edited() -> None:
    text = "&k image: n:1\nb: {image: *k}\n"
    assert pin(text) == text.replace("n:1", f"n:1@{DIGEST}")


def test_row_89_a_merged_image_is_edited_once_and_reported_for_each_use() -> None:
    text = "x-b: &b {image: nginx:1}\na: {<<: *b}\nb: {<<: *b, c: d}\n"
    found = find(text)
    assert [one.locator for one in found] == ["x-b.image", "a.image", "b.image"]
    assert len(edits(changes(found))) == 1
    assert pin(text) == text.replace("nginx:1", f"nginx:1@{DIGEST}")


def test_a_verdict_of_the_format_is_kept() -> None:
    def classify(document: Document) -> Iterator[Place]:
        for node in document.nodes:
            yield Place(node, Unreadable("build", "it is built"))

    (one,) = find_images(Source("x", "image: nginx:1\n"), classify, keys=frozenset({"image"}))
    assert isinstance(one, Skipped)
    assert (one.reason, one.detail, one.written) == ("build", "it is built", "nginx:1")


def test_an_image_that_is_refused_at_one_of_its_places_is_shared() -> None:
    def classify(document: Document) -> Iterator[Place]:
        for node in document.nodes:
            yield Place(node, Unreadable("build") if node.path[0] == "built" else None)

    text = "image: &i nginx:1\nbuilt: {image: *i}\n"
    assert reasons(find_images(Source("x", text), classify, keys=frozenset({"image"}))) == ["shared-anchor", "build"]


def test_c07_only_the_intended_one_of_equal_texts_changes() -> None:
    text = 'args: ["nginx:1", nginx:1]\n# nginx:1\nimage: nginx:1 # nginx:1\nother: {image: nginx:1.2}\n'
    (first, second) = find(text)
    assert written((first, second)) == ["nginx:1", "nginx:1.2"]
    change = changes((first,))
    after = apply_edits(text, edits(change))
    prove(Source("x", text), Source("x", after), change)
    assert after == text.replace("image: nginx:1 ", f"image: nginx:1@{DIGEST} ")


def test_an_old_digest_is_replaced_letter_by_letter() -> None:
    text = f"image: nginx:1@sha256:{B} # c\n"
    (change,) = changes(find(text))
    (edit,) = edits([change])
    assert edit == Edit(Span(22, 22 + 64), "a" * 64)
    assert pin(text) == f"image: nginx:1@{DIGEST} # c\n"


def test_unpinning_gives_the_first_text_again() -> None:
    before = 'image: "nginx\\x3a1"   # c\r\n'
    after = pin(before)
    (found,) = find(after)
    assert isinstance(found, Occurrence)
    change = change_to(found, found.reference.unpinned())
    restored = apply_edits(after, edits([change]))
    prove(Source("x", after), Source("x", restored), [change])
    assert restored == before


def test_a_proof_of_another_text_fails() -> None:
    text = "image: nginx:1 # c\n"
    after = pin(text)
    with pytest.raises(EditError):
        prove(Source("x", text), Source("x", after.replace("# c", "# d")), changes(find(text)))


def test_a_template_that_is_passed_over_says_how_many_images_it_seems_to_hold() -> None:
    text = "{{- if .x }}\nimage: nginx:1\n- image: '{{ .y }}'  # image: no\n{{- end }}\n"
    (one,) = find(text)
    assert isinstance(one, Skipped)
    assert one.detail == (
        "a template that is no YAML before it is rendered (2 image lines, 1 of them literal)"
        "; --templates best-effort reads what is literal"
    )


def test_a_text_without_images_that_is_passed_over_counts_none() -> None:
    (one,) = find("{{- if .x }}\nimage:\n  {{ .y }}: {\n{{- end }}\n")
    assert isinstance(one, Skipped)
    assert one.detail == "a template that is no YAML before it is rendered"
