"""The lockfile's text, read strictly: what a person, a merge or another tool broke is said with its line.

The validation is by hand, because a framework would cost more at every start than `check` takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NoReturn

from pinner.errors import InputError, LockError
from pinner.lock.model import VERSION, Lock, Pin, lock_key
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.syntax.toml_places import TomlDocument, format_route, quote, raise_together, read_toml, show

_KNOWN: Final = frozenset({"version", "images", "pending"})
_FIELDS: Final = frozenset({"digest", "media-type", "platforms"})
# Tables of lockfiles that have a `version` of their own: Cargo, Poetry, uv, pylock, conda-lock, mise.
_FOREIGN: Final = ("package", "packages", "lock-version", "metadata", "tools", "dependencies")
# How `render_lock` begins every file: whatever stands below, a file with this mark is ours.
_MARK: Final = "# Managed by pinner."
_RESTORE: Final = "restore the lines from git, or delete the file and run `pinner pin`"
_CHOOSE: Final = "run `pinner lock resolve`"
_AGAIN: Final = "restore the line from git, or delete the entry and run `pinner pin`"
_OTHER_FILE: Final = "give pinner's lockfile another name with --lockfile"
_OTHER_PINNER: Final = "`pinner.lock.json` belongs to another tool named pinner; name pinner's lockfile with --lockfile"


def parse_lock(text: str, path: str) -> Lock:
    """Read a lockfile; `path` stands in the messages.

    Raise `LockError` with `path:line` for each entry that is wrong, for a newer version, for a merge conflict and for
    the file of another tool. Unknown keys and tables are kept, with a warning.
    """
    document = _read(text, path)
    _check_version(document)
    images = _table(document, ("images",), document.content.get("images", {}))
    _table(document, ("pending",), document.content.get("pending", {}))
    problems: list[InputError] = []
    pins: dict[str, Pin] = {}
    for key, entry in images.items():
        try:
            pins[key] = _read_pin(document, key, entry)
        except InputError as problem:
            problems.append(problem)
    if problems:
        raise_together(problems)
    extra = {name: value for name, value in document.content.items() if name not in {"version", "images"}}
    return Lock(pins=pins, extra=extra, warnings=(*_warn_of_tables(document), *_warn_of_keys(document, pins)))


def _read(text: str, path: str) -> TomlDocument:
    """Parse the text, or say by its looks why it is no lockfile."""
    try:
        return read_toml(text, path, error=LockError, hint=_RESTORE)
    except LockError:
        from pinner.lock.conflicts import find_conflict  # noqa: PLC0415 - start-up: only a broken lock comes here

        line = find_conflict(text)
        if line is not None:
            message = f"{path}:{line}: the lockfile holds a merge conflict"
            raise LockError(message, hint=_CHOOSE) from None
        if text.lstrip("\ufeff \t\r\n").startswith("{"):
            message = f"{path}:1: this is JSON, not pinner's lockfile"
            raise LockError(message, hint=_OTHER_PINNER) from None
        raise


def _check_version(document: TomlDocument) -> None:
    content = document.content
    is_ours = "images" in content or document.text.lstrip().startswith(_MARK)
    foreign = next((name for name in _FOREIGN if name in content), None)
    if foreign is not None and not is_ours:
        raise document.problem((foreign,), "this is the lockfile of another tool", hint=_OTHER_FILE)
    if "version" not in content:
        unknown = next((name for name in content if name not in _KNOWN), None)
        if unknown is not None and not is_ours:
            raise document.problem((unknown,), "this is not pinner's lockfile", hint=_OTHER_FILE)
        message = f"{document.path}:1: version is missing"
        raise LockError(message, hint=f"a lockfile begins with `version = {VERSION}`; {_RESTORE}")
    version = content["version"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise document.problem(("version",), f"must be the number {VERSION}, not {show(version)}", hint=_RESTORE)
    if version > VERSION:
        message = f"{document.path}:{document.line(('version',))}: needs a newer pinner: lockfile version {version}"
        raise LockError(message, hint=f"this pinner reads version {VERSION}; upgrade it: pip install -U oci-pinner")


def _read_pin(document: TomlDocument, key: str, value: object) -> Pin:
    _check_key(document, key)
    entry = _table(document, ("images", key), value)
    return Pin(
        key=key,
        digest=_read_digest(document, key, entry),
        media_type=_read_media_type(document, key, entry),
        platforms=_read_platforms(document, key, entry),
        extra={name: value for name, value in entry.items() if name not in _FIELDS},
    )


def _check_key(document: TomlDocument, key: str) -> None:
    """Refuse a key that is not written in the one canonical way, so that an image never has two entries."""
    tagged, hash_sign, written = key.partition("#")
    try:
        reference = Reference.parse(tagged)
        platform = Platform.parse(written) if hash_sign else None
    except InputError as error:
        _refuse_key(document, key, error.message, error)
    canonical = lock_key(reference, platform)
    if reference.digest is not None:
        _refuse_key(document, key, f"the digest does not belong into the key {quote(canonical)}")
    if key != canonical:
        _refuse_key(document, key, f"the canonical key is {quote(canonical)}")


def _refuse_key(document: TomlDocument, key: str, reason: str, cause: InputError | None = None) -> NoReturn:
    hint = "a key reads registry/repository:tag, with #os/architecture for one platform"
    raise document.problem(("images", key), reason, hint=hint) from cause


def _read_digest(document: TomlDocument, key: str, entry: Mapping[str, object]) -> Digest:
    route = ("images", key, "digest")
    if "digest" not in entry:
        raise document.problem(route[:2], "digest is missing", hint=_AGAIN)
    written = entry["digest"]
    if not isinstance(written, str):
        raise document.problem(route, f"must be a string, not {show(written)}", hint=_AGAIN)
    try:
        digest = Digest.parse(written)
    except InputError as error:
        raise document.problem(route, error.message, hint=error.hint or _AGAIN) from error
    return digest


def _read_media_type(document: TomlDocument, key: str, entry: Mapping[str, object]) -> str | None:
    media_type = entry.get("media-type")
    if media_type is not None and not isinstance(media_type, str):
        message = f"must be a string, not {show(media_type)}"
        raise document.problem(("images", key, "media-type"), message, hint=_RESTORE)
    return media_type


def _read_platforms(document: TomlDocument, key: str, entry: Mapping[str, object]) -> tuple[Platform, ...] | None:
    route = ("images", key, "platforms")
    written = entry.get("platforms", [])
    if not isinstance(written, list):
        raise document.problem(route, f"must be a list of strings, not {show(written)}", hint=_RESTORE)
    platforms = []
    for index, one in enumerate(written):
        if not isinstance(one, str):
            raise document.problem((*route, index), f"must be a string, not {show(one)}", hint=_RESTORE)
        try:
            platforms.append(Platform.parse(one))
        except InputError as error:
            raise document.problem((*route, index), error.message, hint=error.hint) from error
    return tuple(platforms) or None


def _table(document: TomlDocument, route: tuple[str, ...], value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise document.problem(route, f"must be a table, not {show(value)}", hint=_RESTORE)
    return value


def _warn_of_tables(document: TomlDocument) -> list[str]:
    return [
        f"{document.path}:{document.line((name,))}: {format_route((name,))}: not known to this version of pinner, kept"
        for name in document.content
        if name not in _KNOWN
    ]


def _warn_of_keys(document: TomlDocument, pins: Mapping[str, Pin]) -> list[str]:
    routes = [("images", key, name) for key, pin in pins.items() for name in pin.extra]
    return [
        f"{document.path}:{document.line(route)}: {format_route(route)}: not known to this version of pinner, kept"
        for route in routes
    ]
