"""Lists that come in pages: one after the other, until there is no next one or too many (RES-21)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from pinner.registry.auth import Authenticator
from pinner.registry.endpoint import Endpoint
from pinner.registry.exchange import Answer, Kind
from pinner.registry.links import next_query

MAXIMUM_PAGES: Final = 1000
OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which list of which repository, from whom; `path` is what stands behind `/v2/`, `query` asks for the first page.

    `repository` is the name that the endpoint knows.
    """

    endpoint: Endpoint
    repository: str
    kind: Kind
    path: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer, and whether the registry says that more would follow."""

    answer: Answer
    has_more: bool


def read_pages(authenticator: Authenticator, listing: Listing) -> Iterator[Page]:
    """Yield the pages of a list; an answer that is not 200 is the last one.

    A registry that links to a page that it gave before would never come to an end: there the pages stop, and after a
    thousand; the last one given then has more. Raise `BlockedError` for a link that leads to anything but this list
    (SEC-14), and what `Authenticator.send` raises.
    """
    asked = listing.endpoint.ask(listing.kind, listing.path).url
    query, seen = listing.query, {_mark(listing.query)}
    for _ in range(MAXIMUM_PAGES):
        answer = authenticator.send(
            listing.endpoint, listing.repository, listing.kind, f"{listing.path}?{query}" if query else listing.path
        )
        links = answer.headers.get_list("link") if answer.status == OK else ()
        following = next_query(links, asked=asked, answered=answer.url)
        yield Page(answer, has_more=following is not None)
        if following is None or _mark(following) in seen:
            return
        seen.add(_mark(following))
        query = following


def _mark(query: str) -> str:
    """Return what tells one page from another: `last`, or all of a query that counts in other ways."""
    return parse_qs(query).get("last", [query])[0]
