from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from pinner.errors import NotFoundError
from pinner.formats.base import ScannedFile
from pinner.lock.model import Lock, Pin
from pinner.oci.reference import Reference
from pinner.policy.base import Facts
from pinner.policy.rules import run_rules
from pinner.report.documents import (
    SCHEMAS,
    describe_images,
    render_document,
    render_findings,
    render_inventory,
    render_plan,
    render_resolutions,
    render_schema,
)
from pinner.resolution import Unresolved
from tests.policy.test_rules import passed_over
from tests.support.json_schema import check_document, violations
from tests.support.plans import plan_pins, plan_update
from tests.support.resolvers import digest_of, resolved
from tests.support.sources import compose, compose_text, pin, scan

NGINX = "docker.io/library/nginx:1.27"
OLD, NEW = str(digest_of("old")), str(digest_of("new"))
INDEX = "application/vnd.oci.image.index.v1+json"
MISSING = Unresolved(reference=Reference.parse("gone:1"), error=NotFoundError("gone:1 does not exist", hint="check it"))
NO_LOCK = Lock.empty()
BOTH = ["linux/amd64", "linux/arm64"]


def inventory(*files: ScannedFile, lock: Lock = NO_LOCK) -> str:
    return "".join(render_inventory([describe_images(file, lock) for file in files]))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_ships_in_the_package_and_names_itself(name: str) -> None:
    schema = json.loads(render_schema(name))
    assert schema["title"] == f"pinner/{name}/1"
    assert list(violations({"schema": f"pinner/{name}/2"}, schema))


def test_an_empty_document_has_all_its_fields() -> None:
    empty = plan_pins((), Lock.empty(), ())
    assert check_document(inventory(), "images") == {
        "schema": "pinner/images/1",
        "images": [],
        "skipped": [],
    }
    assert check_document("".join(render_plan(empty)), "plan") == {
        "schema": "pinner/plan/1",
        "changes": [],
        "lock": {"added": [], "moved": []},
        "waiting": [],
        "dropped": [],
        "unchanged": [],
        "failures": [],
        "skipped": [],
    }
    assert check_document("".join(render_findings((), {}, 0)), "findings") == {
        "schema": "pinner/findings/1",
        "findings": [],
        "summary": {"files": 0, "errors": 0, "warnings": 0, "notes": 0},
    }


def test_the_inventory_has_every_place_and_what_the_lock_says() -> None:
    files = (compose("nginx:1.27", f"ghcr.io/a/b@{NEW}", "${X}"), passed_over("not-utf8"))
    lock = Lock.of([pin(NGINX, "old"), pin("ghcr.io/a/b:3", "new")])
    assert check_document(inventory(*files, lock=lock), "images") == {
        "schema": "pinner/images/1",
        "images": [
            {
                "path": "compose.yaml",
                "line": 3,
                "column": 12,
                "format": "compose",
                "locator": "services.s0.image",
                "written": "nginx:1.27",
                "registry": "docker.io",
                "repository": "library/nginx",
                "tag": "1.27",
                "digest": None,
                "locked": OLD,
            },
            {
                "path": "compose.yaml",
                "line": 5,
                "column": 12,
                "format": "compose",
                "locator": "services.s1.image",
                "written": f"ghcr.io/a/b@{NEW}",
                "registry": "ghcr.io",
                "repository": "a/b",
                "tag": None,
                "digest": NEW,
                "locked": NEW,
            },
        ],
        "skipped": [
            {
                "path": "compose.yaml",
                "line": 7,
                "column": 12,
                "format": "compose",
                "locator": "services.s2.image",
                "written": "${X}",
                "reason": "variable",
                "detail": "the value is a variable, or holds one",
            },
            {
                "path": "a.yaml",
                "line": 1,
                "column": 1,
                "format": None,
                "locator": "",
                "written": "",
                "reason": "not-utf8",
                "detail": "because",
            },
        ],
    }


def test_the_lock_entry_of_a_place_is_the_one_with_its_digest() -> None:
    lock = Lock.of([pin(NGINX, "old"), pin(f"{NGINX}#linux/arm64", "new")])
    document = json.loads(inventory(compose(f"nginx:1.27@{NEW}", "node:22"), lock=lock))
    assert [one["locked"] for one in document["images"]] == [NEW, None]


