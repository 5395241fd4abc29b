"""A project of many files in four formats, and what a run that was cut short may have made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from pinner.workspace.writing import is_temporary
from tests.support.program import run
from tests.support.sources import pin
from tests.support.trees import write_lock
from tests.torture.scale import chance, rounds

FILES: Final = rounds(quick=40, full=200)
IMAGES: Final = 20

_COMPOSE: Final = """\
# keep me
services:
  web:
    image:   {0}   # the front
  side: {{image: "{1}"}}
"""
_KUBERNETES: Final = """\
apiVersion: v1
kind: Pod
metadata: {{name: x}}
spec:
  containers:
    - name: a
      image: {0}
    - name: b
      image: '{1}'
"""
_GITLAB: Final = "default:\r\n  image: {0}\r\njob:\r\n  services: [{1}]\r\n  script: [make]"
_DOCKERFILE: Final = "FROM {0} AS build\nRUN make \\\n    all\nFROM {1}\n"
_SHAPES: Final = (
    ("compose.yaml", _COMPOSE),
    ("pod.yaml", _KUBERNETES),
    (".gitlab-ci.yml", _GITLAB),
    ("Dockerfile", _DOCKERFILE),
)


@dataclass(frozen=True, slots=True)
class Tree:
    """A project: its root, and its files before a run and after a whole one."""

    root: Path
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]

    @property
    def changed(self) -> frozenset[str]:
        """The files that a whole run changes."""
        return frozenset(path for path, content in self.after.items() if content != self.before.get(path))

    def restore(self) -> None:
        """Make it what it was before any run."""
        found = contents(self.root)
        for path in found.keys() - self.before.keys():
            (self.root / path).unlink()
        for path, content in self.before.items():
            if found.get(path) != content:
                (self.root / path).write_bytes(content)

    def count_new(self) -> int:
        """See that every file is old or new as a whole, and that nothing but temporary files came; count the new."""
        found = contents(self.root)
        strays = {path for path in found if is_temporary(path)}
        assert found.keys() - strays <= self.after.keys()
        assert found.keys() >= self.before.keys()
        torn = [path for path in found.keys() - strays if found[path] not in {self.before.get(path), self.after[path]}]
        assert torn == []
        return sum(found.get(path) == self.after[path] for path in self.changed)


def write_project(root: Path, names: Random, *, prefix: str = "") -> dict[str, bytes]:
    """Write the files of a project whose images begin with `prefix`; return them by path."""
    files = {"pinner.toml": b"version = 1\n"}
    for number in range(FILES):
        name, shape = _SHAPES[number % len(_SHAPES)]
        images = [f"{prefix}app{names.randrange(IMAGES)}:1" for _ in range(2)]
        files[f"d{number % 9}/p{number:03}/{name}"] = shape.format(*images).encode()
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return files


def make_frozen(root: Path) -> Tree:
    """Write a project whose lock has every image."""
    files = write_project(root, chance("frozen"))
    pins = [pin(f"docker.io/library/app{number}:1") for number in range(IMAGES)]
    before = {**files, "pinner.lock": write_lock(root, *pins).encode()}
    assert run("pin", "--frozen", cwd=root).code == 0
    tree = Tree(root, before, contents(root))
    assert len(tree.changed) == FILES
    tree.restore()
    return tree


def contents(root: Path) -> dict[str, bytes]:
    """Return every file but git's own by path."""
    files = {path.relative_to(root): path for path in root.rglob("*") if path.is_file()}
    return {name.as_posix(): path.read_bytes() for name, path in files.items() if ".git" not in name.parts}
