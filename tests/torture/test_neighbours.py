"""Others at work in the same tree: what they wrote meanwhile is never overwritten, and two runs take turns (C11)."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import pytest

from pinner.workspace.writing import is_temporary
from tests.registry.faulty import FaultyRegistry
from tests.registry.server import Server, serving
from tests.support.program import COMMAND, process_environment, run
from tests.torture.scale import PATIENCE, SEED, chance, rounds
from tests.torture.trees import FILES, Tree, contents, make_frozen, write_project

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(PATIENCE)]

FOREIGN: Final = b"# somebody else was here\n"
Change = Callable[[Path], None]


def write_into(file: Path) -> None:
    with file.open("ab") as opened:
        opened.write(FOREIGN)


def put_another(file: Path) -> None:
    other = file.with_name("saving")
    other.write_bytes(FOREIGN + file.read_bytes())
    other.rename(file)


def empty(file: Path) -> None:
    file.write_bytes(b"")


def link_away(file: Path) -> None:
    target = file.with_name("target")
    target.write_bytes(FOREIGN)
    file.unlink()
    file.symlink_to(target)


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def make_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def make_read_only(file: Path) -> None:
    file.chmod(0o444)


CHANGES: Final[tuple[Change, ...]] = (
    write_into,
    put_another,
    empty,
    Path.unlink,
    link_away,
    make_folder,
    make_pipe,
    make_read_only,
)


class Swapper:
    """A registry that changes a file of the project before it answers: pinner has read it, and has not decided yet."""

    def __init__(self) -> None:
        self._registry = FaultyRegistry(SEED, share=0, stalls=0)
        self.change: Callable[[], object] = lambda: None

    def serving(self) -> AbstractContextManager[Server]:
        return serving(self._serve)

    def _serve(self, connection: socket.socket, head: str, number: int) -> None:
        change, self.change = self.change, lambda: None
        change()
        self._registry.serve(connection, head, number)


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_a_file_that_changed_between_read_and_write_stops_the_run(tmp_path: Path, change: Change) -> None:
    swapper = Swapper()
    with swapper.serving() as server:
        root = tmp_path / "tree"
        before = write_project(root, chance("swap"), prefix=f"{server.host}/team/")
        path = chance("swap", change.__name__).choice(sorted(before.keys() - {"pinner.toml"}))
        swapper.change = lambda: change(root / path)
        ran = run("pin", cwd=root)
    assert ran.code == 2, ran.stderr
    assert f"error: {path}: " in ran.stderr
    found = contents(root)
    assert {name: found[name] for name in before.keys() & found.keys() - {path}} == {
        name: content for name, content in before.items() if name != path
    }
    assert "pinner.lock" not in found
    assert [name for name in found if is_temporary(name)] == []
    assert found.get(path, b"") in {b"", FOREIGN, before[path], before[path] + FOREIGN, FOREIGN + before[path]}


@pytest.mark.parametrize("change", [write_into, put_another, Path.unlink, link_away], ids=lambda one: one.__name__)
def test_a_file_that_changes_while_others_are_replaced_is_kept(
    tmp_path: Path, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = make_frozen(tmp_path / "tree")
    path = max(tree.changed)
    replace, calls = os.replace, [0]

    def change_meanwhile(source: Path, target: Path) -> None:
        calls[0] += 1
        if calls[0] == 3:
            change(tree.root / path)
        replace(source, target)

    monkeypatch.setattr(os, "replace", change_meanwhile)
    ran = run("pin", "--frozen", cwd=tree.root)
    assert ran.code == 2, ran.stderr
    assert f"error: {path}: changed while pinner was working" in ran.stderr
    assert f"{FILES - 1} of {FILES} files were written; run pinner again to finish" in ran.stderr
    found = contents(tree.root)
    assert found.get(path) != tree.after[path]
    assert [name for name in found if is_temporary(name)] == []
    assert all(found[name] == tree.after[name] for name in tree.changed - {path})


@pytest.mark.parametrize("number", range(rounds(quick=2, full=60)))
def test_runs_at_the_same_time_take_turns(tmp_path: Path, number: int) -> None:
    tree = make_frozen(tmp_path / "tree")
    runs = 2 + number % 3
    started = [
        subprocess.Popen(
            (*COMMAND, "pin", "--frozen"),
            cwd=tree.root,
            env=process_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(runs)
    ]
    ended = [(one.communicate(timeout=100)[1].decode(), one.returncode) for one in started]
    assert [code for _, code in ended] == [0] * runs, ended
    assert contents(tree.root) == tree.after


@pytest.mark.parametrize("number", range(rounds(quick=1, full=20)))
def test_a_run_that_is_killed_gives_its_turn_to_the_next_at_once(tmp_path: Path, number: int) -> None:
    tree = make_frozen(tmp_path / "tree")
    command = (*COMMAND, "pin", "--frozen")
    first, second = (
        subprocess.Popen(
            command, cwd=tree.root, env=process_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for _ in range(2)
    )
    with pytest.raises(subprocess.TimeoutExpired):
        first.wait(chance("turns", number).uniform(0.1, 0.3))
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=100)
    said = second.communicate(timeout=100)[1].decode()
    assert second.returncode == 0, said
    assert contents(tree.root) == tree.after


def test_a_copy_of_the_tree_is_a_tree_of_its_own(tmp_path: Path) -> None:
    tree = make_frozen(tmp_path / "tree")
    copy = Tree(tmp_path / "copy", tree.before, tree.after)
    shutil.copytree(tree.root, copy.root)
    assert run("pin", "--frozen", cwd=copy.root).code == 0
    assert (tree.count_new(), copy.count_new()) == (0, FILES)
