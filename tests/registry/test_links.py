"""`Link` headers (RFC 8288), and where the next page may be (RES-21, SEC-14)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import BlockedError
from pinner.registry.links import MAXIMUM_LINKS, Link, next_query, parse_links

ASKED = "https://registry.example/v2/acme/api/tags/list"


def relations(*values: str) -> list[tuple[str, set[str]]]:
    return [(link.target, set(link.relations)) for link in parse_links(values)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([""], [], id="empty"),
        pytest.param(['<a>; rel="next"'], [("a", {"next"})], id="as the specification writes it"),
        pytest.param(["<a>;rel=next"], [("a", {"next"})], id="no quotes"),
        pytest.param(['<a>; rel="next'], [("a", {"next"})], id="no closing quote"),
        pytest.param(['<a>; rel=next"'], [("a", {"next"})], id="no opening quote"),
        pytest.param(['<a> ; REL = "NEXT"'], [("a", {"next"})], id="capitals and blanks"),
        pytest.param(['<a>; rel="prev next"'], [("a", {"prev", "next"})], id="several relations"),
        pytest.param(['<a>; title="x, <b>; rel=\\"next\\""; rel=prev'], [("a", {"prev"})], id="a quoted text"),
        pytest.param(['<a>; rel="n\\ext"'], [("a", {"next"})], id="an escape in a quoted text"),
        pytest.param(["<a>; rel=prev; rel=next"], [("a", {"prev"})], id="the first rel counts"),
        pytest.param(["<a>; rel"], [("a", set())], id="rel without a value"),
        pytest.param(["<a>; ; rel=next"], [("a", {"next"})], id="an empty parameter"),
        pytest.param(["<a>"], [("a", set())], id="no parameter"),
        pytest.param(['<a>; rel="prev", <b>; rel="next"'], [("a", {"prev"}), ("b", {"next"})], id="two in a line"),
        pytest.param(["<a>; rel=prev", "<b>; rel=next"], [("a", {"prev"}), ("b", {"next"})], id="two lines"),
        pytest.param(["<a?x=1,2;3>; rel=next"], [("a?x=1,2;3", {"next"})], id="separators in the address"),
        pytest.param(["a; rel=next"], [], id="no brackets"),
        pytest.param(["<a; rel=next"], [], id="an open bracket"),
        pytest.param(["<<a>>; rel=next"], [], id="double brackets"),
        pytest.param(["<a>; rel=next junk <b>; rel=next"], [("a", {"next", "junk", "<b>"})], id="junk"),
    ],
)
def test_links_are_read(values: list[str], expected: list[tuple[str, set[str]]]) -> None:
    assert relations(*values) == expected


def test_no_more_links_are_read_than_anybody_needs() -> None:
    assert len(parse_links([", ".join(["<a>; rel=next"] * 500)])) == MAXIMUM_LINKS
    assert parse_links(["<a>; x=" + "y" * 20_000 + "; rel=next"]) == (Link("a", frozenset()),)


@pytest.mark.parametrize(
    ("target", "query"),
    [
        pytest.param("/v2/acme/api/tags/list?n=2&last=b", "n=2&last=b", id="a path, as docker-registry writes it"),
        pytest.param(f"{ASKED}?last=b", "last=b", id="a whole address"),
        pytest.param("https://REGISTRY.example:443/v2/acme/api/tags/list?last=b", "last=b", id="the same host"),
        pytest.param("?last=b", "last=b", id="a query alone"),
        pytest.param("list?last=b", "last=b", id="relative to the list"),
        pytest.param("//registry.example/v2/acme/api/tags/list?last=b", "last=b", id="without a scheme"),
        pytest.param("/v2/acme/api/tags/list?next_page=gAAAA%3D%3D", "next_page=gAAAA%3D%3D", id="Quay's own query"),
        pytest.param("/v2/api/tags/list?last=b&n=2&x=1", "n=2&last=b", id="RTFACT-18971: no repository in front"),
        pytest.param("/v2/acme/api/tags/list?last=b#x", "last=b", id="a fragment is dropped"),
    ],
)
def test_the_query_of_the_next_page_is_all_that_is_taken_res_21(target: str, query: str) -> None:
    assert next_query([f'<{target}>; rel="next"'], asked=ASKED, answered=f"{ASKED}?n=2") == query


@pytest.mark.parametrize(
    "values", [[], ["<x>; rel=prev"], ["</v2/acme/api/tags/list?last=b>"], ["junk"], ['<x>; title="rel=next"']]
)
def test_without_a_next_link_there_is_no_next_page(values: list[str]) -> None:
    assert next_query(values, asked=ASKED, answered=ASKED) is None


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("https://evil.example/v2/acme/api/tags/list?last=b", id="another host"),
        pytest.param("http://registry.example/v2/acme/api/tags/list?last=b", id="another scheme"),
        pytest.param("https://registry.example:8443/v2/acme/api/tags/list?last=b", id="another port"),
        pytest.param("//evil.example/v2/acme/api/tags/list?last=b", id="another host without a scheme"),
        pytest.param("https://registry.example@evil.example/v2/acme/api/tags/list?last=b", id="a user name"),
        pytest.param("https://registry.example.evil.example/v2/acme/api/tags/list?last=b", id="SEC-21 a look-alike"),
        pytest.param("file:///etc/passwd?last=b", id="no http"),
        pytest.param("/v2/other/api/tags/list?last=b", id="another repository"),
        pytest.param("/v2/acme/api2/tags/list?last=b", id="a longer name"),
        pytest.param("/v2/pi/tags/list?last=b", id="half a component"),
        pytest.param("/v2/tags/list?last=b", id="no repository"),
        pytest.param("/v2/list?last=b", id="hardly anything"),
        pytest.param("/v2/acme/api/manifests/1?last=b", id="no list"),
        pytest.param("/v2/acme/api/../../other/tags/list?last=b", id="up and away"),
        pytest.param("/v2/acme/api/tags/list", id="no query"),
        pytest.param("/v2/acme/api/tags/list?", id="an empty query"),
        pytest.param("/v2/api/tags/list?x=1", id="a shortened path without last"),
        pytest.param("/v2/acme/api/tags/list?last=" + "b" * 2000, id="a long query"),
        pytest.param('/v2/acme/api/tags/list?last="b"', id="quotes in the query"),
        pytest.param("/v2/acme/api/tags/list?last=b c", id="a blank in the query"),
        pytest.param("/v2/acme/api/tags/list?last=b\x1b[31m", id="control characters"),
        pytest.param("/v2/api/tags/list?" + "&".join(["a=1"] * 50), id="many fields"),
        pytest.param("https://[::1/v2/acme/api/tags/list?last=b", id="an open bracket"),
    ],
)
def test_a_link_to_anything_but_this_list_is_refused_sec_14(target: str) -> None:
    with pytest.raises(BlockedError, match=r"^registry\.example links the next page ") as caught:
        next_query([f"<{target}>; rel=next"], asked=ASKED, answered=f"{ASKED}?n=2")
    assert "evil" not in caught.value.message


def test_after_a_redirect_the_answering_host_is_the_one_that_may_link() -> None:  # RES-21
    answered = "https://backend.example/v2/acme/api/tags/list?n=2"
    link = ["</v2/acme/api/tags/list?last=b>; rel=next"]
    assert next_query(link, asked=ASKED, answered=answered) == "last=b"
    with pytest.raises(BlockedError):
        next_query([f"<{ASKED}?last=b>; rel=next"], asked=ASKED, answered=answered)


@given(st.lists(st.text(alphabet=st.sampled_from('<>;,="\\ \trelnxt?/:@%&#\x1bé'), max_size=60), max_size=3))
def test_any_header_gives_a_query_of_this_list_or_a_refusal(values: list[str]) -> None:
    for link in parse_links(values):
        assert "<" not in link.target
    try:
        query = next_query(values, asked=ASKED, answered=ASKED)
    except BlockedError:
        return
    assert query is None or (query.isascii() and query.isprintable() and " " not in query)
