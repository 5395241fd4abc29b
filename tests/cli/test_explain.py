"""`pinner explain`: a rule, or what files, lock, settings and credentials say of an image; nobody is asked."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
from pathlib import Path

import pytest

from pinner.lock.model import Candidate, Lock
from pinner.lock.rendering import render_lock
from pinner.policy.online_rules import ONLINE_RULES
from pinner.policy.rules import RULES
from tests.support.json_schema import check_document
from tests.support.program import Ran, run
from tests.support.resolvers import digest_of
from tests.support.sources import compose_text, pin
from tests.support.trees import write

NGINX, API = "docker.io/library/nginx:1.27", "ghcr.io/acme/api:2"
ONE, TWO = digest_of("one"), digest_of("two")
SECRET = "hunter2-hunter2"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two images that are locked, one of them with news that wait, and one that nobody pinned."""
    write(
        tmp_path,
        pinner_toml='version = 1\n[update]\nmin-age = "3d"\n[[forms]]\npaths = ["leave/"]\nform = "leave"\n',
        compose_yaml=compose_text(f"nginx:1.27@{ONE}", "redis:7"),
        leave__compose_yaml=compose_text("nginx:1.27"),
        Dockerfile=f"FROM ghcr.io/acme/api@{TWO}\nFROM ghcr.io/acme/lost@{TWO}\n",
    )
    lock = Lock.of([pin(NGINX, "one"), pin(f"{NGINX}#linux/arm64", "arm"), pin(API, "two")])
    candidate = Candidate(digest=TWO, seen=dt.date(2026, 11, 20))
    write(tmp_path, pinner_lock=render_lock(lock.with_pending({NGINX: (candidate,)})))
    return tmp_path


def explain(root: Path, *arguments: str) -> Ran:
    return run("explain", *arguments, cwd=root)


def images(root: Path, name: str) -> list[str]:
    ran = explain(root, name, "--format", "json")
    assert ran.code == 0, ran.stderr
    return [one["image"] for one in check_document(ran.out, "explanation")["images"]]


@pytest.mark.parametrize("rule", [*(rule.id for rule in RULES), *ONLINE_RULES])
def test_every_rule_is_explained(tmp_path: Path, rule: str) -> None:
    ran = explain(tmp_path, rule)
    assert (ran.code, ran.out.partition(" ")[0], ran.out.count("\n")) == (0, rule, 1)
    document = check_document(explain(tmp_path, rule, "--format", "json").out, "explanation")
    assert (document["rule"]["id"], document["images"]) == (rule, [])


def test_an_image_is_explained_in_full(tree: Path) -> None:
    lines = (tree / "pinner.lock").read_text().splitlines()
    entry, arm = lines.index(f'[images."{NGINX}"]') + 1, lines.index(f'[images."{NGINX}#linux/arm64"]') + 1
    index = "application/vnd.oci.image.index.v1+json; linux/amd64, linux/arm64"
    assert explain(tree, "nginx").out == (
        f"{NGINX}\n"
        f"  used     compose.yaml:3:12: nginx:1.27@{ONE}\n"
        f"           leave/compose.yaml:3:12: nginx:1.27 [leave]\n"
        f"  locked   pinner.lock:{entry}: {ONE} ({index})\n"
        f"           pinner.lock:{arm}: {digest_of('arm')} for linux/arm64 ({index})\n"
        f"  waiting  {TWO}, first seen on 2026-11-20, until 2026-11-24 00:00 UTC\n"
        "  held by  its entry: `pinner pin` writes it, `pinner update` accepts what the tag means now\n"
        "           its age: `pinner update --accept` takes what waits\n"
        "           the form of its files, `leave`: the lock alone pins it\n"
        "  asked    https://registry-1.docker.io: no credentials: asked anonymously\n"
    )


def test_the_document_has_the_same(tree: Path) -> None:
    document = check_document(explain(tree, NGINX, "--format", "json").out, "explanation")
    (image,) = document["images"]
    assert document["rule"] is None
    assert [(one["path"], one["line"], one["column"], one["form"]) for one in image["uses"]] == [
        ("compose.yaml", 3, 12, "tag@digest"),
        ("leave/compose.yaml", 3, 12, "leave"),
    ]
    assert [(one["key"], one["digest"]) for one in image["entries"]] == [
        (NGINX, str(ONE)),
        (f"{NGINX}#linux/arm64", str(digest_of("arm"))),
    ]
    assert image["waiting"] == [
        {"key": NGINX, "digest": str(TWO), "seen": "2026-11-20", "until": "2026-11-24T00:00:00+00:00"}
    ]
    assert image["asked"] == [
        {"url": "https://registry-1.docker.io", "is_mirror": False, "credential": None, "kept_back": False}
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nginx", [NGINX]),
        ("nginx:1.27", [NGINX]),
        ("library/nginx", [NGINX]),
        ("index.docker.io/library/nginx:1.27", [NGINX]),
        (f"nginx:1.27@{TWO}", [NGINX]),
        ("docker.io/library/*", [NGINX, "docker.io/library/redis:7"]),
        ("redis*", ["docker.io/library/redis:7"]),
        ("ghcr.io/acme/api", [API]),
        ("ghcr.io/acme/*", [API, f"ghcr.io/acme/lost@{TWO}"]),
        (f"ghcr.io/acme/lost@{TWO}", [f"ghcr.io/acme/lost@{TWO}"]),
    ],
)
def test_an_image_is_found_by_every_name_that_it_has(tree: Path, name: str, expected: list[str]) -> None:
    assert images(tree, name) == expected


