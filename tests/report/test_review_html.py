"""A review as a piece of HTML, as a browser would read it (SEC-42)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given, settings

from pinner.lock.model import Pin
from pinner.report.inert import reveal
from pinner.report.review_html import render_review
from pinner.review.changes import Place, Review, Side
from tests.review.reviews import (
    API,
    GONE,
    NEW,
    NEW_ONE,
    NGINX,
    NODE,
    OLD,
    evidence,
    mixed_review,
    review_of,
    waiting_review,
)
from tests.support.hostile_texts import hostile_texts
from tests.support.html import Page, read_html
from tests.support.sources import pin

HEAD = ["Image", "Old", "New", "Platforms", "Why", "Where"]
TAGS = {
    *("section", "p", "strong", "code", "a", "ul", "li", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
FIXED = {("class", "pinner-review"), ("scope", "col"), ("dir", "auto"), ("rel", "nofollow noopener noreferrer")}


def page_of(review: Review) -> Page:
    """Read a page, which holds nothing but the tags and attributes of ours, and links to https."""
    page = read_html("".join(render_review(review)))
    assert set(page.tags) <= TAGS
    assert page.other == []
    assert all(name == "href" and str(value).startswith("https://") for name, value in set(page.attributes) - FIXED)
    return page


def test_no_difference_is_one_paragraph() -> None:
    page = page_of(review_of([], []))
    assert page.tags == ["section", "p", "strong", "code"]
    assert page.text.strip() == "no difference from main (000000000000) to the working tree"


def test_the_table_and_the_fold_outs_say_what_markdown_says() -> None:
    page = page_of(mixed_review())
    old, new = f"{str(OLD)[:19]}…", f"{str(NEW)[:19]}…"
    assert page.rows == [
        HEAD,
        [API, old, new, "same", "republished", "charts/a.yaml:3 and 5 more"],
        [NGINX, old, new, "+linux/riscv64 -linux/amd64", "moved", "deploy/api.yaml:26"],
        [NODE, old, new, "same", "moved", "nowhere"],
        [NEW_ONE, "-", new, "2", "added", "nowhere"],
        [GONE, old, "-", "2", "removed", "Dockerfile:1"],
    ]
    assert page.tags.count("details") == 5
    assert "warning: the tag looks like a full version, and means other bytes now" in page.text
    assert f"old {OLD}\nnew {NEW}" in page.text
    assert f"pinner update --image {API}" in page.text


def test_digests_that_have_begun_to_wait_are_listed() -> None:
    page = page_of(waiting_review(NGINX))
    assert page.tags == ["section", "p", "strong", "code", "ul", "li", "code", "code"]
    assert f"{NGINX} will be {str(NEW)[:19]}… when it is old enough" in page.text


def test_a_compare_link_names_its_host() -> None:
    page = page_of(mixed_review().with_evidence({API: evidence()}))
    assert ("href", evidence().compare) in page.attributes
    assert "compare the revisions on github.com" in page.text
    assert page.tags.count("a") == 1


def test_an_address_keeps_each_of_its_letters() -> None:
    address = "https://git.corp.example/compare?from=a&lt=b&amp=c"
    page = page_of(mixed_review().with_evidence({API: replace(evidence(), compare=address)}))
    assert ("href", address) in page.attributes


@settings(max_examples=50)
@given(hostile_texts())
@example('"><script>alert(1)</script>')
def test_no_text_from_outside_does_anything(hostile: str) -> None:
    odd = Pin(key=NODE, digest=NEW, media_type=f"x{hostile}")
    review = review_of([pin(NODE, "old")], [odd])
    review = replace(review, old=Side(hostile, "0" * 40), new=Side(f"a{hostile}"))
    review = review.with_evidence({NODE: replace(evidence(hostile), compare=f"https://a.example/{hostile}")})
    page = page_of(review.with_places({NODE: (Place(hostile, 1, 2), Place(f"{hostile}/x", 3, 4))}))
    assert [len(row) for row in page.rows] == [6, 6]
    assert page.rows[0] == HEAD
    assert reveal(f"x{hostile}") in page.text
    assert {value for name, value in page.attributes if name == "href"} <= {f"https://a.example/{hostile}"}
