"""The text of a merge request, as a reader of CommonMark with tables sees it (SEC-42)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings

from pinner.lock.model import Pin
from pinner.report.inert import reveal
from pinner.report.review_markdown import LARGEST, _write, render_review
from pinner.review.changes import Place, Review, Side
from pinner.review.fragments import Quoted, Told, Words
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
from tests.support.markdown import cells, code_spans, fold_titles, links, texts, violations
from tests.support.sources import pin

HEAD = ["Image", "Old", "New", "Platforms", "Why", "Where"]
SHORT_OLD, SHORT_NEW = f"`{str(OLD)[:19]}…`", f"`{str(NEW)[:19]}…`"


def many(count: int) -> Review:
    names = [f"registry.corp.example/team/service-{number:05}:main" for number in range(count)]
    review = review_of([pin(name, "old") for name in names], [pin(name, "new") for name in names])
    return review.with_places({name: (Place("deploy/x.yaml", 1, 1),) for name in names})


def test_no_difference_is_one_sentence() -> None:
    text = render_review(review_of([pin(NODE)], [pin(NODE)]))
    assert text == "**no difference** from main (`000000000000`) to the working tree\n"
    assert violations(text) == []


def test_one_table_has_a_row_an_image_the_republished_one_first() -> None:
    text = render_review(mixed_review())
    assert violations(text) == []
    assert text.startswith("**1 republished, 2 moved, 1 added, 1 removed** from main (`000000000000`) to ")
    assert cells(text) == [
        HEAD,
        [f"`{API}`", SHORT_OLD, SHORT_NEW, "same", "**republished**", "`charts/a.yaml:3` and 5 more"],
        [f"`{NGINX}`", SHORT_OLD, SHORT_NEW, "+`linux/riscv64` -`linux/amd64`", "moved", "`deploy/api.yaml:26`"],
        [f"`{NODE}`", SHORT_OLD, SHORT_NEW, "same", "moved", "nowhere"],
        [f"`{NEW_ONE}`", "-", SHORT_NEW, "2", "added", "nowhere"],
        [f"`{GONE}`", SHORT_OLD, "-", "2", "removed", "`Dockerfile:1`"],
    ]


def test_a_fold_out_has_whole_digests_warnings_places_and_the_command() -> None:
    text = render_review(mixed_review())
    assert fold_titles(text) == [API, NGINX, NODE, NEW_ONE, GONE]
    fold = text.split("<details>")[1]
    assert code_spans(fold) == [
        *(API, str(OLD), str(NEW), "charts", "deploy"),
        *(f"{path}:{line}:9" for path in ("charts/a.yaml", "deploy/api.yaml") for line in (3, 5, 7)),
        f"pinner update --image {API}",
    ]
    assert "the tag looks like a full version, and means other bytes now" in "".join(texts(fold))
    assert "pinner pin" in code_spans(text.split("<details>")[4])
    assert not any(one.startswith(("pinner pin", "pinner update")) for one in code_spans(text.split("<details>")[5]))


def test_keys_of_platforms_stand_in_the_fold_out_of_their_image() -> None:
    keyed = [NODE, f"{NODE}#linux/arm64"]
    text = render_review(review_of([pin(key, "old") for key in keyed], [pin(key, "new") for key in keyed]))
    assert violations(text) == []
    assert fold_titles(text) == [NODE]
    assert [row[0] for row in cells(text)[1:]] == [f"`{key}`" for key in keyed]
    assert set(keyed) <= set(code_spans(text.split("<details>")[1]))


def test_digests_that_have_begun_to_wait_are_listed_and_many_are_counted() -> None:
    text = render_review(waiting_review(NGINX))
    assert text == (
        "**no difference, 1 waiting** from main (`000000000000`) to the working tree\n\n"
        f"- `{NGINX}` will be {SHORT_NEW} when it is old enough, first seen on 2026-11-20\n"
    )
    assert violations(text) == []
    text = render_review(waiting_review(*(f"a.io/{number}:1" for number in range(3000))))
    assert violations(text) == []
    assert "and 2980 more" in texts(text)


def test_two_pieces_of_code_are_kept_apart() -> None:
    written = _write((Quoted("a"), Quoted("b"), Told("c`"), Words(" d")))
    assert code_spans(written) == ["a", "b", "c`"]


def test_where_nobody_looked_it_says_so() -> None:
    text = render_review(replace(mixed_review(), places=None))
    assert {row[5] for row in cells(text)[1:]} == {"-"}
    assert "Where an image is used was not looked for." in texts(text)
    assert "Where an image is used was not looked for." not in texts(render_review(mixed_review()))


def test_an_index_that_became_a_manifest_stands_out() -> None:
    bare = Pin(key=NODE, digest=NEW, media_type="application/vnd.oci.image.manifest.v1+json")
    text = render_review(review_of([pin(NODE, "old")], [bare]))
    assert cells(text)[1][3:5] == ["-", "moved, **index became a manifest**"]
    assert "an index of platforms has become a single manifest" in "".join(texts(text))


def test_evidence_is_in_the_table_in_words_and_in_the_fold_out_in_full() -> None:
    known = {one.key: evidence("both carry one revision") for one in mixed_review().images}
    text = render_review(mixed_review().with_evidence(known))
    assert violations(text) == []
    assert cells(text)[1][4] == "**republished**, new revision, base changed"
    assert set(links(text)) == {evidence().compare}
    assert "--online" not in text
    fold = "".join(texts(text.split("<details>")[1]))
    assert "new revision: both carry one revision on " in fold
    assert ": 2 of 3 layers as before, +2.2 MB stored" in fold
    assert "could not be read: the old index, both carry one revision" in fold


@settings(max_examples=40)
@given(hostile_texts())
@example("|")
@example("x\n</details>\n\n<script>")
def test_no_text_from_outside_does_anything(hostile: str) -> None:
    odd = Pin(key=NODE, digest=NEW, media_type=f"x{hostile}")
    review = review_of([pin(NODE, "old"), pin(API, "old")], [odd, pin(API, "new")])
    review = replace(review, old=Side(hostile, "0" * 40), new=Side(f"a{hostile}"))
    review = review.with_evidence({NODE: replace(evidence(hostile), compare=f"https://a.example/{hostile}")})
    review = review.with_places({NODE: (Place(hostile, 1, 2), Place(f"{hostile}/x", 3, 4))})
    text = render_review(review)
    assert violations(text) == []
    assert [len(row) for row in cells(text)] == [6, 6, 6]
    assert cells(text)[0] == HEAD
    assert sorted(fold_titles(text)) == sorted([API, NODE])
    assert set(links(text)) <= {f"https://a.example/{hostile}"}
    assert reveal(f"x{hostile}") in code_spans(text)
    assert len(text.encode()) <= LARGEST


@pytest.mark.parametrize("count", [1, 120, 3000])
def test_it_is_never_too_long_for_a_forge_and_says_what_it_left_out(count: int) -> None:
    text = render_review(many(count))
    assert len(text.encode()) <= LARGEST
    assert violations(text) == []
    rows, folds = len(cells(text)) - 1, len(fold_titles(text))
    said = "".join(texts(text))
    assert rows == count or (folds == 0 and f"and {count - rows} more" in said)
    assert folds in {0, count} or f"The details of {count - folds} more" in said
    assert said.startswith(f"{count} moved")


def test_fold_outs_go_before_rows() -> None:
    review = many(10)
    whole = len(render_review(review, largest=10**6).encode())
    seen = set()
    for largest in range(900, whole + 1_000, 150):
        text = render_review(review, largest=largest)
        rows, folds = text.count("| `registry"), text.count("<details>")
        assert len(text.encode()) <= largest
        assert folds == 0 or rows == 10
        assert text.count("</details>") == folds
        seen.add((rows == 10, min(folds, 2)))
    assert seen == {(False, 0), (True, 0), (True, 1), (True, 2)}


def test_letters_of_many_bytes_count_as_what_they_are() -> None:
    review = many(200)
    review = replace(review, places={one.key: (Place("\U0001f40b" * 60, 1, 1),) * 40 for one in review.images})
    assert len(render_review(review).encode()) <= LARGEST
