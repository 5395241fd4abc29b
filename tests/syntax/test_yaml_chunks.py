"""Chunks, and the filters that tell which of them are parsed."""

from __future__ import annotations

import pytest
from hypothesis import given

from pinner.syntax.yaml_chunks import chunks, may_hide_keys, may_hold_list, may_hold_scalar
from tests.support.yaml_texts import texts

KEYS = frozenset({"image"})
BOXES = frozenset({"boxes"})


def pieces(text: str) -> list[str]:
    return [text[chunk.start : chunk.end] for chunk in chunks(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [""]),
        ("a: 1\n", ["a: 1\n"]),
        ("a: ---\n", ["a: ---\n"]),
        ("a: |\n  ---\n", ["a: |\n  ---\n"]),
        ("----\na: 1\n", ["----\na: 1\n"]),
        ("---\na: 1\n", ["---\na: 1\n"]),
        ("a: 1\n---\nb: 2\n--- # c\nc: 3\n---", ["a: 1\n", "---\nb: 2\n", "--- # c\nc: 3\n", "---"]),
        ("a: 1\r\n---\r\nb: 2\r\n", ["a: 1\r\n", "---\r\nb: 2\r\n"]),
        ("a: 1\r---\rb: 2\r", ["a: 1\r---\rb: 2\r"]),
        ("\ufeff---\na: 1\n---\nb: 2\n", ["---\na: 1\n", "---\nb: 2\n"]),
        ("%YAML 1.2\n---\na: 1\n---\nb: 2\n", ["%YAML 1.2\n---\na: 1\n---\nb: 2\n"]),
        ("\ufeff%YAML 1.2\n---\na: 1\n", ["%YAML 1.2\n---\na: 1\n"]),
        ("\ufeff\ufeffa: 1\n---\nb: 2\n", ["a: 1\n", "---\nb: 2\n"]),
        ("a: 1\r...\r%YAML 1.2\r---\rb: 1\n---\nc: 2\n", ["a: 1\r...\r%YAML 1.2\r---\rb: 1\n---\nc: 2\n"]),
    ],
)
def test_a_text_is_split_where_documents_start(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@given(texts())
def test_chunks_give_the_whole_text_but_its_byte_order_mark(text: str) -> None:
    assert "".join(pieces(text)) == text.lstrip("\ufeff")


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n",
        "images: x\n",
        "description: image is the image\n",
        "image:\n- a\n",
        "image:\n  - a\n",
        "image:  # why\n\n  # more\n  repository: nginx\n",
        "image:\r\n\r\n  repository: nginx\r\n",
        "image:" + "\n# c" * 90 + "\n  - a\n",
        '"image":\n  type: string\n',
    ],
)
def test_a_chunk_without_a_scalar_under_the_key_is_told(text: str) -> None:
    assert not may_hold_scalar(text, KEYS)
    assert not may_hide_keys(text)


@pytest.mark.parametrize(
    "text",
    [
        "image: a\n",
        "image:\ta\n",
        "image:",
        "image:\n  a\n",
        "image: # c\r  a\n- b: c\n",
        '{"image":a}\n',
        "{image:,x: 1}",
        "? image\n: a\n",
        "? image # c\n\n# d\n: a\n",
        "? &i 'image'\n# c\n: a\n",
        '"im\\x61ge": a\n',
        '? "ima\\\n  ge"\n: a\n',
        "x: &k image\n*k : a\n",
        "x: &k image\n*k: a\n",
        "x: &k image\n? *k # c\n: a\n",
        "image: &i\n  x: 1\n",
    ],
)
def test_a_chunk_that_may_have_one_is_told(text: str) -> None:
    assert may_hold_scalar(text, KEYS) or may_hide_keys(text)


