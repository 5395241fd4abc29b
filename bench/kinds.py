"""Trees of one kind of file, so that programs that know one kind are measured on their own ground."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.inputs import copy_tree, make_tree, only

# Roughly where images stand, whatever the kind: to see whether a tree has enough of them.
_MAY_HOLD = re.compile(rb"(?m)^[ \t-]*(?:image|container): |^FROM ")
_API_VERSION, _KIND = re.compile(rb"(?m)^apiVersion:"), re.compile(rb"(?m)^kind:")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: which files of a tree are of it, and which shapes it is made of."""

    name: str
    word: str
    takes: Callable[[Path], bool]
    shapes: tuple[str, ...]


def _is_object(file: Path) -> bool:
    if file.suffix not in {".yaml", ".yml"}:
        return False
    content = file.read_bytes()
    return _API_VERSION.search(content) is not None and _KIND.search(content) is not None


def _has_name(pattern: str) -> Callable[[Path], bool]:
    compiled = re.compile(rf".*/(?:{pattern})")
    return lambda file: compiled.fullmatch(file.as_posix()) is not None


KINDS = (
    Kind("Kubernetes", "kubernetes", _is_object, ("deployment.yaml", "stack.yaml")),
    Kind("Compose", "compose", _has_name(r"(?:docker-)?compose[^/]*\.ya?ml"), ("compose.yaml",)),
    Kind("Dockerfile", "dockerfile", _has_name(r"Dockerfile[^/]*|[^/]*\.Dockerfile"), ("Dockerfile",)),
    Kind("GitLab CI", "gitlab", _has_name(r"\.gitlab-ci\.yml"), (".gitlab-ci.yml",)),
    Kind("GitHub Actions", "actions", _has_name(r"\.github/workflows/[^/]*\.ya?ml"), (".github/workflows/ci.yml",)),
)


def copy_kind(corpus: Path, root: Path, kind: Kind, *, fewest: int) -> Path | None:
    """Copy the files of one kind out of a tree that is not ours; None where fewer than `fewest` may hold an image."""
    copy_tree(corpus, root, takes=kind.takes)
    files = (file for file in root.rglob("*") if file.is_file() and ".git" not in file.relative_to(root).parts)
    return root if sum(_MAY_HOLD.search(file.read_bytes()) is not None for file in files) >= fewest else None


def make_kind(folder: Path, kind: Kind, files: int) -> Path:
    """Make a tree of one kind of file."""
    return make_tree(folder / f"{kind.word}-{files}", files, shapes=only(*kind.shapes))
