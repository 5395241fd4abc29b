"""Files that are no lockfile, where one is expected: said clearly, never changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import run, tree_hash
from tests.support.resolvers import FakeRegistry, digest_of
from tests.support.sources import compose_text
from tests.support.trees import write
from tests.test_lock_imports import DOCKER_LOCK, KBLD

VERBS = [
    ("check",),
    ("pin",),
    ("update",),
    ("lock", "fmt"),
    ("lock", "prune"),
    ("lock", "import"),
    ("explain", "nginx"),
]
CONFIGURATION = 'version = 1\nexclude = ["vendor/**"]\n'
FOREIGN = {
    "docker-lock.json": (DOCKER_LOCK, "docker-lock.json:1: this is JSON, not pinner's lockfile"),
    "kbld.lock.yml": (KBLD, "kbld.lock.yml:1: this is not pinner's lockfile, and no TOML"),
    "uv.lock": ('version = 1\n[[package]]\nname = "a"\n', "uv.lock:2: package: this is the lockfile of another tool"),
    "pinner.toml": (CONFIGURATION, "pinner.toml:2: exclude: this is not pinner's lockfile"),
    "newer.lock": ("version = 2\n[[image]]\n", "newer.lock:1: needs a newer pinner: lockfile version 2"),
    "empty.lock": ("", "empty.lock:1: version is missing"),
}


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_that_is_no_lockfile_is_refused_by_every_verb_and_stays(
    tmp_path: Path, peer: FakeRegistry, name: str, verb: tuple[str, ...]
) -> None:
    text, message = FOREIGN[name]
    write(tmp_path, pinner_toml=CONFIGURATION, compose_yaml=compose_text(f"nginx:1.27@{digest_of('one')}", "node:22"))
    (tmp_path / name).write_text(text)
    before = tree_hash(tmp_path)
    ran = run(*verb, "--lockfile", name, cwd=tmp_path)
    assert (ran.code, ran.out, peer.asked) == (2, "", [])
    assert message in ran.stderr
    assert tree_hash(tmp_path) == before


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_a_folder_is_no_lockfile(tmp_path: Path, verb: tuple[str, ...]) -> None:
    write(tmp_path, pinner_toml="version = 1\n", compose_yaml=compose_text("nginx:1.27"))
    (tmp_path / "pinner.lock").mkdir()
    ran = run(*verb, cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert "pinner.lock: cannot be read: Is a directory" in ran.stderr
