"""The lockfile's text, read strictly: what a person, a merge or another tool broke is said with its line.

The validation is by hand, because a framework would cost more at every start than `check` takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pinner.errors import InputError, LockError, MergeConflictError
from pinner.lock.fields import RESTORE, check_key, read_digest, read_table
from pinner.lock.model import VERSION, Candidate, Lock, Pin
from pinner.oci.platform import Platform
from pinner.syntax.toml_places import Route, TomlDocument, format_route, raise_together, read_toml, show

_KNOWN: Final = frozenset({"version", "images", "pending"})
_FIELDS: Final = frozenset({"digest", "media-type", "platforms"})
# Tables of lockfiles that have a `version` of their own: Cargo, Poetry, uv, pylock, conda-lock, mise.
_FOREIGN: Final = ("package", "packages", "lock-version", "metadata", "tools", "dependencies")
# From some 30 entries on, reading by the normal form is worth its module and patterns.
_LONG: Final = 8192
# How `render_lock` begins every file: whatever stands below, a file with this mark is ours.
_MARK: Final = "# Managed by pinner."
# What else only a lockfile of ours is likely to hold, however broken it is.
_SIGNS: Final = ("[images.", "version =")
_CHOOSE: Final = "run `pinner lock resolve`"
_AGAIN: Final = "restore the line from git, or delete the entry and run `pinner pin`"
_OTHER_FILE: Final = "give pinner's lockfile another name with --lockfile"
_OTHER_PINNER: Final = "`pinner.lock.json` belongs to another tool named pinner; name pinner's lockfile with --lockfile"


def parse_lock(text: str, path: str) -> Lock:
    """Read a lockfile; `path` stands in the messages.

    Raise `LockError` with `path:line` for each entry that is wrong, for a newer version, for a merge conflict and for
    the file of another tool. Unknown keys and tables are kept, with a warning.
    """
    if len(text) >= _LONG:
        from pinner.lock.normal import read_normal  # noqa: PLC0415 - start-up: a short lock takes less time than this

        lock = read_normal(text)
        if lock is not None:
            return lock
    return read_strictly(text, path)


def read_strictly(text: str, path: str) -> Lock:
    """Read a lockfile in any form that TOML has; see `parse_lock`."""
    document = _read(text, path)
    _check_version(document)
    images = read_table(document, ("images",), document.content.get("images", {}))
    problems: list[InputError] = []
    pins: dict[str, Pin] = {}
    for key, entry in images.items():
        try:
            pins[key] = _read_pin(document, key, entry)
        except InputError as problem:
            problems.append(problem)
    waiting = _read_waiting(document, problems)
    if problems:
        raise_together(problems)
    extra = {name: value for name, value in document.content.items() if name not in _KNOWN}
    unknown: list[Route] = [(name,) for name in extra]
    unknown += [("images", key, name) for key, pin in pins.items() for name in pin.extra]
    unknown += [(*route, name) for route, candidate in waiting for name in candidate.extra]
    pending: dict[str, tuple[Candidate, ...]] = {}
    for route, candidate in waiting:
        key = str(route[1])
        pending[key] = (*pending.get(key, ()), candidate)
    return Lock(pins=pins, pending=pending, extra=extra, warnings=_warn_of(document, unknown))


def _read(text: str, path: str) -> TomlDocument:
    """Parse the text, or say by its looks why it is no lockfile."""
    try:
        return read_toml(text, path, error=LockError, hint=RESTORE)
    except LockError:
        from pinner.lock.conflicts import find_conflict  # noqa: PLC0415 - start-up: only a broken lock comes here

        line = find_conflict(text)
        if line is not None:
            message = f"{path}:{line}: the lockfile holds a merge conflict"
            raise MergeConflictError(message, hint=_CHOOSE) from None
        if text.lstrip("\ufeff \t\r\n").startswith("{"):
            message = f"{path}:1: this is JSON, not pinner's lockfile"
            raise LockError(message, hint=_OTHER_PINNER) from None
        if looks_like_ours(text) or any(sign in text for sign in _SIGNS):
            raise
        message = f"{path}:1: this is not pinner's lockfile, and no TOML"
        raise LockError(message, hint=_OTHER_FILE) from None


def looks_like_ours(text: str) -> bool:
    """Return whether a text begins as `render_lock` begins every file."""
    return text.lstrip("\ufeff \t\r\n").startswith(_MARK)


def _check_version(document: TomlDocument) -> None:
    content = document.content
    is_ours = "images" in content or looks_like_ours(document.text)
    foreign = next((name for name in _FOREIGN if name in content), None)
    if foreign is not None and not is_ours:
        raise document.problem((foreign,), "this is the lockfile of another tool", hint=_OTHER_FILE)
    unknown = next((name for name in content if name not in _KNOWN), None)
    if unknown is not None and not is_ours and not _is_newer(content.get("version")):
        raise document.problem((unknown,), "this is not pinner's lockfile", hint=_OTHER_FILE)
    if "version" not in content:
        message = f"{document.path}:1: version is missing"
        raise LockError(message, hint=f"a lockfile begins with `version = {VERSION}`; {RESTORE}")
    version = content["version"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise document.problem(("version",), f"must be the number {VERSION}, not {show(version)}", hint=RESTORE)
    if _is_newer(version):
        message = f"{document.path}:{document.line(('version',))}: needs a newer pinner: lockfile version {version}"
        raise LockError(message, hint=f"this pinner reads version {VERSION}; upgrade it: pip install -U oci-pinner")


def _is_newer(version: object) -> bool:
    return isinstance(version, int) and version > VERSION


def _read_pin(document: TomlDocument, key: str, value: object) -> Pin:
    route = ("images", key)
    check_key(document, route, key)
    entry = read_table(document, route, value)
    return Pin(
        key=key,
        digest=read_digest(document, route, entry, hint=_AGAIN),
        media_type=_read_media_type(document, key, entry),
        platforms=_read_platforms(document, key, entry),
        extra={name: value for name, value in entry.items() if name not in _FIELDS},
    )


def _read_waiting(document: TomlDocument, problems: list[InputError]) -> list[tuple[Route, Candidate]]:
    if "pending" not in document.content:
        return []
    from pinner.lock.candidates import read_candidates  # noqa: PLC0415 - start-up: few locks have some

    return read_candidates(document, problems)


def _read_media_type(document: TomlDocument, key: str, entry: Mapping[str, object]) -> str | None:
    media_type = entry.get("media-type")
    if media_type is not None and not isinstance(media_type, str):
        message = f"must be a string, not {show(media_type)}"
        raise document.problem(("images", key, "media-type"), message, hint=RESTORE)
    return media_type


def _read_platforms(document: TomlDocument, key: str, entry: Mapping[str, object]) -> tuple[Platform, ...] | None:
    route = ("images", key, "platforms")
    written = entry.get("platforms", [])
    if not isinstance(written, list):
        raise document.problem(route, f"must be a list of strings, not {show(written)}", hint=RESTORE)
    platforms = []
    for index, one in enumerate(written):
        if not isinstance(one, str):
            raise document.problem((*route, index), f"must be a string, not {show(one)}", hint=RESTORE)
        try:
            platforms.append(Platform.parse(one))
        except InputError as error:
            raise document.problem((*route, index), error.message, hint=error.hint) from error
    return tuple(platforms) or None


def _warn_of(document: TomlDocument, routes: Iterable[Route]) -> tuple[str, ...]:
    return tuple(
        f"{document.path}:{document.line(route)}: {format_route(route)}: not known to this version of pinner, kept"
        for route in routes
    )
