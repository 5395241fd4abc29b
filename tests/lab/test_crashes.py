"""`kill -9` in the middle of `pinner pin`: every file is old or new, and the next run finishes."""

from __future__ import annotations

import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

from tests.lab.images import push_tiny
from tests.lab.processes import wait_for
from tests.lab.program import begin, environment, pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.trees import contents, push_four_formats, without_digests, write_four_formats, write_images

FILES: Final = 5  # the lock and four files
# The installed program, killed where it is about to replace its n-th file.
DYING: Final = """
import os, signal, sys
from pinner.workspace import writing

put, left = writing._put, [int(sys.argv.pop(1))]

def die_or_put(staged):
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return put(staged)

writing._put = die_or_put
from pinner.cli import main
main()
"""


def _assert_sound(root: Path, before: dict[str, bytes]) -> int:
    """See that every file is old or wholly new and the lock can be read; return how many files are new."""
    after = {path: text for path, text in contents(root).items() if not path.rpartition("/")[2].startswith(".pinner-")}
    assert without_digests(after) == before
    for path, text in after.items():
        assert text == before[path] or b"@sha256:" in text
    lock = root / "pinner.lock"
    if lock.exists():
        assert tomllib.loads(lock.read_text(encoding="utf-8"))["version"] == 1
    return sum(after[path] != before[path] for path in before)


def _assert_finished(root: Path, before: dict[str, bytes]) -> None:
    assert pinner("pin", cwd=root).code == 0
    assert without_digests(contents(root)) == before  # no leftover either
    assert pinner("check", cwd=root).code == 0


@pytest.mark.parametrize("limit", range(FILES))
def test_a_run_killed_between_two_files_leaves_both_whole(
    limit: int, registry: RegistryProcess, tmp_path: Path
) -> None:  # C11
    push_four_formats(registry.url)
    root = write_four_formats(tmp_path / "tree", registry.address)
    before = contents(root)
    command = [sys.executable, "-c", DYING, str(limit), "pin"]
    killed = subprocess.run(command, cwd=root, env=environment(), capture_output=True, check=False, timeout=300)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert _assert_sound(root, before) == max(limit - 1, 0)
    assert (root / "pinner.lock").exists() is (limit > 0)  # the lock comes first
    _assert_finished(root, before)


def test_a_run_killed_from_outside_leaves_files_old_or_new(registry: RegistryProcess, tmp_path: Path) -> None:  # C11
    names = [("crashes/app", str(number)) for number in range(5)]
    push_tiny(registry.url, names)
    images = [f"{registry.address}/{repository}:{tag}" for repository, tag in names]
    root = tmp_path / "tree"
    for number in range(200):
        write_images(root, images, path=f"{number:03}/compose.yaml")
    before = contents(root)
    process = begin("pin", cwd=root)
    lock = root / "pinner.lock"
    wait_for(lambda: True if lock.exists() or process.poll() is not None else None, "the lock")
    process.kill()
    process.communicate()
    print(f"\n{_assert_sound(root, before)} of {len(before) - 1} files were new")  # noqa: T201 - a number to look at
    _assert_finished(root, before)