def test_a_digest_without_a_tag_is_a_use_of_the_tag_that_the_lock_knows(tree: Path) -> None:
    assert f"  used     Dockerfile:1:6: ghcr.io/acme/api@{TWO}\n" in explain(tree, API).out
    lost = explain(tree, "ghcr.io/acme/lost").out
    assert "  locked   not in pinner.lock\n  held by  its digest; nobody knows the tag\n" in lost


def test_an_image_that_nothing_holds_is_said_with_the_next_step(tree: Path) -> None:
    assert "  held by  nothing: `pinner pin` looks it up\n" in explain(tree, "redis:7").out


def test_an_entry_that_no_file_uses_is_explained(tree: Path) -> None:
    (tree / "Dockerfile").unlink()
    assert "  used     in no file\n" in explain(tree, API).out


def test_without_a_minimum_age_nothing_is_promised_of_what_waits(tree: Path) -> None:
    write(tree, pinner_toml="version = 1\n")
    assert "first seen on 2026-11-20, the next `pinner update` decides\n" in explain(tree, NGINX).out


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ngnix", "did you mean 'nginx:1.27'?"),
        ("ngnix:1.27", "did you mean 'nginx:1.27'?"),
        ("ghcr.io/acme/apu:2", "did you mean 'ghcr.io/acme/api:2'"),
        ("lock-drfit", "did you mean 'lock-drift'"),
        ("nothing.like/this", "`pinner images` lists what is used"),
        ("nginx:1.28", "did you mean 'nginx:1.27'?"),
        ("\x1b[31m", "`pinner images` lists"),
    ],
)
def test_an_unknown_name_is_answered_with_what_it_may_mean(tree: Path, name: str, hint: str) -> None:
    ran = explain(tree, name)
    assert (ran.code, ran.out, "\x1b" in ran.stderr) == (2, "", False)
    assert hint in ran.stderr


def test_nothing_to_explain_is_a_mistake_with_an_example(tmp_path: Path) -> None:
    ran = explain(tmp_path)
    assert (ran.code, "pinner explain lock-drift" in ran.stderr) == (2, True)


def test_credentials_and_mirrors_are_named_and_no_secret_is_shown(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGIN", f"ada:{SECRET}")
    write(tree, registries_toml='[registries."ghcr.io"]\nmirrors = ["https://mirror.corp.example"]\n')
    monkeypatch.setenv("PINNER_REGISTRIES", str(tree / "registries.toml"))
    for form in ("text", "json"):
        ran = explain(tree, API, "--auth", "ghcr.io=env:LOGIN", "--format", form)
        assert (ran.code, SECRET in ran.out + ran.stderr) == (0, False)
    asked = json.loads(ran.out)["images"][0]["asked"]
    assert [(one["url"], one["is_mirror"]) for one in asked] == [
        ("https://ghcr.io", False),
        ("https://mirror.corp.example", True),
    ]
    assert asked[0]["credential"]["username"] == "ada"
    assert asked[1]["credential"] is None
    text = explain(tree, API, "--auth", "ghcr.io=env:LOGIN").out
    assert "  asked    https://ghcr.io: a password for 'ada' from " in text
    assert "           mirror https://mirror.corp.example: no credentials" in text


def test_credentials_that_cannot_be_read_are_said_and_end_with_their_code(tree: Path) -> None:
    folder = Path(os.environ["HOME"], ".docker")
    folder.mkdir()
    (folder / "config.json").write_text("{")
    ran = explain(tree, API)
    assert (ran.code, "  asked    https://ghcr.io: no answer until this is mended" in ran.out) == (2, True)


def test_no_socket_is_opened(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert explain(tree, "*").code == 0


def test_a_file_that_cannot_be_read_may_hold_more_uses(tree: Path) -> None:
    write(tree, broken__compose_yaml=b"\xff image: nginx\n")
    ran = explain(tree, "nginx")
    assert (ran.code, ran.out.startswith(NGINX)) == (1, True)
    assert "broken/compose.yaml:1:1: error[unreadable]" in ran.stderr


def test_a_name_from_a_file_does_not_reach_the_terminal_as_it_is(tree: Path) -> None:
    (tree / "a\x1b[31m").mkdir()
    write(tree / "a\x1b[31m", compose_yaml=compose_text("redis:7"))
    ran = explain(tree, "redis")
    assert (ran.code, "\x1b" in ran.out, "a\\x1b[31m/compose.yaml:3:12" in ran.out) == (0, False, True)
