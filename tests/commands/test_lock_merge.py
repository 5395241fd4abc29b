"""Merges by real git, without the driver and with it: a conflict where one must be, and never a silent wrong lock."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pinner.commands.lock_merge import merge_files, resolve_lock
from pinner.errors import LockError, UsageError
from pinner.lock.conflicts import find_conflict
from pinner.lock.merging import Side, merge_locks
from pinner.lock.model import Candidate, Lock, Pin, candidates_after
from pinner.lock.reading import parse_lock
from pinner.lock.rendering import render_lock
from tests.support.program import run
from tests.support.resolvers import digest_of
from tests.support.sources import pin
from tests.support.trees import project_at, write
from tests.workspace.trees import commit, git

IMAGES = [f"docker.io/library/app{number:02}:1" for number in range(34)]
BASE = Lock.of(pin(key, "old") for key in IMAGES)
Change = Callable[[Lock], Lock]


def move(*numbers: int, to: str = "new") -> Change:
    return lambda lock: lock.with_pins(pin(IMAGES[number], to) for number in numbers)


def add(key: str, word: str = "new") -> Change:
    return lambda lock: lock.with_pin(pin(key, word))


def remove(number: int) -> Change:
    return lambda lock: lock.without(IMAGES[number])


def see(number: int, *words: str, day: int = 20) -> Change:
    """Return what puts candidates behind those that wait, one a day."""

    def change(lock: Lock) -> Lock:
        key = IMAGES[number]
        new = (
            Candidate(digest=digest_of(word), seen=dt.date(2026, 11, day + later)) for later, word in enumerate(words)
        )
        return lock.with_pending({key: (*lock.pending.get(key, ()), *new)})

    return change


def accept(number: int, word: str) -> Change:
    """Return what moves an image to one of its candidates."""

    def change(lock: Lock) -> Lock:
        key = IMAGES[number]
        left = candidates_after(lock.pending.get(key, ()), digest_of(word))
        return lock.with_pin(pin(key, word)).with_pending({key: left})

    return change


def withdraw(number: int) -> Change:
    return lambda lock: lock.with_pending({IMAGES[number]: ()})


def both(first: Change, second: Change) -> Change:
    return lambda lock: second(first(lock))


def bump(number: int) -> Change:
    key = IMAGES[number]
    return lambda lock: lock.without(key).with_pin(pin(f"{key}.1"))


# Each with what a merge without the driver makes of it, and whether the driver must leave a conflict, too.
SCENARIOS = {
    "two neighbours move": (move(4), move(5), "clean", False),
    "two far ones move": (move(4), move(20), "clean", False),
    "one adds behind the one that moves": (add(f"{IMAGES[4]}a"), move(4), "clean", False),
    "one removes before the one that moves": (remove(4), move(5), "clean", False),
    "one bumps the tag before the one that moves": (bump(4), move(5), "clean", False),
    "even and odd ones move": (move(*range(0, 34, 2)), move(*range(1, 34, 2)), "clean", False),
    "both move one to the same": (move(4), move(4), "clean", False),
    "both add the same": (add(f"{IMAGES[4]}a"), add(f"{IMAGES[4]}a"), "clean", False),
    "both remove the same": (remove(4), remove(4), "clean", False),
    "one adds behind the last, which moves": (add(f"{IMAGES[33]}a"), move(33), "clean", False),
    "one adds a first one, one a last one": (add("a.io/a:1"), add("z.io/z:1"), "clean", False),
    "one adds a platform of the one that moves": (add(f"{IMAGES[4]}#linux/arm64"), move(4), "clean", False),
    "both add into one gap": (add(f"{IMAGES[4]}a"), add(f"{IMAGES[4]}b"), "conflict", False),
    "one removes what the other one moves": (remove(4), move(4), "conflict", False),
    "both move one differently": (move(4), move(4, to="other"), "conflict", True),
    "both add one differently": (add("z.io/z:1"), add("z.io/z:1", "other"), "conflict", True),
}

# The same of what waits: what both sides start from, too. With the driver, candidates never clash.
WAITING = both(see(4, "one", "two", "three"), see(20, "one"))
PENDING_SCENARIOS: dict[str, tuple[Change, Change, str, bool]] = {
    "one sees a digest, the other one moves": (see(30, "four"), move(30, to="other"), "clean", False),
    "two images are seen to move": (see(4, "four", day=24), see(20, "two", day=24), "clean", False),
    "both see the same on the same day": (see(4, "four", day=24), see(4, "four", day=24), "clean", False),
    "one accepts, the other one sees another": (accept(4, "one"), see(4, "four", day=24), "clean", False),
    "one accepts, another image moves": (accept(4, "two"), move(5), "clean", False),
    "both accept the same": (accept(4, "two"), accept(4, "two"), "clean", False),
    "one withdraws, the other one moves": (withdraw(4), move(4), "clean", False),
    "one accepts the last, the other one sees another": (accept(4, "three"), see(4, "four", day=24), "any", False),
    "one withdraws, the other one sees another": (withdraw(4), see(4, "four", day=24), "any", False),
    "both see the same on different days": (see(4, "four", day=24), see(4, "four", day=25), "conflict", False),
    "both see different ones": (see(4, "four", day=24), see(4, "five", day=24), "conflict", False),
    "both accept differently": (accept(4, "one"), accept(4, "two"), "conflict", True),
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose last commit has the base lock."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    write(tmp_path, pinner_toml="version = 1\n", pinner_lock=render_lock(BASE))
    commit(tmp_path)
    return tmp_path


def merge(root: Path, ours: Lock, theirs: Lock) -> bool:
    """Commit each lock on a branch of its own and merge; return whether git found no conflict."""
    git(root, "switch", "--quiet", "--create", "theirs")
    write(root, pinner_lock=render_lock(theirs))
    commit(root)
    git(root, "switch", "--quiet", "main")
    write(root, pinner_lock=render_lock(ours))
    commit(root)
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "merge", "--quiet", "--no-edit", "theirs"],
        cwd=root,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def switch_driver_on(root: Path) -> None:
    write(root, _gitattributes="pinner.lock merge=pinner\n")
    git(root, "config", "merge.pinner.name", "pinner")
    git(root, "config", "merge.pinner.driver", f"{sys.executable} -m pinner lock merge %O %A %B %P")
    commit(root)


def read(root: Path) -> str:
    return (root / "pinner.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SCENARIOS)
def test_without_the_driver_git_conflicts_only_where_it_must(repository: Path, name: str) -> None:  # H01
    left, right, expected, _ = SCENARIOS[name]
    ours, theirs = left(BASE), right(BASE)
    is_clean = merge(repository, ours, theirs)
    assert is_clean == (expected == "clean")
    if is_clean:
        assert read(repository) == render_lock(merge_locks(BASE, ours, theirs).lock)
    else:
        assert find_conflict(read(repository)) is not None


@pytest.mark.parametrize("name", SCENARIOS)
def test_with_the_driver_only_two_moves_of_one_image_conflict(repository: Path, name: str) -> None:  # H01
    left, right, _, must_conflict = SCENARIOS[name]
    switch_driver_on(repository)
    ours, theirs = left(BASE), right(BASE)
    assert merge(repository, ours, theirs) != must_conflict
    merged = merge_locks(BASE, ours, theirs)
    if must_conflict:
        assert read(repository).count("<<<<<<< ") == len(merged.clashes) == 1
    else:
        assert read(repository) == render_lock(merged.lock)


@pytest.mark.parametrize("name", [name for name, one in SCENARIOS.items() if one[2] == "conflict"])
@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_what_git_left_in_conflict_is_solved_by_entries(repository: Path, name: str, style: str) -> None:  # H01
    git(repository, "config", "merge.conflictStyle", style)
    left, right, _, must_conflict = SCENARIOS[name]
    ours, theirs = left(BASE), right(BASE)
    assert not merge(repository, ours, theirs)
    done = run("lock", "resolve", cwd=repository)
    merged = merge_locks(BASE, ours, theirs)
    if must_conflict:
        assert (done.code, "<<<<<<< " in read(repository)) == (1, True)
        assert "both branches moved" in done.stderr
        assert run("lock", "resolve", "--take", "theirs", cwd=repository).code == 0
        assert read(repository) == render_lock(merged.lock.with_pins(one.theirs for one in merged.clashes))
    else:
        assert (done.code, read(repository)) == (0, render_lock(merged.lock))
        assert "git add pinner.lock" in done.stderr


def test_a_lock_that_both_branches_made_is_merged(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    write(tmp_path, pinner_toml="version = 1\n")
    commit(tmp_path)
    switch_driver_on(tmp_path)
    ours, theirs = Lock.of([pin(IMAGES[0])]), Lock.of([pin(IMAGES[1])])
    assert merge(tmp_path, ours, theirs)
    assert read(tmp_path) == render_lock(Lock.of([pin(IMAGES[0]), pin(IMAGES[1])]))


def test_a_side_that_cannot_be_read_is_left_to_people(tmp_path: Path) -> None:
    ours = render_lock(BASE)
    write(tmp_path, base=ours, ours=ours, theirs="version = 9\n")
    with pytest.raises(LockError, match=r"^pinner\.lock \(theirs\):1: needs a newer pinner"):
        merge_files(tmp_path / "base", tmp_path / "ours", tmp_path / "theirs", name="pinner.lock")
    assert (tmp_path / "ours").read_text() == f"<<<<<<< ours\n{ours}=======\nversion = 9\n>>>>>>> theirs\n"


@pytest.mark.parametrize("side", list(Side))
def test_a_side_is_taken_for_every_clash(tmp_path: Path, side: Side) -> None:
    entry = f'[images."{IMAGES[0]}"]\n'
    ours, theirs = (str(pin(IMAGES[0], word).digest) for word in ("one", "two"))
    head, foot = render_lock(Lock.empty()).split("\n\n")
    both = f'<<<<<<< HEAD\ndigest = "{ours}"\n=======\ndigest = "{theirs}"\n>>>>>>> theirs\n'
    write(tmp_path, pinner_lock=f"{head}\n\n{entry}{both}\n{foot}")
    assert resolve_lock(project_at(tmp_path), side=side).clashes == ()
    chosen = {Side.OURS: ours, Side.THEIRS: theirs}[side]
    assert [str(one.digest) for one in locked(tmp_path).values()] == [chosen]


def locked(root: Path) -> dict[str, Pin]:
    return dict(parse_lock(read(root), "pinner.lock").pins)


def test_a_lock_without_conflicts_is_left_as_it_is(tmp_path: Path) -> None:
    text = render_lock(BASE).replace(" = ", "=")
    write(tmp_path, pinner_toml="version = 1\n", pinner_lock=text)
    done = run("lock", "resolve", cwd=tmp_path)
    assert (done.code, done.stderr, read(tmp_path)) == (0, "pinner.lock has no conflict\n", text)


def test_where_there_is_no_lock_nothing_can_be_resolved(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        resolve_lock(project_at(tmp_path))


def test_check_names_the_command_that_solves_a_conflict(tmp_path: Path) -> None:
    write(tmp_path, pinner_toml="version = 1\n", pinner_lock=f"{render_lock(BASE)}<<<<<<< HEAD\n")
    done = run("check", cwd=tmp_path)
    line = render_lock(BASE).count("\n") + 1
    assert done.code == 2
    assert f"pinner.lock:{line}:1: error[lock-conflict]: the lockfile holds a merge conflict" in done.out
    assert "pinner lock resolve" in done.out


@pytest.mark.parametrize("has_driver", [False, True], ids=["without the driver", "with the driver"])
@pytest.mark.parametrize("name", PENDING_SCENARIOS)
def test_what_waits_is_merged_by_its_digest(repository: Path, name: str, *, has_driver: bool) -> None:  # H01, H03
    left, right, expected, must_conflict = PENDING_SCENARIOS[name]
    base = WAITING(BASE)
    write(repository, pinner_lock=render_lock(base))
    commit(repository)
    if has_driver:
        switch_driver_on(repository)
    ours, theirs = left(base), right(base)
    is_clean = merge(repository, ours, theirs)
    merged = merge_locks(base, ours, theirs)
    assert bool(merged.clashes) == must_conflict
    if expected != "any" or has_driver:
        assert is_clean == (not must_conflict if has_driver else expected == "clean")
    if is_clean:
        assert read(repository) == render_lock(merged.lock)
        return
    done = run("lock", "resolve", *(["--take", "ours"] if must_conflict else []), cwd=repository)
    assert (done.code, read(repository)) == (0, render_lock(merged.taking(Side.OURS).lock))