def test_findings_carry_all_that_an_annotation_needs() -> None:
    files = (compose("nginx:1.27"),)
    lock = Lock.of([pin("a.io/b:1")])
    findings = run_rules(Facts(files=files, lock=lock, lock_path="pinner.lock", lock_lines={}, is_whole_tree=True))
    document = check_document(
        "".join(render_findings(findings, Counter(one.severity for one in findings), 1)), "findings"
    )
    assert document["summary"] == {"files": 1, "errors": 1, "warnings": 1, "notes": 0}
    assert isinstance(document["findings"], list)
    assert document["findings"][0] == {
        "rule": "unpinned",
        "severity": "error",
        "message": "'nginx:1.27' has no digest",
        "hint": "run `pinner pin`",
        "path": "compose.yaml",
        "line": 3,
        "column": 12,
        "end_line": 3,
        "end_column": 22,
        "locator": "services.s0.image",
        "image": NGINX,
        "fingerprint": findings[0].fingerprint,
    }


def test_a_plan_has_changes_lock_failures_and_what_was_left_alone() -> None:
    files = (compose("nginx:1.27", "gone:1", "${X}"),)
    plan = plan_pins(files, Lock.empty(), [resolved(NGINX, digest_of("new")), MISSING])
    document = check_document("".join(render_plan(plan)), "plan")
    assert document == {
        "schema": "pinner/plan/1",
        "changes": [
            {
                "path": "compose.yaml",
                "line": 3,
                "column": 12,
                "locator": "services.s0.image",
                "written": "nginx:1.27",
                "pinned": f"nginx:1.27@{NEW}",
            }
        ],
        "lock": {
            "added": [{"image": NGINX, "digest": NEW, "media_type": INDEX, "platforms": BOTH}],
            "moved": [],
        },
        "waiting": [],
        "dropped": [],
        "unchanged": [],
        "failures": [
            {
                "image": "docker.io/library/gone:1",
                "places": ["compose.yaml:5:12"],
                "error": "not-found",
                "detail": "gone:1 does not exist",
                "hint": "check it",
            }
        ],
        "skipped": document["skipped"],
    }


def test_a_moved_entry_has_both_digests_and_both_platforms() -> None:
    lock = Lock.of([Pin(key=NGINX, digest=digest_of("old"))])
    plan = plan_update((), lock, {NGINX: pin(NGINX, "new")}, {})
    document = check_document("".join(render_plan(plan)), "plan")
    moved = {"image": NGINX, "old": OLD, "new": NEW, "old_platforms": None, "new_platforms": BOTH}
    assert document["lock"] == {"added": [], "moved": [moved]}


def test_resolutions_and_failures_stand_side_by_side() -> None:
    mirrored = replace(resolved("nginx:1.27", digest_of("new")), mirror="https://mirror.example")
    head = resolved("node", digest_of("old"), how="head")
    assert check_document(render_resolutions([mirrored, MISSING, head]), "resolutions") == {
        "schema": "pinner/resolutions/1",
        "resolutions": [
            {
                "reference": "nginx:1.27",
                "digest": NEW,
                "media_type": INDEX,
                "size": 857,
                "platforms": BOTH,
                "source": "get",
                "mirror": "https://mirror.example",
            },
            {"reference": "gone:1", "error": "not-found", "detail": "gone:1 does not exist"},
            {
                "reference": "node",
                "digest": OLD,
                "media_type": INDEX,
                "size": 857,
                "platforms": None,
                "source": "head",
                "mirror": None,
            },
        ],
    }


def test_a_document_is_utf8_text_that_ends_with_a_newline() -> None:
    rendered = inventory(compose("nginx", path="compose.é.yaml"))
    assert '"path": "compose.é.yaml"' in rendered
    assert rendered.endswith("}\n")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_document_that_is_written_a_row_at_a_time_reads_like_one_that_was_made_whole(number: int) -> None:
    strange = scan("compose.\x9b\u2028'\"\\.yaml", compose_text("nginx:1.27", '"${X}\\t\u202e\\"é"'))
    document = inventory(*[strange] * number)
    rows = json.loads(document)
    assert len(rows["images"]) == len(rows["skipped"]) == number
    assert document == render_document("images", images=rows["images"], skipped=rows["skipped"])
    findings = run_rules(Facts(files=(strange,), lock=NO_LOCK, lock_path="", lock_lines={}, is_whole_tree=True))[
        :number
    ]
    document = "".join(render_findings(findings, {}, 7))
    rows = json.loads(document)
    assert len(rows["findings"]) == number
    assert document == render_document("findings", findings=rows["findings"], summary=rows["summary"])
