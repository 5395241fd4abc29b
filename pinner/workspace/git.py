"""What pinner asks of git: the files of a work tree, and a file as it was. Never a write, never the network."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pinner.errors import UsageError

# A hook sets these for its own repository; the folder that git is started in decides here.
_HOOK_VARIABLES: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")
_QUIET: Final = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
_UNSAFE: Final = ("dubious ownership", "unsafe repository")


@dataclass(frozen=True, slots=True)
class GitAnswer:
    """What git said; `code` is its exit code, and 127 where there is no git."""

    code: int
    output: bytes
    complaint: str


def find_git_folder(folder: Path) -> Path | None:
    """Return the git folder of the work tree that `folder` is in; a linked work tree has one of its own."""
    for one in (folder, *folder.parents):
        git = one / ".git"
        if git.is_dir():
            return git
        if git.is_file():
            return _follow(git)
    return None


def list_with_git(folder: Path) -> tuple[str, ...] | str:
    """Return the paths below `folder` that git tracks or would track, or the reason why git cannot say."""
    answer = _run(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if answer.code != 0:
        return answer.complaint
    return tuple(os.fsdecode(name) for name in answer.output.split(b"\0") if name)


def is_ignored(folder: Path) -> bool:
    """Return whether git ignores the folder as a whole."""
    return _run(folder, "check-ignore", "--quiet", ".").code == 0


def read_blob(folder: Path, revision: str, path: str) -> bytes | None:
    """Return the file `path`, relative to `folder`, as it was in `revision`; None where it was not there.

    Raise `UsageError` for what is no revision, and where there is no git.
    """
    if not revision or revision.startswith("-") or not revision.isprintable():
        message = f"{revision!r} is not a revision"
        raise UsageError(message, hint="name a commit, a branch or a tag")
    # Names go through standard input: nothing can be taken for an option.
    tree, kind, _ = _ask(folder, "--batch-check", f"{revision}^{{tree}}")
    if kind != b"tree":
        message = f"git does not know the revision {revision!r}"
        raise UsageError(message, hint="check the name; in a shallow clone, fetch it first")
    _, kind, content = _ask(folder, "--batch", f"{tree.decode()}:./{path}")
    return content if kind == b"blob" else None


def _ask(folder: Path, mode: str, name: str) -> tuple[bytes, bytes, bytes]:
    """Return object name, kind and content; the kind is `missing` where there is none.

    (git-cat-file, "BATCH OUTPUT")
    """
    answer = _run(folder, "cat-file", mode, stdin=os.fsencode(name) + b"\n")
    if answer.code != 0:
        message = f"git cannot read the repository: {answer.complaint}"
        raise UsageError(message, hint=_advise(answer.complaint))
    header, _, content = answer.output.partition(b"\n")
    name_of_object, kind, *size = header.rsplit(b" ", 2) if not header.endswith(b" missing") else (b"", b"missing")
    return name_of_object, kind, content[: int(size[0])] if size else b""


def _advise(complaint: str) -> str:
    if any(words in complaint for words in _UNSAFE):
        return "git does not trust this folder's owner; see safe.directory in git-config(1)"
    return "revisions need a git repository and the git program"


def _follow(file: Path) -> Path | None:
    """Return the folder that a `.git` file names (gitrepository-layout)."""
    try:
        written = file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    prefix, _, target = written.partition("gitdir:")
    folder = (file.parent / target.strip()).resolve()
    return folder if not prefix.strip() and target.strip() and folder.is_dir() else None


def _run(folder: Path, *arguments: str, stdin: bytes = b"") -> GitAnswer:
    import subprocess  # noqa: PLC0415 - start-up: work trees without git, and single files, need none

    environment = {name: value for name, value in os.environ.items() if name not in _HOOK_VARIABLES}
    # fsmonitor is a program that the repository's configuration names; pinner starts none.
    command = ("git", "-c", "core.fsmonitor=false", *arguments)
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments; names from outside go through standard input
            command, cwd=folder, env=environment | _QUIET, input=stdin, capture_output=True, check=False
        )
    except OSError as error:
        return GitAnswer(127, b"", f"git: {error.strerror}")
    complaint = done.stderr.decode(errors="replace").strip().split("\n")[0]
    return GitAnswer(done.returncode, done.stdout, complaint)
