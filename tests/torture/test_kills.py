"""`kill -9` before any system call of a run: every file is old or new, and the next run finishes (C11)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.registry.faulty import FaultyRegistry
from tests.registry.server import serving
from tests.support.program import run
from tests.torture.boundaries import Boundary, kill_at, list_boundaries, missing_tracer
from tests.torture.scale import PATIENCE, SEED, chance, rounds
from tests.torture.trees import FILES, Tree, contents, write_project

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(PATIENCE)]

SHARDS: Final = rounds(quick=2, full=8)
KILLS: Final = rounds(quick=4, full=75)  # in each shard
LOCK: Final = "pinner.lock"
# The calls that change something; most others are reads.
CHANGES: Final = frozenset({"rename", "fsync", "write", "unlink", "fchmod", "ftruncate", "flock", "sendto", "connect"})


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    """A project that is not pinned, and a registry that has all its images."""
    if missing := missing_tracer():
        pytest.skip(missing)
    with serving(FaultyRegistry(SEED, share=0, stalls=0).serve) as server:
        root = tmp_path / "tree"
        before = write_project(root, chance("project"), prefix=f"{server.host}/team/")
        assert run("pin", cwd=root).code == 0
        yield Tree(root, before, contents(root))


def choose(boundaries: Sequence[Boundary], *about: object) -> list[Boundary]:
    """Return where to kill: half of the moments before something changes, of every kind as many, half of all."""
    here = chance(*about)
    names = sorted(CHANGES & {one.name for one in boundaries})
    chosen = [here.choice(boundaries) for _ in range(KILLS // 2)]
    calls = {name: [one for one in boundaries if one.name == name] for name in names}
    return chosen + [here.choice(calls[name]) for name in here.choices(names, k=KILLS - len(chosen))]


def assert_the_next_run_finishes(tree: Tree) -> None:
    listed = json.loads(run("images", "--format", "json", cwd=tree.root).out)
    assert {one["path"] for one in listed["images"]} == tree.after.keys() - {"pinner.toml", LOCK}
    assert listed["skipped"] == []
    assert run("pin", cwd=tree.root).code == 0
    assert contents(tree.root) == tree.after


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_run_that_is_killed_leaves_files_old_or_new(tree: Tree, shard: int) -> None:
    is_frozen = shard % 2 == 1
    arguments = ("pin", "--frozen") if is_frozen else ("pin",)
    if is_frozen:
        tree = Tree(tree.root, {**tree.before, LOCK: tree.after[LOCK]}, tree.after)
    tree.restore()
    boundaries = list_boundaries(tree.root, *arguments)
    assert contents(tree.root) == tree.after
    seen: list[int] = []
    for boundary in choose(boundaries, "kills", shard):
        tree.restore()
        if kill_at(tree.root, boundary, *arguments):
            new = tree.count_new()
            assert new == 0 or contents(tree.root)[LOCK] == tree.after[LOCK], "the lock comes first"
            seen.append(new)
        assert_the_next_run_finishes(tree)
    print(f"\n{len(seen)} kills among {len(boundaries)} boundaries; new files: {sorted(seen)}")  # noqa: T201 - to look at
    assert len(seen) > KILLS * 0.8
    assert max(seen) <= FILES + 1
