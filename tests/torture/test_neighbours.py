"""Others at work in the same tree: what they wrote meanwhile is never overwritten, and two runs take turns (C11)."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import pytest

from pinner.workspace.writing import is_temporary
from tests.registry.faulty import FaultyRegistry
from tests.registry.server import Server, serving
from tests.support.program import COMMAND, process_environment, run
from tests.torture.foreign import CHANGES, MARK, Change
from tests.torture.scale import PATIENCE, SEED, chance, rounds
from tests.torture.trees import FILES, Tree, contents, make_frozen, write_project

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(PATIENCE)]


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
    assert found.get(path, b"") in {b"", MARK, before[path], before[path] + MARK, MARK + before[path]}


# The program, which stops for ever where it is about to replace its n-th file, and says so before.
STOPPING: Final = """
import os, sys, time
from pinner.workspace import writing

put, left = writing._put, [int(sys.argv.pop(1))]

def stop_or_put(staged):
    if left[0] == 0:
        os.write(2, b"here\\n")
        time.sleep(1000)
    left[0] -= 1
    return put(staged)

writing._put = stop_or_put
from pinner.cli import main
main()
"""


def begin(tree: Tree, *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        (*command, "pin", "--frozen"),
        cwd=tree.root,
        env=process_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("number", range(rounds(quick=2, full=60)))
def test_runs_at_the_same_time_take_turns(tmp_path: Path, number: int) -> None:
    tree = make_frozen(tmp_path / "tree")
    runs = 2 + number % 3
    started = [begin(tree, *COMMAND) for _ in range(runs)]
    ended = [(one.communicate(timeout=300)[1].decode(), one.returncode) for one in started]
    assert [code for _, code in ended] == [0] * runs, ended
    assert contents(tree.root) == tree.after


@pytest.mark.parametrize("number", range(rounds(quick=1, full=20)))
def test_a_run_that_is_killed_gives_its_turn_to_the_next_at_once(tmp_path: Path, number: int) -> None:
    tree = make_frozen(tmp_path / "tree")
    limit = chance("turns", number).randrange(FILES)
    with begin(tree, sys.executable, "-c", STOPPING, str(limit)) as first:
        try:
            assert first.stderr is not None
            assert first.stderr.readline() == b"here\n"
            second = begin(tree, *COMMAND)
            assert second.stderr is not None
            assert b"waiting for another run of pinner" in second.stderr.readline()
            assert tree.count_new() == limit
        finally:
            first.kill()
    said = second.communicate(timeout=300)[1].decode()
    assert second.returncode == 0, said
    assert contents(tree.root) == tree.after


def test_a_copy_of_the_tree_is_a_tree_of_its_own(tmp_path: Path) -> None:
    tree = make_frozen(tmp_path / "tree")
    copy = Tree(tmp_path / "copy", tree.before, tree.after)
    shutil.copytree(tree.root, copy.root)
    assert run("pin", "--frozen", cwd=copy.root).code == 0
    assert (tree.count_new(), copy.count_new()) == (0, FILES)
