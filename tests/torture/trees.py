"""A project of many files in four formats, the verbs that write in it, and what a run cut short may have left."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.workspace.writing import is_temporary
from tests.registry.faulty import document
from tests.registry.server import Server, reply, serving
from tests.support.program import run
from tests.support.sources import pin
from tests.support.trees import write_lock
from tests.torture.scale import chance, rounds

FILES: Final = rounds(quick=40, full=200)
IMAGES: Final = 20
LOCK: Final = "pinner.lock"
# The verbs that write, each with the flags that make it a work of its own.
PIN: Final = ("pin",)
FROZEN: Final = ("pin", "--frozen")
UPDATE: Final = ("update",)
UNPIN: Final = ("unpin",)
FORMAT: Final = ("lock", "fmt")
VERBS: Final = (PIN, FROZEN, UPDATE, UNPIN, FORMAT)
OFFLINE: Final = (FROZEN, UNPIN, FORMAT)

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
        for place in sorted(self.root.rglob("*"), reverse=True):
            if place.relative_to(self.root).as_posix() not in self.before and not _is_folder(place):
                place.unlink()
        for path, content in self.before.items():
            file = self.root / path
            if _is_folder(file):
                file.rmdir()
            elif file.is_symlink() or (file.exists() and not file.is_file()):
                file.unlink()
            if not file.exists() or file.read_bytes() != content:
                file.write_bytes(content)
            file.chmod(0o644)

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


@contextmanager
def registry() -> Iterator[Server]:
    """Serve every image of every project, faithfully: by its tag and by its digest."""
    paths = [f"/v2/team/app{number}/manifests/1" for number in range(IMAGES)]
    contents_by_path = {path: document(path) for path in paths}
    contents_by_path |= {f"{path[:-1]}{Digest.of(content)}": content for path, content in contents_by_path.items()}

    def serve(connection: socket.socket, head: str, _number: int) -> None:
        content = contents_by_path[head.split(" ")[1]]
        digest = str(Digest.of(content))
        connection.sendall(reply(200, content, content_type=media_types.OCI_INDEX, docker_content_digest=digest))

    with serving(serve) as server:
        yield server


def make_tree(verb: tuple[str, ...], root: Path, server: Server) -> Tree:
    """Write a project in which a verb has something to do to every file (`lock fmt`: to the lock)."""
    plain = write_project(root, chance("project"), prefix=f"{server.host}/team/")
    assert run("pin", cwd=root).code == 0
    pinned = contents(root)
    lock = {LOCK: pinned[LOCK]}
    loose = {LOCK: pinned[LOCK].replace(b"digest = ", b"digest    = ")}
    stale = {path: re.sub(rb"sha256:[0-9a-f]{32}", b"sha256:" + b"0" * 32, text) for path, text in pinned.items()}
    before, after = {
        PIN: (plain, pinned),
        FROZEN: (plain | lock, pinned),
        UPDATE: (stale, pinned),
        UNPIN: (pinned, plain | lock),
        FORMAT: (pinned | loose, pinned),
    }[verb]
    tree = Tree(root, before, after)
    assert len(tree.changed - {LOCK}) == (0 if verb is FORMAT else FILES)
    tree.restore()
    return tree


def make_frozen(root: Path) -> Tree:
    """Write a project whose lock has every image, without a registry."""
    files = write_project(root, chance("frozen"))
    pins = [pin(f"docker.io/library/app{number}:1") for number in range(IMAGES)]
    before = {**files, LOCK: write_lock(root, *pins).encode()}
    assert run(*FROZEN, cwd=root).code == 0
    tree = Tree(root, before, contents(root))
    assert len(tree.changed) == FILES
    tree.restore()
    return tree


def contents(root: Path) -> dict[str, bytes]:
    """Return every file but git's own by path."""
    files = {path.relative_to(root): path for path in root.rglob("*") if path.is_file()}
    return {name.as_posix(): path.read_bytes() for name, path in files.items() if ".git" not in name.parts}


def _is_folder(place: Path) -> bool:
    return place.is_dir() and not place.is_symlink()
