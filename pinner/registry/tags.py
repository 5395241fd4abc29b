"""The tags of a repository (RES-21, RES-22; distribution-spec, "Listing Tags")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pinner.errors import NotFoundError, ResolutionError
from pinner.oci.tags import TagList, parse_tags
from pinner.registry.auth import Authenticator
from pinner.registry.endpoint import Endpoint
from pinner.registry.exchange import Answer
from pinner.registry.failures import prefixed
from pinner.registry.pages import OK, Listing, Page, read_pages
from pinner.registry.refusals import refused_status

MAXIMUM_TAGS: Final = 1_000_000
# The most that ECR takes, and what others have as their own limit.
PAGE_SIZE: Final = 1000
_NOT_FOUND: Final = 404
_BAD_PAGE_SIZE: Final = frozenset({400, 405})


def list_tags(authenticator: Authenticator, endpoint: Endpoint, repository: str) -> TagList:
    """Return all tags of `repository`, a million at most.

    An empty page ends the list. Raise `NotFoundError`, `IntegrityError` for a page that is none, and what
    `read_pages` raises.
    """
    name = endpoint.repository(repository)
    listing = Listing(endpoint=endpoint, repository=name, kind="tags", path=f"{name}/tags/list", query=f"n={PAGE_SIZE}")
    tags: dict[str, None] = {}
    page: Page | None = None
    for page in _sized_pages(authenticator, listing):
        found = _read(page.answer, endpoint, name)
        tags.update(dict.fromkeys(found))
        if not found or len(tags) >= MAXIMUM_TAGS:
            break
    assert page is not None
    return TagList(tags=tuple(tags)[:MAXIMUM_TAGS], is_complete=not page.has_more and len(tags) <= MAXIMUM_TAGS)


def _sized_pages(authenticator: Authenticator, listing: Listing) -> Iterator[Page]:
    """Yield the pages in the size that was asked for, or in the registry's own where it does not take ours."""
    for page in read_pages(authenticator, listing):
        if page.answer.status in _BAD_PAGE_SIZE and listing.query:
            yield from read_pages(authenticator, replace(listing, query=""))
            return
        yield page


def _read(answer: Answer, endpoint: Endpoint, name: str) -> tuple[str, ...]:
    if answer.status == _NOT_FOUND:
        message = f"{endpoint.host} has no such repository"
        raise NotFoundError(message, hint="check the name for typing mistakes")
    if answer.status != OK:
        raise refused_status(endpoint, name, answer, "tags")
    try:
        return parse_tags(answer.content)
    except ResolutionError as error:
        raise prefixed(error, endpoint.host) from error
