"""A project of four formats whose images come from a registry of the lab, and what pinning may change in a tree."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tests.lab.images import KINDS, push
from tests.lab.program import environment, pinner

DIGEST: Final = re.compile(rb"@sha256:[0-9a-f]{64}")
_AUTHOR: Final = ("-c", "user.name=lab", "-c", "user.email=lab@example.invalid", "-c", "commit.gpgsign=false")

_KUBERNETES: Final = """\
# The API. Nothing in here may move.
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  template:
    spec:
      initContainers:
      - {name: wait, image: "@HOST@/shop/wait:1", command: [sh]}   # flow style
      containers:
        -   name: api
            image:   @HOST@/shop/api:2.1      # keep these blanks
        - name: side
          image: '@HOST@/shop/side:edge'
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: clean}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: @HOST@/shop/api:2.1}]}}}}}
"""
_COMPOSE: Final = """\
services:\r
  web:\r
    image: &web @HOST@/shop/web:1.27\r
  web2:\r
    image: *web\r
  database:\r
    image: @HOST@/shop/database\r
"""
_GITLAB: Final = """\
default:
  image: @HOST@/shop/ci:3

test:
  services:
    - name: @HOST@/shop/queue:4
      alias: queue
  script: [make]
"""
_DOCKERFILE: Final = """\
FROM @HOST@/shop/build:1 AS build
RUN make \\
    all
FROM @HOST@/shop/base:1
COPY --from=@HOST@/shop/tools:1 /bin/tool /bin/
COPY --from=build /out /out
"""
_FILES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "deploy/api.yaml": _KUBERNETES,
        "compose.yaml": _COMPOSE,
        ".gitlab-ci.yml": _GITLAB,
        "Dockerfile": _DOCKERFILE,
    }
)
# Every kind of image stands in some file.
KIND_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "shop/wait:1": "oci-index",
        "shop/api:2.1": "attested-index",
        "shop/side:edge": "docker-list",
        "shop/web:1.27": "oci-manifest",
        "shop/database:latest": "docker-manifest",
        "shop/ci:3": "pretty-index",
        "shop/queue:4": "compact-index",
        "shop/build:1": "one-child-index",
        "shop/base:1": "oci-index",
        "shop/tools:1": "oci-manifest",
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image is written."""

    path: str
    line: int
    column: int
    image: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


def write_tree(root: Path, files: Mapping[str, str]) -> Path:
    """Write files and a marker that makes the folder a project of its own."""
    for path, text in {"pinner.toml": "version = 1\n", **files}.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    return root


def write_four_formats(root: Path, host: str) -> Path:
    """Write a project of four formats whose images are on `host`."""
    return write_tree(root, {path: text.replace("@HOST@", host) for path, text in _FILES.items()})


def push_four_formats(url: str) -> dict[str, str]:
    """Push the images of the project; return each one's digest."""
    digests: dict[str, str] = {}
    for name, kind in KIND_OF.items():
        repository, _, tag = name.partition(":")
        digests[name] = str(push(url, repository, {tag: KINDS[kind]})[tag])
    return digests


def write_images(root: Path, images: list[str], *, path: str = "compose.yaml") -> Path:
    """Write a project with one Compose file that uses the images."""
    services = "".join(f"  s{number}:\n    image: {image}\n" for number, image in enumerate(images))
    return write_tree(root, {path: f"services:\n{services}"})


def places_by_search(root: Path, host: str) -> list[Place]:
    """Find the host in the files, letter by letter: no parser's opinion."""
    written = re.compile(rf"{re.escape(host)}/[a-z0-9./:-]*[a-z0-9]")
    return [
        Place(path, number, found.start() + 1, found[0])
        for path in sorted(_FILES)
        for number, line in enumerate((root / path).read_bytes().decode().split("\n"), 1)
        for found in written.finditer(line)
    ]


def contents(root: Path) -> dict[str, bytes]:
    """Return every file but git's own and the lock."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(root).parts and path.name != "pinner.lock"
    }


def without_digests(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files as they were before anything was pinned."""
    return {path: DIGEST.sub(b"", content) for path, content in files.items()}


def list_images(root: Path) -> list[dict[str, object]]:
    """Return what `pinner images --format json` lists."""
    ran = pinner("images", "--format", "json", cwd=root)
    assert ran.code == 0, ran.stderr
    images: list[dict[str, object]] = json.loads(ran.out)["images"]
    return images


def git(root: Path, *arguments: str) -> str:
    """Run git in a tree."""
    done = subprocess.run(
        ["git", *_AUTHOR, *arguments], cwd=root, env=environment(), capture_output=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def commit(root: Path) -> None:
    """Make a tree a repository, with all of it committed."""
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "before")
