"""`auth explain`: which credentials a registry would see, and why."""

from __future__ import annotations

from pinner.commands.network import Network
from pinner.credentials.keys import is_address, shown_key
from pinner.credentials.steps import Broken
from pinner.errors import PinnerError, UsageError
from pinner.oci.reference import Reference
from pinner.registry.explanation import RegistryAccess, explain_access


def explain_auth(target: str, network: Network) -> RegistryAccess:
    """Return how `HOST[/REPOSITORY]` would be reached; a tag or digest behind it counts for nothing.

    Opens no connection; helpers that a run would ask are asked. Raise `UsageError` where `target` begins with no host,
    `InvalidReferenceError` where the repository is none.
    """
    head, slash, _ = target.partition("/")
    if not is_address(head):
        message = f"{shown_key(target)!r} does not begin with a registry host"
        raise UsageError(message, hint="write HOST or HOST/REPOSITORY: ghcr.io/acme/api, docker.io/library/nginx")
    repository = Reference.parse(target).repository if slash else None
    return explain_access(head, repository, registries=network.read_settings(), chain=network.find_credentials())


def failures_of(access: RegistryAccess) -> tuple[PinnerError, ...]:
    """Return what would end the look-up of credentials, for the registry and its mirrors."""
    outcomes = [endpoint.explanation.outcome for endpoint in access.endpoints]
    return tuple(outcome.error for outcome in outcomes if isinstance(outcome, Broken))
