"""The `Authorization` header of a login; what no header can carry is refused before it is sent."""

from __future__ import annotations

import base64
import re
from typing import Final

from pinner.credentials.base import Credential
from pinner.errors import UnauthorizedError

_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")


def basic_authorization(login: Credential) -> str:
    """Return the header of RFC 7617, in UTF-8; raise `UnauthorizedError` for a login that it cannot carry."""
    if ":" in login.username:
        message = f"the user name from {login.source} holds a colon, which HTTP cannot carry"
        raise UnauthorizedError(message, hint="log in again")
    return "Basic " + base64.b64encode(encoded(f"{login.username}:{login.secret}", login.source)).decode("ascii")


def bearer_authorization(token: str, source: str) -> str:
    """Return the header of RFC 6750 for a token of the user; raise `UnauthorizedError` where it cannot be one."""
    if not _VISIBLE.fullmatch(token):
        message = f"the registry token from {source} holds letters that no header can carry"
        raise UnauthorizedError(message, hint="log in again")
    return f"Bearer {token}"


def encoded(text: str, source: str) -> bytes:
    """Return `text` in UTF-8; raise `UnauthorizedError` for half a letter."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        message = f"the login from {source} holds half a letter (a lone surrogate), which cannot be sent"
        raise UnauthorizedError(message, hint="log in again") from None  # the cause carries the secret
