"""What entries and candidates have in common: keys, digests and tables, each wrong one with its line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NoReturn

from pinner.errors import InputError
from pinner.lock.model import lock_key
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.syntax.toml_places import Route, TomlDocument, quote, show

RESTORE: Final = "restore the lines from git, or delete the file and run `pinner pin`"


def check_key(document: TomlDocument, route: Route, key: str) -> None:
    """Refuse a key that is not written in the one canonical way, so that an image never has two entries."""
    tagged, hash_sign, written = key.partition("#")
    try:
        reference = Reference.parse(tagged)
        platform = Platform.parse(written) if hash_sign else None
    except InputError as error:
        _refuse_key(document, route, error.message, error)
    canonical = lock_key(reference, platform)
    if reference.digest is not None:
        _refuse_key(document, route, f"the digest does not belong into the key {quote(canonical)}")
    if key != canonical:
        _refuse_key(document, route, f"the canonical key is {quote(canonical)}")


def _refuse_key(document: TomlDocument, route: Route, reason: str, cause: InputError | None = None) -> NoReturn:
    hint = "a key reads registry/repository:tag, with #os/architecture for one platform"
    raise document.problem(route, reason, hint=hint) from cause


def read_digest(document: TomlDocument, where: Route, table: Mapping[str, object], *, hint: str) -> Digest:
    """Return the digest of the table at `where`; `hint` says how to get a lost one again."""
    route = (*where, "digest")
    if "digest" not in table:
        raise document.problem(where, "digest is missing", hint=hint)
    written = table["digest"]
    if not isinstance(written, str):
        raise document.problem(route, f"must be a string, not {show(written)}", hint=hint)
    try:
        digest = Digest.parse(written)
    except InputError as error:
        raise document.problem(route, error.message, hint=error.hint or hint) from error
    return digest


def read_table(document: TomlDocument, route: Route, value: object) -> Mapping[str, object]:
    """Return a value that must be a table."""
    if not isinstance(value, dict):
        raise document.problem(route, f"must be a table, not {show(value)}", hint=RESTORE)
    return value
