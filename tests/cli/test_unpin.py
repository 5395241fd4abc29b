"""`pinner unpin`, and the output forms, as a user runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import run, spawn, tree_hash
from tests.support.resolvers import FakeRegistry, digest_of
from tests.support.sources import compose_text, pin
from tests.support.trees import write, write_lock
from tests.workspace.trees import git

NGINX, NODE = "docker.io/library/nginx:1.27", "docker.io/library/node:22"
ONE, TWO = digest_of("one"), digest_of("two")
POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: {}\n"
FORMS = 'version = 1\n\n[[forms]]\npaths = ["deploy/"]\nform = "{}"\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"), deploy__Dockerfile=b"FROM node:22 AS a\r\nRUN x")
    write(tmp_path, pinner_toml="version = 1\n")
    return tmp_path


def files(root: Path) -> dict[str, str]:
    """Return all but the lock."""
    return {name: content for name, content in tree_hash(root).items() if name != "pinner.lock"}


def test_nothing_to_unpin_is_0(tree: Path) -> None:
    before = tree_hash(tree)
    ran = run("unpin", cwd=tree)
    assert (ran.code, ran.out, ran.stderr) == (0, "", "unpinned 0 references in 0 files\n")
    assert tree_hash(tree) == before


def test_unpin_gives_the_bytes_before_pin_and_keeps_the_lock(tree: Path, peer: FakeRegistry) -> None:
    before = files(tree)
    run("pin", cwd=tree)
    lock = (tree / "pinner.lock").read_bytes()
    peer.asked.clear()
    ran = run("unpin", cwd=tree)
    assert (ran.code, ran.stderr, peer.asked) == (0, "unpinned 2 references in 2 files\n", [])
    assert ran.out == (
        f"compose.yaml:3:12: nginx:1.27@{ONE} → nginx:1.27\ndeploy/Dockerfile:1:6: node:22@{TWO} → node:22\n"
    )
    assert files(tree) == before
    assert (tree / "pinner.lock").read_bytes() == lock
    assert run("pin", "--frozen", cwd=tree).code == 0


@pytest.mark.parametrize("form", ["digest", "leave", "tag@digest"])
def test_every_form_is_unpinned_byte_for_byte(tree: Path, peer: FakeRegistry, form: str) -> None:
    write(tree, pinner_toml=FORMS.format(form))
    before = files(tree)
    assert run("pin", cwd=tree).code == 0
    assert run("check", cwd=tree).code == 0
    after = tree_hash(tree)
    assert run("pin", cwd=tree).code == 0
    assert tree_hash(tree) == after
    assert run("unpin", cwd=tree).code == 0
    assert files(tree) == before


def test_a_change_of_the_form_is_written_offline_by_the_next_pin(tree: Path, peer: FakeRegistry) -> None:
    run("pin", cwd=tree)
    write(tree, pinner_toml=FORMS.format("digest"))
    peer.asked.clear()
    ran = run("pin", cwd=tree)
    assert (ran.code, ran.stderr, peer.asked) == (0, "pinned 1 reference in 1 file\n", [])
    assert (tree / "deploy/Dockerfile").read_bytes() == f"# pinner: tag=22\r\nFROM node@{TWO} AS a\r\nRUN x".encode()


def test_an_update_follows_the_tag_in_the_comment(tree: Path, peer: FakeRegistry) -> None:
    write(tree, pinner_toml=FORMS.format("digest"))
    run("pin", cwd=tree)
    peer.tags[NODE] = "moved"
    assert run("update", cwd=tree).code == 0
    moved = f"# pinner: tag=22\r\nFROM node@{digest_of('moved')} AS a\r\nRUN x"
    assert (tree / "deploy/Dockerfile").read_bytes() == moved.encode()


def test_a_form_that_cannot_be_written_is_2_and_says_what_to_do(tree: Path, peer: FakeRegistry) -> None:
    write(tree, pinner_toml=FORMS.format("digest-key"))
    ran = run("pin", cwd=tree)
    assert ran.code == 2
    refused, hint = ran.stderr.splitlines()[:2]
    assert refused == (
        "deploy/Dockerfile:1:6: error[form]: the form 'digest-key' cannot be written here: "
        "no field for the digest alone stands here"
    )
    assert hint == "  choose another form for this path in [[forms]]"
    assert (tree / "compose.yaml").read_text() == compose_text(f"nginx:1.27@{ONE}")
    assert (tree / "deploy/Dockerfile").read_bytes() == b"FROM node:22 AS a\r\nRUN x"


def test_a_digest_without_a_known_tag_is_1_and_stays(tree: Path) -> None:
    write(tree, compose_yaml=compose_text(f"nginx@{ONE}", f"node:22@{TWO}"))
    ran = run("unpin", "compose.yaml", cwd=tree)
    assert ran.code == 1
    assert ran.stderr.startswith("compose.yaml:3:12: error[unknown-tag]: nobody knows the tag of 'nginx@sha256:")
    assert (tree / "compose.yaml").read_text() == compose_text(f"nginx@{ONE}", "node:22")


@pytest.mark.parametrize(("flag", "code"), [("--check", 1), ("--diff", 1), ("--dry-run", 0)])
def test_a_preview_writes_nothing(tree: Path, peer: FakeRegistry, flag: str, code: int) -> None:
    run("pin", cwd=tree)
    before = tree_hash(tree)
    ran = run("unpin", flag, cwd=tree)
    assert (ran.code, ran.stderr) == (code, "would have unpinned 2 references in 2 files\n")
    assert tree_hash(tree) == before


def test_a_patch_makes_the_very_bytes(tree: Path, peer: FakeRegistry) -> None:
    git(tree, "init", "--quiet")
    before = files(tree)
    run("pin", cwd=tree)
    (tree / "x.patch").write_bytes(run("unpin", "--diff", cwd=tree).stdout)
    git(tree, "apply", "x.patch")
    (tree / "x.patch").unlink()
    assert files(tree) == before


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("stdin.yaml", POD.format(f"nginx:1.27@{ONE} # c"), POD.format("nginx:1.27 # c")),
        ("stdin.yaml", POD.format(f"nginx@{ONE}"), POD.format("nginx:1.27")),
        ("Dockerfile", f"# pinner: tag=1\nFROM a@{ONE}\n", "FROM a:1\n"),
        ("Dockerfile", "FROM a:1\n", "FROM a:1\n"),
    ],
)
def test_standard_input_is_answered_with_the_unpinned_text(tree: Path, name: str, given: str, expected: str) -> None:
    write_lock(tree, pin(NGINX, "one"))
    before = tree_hash(tree)
    ran = run("unpin", "-", "--stdin-filename", name, cwd=tree, stdin=given.encode())
    assert (ran.code, ran.stdout.decode(), tree_hash(tree)) == (0, expected, before)


def test_unpin_loads_no_network(tree: Path) -> None:
    ran = spawn("unpin", cwd=tree, environ={"PYTHONPROFILEIMPORTTIME": "1"})
    loaded = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}
    assert ran.code == 0
    assert "pinner.rewriting" in loaded
    assert loaded.isdisjoint({"httpx", "ssl", "pinner.registry.client"})
