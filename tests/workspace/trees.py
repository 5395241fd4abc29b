"""Small work trees for the tests of the disk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pinner.workspace import Listed, ListedFile, NotTaken, writing

AUTHOR = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env=os.environ | AUTHOR)


def put(root: Path, *names: str, content: bytes = b"x\n") -> None:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "x")


def taken(listed: Iterable[Listed]) -> list[str]:
    return [one.path for one in listed if isinstance(one, ListedFile)]


def left_alone(listed: Iterable[Listed]) -> dict[str, str]:
    return {one.path: one.reason for one in listed if isinstance(one, NotTaken)}


def temporary_files(root: Path) -> list[Path]:
    return sorted(root.rglob(".pinner-*"))


def before_each_rename(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[Path], object], *, knows_exchange: bool = True
) -> None:
    """Do something with the target at the last moment before it is replaced, also where only plain renames are known.

    The second exchange of a file, which undoes the first, is left alone.
    """
    seen: set[Path] = set()

    def wrap(rename: Callable[[Path, Path], bool]) -> Callable[[Path, Path], bool]:
        def call(source: Path, target: Path) -> bool:
            if target not in seen:
                seen.add(target)
                act(target)
            return knows_exchange and rename(source, target)

        return call

    for name in ("exchange", "move_to_free_name"):
        monkeypatch.setattr(writing, name, wrap(getattr(writing, name)))
