"""Where the next page of a list is, as a registry says it in `Link` (RFC 8288).

A link never chooses a host or a repository: of a good one only the query is taken (SEC-14). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from pinner.errors import BlockedError
from pinner.registry.origin import MAXIMUM_URL, Origin

MAXIMUM_HEADER: Final = 16 * 1024
MAXIMUM_LINKS: Final = 16

_TARGET: Final = re.compile(r"[\s,]*<([^<>]*)>")
# A parameter's value is a quoted text with escapes, or runs to the next separator; a quote without end is such a value.
_PARAMETER: Final = re.compile(r"""\s*;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]*)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^;,]*)))?""")
# The slashes of `/tags/list`, and of `/referrers/<digest>`.
_OUTSIDE_NAME: Final = 2
_ESCAPED: Final = re.compile(r"\\(.)")
_QUERY: Final = re.compile(r"[\x21\x24-\x3b\x3d\x3f-\x7e]+")


@dataclass(frozen=True, slots=True)
class Link:
    """A target as written, and the relations it has, in lowercase."""

    target: str
    relations: frozenset[str]


def parse_links(values: Iterable[str]) -> tuple[Link, ...]:
    """Read all `Link` header values, 16 links and 16 KiB at most; nonsense gives fewer links, never an error."""
    return tuple(link for value in values for link in _links(value[:MAXIMUM_HEADER]))[:MAXIMUM_LINKS]


def _links(value: str) -> Iterator[Link]:
    place = 0
    while (target := _TARGET.match(value, place)) is not None:
        place = target.end()
        relations: frozenset[str] | None = None
        while (parameter := _PARAMETER.match(value, place)) is not None:
            place = parameter.end()
            name, quoted, bare = parameter.groups()
            # The first one counts, later ones must be ignored (RFC 8288, section 3.3).
            if name.lower() == "rel" and relations is None:
                text = bare if quoted is None else _ESCAPED.sub(r"\1", quoted)
                relations = frozenset((text or "").lower().strip('" \t').split())
        yield Link(target[1].strip(), relations or frozenset())


def next_query(values: Iterable[str], *, asked: str, answered: str) -> str | None:
    """Return the query of the next page, or None where there is none.

    `asked` is the address of the list at the host that was asked, `answered` the one that answered after redirects.
    Raise `BlockedError` for a link to another origin, or to anything but this list. Artifactory leaves its own
    repository out of the path (RTFACT-18971); then `n` and `last` are all that is taken.
    """
    target = next((link.target for link in parse_links(values) if "next" in link.relations), None)
    if target is None:
        return None
    try:
        url = urljoin(answered, target)
        origin, parts = Origin.of(url), urlsplit(url)
        shortened = _rebuilt(parts.query)
    except ValueError as error:
        raise _refused(asked, "to an address that is not allowed") from error
    if origin != Origin.of(answered):
        raise _refused(asked, "to another host")
    if parts.path == urlsplit(answered).path:
        query = parts.query
    elif _is_shortened(parts.path, urlsplit(asked).path):
        query = shortened
    else:
        raise _refused(asked, "to something else")
    if not _QUERY.fullmatch(query) or len(query) > MAXIMUM_URL // 2:
        raise _refused(asked, "without saying which")
    return query


def _is_shortened(path: str, whole: str) -> bool:
    """Return whether `path` is `whole` with leading components of the repository left out, and one at least kept."""
    rest = path.removeprefix("/v2")
    return rest != path and rest.count("/") > _OUTSIDE_NAME and whole.endswith(rest)


def _rebuilt(query: str) -> str:
    fields = parse_qs(query, max_num_fields=16)
    return urlencode([(name, fields[name][0]) for name in ("n", "last") if name in fields])


def _refused(asked: str, why: str) -> BlockedError:
    message = f"{Origin.of(asked).authority} links the next page {why}"
    return BlockedError(message, hint="ask the operator of the registry; nothing was followed")
