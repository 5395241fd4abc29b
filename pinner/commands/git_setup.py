"""`init --git`: git merges and shows lockfiles by what pinner knows of them.

Which driver a file has can be committed (`.gitattributes`); what a driver is, each clone must be told (`git config`).
"""

from __future__ import annotations

import os
import re
import shlex
from contextlib import nullcontext
from pathlib import PurePosixPath
from typing import Final

from pinner.commands.project import Project
from pinner.errors import UsageError
from pinner.frozen import dataclass
from pinner.patch import unified_diff
from pinner.patterns import compile_later
from pinner.text import Source
from pinner.workspace.root import LOCK_NAME
from pinner.workspace.writing import Rewrite

ATTRIBUTES_FILE: Final = ".gitattributes"
# The last one keeps GitHub from folding up what reviewers are to read.
_ATTRIBUTES: Final = ("merge=pinner", "diff=pinner", "linguist-language=TOML", "-linguist-generated")
SETTINGS: Final = (
    ("merge.pinner.name", "lockfiles of pinner, entry by entry"),
    ("merge.pinner.driver", "pinner lock merge %O %A %B %P"),
    # What stands behind the @@ of a hunk: the image.
    ("diff.pinner.xfuncname", r'^\[images\."(.*)"\]$'),
)
_GLOB: Final = compile_later(r"[\\*?\[]")
_NEEDS_QUOTES: Final = compile_later(r'[\x00-\x20"]')
_CONTROL: Final = compile_later(r"[\x00-\x1f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitSetup:
    """What `.gitattributes` gains, as a patch, and what is to be run once in every clone."""

    patch: str
    commands: tuple[str, ...]


def set_git_up(project: Project, *, writes: bool = True) -> GitSetup:
    """Let git's attributes name pinner for the lockfile; what else stands there stays.

    Raise `UsageError` for a lockfile outside of the tree, and for attributes behind a link, which git does not follow.
    """
    pattern = _pattern_of(project.workspace.lock_path)
    if (project.workspace.root / ATTRIBUTES_FILE).is_symlink():
        message = f"{ATTRIBUTES_FILE} is a link, which git does not follow"
        raise UsageError(message, hint="replace the link by the file")
    with project.workspace.locked(on_wait=project.warn) if writes else nullcontext():
        before = _read_attributes(project)
        after = extend_attributes("" if before is None else before.text, pattern)
        if writes:
            content = (Source(ATTRIBUTES_FILE, after) if before is None else before.with_text(after)).encode()
            expected = None if before is None else before.encode()
            project.workspace.write_all([Rewrite(ATTRIBUTES_FILE, content, expected)])
            _warn_if_overruled(project)
    return GitSetup(
        patch=unified_diff(ATTRIBUTES_FILE, None if before is None else before.text, after),
        commands=tuple(f"git config {name} {shlex.quote(value)}" for name, value in SETTINGS),
    )


def extend_attributes(text: str, pattern: str) -> str:
    """Return a text of attributes in which `pattern` has ours, whatever lines of the same pattern say.

    (gitattributes, "DESCRIPTION": of several lines, the last one counts, attribute by attribute)
    """
    state: dict[str, str] = {}
    for line in text.split("\n"):
        start, _, attributes = line.strip().removeprefix("\ufeff").partition(pattern)
        if not start and attributes[:1].isspace():
            state.update((_name_of(one), one) for one in attributes.split())
    if all(state.get(_name_of(one)) == one for one in _ATTRIBUTES):
        return text
    ending = "\r\n" if "\r\n" in text else "\n"
    separator = ending if text and not text.endswith("\n") else ""
    return f"{text}{separator}{' '.join((pattern, *_ATTRIBUTES))}{ending}"


def _name_of(attribute: str) -> str:
    return attribute.lstrip("-!").partition("=")[0]


def _pattern_of(lock_path: str) -> str:
    """Return what git calls the lockfile: the usual name in every folder, another one in its place alone.

    (gitignore, "PATTERN FORMAT"; gitattributes: patterns with blanks stand in quotes, as in C)
    """
    if lock_path == LOCK_NAME:
        return LOCK_NAME
    if PurePosixPath(lock_path).is_absolute():
        raise UsageError("git knows no lockfile outside of the tree", hint="leave --lockfile out")
    pattern = "/" + _GLOB.sub(lambda sign: f"\\{sign[0]}", lock_path)
    if not _NEEDS_QUOTES.search(pattern):
        return pattern
    escaped = pattern.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_CONTROL.sub(_in_octal, escaped)}"'


def _in_octal(sign: re.Match[str]) -> str:
    return f"\\{ord(sign[0]):03o}"


def _read_attributes(project: Project) -> Source | None:
    if not os.path.lexists(project.workspace.root / ATTRIBUTES_FILE):
        return None
    return Source.decode(ATTRIBUTES_FILE, project.workspace.read(ATTRIBUTES_FILE))


def _warn_if_overruled(project: Project) -> None:
    """Warn where git, which looks at more lines and more files, does not see the driver."""
    driver = project.workspace.read_merge_driver()
    if driver is not None and driver != "pinner":
        lock = project.workspace.lock_path
        project.warn(
            f"git takes the merge driver {driver!r} for {lock}: another line of {ATTRIBUTES_FILE} stands behind ours, "
            "or .git/info/attributes decides"
        )
