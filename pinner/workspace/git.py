"""What pinner asks of git: the files of a work tree, and a file as it was. Never a write, never the network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pinner.errors import SourceError, UsageError
from pinner.frozen import dataclass
from pinner.workspace.reading import MAXIMUM_SETTINGS_SIZE, MAXIMUM_SIZE, read_regular

# A hook sets these for its own repository; the folder that git is started in decides here.
_HOOK_VARIABLES: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")
_QUIET: Final = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
# What git says of an object that is still on the server, where it may not fetch it.
_PARTIAL: Final = "lazy fetching disabled"
_UNSAFE: Final = ("dubious ownership", "unsafe repository")
# A lockfile of thousands of images may have patches of a megabyte.
_MOST_COMMITS: Final = 100
# What people call the default branch where nothing says it.
_USUAL_BRANCHES: Final = ("main", "master")


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
        if git.is_dir() and (not git.is_symlink() or _is_git_folder(git)):
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

    Raise `UsageError` for what is no revision, and where there is no git; `SourceError` for more than 64 MiB.
    """
    _refuse_odd_name(revision)
    # Names go through standard input: nothing can be taken for an option.
    tree, kind, _ = _ask(folder, f"{revision}^{{tree}}")
    if kind != b"tree":
        raise _unknown(revision)
    return _read(folder, f"{tree}:./{path}", f"{path} in {revision!r}")


def read_named_blob(folder: Path, name: str) -> bytes | None:
    """Return the file that a name like `main:pinner.lock` or `:pinner.lock` means; None where it means no file.

    Raise like `read_blob`. (gitrevisions, "<rev>:<path>")
    """
    _refuse_odd_name(name)
    return _read(folder, name, repr(name))


def find_commit(folder: Path, revision: str) -> str | None:
    """Return the name of the commit that `revision` means; None where there is none, as before the first commit.

    Raise `UsageError` for what can be no revision, and where git cannot read the repository.
    """
    _refuse_odd_name(revision)
    commit, kind, _ = _ask(folder, f"{revision}^{{commit}}")
    return commit if kind == b"commit" else None


def find_merge_base(folder: Path, first: str, second: str) -> str:
    """Return the name of the best common ancestor of two revisions.

    Raise `UsageError` for an unknown revision, and where there is no common ancestor, or a shallow clone lacks it.
    """
    commits = []
    for revision in (first, second):
        commit = find_commit(folder, revision)
        if commit is None:
            raise _unknown(revision)
        commits.append(commit)
    # They are names of objects now: nothing can be taken for an option.
    answer = _run(folder, "merge-base", *commits)
    if answer.code == 0:
        return answer.output.decode().split("\n")[0]
    if answer.code != 1:
        raise _unreadable(answer)
    message = f"git finds no common ancestor of {first!r} and {second!r}"
    if _run(folder, "rev-parse", "--is-shallow-repository").output.strip() == b"true":
        raise UsageError(f"{message} in this shallow clone", hint="run `git fetch --unshallow`, or name two revisions")
    raise UsageError(message, hint="name the revision to compare with")


def find_default_branch(folder: Path) -> str | None:
    """Return the short name of the branch that work is merged into; `HEAD` where that is the current branch.

    It is what the remote repository says of itself, else `init.defaultBranch`, `main` or `master`, and None where there
    is no such branch.
    """
    current = _run(folder, "symbolic-ref", "--quiet", "HEAD").output.decode(errors="replace").strip()
    for name in _default_branches(folder):
        if name.isprintable() and _ask(folder, f"{name}^{{commit}}")[1] == b"commit":
            short = name.removeprefix("refs/remotes/").removeprefix("refs/heads/")
            return "HEAD" if current == f"refs/heads/{short.removeprefix('origin/')}" else short
    return None


