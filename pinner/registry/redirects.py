"""Redirects, followed by hand: credentials stay with their origin and nothing moves from https to http (RES-23)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import urldefrag, urljoin

from pinner.errors import BlockedError, UnreachableError
from pinner.oci.words import sanitised
from pinner.registry.exchange import Answer, Ask
from pinner.registry.origin import Origin
from pinner.registry.reach import Reach
from pinner.registry.settings import Registries

MAXIMUM_REDIRECTS: Final = 5
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def next_hop(answer: Answer, ask: Ask, *, registries: Registries, reach: Reach) -> Ask:
    """Return the request that a redirect leads to; `reach` is how far inside it may lie.

    On another scheme, host or port credentials and client certificates are left behind, for good. Raise `BlockedError`
    for a target that is not allowed and `UnreachableError` for a redirect that leads nowhere.
    """
    locations = answer.headers.get_list("location")
    if len(locations) != 1:
        message = f"{ask.host} redirects without saying where to"
        raise UnreachableError(message, hint="ask the operator of the registry")
    try:
        url = urldefrag(urljoin(answer.url, locations[0])).url
        target = Origin.of(url)
    except ValueError as error:
        message = f"{ask.host} redirects to an address that is not allowed: {sanitised(str(error))}"
        raise BlockedError(message) from error
    if target == answer.origin:
        return replace(ask, url=url)
    if answer.origin.scheme == "https" and target.scheme != "https":
        message = f"{ask.host} redirects from https to plain http at {target.authority}"
        raise BlockedError(message, hint="ask the operator of the registry")
    return replace(
        ask,
        url=url,
        host=target.authority,
        lane=target.authority,
        authorization=None,
        trust=registries.for_host(target.authority).trust,
        reach=reach,
    )
