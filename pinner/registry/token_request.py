"""One token asked from a realm: by GET, or by POST for identity tokens (distribution, token.md and oauth.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pinner.credentials.base import IdentityToken
from pinner.errors import AuthenticationError, BlockedError, UnreachableError
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
_REFUSED: Final = frozenset({401, 403})
_BAD_REQUEST: Final = 400


def fetch_token(errand: Errand, *, network: Network, trust: Trust, reach: Reach | None, fallback: str | None) -> Token:
    """Ask the realm for a token; `fallback` is a scope to try after a 400 (Gitea).

    Raise `TokenRefused` for 401 and 403, `BlockedError` for a redirect, `UnreachableError` for anything else.
    """
    now = datetime.now(UTC)
    answer = network.send(_token_ask(errand, errand.scope, trust=trust, reach=reach))
    if answer.status == _BAD_REQUEST and fallback is not None:
        answer = network.send(_token_ask(errand, fallback, trust=trust, reach=reach))
    if answer.status == _OK:
        try:
            return parse_token(answer.content, now=now)
        except ValueError as error:
            message = f"the token server {errand.realm.origin.authority} gave no usable token: {error}"
            raise UnreachableError(message) from None  # the cause could carry what was sent
    raise _token_failure(answer, errand)


def _token_ask(errand: Errand, scope: str, *, trust: Trust, reach: Reach | None) -> Ask:
    login = errand.login
    host = errand.realm.origin.authority
    parameters = {"service": errand.service, "scope": scope}
    asked = {name: value for name, value in parameters.items() if value}
    if isinstance(login, IdentityToken):
        encoded(login.secret, login.source)
        form = {"grant_type": "refresh_token", "client_id": CLIENT_ID, **asked, "refresh_token": login.secret}
        return _ask(errand.realm.url, host, form=form, trust=trust, reach=reach)
    authorization = None
    if login is not None:
        asked |= {"account": login.username, "client_id": CLIENT_ID}
        authorization = basic_authorization(login)
    return _ask(_with_query(errand.realm.url, asked), host, authorization=authorization, trust=trust, reach=reach)


def _ask(
    url: str,
    host: str,
    *,
    trust: Trust,
    reach: Reach | None,
    form: dict[str, str] | None = None,
    authorization: str | None = None,
) -> Ask:
    return Ask(
        kind="token",
        url=url,
        host=host,
        lane=f"{host} tokens",
        form=form,
        authorization=authorization,
        limit=TOKEN_SIZE,
        trust=trust,
        reach=reach,
    )


def _with_query(url: str, parameters: dict[str, str]) -> str:
    """Add parameters to those that the realm has itself (AUTH-03)."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True) + list(parameters.items())
    return urlunsplit(parts._replace(query=urlencode(query)))


def _token_failure(answer: Answer, errand: Errand) -> Exception:
    host = errand.realm.origin.authority
    if answer.status in _REFUSED:
        return TokenRefused(answer.status, error_text(answer.content))
    if answer.status // 100 == 3:  # noqa: PLR2004 - the class of redirects
        return BlockedError(f"the token server {host} redirects, which is not followed with credentials at stake")
    if isinstance(errand.login, IdentityToken):
        return AuthenticationError(
            f"the token server {host} does not take the identity token from {errand.login.source} ({answer.status})",
            hint=f"log in to {errand.registry.authority} again, with a user name and a token",
        )
    said = error_text(answer.content)
    return UnreachableError(f"the token server {host} answered {answer.status}{f': {said}' if said else ''}")
