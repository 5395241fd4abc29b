from __future__ import annotations

import base64
from datetime import datetime

import pytest

from pinner.demo.tokens import Access, TokenIssuer, bearer_challenge, is_private

USERS = {"ada": "s:cret"}


def issue(issuer: TokenIssuer, *scopes: str, known: bool = False) -> str:
    return f"Bearer {issuer.issue(scopes, known=known)['token']}"


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_a_token_opens_the_repository_of_its_scope_and_no_other() -> None:
    issuer = TokenIssuer(USERS)
    token = issue(issuer, "repository:acme/api:pull")
    assert issuer.check_bearer(token, "acme/api") is Access.GRANTED
    assert issuer.check_bearer(token, "acme/web") is Access.INSUFFICIENT
    assert issuer.check_bearer(token, None) is Access.GRANTED


@pytest.mark.parametrize(
    "scopes", [("repository:a:pull", "repository:b:pull"), ("repository:a:pull repository:b:push,pull",)]
)
def test_several_scopes_open_several_repositories(scopes: tuple[str, ...]) -> None:
    issuer = TokenIssuer(USERS)
    token = issue(issuer, *scopes)
    assert [issuer.check_bearer(token, name) for name in "ab"] == [Access.GRANTED, Access.GRANTED]


@pytest.mark.parametrize("scope", ["", "repository:a", "repository:a:push", "registry:catalog:*", "a:b:c:pull"])
def test_a_scope_that_pulls_nothing_opens_nothing(scope: str) -> None:
    issuer = TokenIssuer(USERS)
    assert issuer.check_bearer(issue(issuer, scope), "a") is Access.INSUFFICIENT


def test_a_private_repository_opens_only_for_the_known() -> None:
    issuer = TokenIssuer(USERS)
    scope = "repository:private/api:pull"
    assert is_private("private/api")
    assert not is_private("acme/private/api")
    assert issuer.check_bearer(issue(issuer, scope), "private/api") is Access.INSUFFICIENT
    assert issuer.check_bearer(issue(issuer, scope, known=True), "private/api") is Access.GRANTED


def test_a_token_ends_with_its_lifetime() -> None:
    now = 100.0
    issuer = TokenIssuer(USERS, lifetime=60, clock=lambda: now)
    token = issue(issuer, "repository:a:pull")
    now = 159.0
    assert issuer.check_bearer(token, "a") is Access.GRANTED
    now = 160.0
    assert issuer.check_bearer(token, "a") is Access.INVALID


def test_revoked_tokens_are_unknown() -> None:
    issuer = TokenIssuer(USERS)
    token = issue(issuer, "repository:a:pull")
    issuer.revoke_all()
    assert issuer.check_bearer(token, "a") is Access.INVALID


def test_a_token_document_says_when_and_how_long() -> None:
    document = TokenIssuer(USERS, lifetime=90).issue((), known=False)
    assert document["expires_in"] == 90
    assert datetime.fromisoformat(str(document["issued_at"])).utcoffset() is not None


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer unknown", "Basic dTpw", "unknown"])
def test_a_header_without_a_good_token_is_invalid(header: str) -> None:
    assert TokenIssuer(USERS).check_bearer(header, "a") is Access.INVALID


def test_no_header_is_missing_not_invalid() -> None:
    issuer = TokenIssuer(USERS)
    assert issuer.check_bearer(None, "a") is Access.MISSING
    assert issuer.check_basic(None) is Access.MISSING


def test_a_password_may_hold_a_colon() -> None:
    assert TokenIssuer(USERS).check_basic(basic("ada:s:cret")) is Access.GRANTED


@pytest.mark.parametrize(
    "header",
    [
        basic("ada:wrong"),
        basic("eve:s:cret"),
        basic("ada"),
        basic(""),
        "Basic",
        "Basic ***",
        "Basic \u00fc",
        "Basic /w==",
        "Bearer YWRhOnM6Y3JldA==",
    ],
)
def test_other_credentials_are_invalid(header: str) -> None:
    assert TokenIssuer(USERS).check_basic(header) is Access.INVALID


def test_a_challenge_says_what_was_wrong_with_a_token() -> None:
    plain = 'Bearer realm="http://r/token",service="demo",scope="repository:a/b:pull"'
    assert bearer_challenge("http://r/token", "a/b", Access.MISSING) == plain
    assert bearer_challenge("http://r/token", "a/b", Access.INVALID) == f'{plain},error="invalid_token"'
    assert bearer_challenge("http://r/token", "a/b", Access.INSUFFICIENT) == f'{plain},error="insufficient_scope"'
