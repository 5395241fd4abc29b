"""`kill -9` before any system call of a run: every file is old or new, and the next run finishes (C11)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.support.program import run
from tests.torture.boundaries import Boundary, kill_at, list_boundaries, missing_tracer
from tests.torture.conftest import Note
from tests.torture.scale import PATIENCE, chance, rounds
from tests.torture.trees import (
    FILES,
    FORMAT,
    FROZEN,
    LOCK,
    PIN,
    UNPIN,
    UPDATE,
    VERBS,
    Tree,
    contents,
    make_tree,
    registry,
)

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(PATIENCE)]

KILLS: Final = rounds(quick=2, full=50)  # in each shard
MOST_TRIES: Final = 5 * KILLS  # two runs of threads are never the same: some end before they come to the boundary
SHARDS: Final = dict.fromkeys(VERBS, 1) | (
    {PIN: 7, FROZEN: 4, UPDATE: 2, UNPIN: 1, FORMAT: 1} if rounds(quick=0, full=1) else {}
)
# The calls that change something; most others are reads.
CHANGES: Final = frozenset({
    *("rename", "renameat2", "link", "unlink", "openat", "write", "fsync", "fchmod", "ftruncate", "flock"),
    *("sendto", "connect", "clone3"),
})  # fmt: skip


def choose(boundaries: Sequence[Boundary], *about: object) -> Iterator[Boundary]:
    """Yield where to kill: half of the moments before something changes, of every kind as many, half of all."""
    here = chance(*about)
    calls = [[one for one in boundaries if one.name == name] for name in sorted(CHANGES)]
    kinds = [one for one in calls if one]
    for _ in range(MOST_TRIES // 2):
        yield here.choice(boundaries)
        yield here.choice(here.choice(kinds))


def assert_the_next_run_finishes(tree: Tree, verb: Sequence[str]) -> None:
    listed = json.loads(run("images", "--format", "json", cwd=tree.root).out)
    assert {one["path"] for one in listed["images"]} == tree.after.keys() - {"pinner.toml", LOCK}
    assert listed["skipped"] == []
    assert run(*verb, cwd=tree.root).code == 0
    assert contents(tree.root) == tree.after


@pytest.mark.parametrize(
    ("verb", "shard"),
    [pytest.param(verb, shard, id=f"{' '.join(verb)}-{shard}") for verb in VERBS for shard in range(SHARDS[verb])],
)
def test_a_run_that_is_killed_leaves_files_old_or_new(
    tmp_path: Path, verb: tuple[str, ...], shard: int, note: Note
) -> None:
    if missing := missing_tracer():
        pytest.skip(missing)
    killed: Counter[str] = Counter()
    with registry() as server:
        tree = make_tree(verb, tmp_path / "tree", server)
        boundaries = list_boundaries(tree.root, verb)
        assert contents(tree.root) == tree.after
        for boundary in choose(boundaries, "kills", verb, shard):
            if killed.total() == KILLS:
                break
            tree.restore()
            if kill_at(tree.root, boundary, verb):
                new = tree.count_new()
                assert new <= FILES + 1
                assert new == 0 or contents(tree.root)[LOCK] == tree.after[LOCK], "the lock comes first"
                killed[boundary.name] += 1
            assert_the_next_run_finishes(tree, verb)
    note(f"kills of `{' '.join(verb)}` before", killed)
    assert killed.total() == KILLS