@pytest.mark.parametrize(
    "text",
    [
        '"im\\x61ge": a\n',
        '"im\\u0061ge": a\n',
        '{"a.example\\/image": a}',
        '? "ima\\\n  ge"\n: a\n',
        '{? "ima\\\n  ge" : a}\n',
        "? image # c\n\n# d\n: a\n",
        "? image # c\r: a\r",
        "- - ? image # c\n    : a\n",
        "{x: y, ? image # c\n : a}\n",
        "[x, ? image # c\n: a]\n",
        "x: &k image\n*k : a\n",
        "x: &k image\ny:\n- *k : a\n",
        "x: &k image\ny:\n  - ? *k : a\n",
        "x: &k image\ny: {*k : a}\n",
        "x: &k image\ny: {b: c,*k : a}\n",
        "x: &k image\ny:\u2028*k : a\n",
        "x: &k image\n" + " " * 200 + "*k : a\n",
        "{{ x }}? image\n",
        "{% if x %}*k : a\n",
    ],
)
def test_c04_c05_keys_that_no_filter_finds_are_told(text: str) -> None:
    assert may_hide_keys(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n  is it? yes\n  *note*: no\n  x ? y : z\n",
        "a: |\n  ? 1 : 0\n",
        "a: |\n  *Warning: no anchor of that name\nb: &x c\n",
        "a: &x |\n  see *x: it\n",
        "a: |\n  run \\\n    this\n",
        "a: 'b? c'\nd: e ? f\n: g\n",
    ],
)
def test_c10_signs_in_texts_hide_no_key(text: str) -> None:
    assert not may_hide_keys(text)


@pytest.mark.parametrize(
    "text",
    [
        "boxes:\n- image:\n    a: b\n",
        "boxes: # c\n\n  # d\n  - image:\n    - a\n",
        "boxes: &b\r\n  -\r\n    image:\r\n      a: b\r\n",
        '"boxes" :\n- x\n',
        "? boxes\n:\n- x\n",
        "boxes: [x]\n",
        "boxes:\n  [x]\n",
        "boxes: *b\n",
        "boxes: !!seq\n- x\n",
        '{"boxes":[x]}\n',
    ],
)
def test_a_chunk_with_a_list_under_one_of_the_lists_is_told(text: str) -> None:
    assert may_hold_list(text, BOXES)


@pytest.mark.parametrize("text", ["boxes:\n  image:\n    a: b\n", "required:\n- boxes\n", "boxes:-x\n", "box:\n- x\n"])
def test_a_chunk_without_such_a_list_is_told(text: str) -> None:
    assert not may_hold_list(text, BOXES)


def test_row_99_a_large_definition_without_images_is_told() -> None:
    field = "            image:\n              description: The image, an image.\n              type: string\n"
    text = "kind: CustomResourceDefinition\nspec:\n          properties:\n" + field * 40_000
    assert len(text) > 3_000_000
    assert not may_hold_scalar(text, KEYS)
    assert not may_hide_keys(text)


@pytest.mark.parametrize(
    "text",
    [
        "image " + "#  \n " * 50_000,
        "#image\n" * 50_000,
        "#image:\n" * 50_000 + "- a\n",
        "image: #" * 50_000 + "\n- a\n",
        "image:" + "\r\n" * 50_000 + "- a",
        "image\t" * 50_000,
        "*" * 300_000,
        "*a\n" * 50_000,
        "*a : b\n" * 50_000,
        "".join(f"*{chr(0x4E00 + n)} : b\n" for n in range(20_000)),
        "? a\n" * 50_000,
        "," * 100 + "? " * 50_000,
        "? " + "\n" * 50_000 + "x" * 50_000,
        "boxes: &" + "b" * 300_000,
        "boxes:" * 50_000,
        "boxes:" + "#\n" * 50_000,
        "boxes: &b #\n" * 50_000,
    ],
    ids=lambda text: text[:8],
)
def test_a_filter_ends_soon_on_every_text(text: str) -> None:
    # In quadratic time these would not end before the timeout of the suite.
    may_hold_scalar(text, KEYS)
    may_hold_list(text, BOXES)
    may_hide_keys(text)
