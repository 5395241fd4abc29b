from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import run, tree_hash
from tests.support.resolvers import FakeRegistry, digest_of
from tests.support.sources import compose_text, pin
from tests.support.trees import write, write_lock

POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: {}\n"
NGINX = "docker.io/library/nginx:1.27"
ONE, TWO = digest_of("one"), digest_of("two")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write(tmp_path, pinner_toml="version = 1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("flags", "given", "expected"),
    [
        ([], POD.format("nginx:1.27"), POD.format(f"nginx:1.27@{ONE}")),
        (["--stdin-filename", "Dockerfile"], "FROM node:22\r\n", f"FROM node:22@{TWO}\r\n"),
        (["--stdin-filename", "a/compose.yaml"], compose_text("nginx:1.27"), compose_text(f"nginx:1.27@{ONE}")),
        ([], "", ""),
    ],
)
def test_standard_input_is_answered_with_the_pinned_text(
    tree: Path, peer: FakeRegistry, flags: list[str], given: str, expected: str
) -> None:
    ran = run("pin", "-", *flags, cwd=tree, stdin=given.encode())
    assert (ran.code, ran.stdout.decode()) == (0, expected)
    assert (tree / "pinner.lock").exists() == bool(given)


def test_a_text_without_news_comes_back_as_it_is(tree: Path, peer: FakeRegistry) -> None:
    text = "\ufeff" + POD.format(f"nginx:1.27@{ONE} # x").replace("\n", "\r\n")
    write_lock(tree, pin(NGINX, "one"))
    before = tree_hash(tree)
    ran = run("pin", "-", "-q", cwd=tree, stdin=text.encode())
    assert (ran.code, ran.stdout, ran.stderr, tree_hash(tree)) == (0, text.encode(), "", before)


def test_what_could_not_be_pinned_comes_back_as_it_was(tree: Path, peer: FakeRegistry) -> None:
    given = b"FROM node:22 AS a\nFROM gone:1\n"
    ran = run("pin", "-", "--stdin-filename", "Dockerfile", cwd=tree, stdin=given)
    assert (ran.code, ran.out) == (3, f"FROM node:22@{TWO} AS a\nFROM gone:1\n")
    assert ran.stderr.startswith("Dockerfile:2:6: error[not-found]: ")


def test_a_check_of_standard_input_answers_with_the_exit_code(tree: Path, peer: FakeRegistry) -> None:
    ran = run("pin", "-", "--check", cwd=tree, stdin=POD.format("nginx:1.27").encode())
    assert (ran.code, ran.out) == (1, "")
    assert not (tree / "pinner.lock").exists()


def test_a_dry_run_of_standard_input_leaves_no_lock(tree: Path, peer: FakeRegistry) -> None:
    ran = run("pin", "-", "--dry-run", cwd=tree, stdin=POD.format("nginx:1.27").encode())
    assert (ran.code, ran.out) == (0, POD.format(f"nginx:1.27@{ONE}"))
    assert not (tree / "pinner.lock").exists()


def test_a_patch_of_standard_input_names_it(tree: Path, peer: FakeRegistry) -> None:
    ran = run("pin", "-", "--diff", cwd=tree, stdin=POD.format("nginx:1.27").encode())
    assert ran.code == 1
    assert "--- a/stdin.yaml\n+++ b/stdin.yaml\n" in ran.out


def test_the_pinned_text_goes_to_the_output_file(tree: Path, peer: FakeRegistry) -> None:
    ran = run("pin", "-", "-o", tree / "out.yaml", cwd=tree, stdin=POD.format("nginx:1.27").encode())
    assert (ran.code, ran.out) == (0, "")
    assert (tree / "out.yaml").read_text() == POD.format(f"nginx:1.27@{ONE}")


@pytest.mark.parametrize("verb", ["pin", "check", "images"])
def test_a_text_that_no_format_takes_asks_for_a_name(tree: Path, verb: str) -> None:
    ran = run(verb, "-", cwd=tree, stdin=compose_text("nginx").encode())
    assert (ran.code, ran.out) == (2, "")
    assert ran.stderr == (
        "error: no format takes 'stdin.yaml'\n"
        "  name the format with --stdin-filename, for example compose.yaml or Dockerfile\n"
    )


def test_bytes_that_are_no_text_are_said_with_their_place(tree: Path) -> None:
    ran = run("check", "-", cwd=tree, stdin=b"a: \xff\n")
    assert ran.code == 2
    assert ran.stderr.startswith("error: stdin.yaml:1:4: not UTF-8")


def test_standard_input_is_checked_and_listed(tree: Path) -> None:
    given = b"FROM nginx:1.27\n"
    checked = run("check", "-", "--stdin-filename", "Dockerfile", cwd=tree, stdin=given)
    assert (checked.code, checked.out.splitlines()[0]) == (
        1,
        "Dockerfile:1:6: error[unpinned]: 'nginx:1.27' has no digest",
    )
    listed = run("images", "-", "--stdin-filename", "Dockerfile", cwd=tree, stdin=given)
    assert (listed.code, listed.out) == (0, "Dockerfile:1:6: nginx:1.27 [unpinned]\n")
