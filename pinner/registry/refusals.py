"""What it means that a host does not let us in, in the words of `errors` (AUTH-20).

Messages name the host, what was tried, the source of the credentials and the next step, never a secret.
"""

from __future__ import annotations

from collections.abc import Sequence

from pinner.errors import AmbiguousAccessError, BlockedError, ResolutionError, UnauthorizedError
from pinner.registry.endpoint import Endpoint
from pinner.registry.failures import repeated
from pinner.registry.grants import Grant
from pinner.registry.realm import Realm


def refuse(endpoint: Endpoint, repository: str, grant: Grant, *, looked_in: Sequence[str]) -> ResolutionError:
    """Return the error for a host that does not let us in, and remember it; `looked_in` names the sources asked."""
    access, errand = endpoint.access, grant.errand
    if grant.put_away is not None:
        return access.deny(repository, repeated(grant.put_away))
    if grant.login is not None and errand is not None and errand.login is None:
        return access.deny(repository, _withheld(endpoint, errand.realm))
    if grant.login is None:
        looked = ", ".join(looked_in) or "nowhere"
        error: ResolutionError = AmbiguousAccessError(
            f"does not exist, or is private and credentials for {endpoint.registry} are missing (looked in: {looked})",
            hint=f"check the name, or log in: `docker login {endpoint.registry}`; "
            f"`pinner auth explain {endpoint.registry}` shows what was found where",
        )
        return access.deny(repository, error)
    message = f"{endpoint.host} refused the credentials from {grant.login.source} (401)"
    error = UnauthorizedError(message, hint=f"log in again: `docker login {endpoint.registry}`")
    if errand is None:
        return access.reject(grant.login, error)
    error.hint = "the image may not exist, or these credentials may not pull it"
    return access.deny(repository, error)


def _withheld(endpoint: Endpoint, realm: Realm) -> BlockedError:
    message = f"{endpoint.host} asks for its credentials to be sent to {realm.origin.authority}"
    hint = f'if that is right: [registries."{endpoint.registry}"] trusted-realms = ["{realm.origin.authority}"]'
    return BlockedError(message, hint=f"{hint} in registries.toml")
