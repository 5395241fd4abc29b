"""The cache's file as values: text in, entries out. Whatever is wrong with it, the rest is used and nothing is raised.

The file is nobody's promise: it may be torn, old, or made by somebody else. It holds no secret, no user name, and
nothing that was answered to a login.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pinner.errors import InvalidDigestError, ResolutionError
from pinner.oci import media_types
from pinner.oci.bounded_json import read_object
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform, is_platform_part

SCHEMA: Final = "pinner/answers/1"
MAXIMUM_SIZE: Final = 4 * 1024 * 1024
MAXIMUM_ENTRIES: Final = 5000
MAXIMUM_PLATFORMS: Final = 64
_MAXIMUM_PARTS: Final = 500_000
_KEY: Final = re.compile(r"[\x21-\x7e]{1,600}")
_PARTS: Final = (2, 3)
_LARGEST: Final = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a tag meant at one moment (`at`, in seconds since 1970).

    `platforms` is None unless the document was read and its hash checked; then they are true for ever.
    """

    digest: Digest
    media_type: str
    size: int | None
    platforms: tuple[Platform, ...] | None
    at: float


def parse_entries(content: bytes) -> dict[str, Entry]:
    """Read the file; entries that are not as they should be are left out."""
    try:
        document = read_object(content, maximum_size=MAXIMUM_SIZE, maximum_parts=_MAXIMUM_PARTS)
    except ResolutionError:
        return {}
    answers = document.get("answers")
    if document.get("schema") != SCHEMA or not isinstance(answers, dict):
        return {}
    read = ((key, _read(value)) for key, value in answers.items() if _KEY.fullmatch(key))
    return {key: entry for key, entry in read if entry is not None}


def render_entries(entries: Mapping[str, Entry]) -> bytes:
    """Return the file of the newest entries, as many as may be kept."""
    newest = islice(sorted(entries.items(), key=lambda one: -one[1].at), MAXIMUM_ENTRIES)
    answers = {key: _written(entry) for key, entry in newest if _KEY.fullmatch(key)}
    content = _rendered(answers)
    while len(content) > MAXIMUM_SIZE:
        answers = dict(islice(answers.items(), len(answers) // 2))
        content = _rendered(answers)
    return content


def _rendered(answers: Mapping[str, object]) -> bytes:
    return json.dumps({"schema": SCHEMA, "answers": answers}, indent=1).encode() + b"\n"


def _written(entry: Entry) -> Mapping[str, object]:
    return {
        "digest": str(entry.digest),
        "media_type": entry.media_type,
        "size": entry.size,
        "platforms": None if entry.platforms is None else list(map(str, entry.platforms)),
        "at": entry.at,
    }


def _read(value: object) -> Entry | None:
    if not isinstance(value, dict):
        return None
    try:
        return Entry(
            digest=Digest.parse(str(value.get("digest"))),
            media_type=_read_media_type(value.get("media_type")),
            size=_read_size(value.get("size")),
            platforms=_read_platforms(value.get("platforms")),
            at=_read_moment(value.get("at")),
        )
    except (InvalidDigestError, ValueError):
        return None


def _read_media_type(value: object) -> str:
    if not isinstance(value, str) or value not in media_types.PINNABLE:
        raise ValueError
    return value


def _read_size(value: object) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _LARGEST):
        raise ValueError
    return value


def _read_moment(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < _LARGEST:
        raise ValueError
    return float(value)


def _read_platforms(value: object) -> tuple[Platform, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MAXIMUM_PLATFORMS:
        raise ValueError
    return tuple(map(_read_platform, value))


def _read_platform(value: object) -> Platform:
    parts = value.split("/") if isinstance(value, str) else []
    if len(parts) not in _PARTS or not all(map(is_platform_part, parts)):
        raise ValueError
    return Platform(*parts)
