"""One token asked from a realm: by GET, or by POST for identity tokens (distribution, token.md and oauth.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pinner.credentials.base import IdentityToken
from pinner.errors import BlockedError, UnreachableError
from pinner.registry.authorization import basic_authorization, encoded
from pinner.registry.challenge import Token, parse_token
from pinner.registry.exchange import TOKEN_SIZE, Answer, Ask
from pinner.registry.reach import Reach
from pinner.registry.retry import Network
from pinner.registry.tokens import Errand, TokenRefused
from pinner.registry.trust import Trust
from pinner.registry.wording import error_text

CLIENT_ID: Final = "pinner"
_OK: Final = 200
_BAD_REQUEST: Final = 400
_REFUSED: Final = frozenset({401, 403})
# Servers that know no POST, or no such grant, answer these to an identity token (AUTH-04).
_REFUSED_IDENTITY: Final = _REFUSED | {400, 404, 405}
# What a merged token gets where it asks for too much: of everything, or of the request line (REQ-01).
_REFUSED_MERGED: Final = _REFUSED | {400, 414, 431}


def fetch_token(errand: Errand, *, network: Network, trust: Trust, reach: Reach | None, fallback: str | None) -> Token:
    """Ask the realm for a token; `fallback` is a scope to try after a 400 to a single one (Gitea).

    Raise `TokenRefused` where the server says no, `BlockedError` for a redirect, `UnreachableError` for anything else.
    """
    now = datetime.now(UTC)
    answer = network.send(_token_ask(errand, errand.scopes, trust=trust, reach=reach))
    if answer.status == _BAD_REQUEST and fallback is not None and not errand.is_merged:
        answer = network.send(_token_ask(errand, (fallback,), trust=trust, reach=reach))
    if answer.status == _OK:
        try:
            return parse_token(answer.content, now=now)
        except ValueError as error:
            message = f"the token server {errand.realm.origin.authority} gave no usable token: {error}"
            raise UnreachableError(message) from None  # the cause could carry what was sent
    raise _token_failure(answer, errand)


def _token_ask(errand: Errand, scopes: tuple[str, ...], *, trust: Trust, reach: Reach | None) -> Ask:
    """Return the request: GET repeats `scope` (AUTH-13), a form joins them; `offline_token` is never asked for."""
    login = errand.login
    host = errand.realm.origin.authority
    ask = Ask(
        kind="token",
        url=errand.realm.url,
        host=host,
        lane=f"{host} tokens",
        limit=TOKEN_SIZE,
        trust=trust,
        reach=reach,
    )
    service = {"service": errand.service} if errand.service else {}
    if isinstance(login, IdentityToken):
        encoded(login.secret, login.source)
        form = {"grant_type": "refresh_token", "client_id": CLIENT_ID, **service, "refresh_token": login.secret}
        return replace(ask, form=form if not any(scopes) else {**form, "scope": " ".join(scopes)})
    asked = [*service.items(), *(("scope", scope) for scope in scopes if scope)]
    if login is None:
        return replace(ask, url=_with_query(ask.url, asked))
    authorization = basic_authorization(login)
    asked += [("account", login.username), ("client_id", CLIENT_ID)]
    return replace(ask, url=_with_query(ask.url, asked), authorization=authorization)


def _with_query(url: str, parameters: list[tuple[str, str]]) -> str:
    """Add parameters to those that the realm has itself (AUTH-03)."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True) + parameters
    return urlunsplit(parts._replace(query=urlencode(query)))


def _token_failure(answer: Answer, errand: Errand) -> Exception:
    host = errand.realm.origin.authority
    said = error_text(answer.content, answer.hidden)
    is_refused = answer.status in _REFUSED or (errand.is_merged and answer.status in _REFUSED_MERGED)
    if is_refused or (isinstance(errand.login, IdentityToken) and answer.status in _REFUSED_IDENTITY):
        return TokenRefused(answer.status, said)
    if answer.status // 100 == 3:  # noqa: PLR2004 - the class of redirects
        return BlockedError(f"the token server {host} redirects, which is not followed with credentials at stake")
    return UnreachableError(f"the token server {host} answered {answer.status}{f': {said}' if said else ''}")
