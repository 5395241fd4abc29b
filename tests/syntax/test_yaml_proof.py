"""The proof lets a correct edit pass and refuses everything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinner.errors import EditError
from pinner.formats.base import rewrites_of
from pinner.syntax.rewrites import CommentRewrite, Rewrite, ValueRewrite
from pinner.syntax.yaml_proof import prove
from pinner.text import Edit, Span, apply_edits
from tests.support.yaml_editor import changes, find
from tests.support.yaml_editor import pin as pin_and_prove
from tests.support.yaml_texts import streams

BEFORE = 'a: &i nginx:1 # keep nginx:1\nb: "redis:7"\nc: [x, {d: e}]\n'
ALPHABET = " \n\t#:-'\"a1&*!@{}[],|"


def replace(before: str, old: str, new: str, *, at: str | None = None, value: tuple[str, str] | None = None) -> str:
    """Prove that the first `old` behind `at` becomes `new` and nothing else; `value` names another wish."""
    start = before.index(old, before.index(at) if at else 0)
    edit = Edit(Span(start, start + len(old)), new)
    after = apply_edits(before, [edit])
    wish = value or (old, new)
    prove(before, after, [ValueRewrite(edit=edit, at=0, old=wish[0], new=wish[1])])
    return after


@pytest.mark.parametrize("text", ["", "a: b\n", "a: b: c\n", "{{ x }}\n", "\ufeffa: b\n", "a: 1\n---\nb: 2\n"])
def test_a_text_without_edits_is_proven(text: str) -> None:
    prove(text, text, [])


def test_a_correct_edit_is_proven() -> None:
    assert replace(BEFORE, "nginx:1", "nginx:2") == BEFORE.replace("nginx:1", "nginx:2", 1)


def test_several_edits_in_several_documents_are_proven() -> None:
    text = "\ufeffa: b\n---\na: [b, b]\n---\nc: d\n---\na: 'b'\n"
    wanted = [
        ValueRewrite(edit=Edit(Span(at, at + 1), "longer"), at=0, old="b", new="longer")
        for at, letter in enumerate(text)
        if letter == "b"
    ]
    prove(text, text.replace("b", "longer"), wanted)


def test_two_edits_in_one_value_are_proven() -> None:
    wanted = [
        ValueRewrite(edit=Edit(Span(3, 4), "xx"), at=0, old="b", new="xx"),
        ValueRewrite(edit=Edit(Span(5, 6), "yy"), at=2, old="b", new="yy"),
    ]
    prove("a: b b\n", "a: xx yy\n", wanted)


def test_the_same_replacement_twice_is_one() -> None:
    one = ValueRewrite(edit=Edit(Span(3, 4), "x"), at=0, old="b", new="x")
    prove("a: b\n", "a: x\n", [one, one])


def test_two_wishes_for_one_place_are_refused() -> None:
    edit = Edit(Span(3, 4), "x")
    wishes = [ValueRewrite(edit=edit, at=0, old="b", new="x"), ValueRewrite(edit=edit, at=0, old="b", new="y")]
    with pytest.raises(EditError):
        prove("a: b\n", "a: x\n", wishes)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(BEFORE, id="nothing-changed"),
        pytest.param(BEFORE.replace("nginx:1", "nginx:2"), id="C07-the-comment-too"),
        pytest.param(BEFORE.replace("nginx:1", "nginx:2", 1).replace("keep", "kept"), id="another-comment"),
        pytest.param(BEFORE.replace("nginx:1", "nginx:2", 1).replace("redis", "rediz"), id="another-scalar"),
        pytest.param(BEFORE.replace("nginx:1", "nginx:2", 1).replace('"', ""), id="quotes-lost"),
        pytest.param(BEFORE.replace("nginx:1", "nginx:2", 1) + "e: f\n", id="key-added"),
        pytest.param(BEFORE.replace("nginx:1", "nginx:2", 1).removesuffix("\n"), id="C01-newline-lost"),
        pytest.param(BEFORE.replace("nginx:1", "nginx:2", 1).replace("\n", "\r\n"), id="C02-line-endings"),
        pytest.param("\ufeff" + BEFORE.replace("nginx:1", "nginx:2", 1), id="C02-mark-added"),
        pytest.param(BEFORE.replace("&i nginx:1", "nginx:2", 1), id="C04-anchor-lost"),
    ],
)
def test_a_text_that_no_edit_accounts_for_is_refused(after: str) -> None:
    at = BEFORE.index("nginx:1")
    wanted = ValueRewrite(edit=Edit(Span(at, at + 7), "nginx:2"), at=0, old="nginx:1", new="nginx:2")
    with pytest.raises(EditError, match="no edit accounts for"):
        prove(BEFORE, after, [wanted])


@pytest.mark.parametrize(
    ("old", "new", "value", "message"),
    [
        pytest.param("# keep", "# kept", ("keep", "kept"), "lies in no value", id="C03-in-a-comment"),
        pytest.param(" # keep", "# keep", ("nginx:1", "nginx:1"), "turns|no value", id="C03-comment-swallowed"),
        pytest.param("nginx:1", "nginx:2", ("nginx:1", "nginx:3"), "not into 'nginx:3'", id="another-wish"),
        pytest.param("redis", "nginx", ("nginx:1", "nginx:2"), "does not hold", id="C07-at-the-wrong-scalar"),
        pytest.param('"redis:7"', "redis:8", ("redis:7", "redis:8"), "structure", id="C05-quotes-lost"),
        pytest.param("nginx:1", "nginx: 1", ("nginx:1", "nginx: 1"), "unreadable", id="mapping-values"),
        pytest.param("e}", "e, f: g}", ("e", "e"), "adds or removes", id="key-added"),
        pytest.param("{d: e}", "d", ("x", "x"), "adds or removes", id="collection-lost"),
        pytest.param("x, {d", "{x, d", ("x", "x"), "adds or removes|structure", id="collection-moved"),
        pytest.param("&i ", "&j ", ("nginx:1", "nginx:1"), "structure", id="C04-anchor-renamed"),
        pytest.param("&i ", "!t ", ("nginx:1", "nginx:1"), "structure", id="tag-for-an-anchor"),
        pytest.param("nginx:1", '"', ("nginx:1", '"'), "unreadable", id="C05-quote-opened"),
        pytest.param("nginx:1", "x\n---\ny: 1", ("nginx:1", "x"), "adds or removes", id="document-added"),
        pytest.param("b:", "z:", ("b", "b"), "turns 'b' into 'z', not into 'b'", id="key-renamed"),
        pytest.param("[x, ", "[x,  ", ("x", "x"), "no value|does not hold", id="only-blanks"),
    ],
)
def test_an_edit_with_another_meaning_is_refused(old: str, new: str, value: tuple[str, str], message: str) -> None:
    with pytest.raises(EditError, match=message):
        replace(BEFORE, old, new, value=value)


def comment(before: str, old: str, new: str) -> str:
    """Prove that a comment becomes another one."""
    start = before.index(old)
    edit = Edit(Span(start, start + len(old)), new)
    after = apply_edits(before, [edit])
    prove(before, after, [CommentRewrite(edit)])
    return after


@pytest.mark.parametrize(("old", "new"), [(" # keep nginx:1", ""), (" # keep", "  # kept"), ("# keep", "#")])
def test_a_comment_may_change_where_it_is_said_c03(old: str, new: str) -> None:
    assert comment(BEFORE, old, new) == BEFORE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "old", "new", "message"),
    [
        pytest.param("a: b # c\n", " # c", " d", "turns", id="text-for-a-comment"),
        pytest.param("a: b # c\n", "b", "# d", "turns", id="comment-for-text"),
        pytest.param("a: b # c\n", "# c", "# c\nd: e", "adds or removes", id="key-behind-a-comment"),
        pytest.param("a: 'b # c'\n", " # c", " # d", "turns", id="in-quotes"),
        pytest.param("a: |\n  b # c\n", " # c", "", "turns", id="in-a-block"),
        pytest.param("a: b\nc: d # e\n", "\nc: d # e", " # e", "adds or removes", id="over-a-line"),
        pytest.param("a:  b\n", "  ", " ", "changes something else", id="only-blanks"),
        pytest.param("a: b\n# c\n", "# c\n", "", "changes something else", id="a-whole-line"),
        pytest.param("a: | # c\n  b\n", " # c", "", "lies in a value", id="in-the-head-of-a-block"),
    ],
)
def test_a_comment_that_is_none_is_refused_c03(text: str, old: str, new: str, message: str) -> None:
    with pytest.raises(EditError, match=message):
        comment(text, old, new)


def test_a_comment_and_a_value_of_one_line_are_proven_together() -> None:
    before, after = "a: b:1 # c\n", "a: b # c # d\n"
    rewrites: list[Rewrite] = [
        ValueRewrite(edit=Edit(Span(4, 6), ""), at=1, old=":1", new=""),
        CommentRewrite(Edit(Span(10, 10), " # d")),
    ]
    prove(before, after, rewrites)


def test_a_piece_is_looked_for_at_its_index_c07() -> None:
    edit = Edit(Span(9, 9), "x")
    prove("a: b:1 b:1\n", "a: b:1 b:x1\n", [ValueRewrite(edit=edit, at=6, old="", new="x")])
    with pytest.raises(EditError, match="not into"):
        prove("a: b:1 b:1\n", "a: b:1 b:x1\n", [ValueRewrite(edit=edit, at=2, old="", new="x")])
    with pytest.raises(EditError, match="does not hold 'z' at 6"):
        prove("a: b:1 b:1\n", "a: b:1 b:x1\n", [ValueRewrite(edit=edit, at=6, old="z", new="x")])


@pytest.mark.parametrize("name", ["libyaml", "ruamel"])
def test_a_missing_value_may_be_written_behind_its_colon(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pinner.syntax.yaml_proof.BACKENDS", (name,))
    before, after = "a:  # c: d\n\n\nb: e\n", "a: f  # c: d\n\n\nb: e\n"
    prove(before, after, [ValueRewrite(edit=Edit(Span(2, 2), " f"), at=0, old="", new="f")])
    prove(after, before, [ValueRewrite(edit=Edit(Span(2, 4), ""), at=0, old="f", new="")])


def test_an_anchor_that_moves_to_another_value_is_refused() -> None:
    before, after = "a: &i b\nc: b\n", "a: b\nc: &i b\n"
    wanted = [
        ValueRewrite(edit=Edit(Span(3, 6), ""), at=0, old="b", new="b"),
        ValueRewrite(edit=Edit(Span(11, 11), "&i "), at=0, old="b", new="b"),
    ]
    with pytest.raises(EditError, match="structure"):
        prove(before, after, wanted)


def test_a_flow_style_that_changes_is_refused() -> None:
    with pytest.raises(EditError, match="structure"):
        replace("a: [b]\n", "[b]", "\n- b", value=("b", "b"))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        pytest.param("\ufeffa: b\n", Span(0, 1), id="C02-the-byte-order-mark"),
        pytest.param("a: b\n---\nc: d\n", Span(3, 6), id="over-two-documents"),
    ],
)
def test_an_edit_in_no_document_is_refused(text: str, span: Span) -> None:
    edit = Edit(span, "x")
    with pytest.raises(EditError, match="lies in no document"):
        prove(text, apply_edits(text, [edit]), [ValueRewrite(edit=edit, at=0, old="b", new="x")])


def test_an_edit_of_what_no_parser_reads_is_refused() -> None:
    with pytest.raises(EditError, match="the text is no YAML"):
        replace("a: b: c\n", "c", "d")


def test_an_edit_of_what_only_ruamel_reads_is_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    assert replace("a: x\u2028y\nb: c\n", "c", "d", at="b:") == "a: x\u2028y\nb: d\n"
    monkeypatch.setattr("pinner.syntax.yaml_proof.parser", lambda _: None)
    with pytest.raises(EditError, match="the text is no YAML"):
        replace("a: b\n", "b", "c")


def test_overlapping_edits_are_refused() -> None:
    wanted = [
        ValueRewrite(edit=Edit(Span(3, 5), "x"), at=0, old="bc", new="x"),
        ValueRewrite(edit=Edit(Span(4, 6), "y"), at=0, old="cd", new="y"),
    ]
    with pytest.raises(EditError, match="overlap"):
        prove("a: bcd\n", "a: xy\n", wanted)


@given(text=streams(), position=st.floats(0, 1), letter=st.sampled_from(ALPHABET), kind=st.integers(0, 2))
@settings(max_examples=150)
def test_every_other_text_is_refused(text: str, position: float, letter: str, kind: int) -> None:
    after = pin_and_prove(text)
    at = int(position * len(after))
    mutant = (after[:at] + letter + after[at + 1 :], after[:at] + letter + after[at:], after[:at] + after[at + 1 :])[
        kind
    ]
    wanted = rewrites(text)
    if mutant == after:
        prove(text, mutant, wanted)
    else:
        with pytest.raises(EditError):
            prove(text, mutant, wanted)


@given(text=streams(), letter=st.sampled_from(ALPHABET), at=st.integers(0, 40))
@settings(max_examples=150)
def test_an_edit_that_does_other_than_it_says_is_refused(text: str, letter: str, at: int) -> None:
    wanted = rewrites(text)
    if not wanted:
        return
    first = wanted[0]
    at = min(at, len(first.edit.replacement))
    wrong = Edit(first.edit.span, first.edit.replacement[:at] + letter + first.edit.replacement[at:])
    after = apply_edits(text, {wrong, *(one.edit for one in wanted[1:])})
    with pytest.raises(EditError):
        prove(text, after, [ValueRewrite(edit=wrong, at=first.at, old=first.old, new=first.new), *wanted[1:]])


def rewrites(text: str) -> list[ValueRewrite]:
    """Return what pinning does, once for each place in the text."""
    found = rewrites_of(changes(find(text)))
    return sorted((one for one in found if isinstance(one, ValueRewrite)), key=lambda one: one.edit)
