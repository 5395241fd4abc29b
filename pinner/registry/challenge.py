"""`WWW-Authenticate`, scopes and token answers as values (RFC 9110, section 11; distribution, token.md and scope.md).

Everything read here was written by a stranger: capped, never logged, never trusted before `realm` has looked at it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

MAXIMUM_HEADER: Final = 8 * 1024
MAXIMUM_CHALLENGES: Final = 16
MAXIMUM_TOKEN: Final = 16 * 1024
SHORTEST_LIFE: Final = 60.0
LONGEST_LIFE: Final = 86_400.0
# Scopes that registries ask for beside the grammar: ECR public and Gitea (AUTH-12).
SCOPE_OF_ECR_PUBLIC: Final = "aws"
SCOPE_OF_GITEA: Final = "*"

_SKIP: Final = re.compile(r"[\s,]*")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_EQUALS: Final = re.compile(r"[ \t]*=[ \t]*")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
# Some servers leave the quotes away from a realm, so a bare value is everything up to the comma (AUTH-27, row 7).
_BARE: Final = re.compile(r'[^\s,"]+')
_TOKEN68: Final = re.compile(r"[ \t]+[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|$)")
_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a registry asks for; `scheme` is lowercase."""

    scheme: str
    realm: str | None = None
    service: str | None = None
    scope: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token and the seconds it may be used, counted from when it was asked for."""

    value: str = field(repr=False)
    seconds: float


def parse_challenges(values: Iterable[str]) -> tuple[Challenge, ...]:
    """Read all challenges of all `WWW-Authenticate` lines, in order; nonsense gives fewer, never an error (AUTH-01)."""
    challenges: list[Challenge] = []
    left = MAXIMUM_HEADER
    for value in values:
        if len(value) > left:
            break
        left -= len(value)
        challenges += _read_value(value)
    return tuple(challenges[:MAXIMUM_CHALLENGES])


def choose_challenge(challenges: Iterable[Challenge]) -> Challenge | None:
    """Return the first usable Bearer, else the first Basic, else None (AUTH-02)."""
    basic = None
    for challenge in challenges:
        if challenge.scheme == "bearer" and challenge.realm:
            return challenge
        if challenge.scheme == "basic" and basic is None:
            basic = challenge
    return basic


def _read_value(value: str) -> Iterator[Challenge]:
    scheme: str | None = None
    parameters: dict[str, str] = {}
    at = _skip(value, 0)
    while at < len(value):
        name = _TOKEN.match(value, at)
        if name is None:
            # Not a challenge any more: what was read up to here may still be one.
            break
        equals = _EQUALS.match(value, name.end())
        if equals is None or scheme is None:
            if scheme is not None:
                yield _challenge(scheme, parameters)
            scheme, parameters = name[0].lower(), {}
            token68 = _TOKEN68.match(value, name.end())
            at = _skip(value, token68.end() if token68 else name.end())
            continue
        quoted = _QUOTED.match(value, equals.end())
        found = quoted or _BARE.match(value, equals.end())
        if found is None:
            # An unterminated quote: this challenge cannot be told from the rest.
            return
        parameters.setdefault(name[0].lower(), re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else found[0])
        at = _skip(value, found.end())
    if scheme is not None:
        yield _challenge(scheme, parameters)


def _skip(value: str, at: int) -> int:
    match = _SKIP.match(value, at)
    assert match is not None
    return match.end()


def _challenge(scheme: str, parameters: dict[str, str]) -> Challenge:
    return Challenge(
        scheme=scheme,
        realm=parameters.get("realm"),
        service=parameters.get("service"),
        scope=parameters.get("scope"),
        error=parameters.get("error"),
    )


def scope_of(challenge: Challenge, repository: str) -> str:
    """Return the scope to ask for: our own, unless the registry knows one of its own kind only (AUTH-11, AUTH-12).

    A challenge may name a longer repository that ends with ours: a proxy project put its name in front.
    """
    if challenge.scope == SCOPE_OF_ECR_PUBLIC:
        return SCOPE_OF_ECR_PUBLIC
    kind, _, rest = (challenge.scope or "").partition(":")
    name = rest.rpartition(":")[0]
    if kind == "repository" and name.endswith(f"/{repository}") and " " not in name:
        return f"repository:{name}:pull"
    return f"repository:{repository}:pull"


def fallback_scope(challenge: Challenge) -> str | None:
    """Return the scope to try after the token server answered 400 to our own (Gitea and Forgejo ask for `*`)."""
    return SCOPE_OF_GITEA if challenge.scope == SCOPE_OF_GITEA else None


def parse_token(content: bytes, *, now: datetime) -> Token:
    """Read a token server's answer; `now` is when it was asked, with its time zone.

    Raise `ValueError` where there is no token that fits into a header (AUTH-05, AUTH-09, SEC-18, SEC-19).
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError("the answer is not JSON") from error
    if not isinstance(document, dict):
        raise ValueError("the answer is not a JSON object")  # noqa: TRY004 - one error for every unusable answer
    value = document.get("token") or document.get("access_token")
    if not isinstance(value, str) or not value:
        raise ValueError("the answer holds no token")
    if len(value) > MAXIMUM_TOKEN or not _VISIBLE.fullmatch(value):
        raise ValueError("the token does not fit into a header")
    life = _read_seconds(document.get("expires_in")) - _read_age(document.get("issued_at"), now)
    return Token(value=value, seconds=life - max(5.0, life / 10))


def _read_seconds(value: object) -> float:
    """Return a lifetime between a minute and a day; what is not a number counts as a minute."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return SHORTEST_LIFE
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return SHORTEST_LIFE
    return SHORTEST_LIFE if math.isnan(seconds) else min(max(seconds, SHORTEST_LIFE), LONGEST_LIFE)


def _read_age(value: object, now: datetime) -> float:
    """Return how old a token already is, in seconds; a clock more than a minute off ours is not believed."""
    try:
        age = (now - datetime.fromisoformat(value)).total_seconds() if isinstance(value, str) else 0.0
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return age if 0 <= age < SHORTEST_LIFE / 2 else 0.0