def _default_branches(folder: Path) -> Iterator[str]:
    """Yield the full names that the default branch may have."""
    said = _run(folder, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD").output.decode(errors="replace").strip()
    if said.startswith("refs/remotes/origin/"):
        yield said
    usual = _run(folder, "config", "--get", "init.defaultBranch").output.decode(errors="replace").strip()
    for name in dict.fromkeys((usual, *_USUAL_BRANCHES)):
        if name:
            yield f"refs/remotes/origin/{name}"
            yield f"refs/heads/{name}"


def _refuse_odd_name(name: str) -> None:
    if not name or name.startswith("-") or not name.isprintable():
        message = f"{name!r} is not a revision"
        raise UsageError(message, hint="name a commit, a branch or a tag")


def _unknown(revision: str) -> UsageError:
    message = f"git does not know the revision {revision!r}"
    return UsageError(message, hint="check the name; in a shallow clone, fetch it first")


def read_merge_base(folder: Path, path: str) -> bytes | None:
    """Return a file as it was before the two sides of an unfinished merge changed it; None where git does not know.

    Raise like `read_blob`. (gitrevisions, ":<n>:<path>")
    """
    return _read(folder, f":1:./{path}", f"{path} before the merge")


def read_merge_driver(folder: Path, path: str) -> str | None:
    """Return the merge driver that git's attributes name for a file; None where git cannot say.

    (git-check-attr, "OUTPUT")
    """
    answer = _run(folder, "check-attr", "-z", "--stdin", "merge", stdin=os.fsencode(path) + b"\0")
    return os.fsdecode(answer.output.split(b"\0")[2]) if answer.code == 0 else None


def read_patches(folder: Path, path: str, mark: str) -> str:
    """Return how a file came to be what it is in HEAD: a line with `mark` and the commit, then its patch, newest first.

    Of the last hundred commits that changed it; empty where git cannot say. No program that git may be set up to call
    is called.
    """
    quiet = ("--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-color", "--unified=1")
    limits = (f"--max-count={_MOST_COMMITS}", f"--format={mark}%h")
    answer = _run(folder, "--literal-pathspecs", "log", "--patch", *quiet, *limits, "HEAD", "--", path)
    return answer.output.decode(errors="replace") if answer.code == 0 else ""


def _read(folder: Path, name: str, label: str) -> bytes | None:
    blob, kind, size = _ask(folder, name)
    if kind != b"blob":
        return None
    if size > MAXIMUM_SIZE:
        message = f"{label}: {size} bytes, more than {MAXIMUM_SIZE}"
        raise SourceError(message)
    answer = _run(folder, "cat-file", "blob", blob)
    if answer.code != 0:
        raise _unreadable(answer)
    return answer.output


def _ask(folder: Path, name: str) -> tuple[str, bytes, int]:
    """Return object name, kind and size; the kind is `missing` where there is none.

    (git-cat-file, "BATCH OUTPUT")
    """
    answer = _run(folder, "cat-file", "--batch-check", stdin=os.fsencode(name) + b"\n")
    if answer.code != 0:
        raise _unreadable(answer)
    header = answer.output.rstrip(b"\n")
    if header.endswith(b" missing"):
        return "", b"missing", 0
    name_of_object, kind, size = header.rsplit(b" ", 2)
    return name_of_object.decode(), kind, int(size)


def _unreadable(answer: GitAnswer) -> UsageError:
    message = f"git cannot read the repository: {answer.complaint}"
    return UsageError(message, hint=_advise(answer.complaint))


def _advise(complaint: str) -> str:
    if any(words in complaint for words in _UNSAFE):
        return "git does not trust this folder's owner; see safe.directory in git-config(1)"
    if _PARTIAL in complaint:
        return "a partial clone lacks the file: `git show REVISION:PATH` fetches it"
    return "revisions need a git repository and the git program"


def _follow(file: Path) -> Path | None:
    """Return the folder that a `.git` file names (gitrepository-layout)."""
    try:
        written = read_regular(Path(os.path.realpath(file)), ".git", limit=MAXIMUM_SETTINGS_SIZE)
    except SourceError:
        return None
    prefix, _, target = os.fsdecode(written).partition("gitdir:")
    if prefix.strip() or not target.strip() or "\0" in target:
        return None
    folder = Path(os.path.realpath(file.parent / target.strip()))
    return folder if _is_git_folder(folder) else None


def _is_git_folder(folder: Path) -> bool:
    """Return whether a folder that is only pointed to is git's: pinner puts its lock there (SEC-32)."""
    return os.path.lexists(folder / "HEAD") and ((folder / "objects").is_dir() or (folder / "commondir").is_file())


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
