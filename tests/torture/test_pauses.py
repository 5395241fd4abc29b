"""A file changes at any moment of a run, between any two of its system calls: the change is kept, and said (C11)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from pinner.workspace.writing import is_temporary
from tests.torture.boundaries import Boundary, list_boundaries, missing_tracer, pause_at
from tests.torture.conftest import Note
from tests.torture.foreign import CHANGES, Change, is_kept
from tests.torture.scale import PATIENCE, chance, rounds
from tests.torture.trees import LOCK, VERBS, Tree, contents, make_tree, registry

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(PATIENCE)]

PAUSES: Final = rounds(quick=2, full=60)  # for each verb
MOST_TRIES: Final = 5 * PAUSES  # two runs of threads are never the same: some never come to the boundary
NEAR: Final = 12  # calls around the one that replaces a file


def choose(tree: Tree, boundaries: Sequence[Boundary], *about: object) -> Iterator[tuple[Boundary, str, Change]]:
    """Yield when to change which file how: half of them just before or after that very file is replaced."""
    here = chance(*about)
    paths = sorted(tree.changed)
    # Whoever changes the lock before it is read gets the normal form of that.
    start = 1 + next((place for place, one in enumerate(boundaries) if one.path.endswith(f"/{LOCK}")), 0) + NEAR
    replaced = {one.path: place for place, one in enumerate(boundaries) if one.name in {"rename", "renameat2"}}
    for number in range(MOST_TRIES):
        path = here.choice(paths)
        place = here.randrange(start if path == LOCK else 0, len(boundaries))
        if number % 2:
            place = replaced[str(tree.root / path)] + here.randint(-NEAR, NEAR)
        yield boundaries[min(place, len(boundaries) - 1)], path, here.choice(CHANGES)


def assert_kept(tree: Tree, path: str, change: Change, code: int, said: str) -> None:
    """See that the change is still there, that it was said where it came too late, and nothing else is damaged."""
    assert is_kept(change, tree.root / path), said
    assert code in {0, 1, 2}, said
    assert code == 0 or path in said
    assert "Traceback" not in said
    found = contents(tree.root)
    assert [name for name in found if is_temporary(name)] == []
    others = {name: content for name, content in found.items() if name in tree.before and name != path}
    assert all(content in {tree.before[name], tree.after[name]} for name, content in others.items())
    if path != LOCK and any(content != tree.before[name] for name, content in others.items()):
        assert found[LOCK] == tree.after[LOCK], "the lock comes first"


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_a_change_at_any_moment_is_kept(tmp_path: Path, verb: tuple[str, ...], note: Note) -> None:
    if missing := missing_tracer():
        pytest.skip(missing)
    codes: Counter[str] = Counter()
    with registry() as server:
        tree = make_tree(verb, tmp_path / "tree", server)
        boundaries = list_boundaries(tree.root, verb)
        for boundary, path, change in choose(tree, boundaries, "pauses", verb):
            if codes.total() == PAUSES:
                break
            tree.restore()
            ran = pause_at(tree.root, boundary, verb, partial(change, tree.root / path))
            if ran is not None:
                assert_kept(tree, path, change, ran.code, ran.stderr)
                codes[f"ended {ran.code}"] += 1
    note(f"changes of others while `{' '.join(verb)}` ran", codes)
    assert codes.total() == PAUSES
