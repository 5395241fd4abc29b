"""Upkeep of the lockfile: its normal form, and entries that nothing uses."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pinner.commands.lock import format_lock
from pinner.commands.lock_prune import prune_lock
from pinner.errors import UsageError
from pinner.lock.model import Candidate, Lock
from pinner.lock.reading import parse_lock
from pinner.lock.rendering import render_lock
from tests.support.program import run, tree_hash
from tests.support.resolvers import digest_of
from tests.support.sources import compose_text, pin
from tests.support.trees import project_at, write, write_lock


def test_a_lock_in_normal_form_stays(tmp_path: Path) -> None:
    write_lock(tmp_path, pin("a.io/b:1"))
    project = project_at(tmp_path)
    before = tree_hash(tmp_path)
    result = format_lock(project)
    assert (result.would_change, result.patch, tree_hash(tmp_path)) == (False, "", before)


def test_a_lock_in_another_form_is_rewritten(tmp_path: Path) -> None:
    normal = write_lock(tmp_path, pin("a.io/b:1"))
    write(tmp_path, pinner_lock=normal.replace("\n", "\r\n").replace(" = ", "="))
    assert format_lock(project_at(tmp_path)).would_change
    assert (tmp_path / "pinner.lock").read_bytes() == normal.encode()


def test_without_writing_the_patch_is_shown(tmp_path: Path) -> None:
    normal = write_lock(tmp_path, pin("a.io/b:1"))
    write(tmp_path, pinner_lock=normal.replace("# end\n", ""))
    result = format_lock(project_at(tmp_path), writes=False)
    assert result.patch.endswith("+# end\n")
    assert (tmp_path / "pinner.lock").read_text() != normal


def test_where_there_is_none_the_way_to_one_is_shown(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^pinner\.lock does not exist$") as raised:
        format_lock(project_at(tmp_path))
    assert raised.value.hint == "run `pinner pin` to make it"


USED, UNUSED = "docker.io/library/nginx:1.27", "docker.io/library/gone:1"


def keys(root: Path) -> list[str]:
    return list(parse_lock((root / "pinner.lock").read_text(), "pinner.lock").pins)


def test_entries_that_are_used_stay_when_others_are_pruned(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"))
    before = write_lock(tmp_path, pin(USED), pin(f"{USED}#linux/arm64"))
    assert prune_lock(project_at(tmp_path)).keys == ()
    assert (tmp_path / "pinner.lock").read_text() == before
    write_lock(tmp_path, pin(USED), pin(UNUSED))
    assert prune_lock(project_at(tmp_path)).keys == (UNUSED,)
    assert keys(tmp_path) == [USED]


def test_an_entry_is_used_by_its_digest_too(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx@{digest_of('one')}"))
    write_lock(tmp_path, pin(USED, "one"), pin("docker.io/library/nginx:1.26", "two"))
    assert prune_lock(project_at(tmp_path)).keys == ("docker.io/library/nginx:1.26",)


def test_candidates_that_wait_go_with_their_entry(tmp_path: Path) -> None:
    candidate = Candidate(digest=digest_of("new"), seen=dt.date(2026, 11, 20))
    waiting = dict.fromkeys((UNUSED, USED, "docker.io/library/node:22", "docker.io/library/old:1"), (candidate,))
    write(tmp_path, compose_yaml=compose_text("nginx:1.27", f"node:22@{digest_of('held')}"))
    write(tmp_path, pinner_lock=render_lock(Lock.of([pin(USED), pin(UNUSED)]).with_pending(waiting)))
    assert prune_lock(project_at(tmp_path)).keys == (UNUSED, "docker.io/library/old:1")
    left = parse_lock((tmp_path / "pinner.lock").read_text(), "pinner.lock")
    assert (list(left.pins), list(left.pending)) == ([USED], [USED, "docker.io/library/node:22"])


@pytest.mark.parametrize("broken", ["a: {image: nginx:1.27\n", b"\xff image: nginx:1.27\n"])
def test_nothing_is_pruned_while_a_file_cannot_be_read(tmp_path: Path, broken: str | bytes) -> None:
    write(tmp_path, compose_yaml=broken)
    before = write_lock(tmp_path, pin(UNUSED))
    with pytest.raises(UsageError, match=r"cannot be read: compose\.yaml"):
        prune_lock(project_at(tmp_path))
    assert (tmp_path / "pinner.lock").read_text() == before


def test_a_preview_of_pruning_writes_nothing_and_applies(tmp_path: Path) -> None:
    before = write_lock(tmp_path, pin(UNUSED))
    write(tmp_path, pinner_toml="version = 1\n")
    checked = run("lock", "prune", "--check", cwd=tmp_path)
    assert (checked.code, checked.stdout) == (1, b"")
    assert f"would remove {UNUSED!r}" in checked.stderr
    shown = run("lock", "prune", "--diff", cwd=tmp_path)
    assert (shown.code, (tmp_path / "pinner.lock").read_text()) == (1, before)
    done = run("lock", "prune", cwd=tmp_path)
    assert (done.code, done.stderr, keys(tmp_path)) == (0, f"removed {UNUSED!r}\n", [])
    after = (tmp_path / "pinner.lock").read_text()
    assert [line[1:] for line in shown.out.splitlines() if line.startswith("-[")] == [f'[images."{UNUSED}"]']
    assert run("lock", "prune", "--check", cwd=tmp_path).code == 0
    assert (tmp_path / "pinner.lock").read_text() == after
