"""Random documents through the whole editor (row 108)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, assume, given, settings

from pinner.errors import EditError, FormError
from pinner.formats.base import Change, Found, Occurrence, Skipped, change_to
from pinner.formats.yaml_places import prove
from pinner.forms import Form
from pinner.oci.reference import Reference
from pinner.syntax import yaml_scan
from pinner.syntax.yaml_events import parser
from pinner.text import Edit, Source, Span, apply_edits
from tests.support.yaml_editor import DIGEST, changes, edits, find, pin
from tests.support.yaml_texts import streams, texts

# What a filter may lose: a text that nobody would have edited, and a key without a value.
UNIMPORTANT = {"templated", "invalid-yaml", "too-deep", "empty"}
# Letters that YAML 1.1 takes for line breaks or ignores, and YAML 1.2 takes for letters.
DISPUTED = "\x85\u2028\ufeff\xa0"


def essence(found: tuple[Found, ...]) -> list[tuple[object, ...]]:
    return [
        (one.span, one.locator, one.reference)
        if isinstance(one, Occurrence)
        else (one.locator, one.reason, one.written)
        for one in found
        if isinstance(one, Occurrence) or one.reason not in UNIMPORTANT
    ]


@given(texts())
@settings(max_examples=500)
def test_a_run_is_proven_and_a_second_one_changes_nothing(text: str) -> None:
    once = pin(text)
    assert pin(once) == once


@given(texts())
@settings(max_examples=300)
def test_every_edit_lies_inside_of_a_reference(text: str) -> None:
    found = find(text)
    spans = {one.span for one in found if isinstance(one, Occurrence)}
    for edit in edits(changes(found)):
        assert any(span.start <= edit.span.start and edit.span.end <= span.end for span in spans)


def pin_with_comments(text: str) -> str:
    """Pin everything that the form `digest` can pin, and prove it."""
    return write(text, lambda one: one if one.digest else one.pinned_to(DIGEST), Form.DIGEST)


def unpin(text: str) -> str:
    return write(text, Reference.unpinned, Form.TAG_AND_DIGEST)


def write(text: str, wish: Callable[[Reference], Reference], form: Form) -> str:
    changed: list[Change] = []
    for one in find(text):
        if isinstance(one, Occurrence):
            with suppress(FormError):
                changed.append(change_to(one, wish(one.reference), form))
    after = apply_edits(text, edits(changed))
    prove(Source("x.yaml", text), Source("x.yaml", after), changed)
    return after


@given(texts())
@settings(max_examples=300)
def test_tags_in_comments_come_back(text: str) -> None:
    once = pin_with_comments(text)
    assert pin_with_comments(once) == once
    assert unpin(once) == unpin(text)
    before = [one.reference.tagged for one in find(text) if isinstance(one, Occurrence)]
    assert [one.reference.tagged for one in find(once) if isinstance(one, Occurrence)] == before


@given(texts())
@settings(max_examples=300)
def test_the_filters_lose_nothing(text: str) -> None:
    assert essence(find(text)) == essence(find(text, wanted=None))


@given(texts())
@settings(max_examples=300)
def test_every_place_lies_in_the_text(text: str) -> None:
    for one in find(text, wanted=None):
        assert 0 <= one.span.start <= one.span.end <= len(text)
        if isinstance(one, Skipped):
            assert one.reason
        elif one.span.end - one.span.start == len(one.reference.written):
            assert text[one.span.start : one.span.end] == one.reference.written


@given(text=streams())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much])
def test_both_back_ends_find_the_same_where_both_can_read(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assume(not any(letter in text for letter in DISPUTED))
    answers = []
    for name in ("libyaml", "ruamel"):
        with monkeypatch.context() as patch:
            patch.setattr(yaml_scan, "BACKENDS", (name,))
            answers.append(find(text, wanted=None))
    unread = {"invalid-yaml", "templated"}
    assume(not any(isinstance(one, Skipped) and one.reason in unread for answer in answers for one in answer))
    assert essence(answers[0]) == essence(answers[1])


@given(streams())
@settings(max_examples=150)
def test_the_proof_refuses_every_edit_beside_the_reference(text: str) -> None:
    changed = changes(find(text))
    assume(changed)
    wanted = edits(changed)
    before = Source("x.yaml", text)
    for shift in (-2, -1, 1, 2):
        moved = Edit(Span(wanted[0].span.start + shift, wanted[0].span.end + shift), wanted[0].replacement)
        if not 0 <= moved.span.start <= moved.span.end <= len(text):
            continue
        with pytest.raises(EditError):
            prove(before, before.with_text(apply_edits(text, {moved, *wanted[1:]})), changed)


def test_both_back_ends_are_there() -> None:
    assert parser("libyaml") is not None
    assert parser("ruamel") is not None
