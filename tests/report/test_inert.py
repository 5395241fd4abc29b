"""Texts from outside in Markdown and HTML (SEC-42)."""

from __future__ import annotations

import pytest
from hypothesis import example, given

from pinner.report.inert import LONGEST, code, code_in_cell, find_host, in_html, link, prose, reveal
from tests.support.hostile_texts import HOSTILE, hostile_texts
from tests.support.html import read_html
from tests.support.markdown import cells, code_spans, links, parse, texts, violations


@pytest.mark.parametrize(
    "text", ["plain", "deploy/d\u00e9j\u00e0 \u8239 \U0001f40b.yaml", "\u05d0\u05d1", "a|b `c` <d>"]
)
def test_what_is_seen_stays_as_it_is(text: str) -> None:
    assert reveal(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc\x1b", r"a\x0ab\x09c\x1b"),
        ("\u202e\u200b\ufeff\u2028\udcff", r"\u202e\u200b\ufeff\u2028\udcff"),
        ("\u3164\u2800\ufe0f\U000e0041", r"\u3164\u2800\ufe0f\U000e0041"),
        ("a\u3164b", r"a\u3164b"),
        ("\u2800\ufe0f", r"\u2800\ufe0f"),
        ("\u00a0\u00ad", r"\xa0\xad"),
        ("x" * LONGEST, "x" * LONGEST),
        ("x" * 100_000, "x" * LONGEST + "…"),
    ],
)
def test_what_is_not_seen_is_shown_and_what_is_long_is_cut(text: str, shown: str) -> None:
    assert reveal(text) == shown


@given(hostile_texts())
def test_what_is_revealed_is_one_line_that_all_can_see(text: str) -> None:
    assert reveal(text).isprintable()


@given(hostile_texts())
@example("`a")
@example(" a ")
@example("a``b`c")
def test_code_is_one_span_that_holds_the_whole_text(text: str) -> None:
    written = f"- before {code(text)} behind"
    assert violations(written) == []
    shown = reveal(text)
    assert code_spans(written) == ([shown] if shown.strip(" ") else [])
    assert texts(written)[0].startswith("before ")
    assert texts(written)[-1].endswith(" behind")


@given(hostile_texts())
@example("\\|")
@example("a\\")
def test_code_in_a_cell_stays_in_it_for_every_reader_of_tables(text: str) -> None:
    cell = code_in_cell(text)
    # GitHub's and GitLab's readers split at bars that others take for escaped: there is none.
    assert "|" not in cell
    written = f"| a | b |\n|---|---|\n| {cell} | end |\n"
    assert violations(written) == []
    assert [row[-1] for row in cells(written)] == ["b", "end"]
    assert [len(row) for row in cells(written)] == [2, 2]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "both carry one revision",
            "the first layer is another one",
            "was 1.2, is 2",
            "it's so: that (yes), no",
            "a → b",
        ),
        *("read-only", "Docker list"),
    ],
)
def test_harmless_phrases_stay_words(text: str) -> None:
    assert prose(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *(one for one in HOSTILE if one.strip() and one != "x" * 100_000),
        *("see www.evil.example", "the user is @root", "it is 3f2a91c", "a.b", "fix #1", "a  b", "x:y", "GH-1"),
    ],
)
def test_any_other_phrase_is_code(text: str) -> None:
    written = f"- {prose(text)}"
    assert violations(written) == []
    assert code_spans(written) == [reveal(text)]


@given(hostile_texts())
def test_no_phrase_does_anything(text: str) -> None:
    assert violations(f"- before {prose(text)} behind") == []


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/api/compare/3f2a91c...8b53cab",
        "https://git.corp.example:8443/a/b/-/compare?from=a&to=b",
        "https://a.b",
        "https://a.b/%20",
    ],
)
def test_plain_https_addresses_are_links_that_name_their_host(url: str) -> None:
    written = f"- {link('compare', url)}"
    assert violations(written) == []
    assert links(written) == [url]
    assert code_spans(written) == [find_host(url)]


@pytest.mark.parametrize(
    "url",
    [
        *("http://github.com/a", "javascript:alert(1)", "data:text/html,x", "https://a@evil.example/", "https:///x"),
        *("https://a.b/)x", "https://a.b/<x>", "https://a.b/ x", "https://a.b/\n", "https://a.b/\\", "https://A.b/"),
        *(
            "https://a.b/(x",
            "https://a.b/#1",
            "https://localhost/x",
            "//a.b/c",
            "HTTPS://a.b",
            "https://\u0430.b/",
            "https://a.b/%1",
            "",
        ),
    ],
)
def test_any_other_address_is_code(url: str) -> None:
    written = f"- {link('compare', url)}"
    assert violations(written) == []
    assert links(written) == []
    assert code_spans(written) == ([reveal(url)] if url else [])


@given(hostile_texts())
def test_no_address_leads_anywhere_but_to_https(text: str) -> None:
    for url in (text, f"https://a.example/{text}", f"https://{text}/"):
        assert violations(f"- {link('compare', url)}") == []


@given(hostile_texts())
def test_html_is_read_back_as_the_text_that_was_shown(text: str) -> None:
    page = read_html(f'<p title="{in_html(text)}">{in_html(text)}</p>')
    assert (page.tags, page.attributes, page.text) == (["p"], [("title", reveal(text))], reveal(text))


def test_the_reader_of_these_tests_sees_what_is_not_inert() -> None:
    for text in (
        "@acme",
        "see #1",
        "<b>x</b>",
        "![x](y)",
        "~~x~~",
        "www.x.de",
        "a\n\n---",
        "[x](http://y)",
        "**x",
        "&lt;",
    ):
        assert violations(text), text
    assert parse("x")
