"""A disk that is full, or that may not be written: nothing is half done, and nothing is left behind (C11)."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.support.program import COMMAND, Ran, process_environment, run
from tests.torture.conftest import Mount
from tests.torture.scale import PATIENCE, chance, rounds
from tests.torture.trees import FILES, Tree, contents, make_frozen

pytestmark = pytest.mark.timeout(PATIENCE)

PAGE: Final = os.sysconf("SC_PAGE_SIZE")
UNKNOWN: Final = 65534


def assert_refused(tree: Tree, ran: Ran, *words: str) -> None:
    """See that the run told what stopped it, and left every byte as it was."""
    assert ran.code == 2, ran.stderr
    assert all(word in ran.stderr for word in words), ran.stderr
    assert contents(tree.root) == tree.before


def leave_free(folder: Path, pages: int) -> Path:
    """Fill the file system of a folder up to some pages; return the file that does it."""
    ballast = folder / "ballast"
    space = os.statvfs(folder)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(0, space.f_bavail * space.f_bsize - pages * PAGE))
    return ballast


@pytest.mark.parametrize("has_git", [False, True], ids=["", "the run's lock stands on it too"])
def test_a_full_disk_changes_nothing(tmp_path: Path, mount: Mount, *, has_git: bool) -> None:
    mount(tmp_path, "size=8m")
    tree = make_frozen(tmp_path / "tree")
    if has_git:
        subprocess.run(["git", "init", "--quiet"], cwd=tree.root, check=True)
    needed = len(tree.after) + 1
    here = chance("full disk", has_git)
    for free in [0, 1, *(here.randrange(needed) for _ in range(rounds(quick=4, full=200)))]:
        ballast = leave_free(tmp_path, free)
        ran = run("pin", "--frozen", cwd=tree.root)
        ballast.unlink()
        if ran.code == 0:  # small files may share what is there
            assert tree.count_new() == FILES
            tree.restore()
        else:
            assert_refused(tree, ran, "No space left on device", "the disk is full; nothing was changed")
    assert run("pin", "--frozen", cwd=tree.root).code == 0
    assert tree.count_new() == FILES


def test_a_limit_on_the_size_of_files_changes_nothing(tmp_path: Path) -> None:
    tree = make_frozen(tmp_path / "tree")
    smallest = min(len(tree.after[path]) for path in tree.changed)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (smallest - 1, smallest - 1))

    command = [*COMMAND, "pin", "--frozen"]
    environment = process_environment({"PYTHONDONTWRITEBYTECODE": "1"})
    done = subprocess.run(
        command, cwd=tree.root, env=environment, capture_output=True, check=False, timeout=300, preexec_fn=limit
    )
    assert_refused(tree, Ran(done.returncode, done.stdout, done.stderr.decode()), "File too large")


def test_a_folder_on_a_disk_that_is_read_only_changes_nothing_elsewhere(tmp_path: Path, mount: Mount) -> None:
    tree = make_frozen(tmp_path / "tree")
    path = max(tree.changed)
    folder = (tree.root / path).parent
    mount(folder, "size=1m")
    (tree.root / path).write_bytes(tree.before[path])
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    ran = run("pin", "--frozen", cwd=tree.root)
    assert_refused(tree, ran, f"{path}: the file is read-only")


@dataclass(frozen=True, slots=True)
class Nobody:
    """A user whom permissions bind."""

    tree: Tree

    def run(self, *arguments: str) -> Ran:
        done = subprocess.run(
            ("setpriv", f"--reuid={UNKNOWN}", f"--regid={UNKNOWN}", "--clear-groups", *COMMAND, *arguments),
            cwd=self.tree.root,
            env=process_environment({"PYTHONDONTWRITEBYTECODE": "1"}),
            capture_output=True,
            check=False,
            timeout=300,
        )
        return Ran(done.returncode, done.stdout, done.stderr.decode())


@pytest.fixture
def nobody() -> Iterator[Nobody]:
    """Somebody who owns a project and is not root."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        person = Nobody(make_frozen(Path(folder, "tree")))
        for place in (person.tree.root, *person.tree.root.rglob("*")):
            os.chown(place, UNKNOWN, UNKNOWN)
        ran = person.run("--version")
        if ran.code:
            pytest.skip(f"nobody but root can run pinner here: {ran.stderr[-200:]}")
        yield person


def test_a_folder_that_the_user_may_not_write_changes_nothing_elsewhere(nobody: Nobody) -> None:
    tree = nobody.tree
    path = max(tree.changed)
    folder = (tree.root / path).parent
    folder.chmod(0o555)
    ran = nobody.run("pin", "--frozen")
    assert_refused(tree, ran, f"{path}: cannot be written: Permission denied", "make the file and its folder readable")
    folder.chmod(0o755)
    assert nobody.run("pin", "--frozen").code == 0
    assert tree.count_new() == FILES


def test_files_that_the_user_may_not_write_or_read_are_said(nobody: Nobody) -> None:
    tree = nobody.tree
    first, last = sorted(tree.changed)[:2]
    (tree.root / first).chmod(0o444)
    assert_refused(tree, nobody.run("pin", "--frozen"), f"{first}: the file is read-only")
    (tree.root / first).chmod(0o644)
    (tree.root / last).chmod(0o000)
    ran = nobody.run("pin", "--frozen")
    assert ran.code == 1, ran.stderr  # the others are pinned
    assert f"{last}:1:1" in ran.stderr
    assert "cannot be read: Permission denied" in ran.stderr
    assert tree.count_new() == FILES - 1
