"""JSON with comments: values, their places, and the proof."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import EditError
from pinner.syntax.jsonc import DEEPEST, JsoncSyntaxError, prove, read
from pinner.syntax.rewrites import ValueRewrite
from pinner.syntax.yaml_nodes import Path
from pinner.text import Edit, Span, apply_edits


def strings(text: str) -> dict[Path, str]:
    return {one.path: one.text for one in read(text) if one.text is not None}


def flatten(value: object, path: Path = ()) -> dict[Path, str]:
    """Return the strings of a value that Python's own reader gave."""
    if isinstance(value, str):
        return {path: value}
    found: dict[Path, str] = {}
    if isinstance(value, dict):
        for key, inner in value.items():
            found |= flatten(inner, (*path, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            found |= flatten(inner, (*path, index))
    return found


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "b"}',
        '\ufeff{"a": "b"}\r\n',
        '// c\n{"a": "b", }',
        '{"a": /* "a": "x" */ "b", // "c": "d"\n}',
        '{/**/"a"/**/:/**/"b"/**/}/**/',
        '{"n": [1, -2.5e+3, true, false, null, {}, []], "a": "b"}',
    ],
)
def test_comments_and_trailing_commas_are_no_values(text: str) -> None:
    assert strings(text) == {("a",): "b"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no value"),
        ("{", "a key"),
        ('{"a"}', "a colon"),
        ('{"a": }', "no value"),
        ('{"a": 1 "b": 2}', "a comma"),
        ("[1 2]", "a comma"),
        ("[,]", "no value"),
        ("{,}", "a key"),
        ("{a: 1}", "a key"),
        ('"a\nb"', "does not end"),
        ('"a', "does not end"),
        (r'"\x"', "an escape"),
        ("1 2", "behind the value"),
        ("/* open", "no value"),
        ("truest", "no value"),
        ("[" * (DEEPEST + 2), "deeper"),
    ],
)
def test_what_is_no_json_is_said(text: str, message: str) -> None:
    with pytest.raises(JsoncSyntaxError, match=message):
        read(text)


JSON = st.recursive(
    st.text(max_size=6) | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.booleans(), st.sampled_from([None, 1]))
def test_the_values_are_those_of_another_reader(value: object, is_ascii: bool, indent: int | None) -> None:  # noqa: FBT001 - drawn
    text = json.dumps(value, ensure_ascii=is_ascii, indent=indent)
    assert strings(text) == flatten(json.loads(text))
    spaced = re.sub(r"\n", ' // , "}\n/* { */ ', text) if "\\n" not in text else text
    assert strings(spaced) == flatten(json.loads(text))


@given(JSON, st.sampled_from(["x", "@sha256:a"]))
def test_an_edit_of_one_value_is_proven(value: object, added: str) -> None:
    text = json.dumps(value)
    for one in read(text):
        if one.text is not None:
            end = one.offsets[-1]
            rewrite = ValueRewrite(edit=Edit(Span(end, end), added), at=len(one.text), old="", new=added)
            prove(text, apply_edits(text, [rewrite.edit]), [rewrite])


@pytest.mark.parametrize(("at", "replacement"), [(6, '"'), (6, '", "c": "d'), (1, '"x": 1, '), (0, "//")])
def test_an_edit_that_changes_another_value_is_refused(at: int, replacement: str) -> None:
    text = '{"a":"b"}'
    rewrite = ValueRewrite(edit=Edit(Span(at, at), replacement), at=0, old="", new="x")
    with pytest.raises(EditError):
        prove(text, apply_edits(text, [rewrite.edit]), [rewrite])


def test_text_outside_of_the_edits_is_refused() -> None:
    with pytest.raises(EditError, match="outside"):
        prove("{}", "{} ", [])
