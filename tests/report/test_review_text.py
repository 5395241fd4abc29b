from __future__ import annotations

from dataclasses import replace

from pinner.report.review_text import render_review, summarize_review
from pinner.review.changes import Place
from pinner.review.evidence import Cause, Evidence, Judgement
from tests.report.test_text import mark
from tests.review.reviews import (
    API,
    ARM,
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
from tests.support.sources import pin


def test_nothing_is_written_for_nothing() -> None:
    empty = review_of([pin(NODE)], [pin(NODE)])
    assert render_review(empty) == ""
    assert summarize_review(empty) == "no difference from main to the working tree"


def test_each_change_has_its_digests_what_to_be_warned_of_and_its_places() -> None:
    assert render_review(mixed_review()) == (
        f"republished {API}\n"
        f"         {OLD}\n"
        f"       → {NEW}\n"
        "         warning: the tag looks like a full version, and means other bytes now\n"
        "         used in charts/a.yaml:3:9, charts/a.yaml:5:9, charts/a.yaml:7:9 and 3 more (charts 3, deploy 3)\n"
        f"moved    {NGINX}\n"
        f"         {OLD}\n"
        f"       → {NEW}\n"
        "         warning: no longer for linux/amd64\n"
        "         now also for linux/riscv64\n"
        "         used in deploy/api.yaml:26:22\n"
        f"moved    {NODE}\n"
        f"         {OLD}\n"
        f"       → {NEW}\n"
        "         used in no file\n"
        f"added    {NEW_ONE}\n"
        f"         {NEW}\n"
        "         used in no file\n"
        f"removed  {GONE}\n"
        f"         {OLD}\n"
        "         still used in Dockerfile:1:6\n"
    )
    assert summarize_review(mixed_review()) == (
        "1 republished, 2 moved, 1 added, 1 removed from main to the working tree"
    )


def test_without_places_nothing_is_said_of_them() -> None:
    assert "used in" not in render_review(replace(mixed_review(), places=None))


def test_a_removed_image_that_no_file_uses_is_as_it_should_be() -> None:
    review = review_of([pin(GONE, "old")], []).with_places({})
    assert render_review(review) == f"removed  {GONE}\n         {OLD}\n"


def test_many_folders_are_counted_and_few_are_named() -> None:
    places = tuple(Place(f"{folder}/x.yaml", 1, 1) for folder in "abcdefg")
    shown = render_review(review_of([], [pin(NODE)]).with_places({NODE: places}))
    assert "used in a/x.yaml:1:1, b/x.yaml:1:1, c/x.yaml:1:1 and 4 more (a 1, b 1, c 1, d 1, e 1, …)\n" in shown


def test_colours_mark_what_happened_and_the_warnings() -> None:
    shown = render_review(mixed_review(), paint=mark)
    for line in (
        "<red>republished</> ghcr",
        "<yellow>moved   </> docker",
        "<green>added   </> a",
        "<red>removed </> a",
    ):
        assert f"{line}" in shown
    assert "<yellow>warning</>: no longer" in shown


def test_why_a_digest_moved_stands_below_it() -> None:
    review = review_of([pin(NODE, "old")], [pin(NODE, "new")]).with_evidence({NODE: evidence("words")})
    assert render_review(review) == (
        f"moved    {NODE}\n"
        f"         {OLD}\n"
        f"       → {NEW}\n"
        "         new revision: words on linux/amd64\n"
        "         base changed: the first layer is another one\n"
        "         the user was words on linux/amd64, linux/arm64\n"
        "         label words was words, is now not set\n"
        "         label org.opencontainers.image.revision was not set, is now words\n"
        "         compare the revisions: https://github.com/acme/api/compare/3f2a91c...8b53cab\n"
        "         linux/amd64: 2 of 3 layers as before, +2.2 MB stored\n"
        "         linux/riscv64: +3.2 MB stored\n"
        "         2 more platforms were not looked into\n"
        "         could not be read: the old index, words\n"
    )


def test_a_platform_that_went_is_named_once() -> None:
    gone = Judgement(cause=Cause.PLATFORM_REMOVED, because="linux/arm64", platforms=(ARM,))
    review = review_of([pin(NODE, "old")], [pin(NODE, "new")]).with_evidence({NODE: Evidence(judgements=(gone,))})
    assert "         platform removed: linux/arm64\n" in render_review(review)


def test_a_digest_that_has_begun_to_wait_is_told_and_changes_nothing() -> None:
    review = waiting_review(NGINX)
    assert render_review(review) == f"waiting  {NGINX}\n         {NEW}, first seen on 2026-11-20\n"
    assert summarize_review(review) == "no difference, 1 waiting from main to the working tree"
    assert render_review(waiting_review()) == ""


def test_what_comes_from_outside_forges_no_line_and_no_colour_and_is_cut() -> None:
    hostile = "a\x1b[31m\nmoved    b\u202e" + "x" * 100_000
    review = review_of([pin(NODE, "old")], [pin(NODE, "new")]).with_evidence({NODE: evidence(hostile)})
    shown = render_review(review.with_places({NODE: (Place("a\nb\x1b", 1, 1),)}))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert max(map(len, shown.splitlines())) < 500
    assert [line for line in shown.splitlines() if line.startswith("moved")] == [f"moved    {NODE}"]
    assert "used in a\\x0ab\\x1b:1:1\n" in shown
