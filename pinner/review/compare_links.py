"""Addresses that show what lies between two revisions, for hosts whose form of them is known.

What a registry says never becomes an address as it is: every part has to fit a grammar without a login, a query or a
fragment, and the host is one that people know, by its whole name or its first label (SEC-41).
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from pinner.frozen import dataclass
from pinner.patterns import compile_later

_HOST: Final = compile_later(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.ASCII)
_SEGMENT: Final = compile_later(r"[A-Za-z0-9_~][A-Za-z0-9._~-]*", re.ASCII)
_REVISION: Final = compile_later(r"[0-9a-f]{7,40}|[0-9a-f]{64}", re.ASCII)
_OWNER_AND_NAME: Final = 2
_SUFFIX: Final = ".git"


@dataclass(frozen=True, slots=True)
class Forge:
    """How one kind of host writes a comparison; `has_groups` says that a project may lie deeper than two names."""

    names: tuple[str, ...]
    form: str
    has_groups: bool = False


_THREE_DOTS: Final = "https://{host}/{path}/compare/{old}...{new}"
FORGES: Final = (
    Forge(("github.com", "github"), _THREE_DOTS),
    Forge(("gitlab.com", "gitlab"), "https://{host}/{path}/-/compare/{old}...{new}", has_groups=True),
    Forge(("codeberg.org", "gitea.com", "gitea", "forgejo", "codeberg"), _THREE_DOTS),
    Forge(("bitbucket.org",), "https://{host}/{path}/branches/compare/{new}%0D{old}"),
)


def compare_link(source: str, old: str, new: str) -> str | None:
    """Return the address that compares two revisions of `source`, or None where none can be made for certain."""
    place = _read_source(source)
    if place is None or old == new or not (_REVISION.fullmatch(old) and _REVISION.fullmatch(new)):
        return None
    host, segments = place
    forge = next((one for one in FORGES if not {host, host.partition(".")[0]}.isdisjoint(one.names)), None)
    if forge is None or len(segments) < _OWNER_AND_NAME or (len(segments) > _OWNER_AND_NAME and not forge.has_groups):
        return None
    return forge.form.format(host=host, path="/".join(segments), old=old, new=new)


def is_same_source(one: str, other: str) -> bool:
    """Return whether two labels name one project, for all that a final `.git` or `/` may differ."""
    return _bare(one) == _bare(other)


def _bare(source: str) -> str:
    return source.strip().rstrip("/").removesuffix(_SUFFIX).rstrip("/")


def _read_source(source: str) -> tuple[str, tuple[str, ...]] | None:
    """Return host and path of an https address that has nothing else."""
    try:
        parts = urlsplit(source)
    except ValueError:
        return None
    segments = tuple(parts.path.strip("/").removesuffix(_SUFFIX).split("/"))
    is_plain = parts.scheme == "https" and not (parts.query or parts.fragment) and _HOST.fullmatch(parts.netloc)
    return (parts.netloc, segments) if is_plain and all(map(_SEGMENT.fullmatch, segments)) else None
