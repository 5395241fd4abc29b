from __future__ import annotations

import json
from dataclasses import replace

from pinner.report.review_document import render_review
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
from tests.support.json_schema import check_document
from tests.support.sources import pin

INDEX = "application/vnd.oci.image.index.v1+json"
BOTH = ["linux/amd64", "linux/arm64"]


def test_an_empty_review_has_all_its_lists() -> None:
    assert check_document(render_review(review_of([], [])), "diff") == {
        "schema": "pinner/diff/1",
        "old": {"name": "main", "commit": "0" * 40},
        "new": {"name": "the working tree", "commit": None},
        "added": [],
        "removed": [],
        "moved": [],
        "waiting": [],
    }


def test_a_review_has_what_came_what_went_and_what_moved() -> None:
    document = check_document(render_review(mixed_review()), "diff")
    gone_from = [{"path": "Dockerfile", "line": 1, "column": 6}]
    assert document["added"] == [
        {"image": NEW_ONE, "digest": str(NEW), "media_type": INDEX, "platforms": BOTH, "places": []}
    ]
    assert document["removed"] == [
        {"image": GONE, "digest": str(OLD), "media_type": INDEX, "platforms": BOTH, "places": gone_from}
    ]
    assert [(one["image"], one["republished"], one["tag_kind"]) for one in document["moved"]] == [
        (API, True, "version"),
        (NGINX, False, "moving"),
        (NODE, False, "moving"),
    ]
    assert document["moved"][1] == {
        "image": NGINX,
        "old": str(OLD),
        "new": str(NEW),
        "old_platforms": BOTH,
        "new_platforms": ["linux/arm64", "linux/riscv64"],
        "old_media_type": INDEX,
        "new_media_type": INDEX,
        "tag_kind": "moving",
        "republished": False,
        "platforms_added": ["linux/riscv64"],
        "platforms_removed": ["linux/amd64"],
        "index_lost": False,
        "evidence": None,
        "places": [{"path": "deploy/api.yaml", "line": 26, "column": 22}],
    }


def test_without_places_it_says_that_nobody_looked() -> None:
    document = json.loads(render_review(replace(mixed_review(), places=None)))
    assert [one["places"] for name in ("added", "removed", "moved") for one in document[name]] == [None] * 5


def test_evidence_is_in_the_document_as_it_was_found() -> None:
    review = review_of([pin(NODE, "old")], [pin(NODE, "new")]).with_evidence({NODE: evidence("x\u202ey")})
    text = render_review(review)
    assert "\u202e" not in text
    found = check_document(text, "diff")["moved"][0]["evidence"]
    image = {"manifest": str(NEW), "config": str(NEW), "layers": [str(OLD), str(NEW), str(NEW)], "size": 3_250_000}
    assert found["causes"][0] == {"cause": "new-revision", "because": "x\u202ey", "platforms": ["linux/amd64"]}
    assert found["platforms"][1] == {
        "platform": "linux/riscv64",
        "old": None,
        "new": image,
        "shared_layers": None,
        "size_delta": None,
    }
    assert found["platforms"][0]["size_delta"] == 2_250_000
    assert found["labels"][0] == {"name": "x\u202ey", "old": "x\u202ey", "new": None}
    assert found["settings"][0]["platforms"] == BOTH
    assert found["unread"] == [{"side": "old", "what": "the old index", "error": "not-found", "detail": "x\u202ey"}]
    assert (found["left_out"], found["compare"]) == (2, evidence().compare)


def test_a_digest_that_has_begun_to_wait_is_in_the_document() -> None:
    document = check_document(render_review(waiting_review(NGINX)), "diff")
    assert document["waiting"] == [{"image": NGINX, "digest": str(NEW), "seen": "2026-11-20"}]
    assert document["moved"] == []
