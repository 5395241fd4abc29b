"""One entry of `auths` as a login (docker/cli, `cli/config/configfile/file.go`)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

from pinner.credentials.base import Credential, IdentityToken, Login, RegistryToken
from pinner.credentials.fields import read_text

TOKEN_USER: Final = "<token>"  # noqa: S105 - the protocol's mark of an identity token


def read_login(entry: Mapping[str, object], where: str, *, place: str, warnings: list[str]) -> Login | None:
    """Return what an entry holds: a registry token, an identity token, or a user name and a password.

    A marker without content is None; so is what cannot be decoded, with a warning. `place` becomes the login's source.
    """
    identity, registry_token = entry.get("identitytoken"), entry.get("registrytoken")
    if registry_token:
        return RegistryToken(secret=read_text(registry_token, f"{where}.registrytoken"), source=place)
    if identity:
        password = read_login({**entry, "identitytoken": None}, where, place=place, warnings=warnings)
        beside = password if isinstance(password, Credential) else None
        return IdentityToken(secret=read_text(identity, f"{where}.identitytoken"), source=place, beside=beside)
    username, secret = entry.get("username"), entry.get("password")
    if entry.get("auth"):
        decoded = _decode(read_text(entry["auth"], f"{where}.auth"))
        if decoded is None:
            warnings.append(f"{where}.auth is not base64 of user:password, and was left out")
            return None
        username, secret = decoded
    if not username or not secret:
        return None
    return login_of(read_text(username, f"{where}.username"), read_text(secret, f"{where}.password"), place)


def login_of(username: str, secret: str, place: str) -> Credential | IdentityToken:
    """Return the login that a user name and a secret mean: behind the user `<token>` stands an identity token."""
    if username == TOKEN_USER:
        return IdentityToken(secret=secret, source=place)
    return Credential(username=username, secret=secret, source=place)


def _decode(text: str) -> tuple[str, str] | None:
    """Read base64 of `user:password`, with missing padding, the URL alphabet, white space and NULs forgiven."""
    bare = "".join(text.split()).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode("utf-8")
    except ValueError:  # no base64, no UTF-8, or letters that are not even ASCII
        return None
    username, colon, secret = decoded.rstrip("\0").partition(":")
    return (username, secret) if colon and username else None
