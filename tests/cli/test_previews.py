from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.program import run, tree_hash
from tests.support.resolvers import FakeRegistry, digest_of
from tests.support.sources import compose_text, pin
from tests.support.trees import write, write_lock
from tests.workspace.trees import git

NGINX, NODE = "docker.io/library/nginx:1.27", "docker.io/library/node:22"
ONE, TWO = digest_of("one"), digest_of("two")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A git work tree with two files and two images, neither pinned."""
    git(tmp_path, "init", "--quiet")
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"), deploy__Dockerfile=b"FROM node:22 AS a\r\nRUN x")
    return tmp_path


def apply_patch(root: Path, patch: bytes) -> None:
    for flags in (("--check",), ()):
        subprocess.run(["git", "apply", *flags, "-"], cwd=root, input=patch, check=True, capture_output=True)


@pytest.mark.parametrize("flags", [["--check"], ["--diff"], ["--dry-run"], ["--check", "--diff"]])
@pytest.mark.parametrize("verb", ["pin", "update"])
def test_a_preview_of_a_finished_tree_is_0_and_silent(
    tree: Path, peer: FakeRegistry, verb: str, flags: list[str]
) -> None:
    assert run("pin", cwd=tree).code == 0
    before = tree_hash(tree)
    ran = run(verb, *flags, cwd=tree)
    assert (ran.code, ran.out, tree_hash(tree)) == (0, "", before)
    assert ran.stderr.startswith(f"would have {verb.rstrip('e')}" if verb == "update" else "would have pinned 0")


@pytest.mark.parametrize(("flag", "code"), [("--check", 1), ("--diff", 1), ("--dry-run", 0)])
def test_a_preview_writes_nothing(tree: Path, peer: FakeRegistry, flag: str, code: int) -> None:
    before = tree_hash(tree)
    ran = run("pin", flag, cwd=tree)
    assert (ran.code, tree_hash(tree)) == (code, before)
    assert ran.stderr == "would have pinned 2 references in 2 files\n"
    assert str(ONE) in ran.out


@pytest.mark.parametrize("flag", ["--check", "--diff", "--dry-run"])
def test_a_preview_of_an_update_writes_nothing(tree: Path, peer: FakeRegistry, flag: str) -> None:
    run("pin", cwd=tree)
    before = tree_hash(tree)
    peer.tags[NGINX] = "moved"
    ran = run("update", flag, cwd=tree)
    assert (ran.code, tree_hash(tree)) == (0 if flag == "--dry-run" else 1, before)
    assert ran.stderr == "would have updated 1 reference in 1 file\n"


def test_a_patch_makes_the_very_bytes_that_pin_writes(tree: Path, peer: FakeRegistry) -> None:
    patch = run("pin", "--diff", cwd=tree).stdout
    assert patch.startswith(b"diff --git a/pinner.lock b/pinner.lock\nnew file mode 100644\n")
    apply_patch(tree, patch)
    applied = tree_hash(tree)
    assert (tree / "deploy/Dockerfile").read_bytes() == f"FROM node:22@{TWO} AS a\r\nRUN x".encode()
    ran = run("pin", cwd=tree)
    assert (ran.code, ran.out, tree_hash(tree)) == (0, "", applied)


def test_a_patch_of_an_update_applies_to_files_and_lock(tree: Path, peer: FakeRegistry) -> None:
    run("pin", cwd=tree)
    peer.tags[NGINX] = "moved"
    apply_patch(tree, run("update", "--diff", cwd=tree).stdout)
    assert (tree / "compose.yaml").read_text() == compose_text(f"nginx:1.27@{digest_of('moved')}")
    assert run("check", cwd=tree).code == 0


def test_a_patch_goes_to_the_output_file(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, peer: FakeRegistry
) -> None:
    patch = tmp_path_factory.mktemp("out") / "x.patch"
    ran = run("pin", "--diff", "--output", patch, cwd=tree)
    assert (ran.code, ran.out) == (1, "")
    apply_patch(tree, patch.read_bytes())


def test_a_patch_cannot_hold_a_lockfile_outside_of_the_tree(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, peer: FakeRegistry
) -> None:
    elsewhere = tmp_path_factory.mktemp("locks") / "x.lock"
    ran = run("pin", "--diff", "--lockfile", elsewhere, cwd=tree)
    assert ran.code == 2
    assert ran.stderr.startswith("error: --diff cannot show a lockfile outside of the tree\n  leave --lockfile out")
    assert not elsewhere.exists()


@pytest.mark.parametrize(("encoding", "mark"), [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")])
def test_a_file_that_git_takes_for_binary_does_not_spoil_the_patch(
    tree: Path, peer: FakeRegistry, encoding: str, mark: bytes
) -> None:
    write(tree, compose_yaml=mark + compose_text("nginx:1.27").encode(encoding))
    ran = run("pin", "--diff", cwd=tree)
    assert f"compose.yaml: {encoding.upper()} makes a binary patch, which git alone applies\n" in ran.stderr
    apply_patch(tree, ran.stdout)
    assert (tree / "compose.yaml").read_bytes() == mark + compose_text(f"nginx:1.27@{ONE}").encode(encoding)
    applied = tree_hash(tree)
    assert (run("pin", cwd=tree).code, tree_hash(tree)) == (0, applied)


def test_a_patch_names_the_file_behind_a_link(tree: Path, peer: FakeRegistry) -> None:
    write(tree, deploy__services=compose_text("nginx:1.27"))
    (tree / "link.compose.yaml").symlink_to("deploy/services")
    patch = run("pin", "--diff", "link.compose.yaml", cwd=tree).stdout
    assert b"link.compose.yaml" not in patch
    apply_patch(tree, patch)
    assert (tree / "link.compose.yaml").is_symlink()
    assert (tree / "deploy/services").read_text() == compose_text(f"nginx:1.27@{ONE}")
    peer.tags[NGINX] = "moved"
    apply_patch(tree, run("update", "--diff", "link.compose.yaml", cwd=tree).stdout)
    assert (tree / "deploy/services").read_text() == compose_text(f"nginx:1.27@{digest_of('moved')}")


def test_a_patch_names_the_lockfile_behind_a_link(tree: Path, peer: FakeRegistry) -> None:
    write(tree, locks__images="version = 1\n\n# end\n")
    (tree / "pinner.lock").symlink_to("locks/images")
    apply_patch(tree, run("pin", "--diff", cwd=tree).stdout)
    assert NGINX in (tree / "locks/images").read_text()
    assert run("check", cwd=tree).code == 0


@pytest.mark.parametrize(("flag", "code", "word"), [("--frozen", 1, "not-locked"), ("--offline", 3, "offline")])
def test_without_the_network_the_lock_is_used_and_the_rest_is_said(
    tree: Path, peer: FakeRegistry, flag: str, code: int, word: str
) -> None:
    write_lock(tree, pin(NGINX, "one"))
    lock = (tree / "pinner.lock").read_bytes()
    ran = run("pin", flag, cwd=tree)
    assert (ran.code, peer.opened) == (code, [])
    assert ran.stderr.startswith(f"deploy/Dockerfile:1:6: error[{word}]: {NODE} ")
    assert (tree / "compose.yaml").read_text() == compose_text(f"nginx:1.27@{ONE}")
    assert (tree / "pinner.lock").read_bytes() == lock


@pytest.mark.parametrize("flag", ["--frozen", "--offline"])
def test_without_the_network_a_lock_that_has_all_is_enough(tree: Path, peer: FakeRegistry, flag: str) -> None:
    write_lock(tree, pin(NGINX, "one"), pin(NODE, "two"))
    assert (run("pin", flag, cwd=tree).code, run("check", cwd=tree).code, peer.opened) == (0, 0, [])


def test_an_update_that_may_not_ask_is_3_and_changes_nothing(tree: Path, peer: FakeRegistry) -> None:
    run("pin", cwd=tree)
    before = tree_hash(tree)
    ran = run("update", "--offline", cwd=tree)
    assert (ran.code, tree_hash(tree)) == (3, before)
    assert "compose.yaml:3:12: error[offline]: " in ran.stderr


def test_lock_fmt_shows_and_checks_before_it_writes(tree: Path) -> None:
    normal = write_lock(tree, pin(NGINX, "one"))
    assert run("lock", "fmt", "--check", cwd=tree).code == 0
    write(tree, pinner_lock=normal.replace(" = ", "="))
    before = tree_hash(tree)
    checked = run("lock", "fmt", "--check", cwd=tree)
    assert (checked.code, tree_hash(tree)) == (1, before)
    assert (checked.out, checked.stderr) == ("", "pinner.lock is not in its normal form; run `pinner lock fmt`\n")
    shown = run("lock", "fmt", "--diff", cwd=tree)
    assert (shown.code, tree_hash(tree)) == (1, before)
    apply_patch(tree, shown.stdout)
    assert (tree / "pinner.lock").read_text() == normal
    write(tree, pinner_lock=normal.replace(" = ", "="))
    assert run("lock", "fmt", cwd=tree).code == 0
    assert (tree / "pinner.lock").read_text() == normal


def test_a_lockfile_elsewhere_is_written_there(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, peer: FakeRegistry
) -> None:
    elsewhere = tmp_path_factory.mktemp("locks") / "x.lock"
    assert run("pin", "--lockfile", elsewhere, cwd=tree).code == 0
    assert NGINX in elsewhere.read_text()
    assert not (tree / "pinner.lock").exists()
    assert run("check", cwd=tree, environ={"PINNER_LOCKFILE": str(elsewhere)}).code == 0
