"""What it means that a host does not let us in or does not have it, in the words of `errors` (AUTH-20, RES-31).

Messages name the host, what was tried, the source of the credentials and the next step, never a secret. What a status
most likely means at this kind of registry comes from the table in `meanings`.
"""

from __future__ import annotations

from pinner.credentials.base import IdentityToken, Login
from pinner.errors import (
    AmbiguousAccessError,
    AuthenticationError,
    BlockedError,
    DeniedError,
    NotFoundError,
    ResolutionError,
    UnauthorizedError,
    UnreachableError,
    UnsupportedError,
)
from pinner.registry.endpoint import Endpoint
from pinner.registry.exchange import Answer, Kind
from pinner.registry.kinds import kind_of
from pinner.registry.logins import may_travel
from pinner.registry.meanings import Where, meaning_of
from pinner.registry.realm import Realm
from pinner.registry.tokens import Errand, TokenRefused
from pinner.registry.wording import error_codes, error_text

_UNAUTHORIZED = 401
_FORBIDDEN = 403
_NOT_FOUND = 404
_NOT_ACCEPTABLE = 406


def missing_credentials(
    endpoint: Endpoint, repository: str, looked_in: tuple[str, ...], refused: TokenRefused | None
) -> ResolutionError:
    """Return the error for a host that wants credentials where there are none; `looked_in` names the sources asked."""
    error = AmbiguousAccessError(
        f"does not exist, or is private and credentials for {endpoint.registry} are missing "
        f"(looked in: {', '.join(looked_in) or 'nowhere'})",
        hint=f"check the name, or log in: `docker login {endpoint.registry}`",
    )
    where: Where = "registry" if refused is None else "token server"
    status = _UNAUTHORIZED if refused is None else refused.status
    explained = _explained(error, endpoint, repository, where, status, is_shown=False)
    explained.hint = f"{explained.hint}; `pinner auth explain {endpoint.registry}` shows what was found where"
    return explained


def refused_by_registry(endpoint: Endpoint, repository: str, login: Login, answer: Answer) -> ResolutionError:
    """Return the error for credentials, or their token, that a registry refused."""
    message = f"{endpoint.host} refused the credentials from {login.source} ({answer.status}){_said(answer)}"
    error = UnauthorizedError(message, hint=f"log in again: `docker login {endpoint.registry}`")
    return _explained(error, endpoint, repository, "registry", answer.status, is_shown=True)


def refused_by_token_server(
    endpoint: Endpoint, repository: str, errand: Errand, refused: TokenRefused
) -> ResolutionError:
    """Return the error for credentials that a token server refused."""
    assert errand.login is not None
    server, source = errand.realm.origin.authority, errand.login.source
    if isinstance(errand.login, IdentityToken) and refused.status not in {_UNAUTHORIZED, _FORBIDDEN}:
        message = f"the token server {server} does not take the identity token from {source} ({refused.status})"
        return AuthenticationError(message, hint=f"log in to {endpoint.registry} again, with a user name and a token")
    said = f": {refused.said}" if refused.said else ""
    wanted_for = "" if server == endpoint.host else f" for {endpoint.host}"
    message = f"{server} refused the credentials from {source}{wanted_for} ({refused.status}){said}"
    error: ResolutionError = UnauthorizedError(message, hint=f"log in again: `docker login {endpoint.registry}`")
    if refused.status == _FORBIDDEN:
        error = DeniedError(message, hint=_rights(endpoint))
    return _explained(error, endpoint, repository, "token server", refused.status, is_shown=True)


def without_password(endpoint: Endpoint, login: Login) -> AuthenticationError:
    """Return the error for a host that wants a password where there is an identity token."""
    message = f"{endpoint.host} asks for a user name and a password, and {login.source} has an identity token"
    return AuthenticationError(message, hint=f"log in with a password: `docker login {endpoint.registry}`")


def withheld(endpoint: Endpoint, realm: Realm) -> BlockedError:
    """Return the error for a token server that wants credentials and may not see them."""
    message = f"{endpoint.host} asks for its credentials to be sent to {realm.origin.authority}"
    setting = f'trusted-realms = ["{realm.origin.authority}"]'
    if realm.is_near and not may_travel(realm.origin, endpoint.settings):
        message, setting = f"{message} by plain http", "allow-insecure-auth = true"
    return BlockedError(
        message, hint=f'if that is right: [registries."{endpoint.registry}"] {setting} in registries.toml'
    )


def refused_status(endpoint: Endpoint, repository: str, answer: Answer, kind: Kind) -> ResolutionError:
    """Return the error for an answer to a request of `kind` that is neither success nor a challenge (RES-31)."""
    ask = endpoint.ask(kind, "")
    shown = f" with the credentials from {answer.credentials}" if answer.credentials else ""
    tried = f"{endpoint.host} answered {answer.status} to {ask.method}{shown}{_said(answer)}"
    if answer.status == _NOT_FOUND:
        what, hint = "tag or digest", "check the tag; `pinner tags` lists those there are"
        if "NAME_UNKNOWN" in error_codes(answer.content):
            what, hint = "repository", "check the name for typing mistakes"
        error: ResolutionError = NotFoundError(
            f"{endpoint.host} has no such {what}{shown and f', asked{shown}'}", hint=hint
        )
    elif answer.status == _FORBIDDEN:
        error = DeniedError(tried, hint=_rights(endpoint))
    elif answer.status == _NOT_ACCEPTABLE:
        message = f"{endpoint.host} answered 406 to {ask.method}: it has no image in a form that pinner reads"
        return UnsupportedError(f"{message}{_said(answer)}", hint="push the image again with a current client")
    else:
        error = UnreachableError(tried, hint="the registry or a proxy before it does not behave; ask its operator")
    return _explained(error, endpoint, repository, "registry", answer.status, is_shown=bool(answer.credentials))


def _explained(
    error: ResolutionError, endpoint: Endpoint, repository: str, where: Where, status: int, *, is_shown: bool
) -> ResolutionError:
    """Add what the status most likely means at this kind of registry."""
    kind = kind_of(endpoint.registry, endpoint.access.challenge_for(repository))
    meaning = meaning_of(kind, where, status, is_shown=is_shown)
    if meaning is None:
        return error
    hint = error.hint if meaning.hint is None else meaning.hint.format(registry=endpoint.registry)
    return (meaning.error or type(error))(f"{error.message}; {meaning.words}", hint=hint)


def _rights(endpoint: Endpoint) -> str:
    return f"check the name and your rights, or log in: `docker login {endpoint.registry}`"


def _said(answer: Answer) -> str:
    said = error_text(answer.content, answer.hidden)
    return f": {said}" if said else ""
