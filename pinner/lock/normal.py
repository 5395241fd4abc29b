"""Long lockfiles in exactly their normal form, read ten times as fast as TOML is.

This never says that a file is wrong: what is not as `render_lock` writes it, letter by letter, is left to the strict
reader, and what is gives the same lock. `tests/test_lock_normal.py` holds the one against the other.
"""

from __future__ import annotations

import datetime as dt
from types import MappingProxyType
from typing import Final

from pinner.errors import InputError
from pinner.frozen import unchecked
from pinner.lock.model import Candidate, Lock, Pin
from pinner.lock.rendering import FOOTER, HEADER
from pinner.oci.digest import HEX_LENGTHS, Digest
from pinner.oci.platform import Platform
from pinner.patterns import compile_later

_LABEL: Final = r"[a-z0-9]+(?:-+[a-z0-9]+)*"
_PORT: Final = r":(?:[1-9][0-9]{0,3}|[1-5][0-9]{4})"
_COMPONENT: Final = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
# Canonical names as nearly all are: of Docker Hub with two parts at least, of another host one whose name shows it.
_NAME: Final = (
    rf"(?:docker\.io/{_COMPONENT}|(?!(?:index\.)?docker\.io/)(?:{_LABEL}(?:(?:\.{_LABEL})+(?:{_PORT})?|{_PORT})))"
    rf"(?:/{_COMPONENT})+"
)
_KEY: Final = rf"{_NAME}:[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}(?:#[a-z0-9/._-]+)?"
_KEYS: Final = compile_later(rf"(?:{_KEY}\n)*")
# What stands before a key, between key and digest, and behind; an entry with a digest of another algorithm is rare.
_HEADER: Final = '\n[images."'
_MIDDLE: Final = '"]\ndigest = "sha256:'
_MORE: Final = compile_later(
    r'"\n(?:media-type = "([^"\\\x00-\x1f\x7f]*)"\n)?'
    r'(?:platforms = \["([a-z0-9/._-]+(?:", "[a-z0-9/._-]+)*)"\]\n)?'
)
_CANDIDATE: Final = compile_later(
    r'\[\[pending\."([^"\n]+)"\]\]\ndigest = "(sha256|sha512):([0-9a-f]+)"\nseen = ([0-9]{4}-[0-9]{2}-[0-9]{2})\n\n'
)
_PENDING: Final = '\n[[pending."'
_END: Final = f"\n{FOOTER}"
# What a repository's name may have; a key that is longer is left to who counts its parts.
_LONGEST_KEY: Final = 255
_LENGTH: Final = HEX_LENGTHS["sha256"]
_ANY: Final = Digest("sha256", "0" * 64)
_NONE: Final[MappingProxyType[str, object]] = MappingProxyType({})


def read_normal(text: str) -> Lock | None:
    """Return the lock of a file in its normal form, or None where it may be in another one."""
    if not text.endswith(_END):
        return None
    images, mark, waiting = text.removesuffix(_END).partition(_PENDING)
    begin, *entries = images.split(_HEADER)
    try:
        pins = _read_pins(entries)
        pending = _read_pending(f"{mark}{waiting}\n"[1:])
        keys = list(pins)
        is_normal = (
            begin == HEADER
            and len(keys) == len(entries)
            and keys == sorted(keys)
            and _are_digests([pin.digest.encoded for pin in pins.values()])
            and _are_canonical([*keys, *pending])
        )
    except (InputError, ValueError):
        return None
    return Lock(pins=pins, pending=pending) if is_normal else None


def _read_pins(entries: list[str]) -> dict[str, Pin]:
    """Return entries by what stands for a key in them, which must still be held against the grammar, as the digests.

    Raise `InputError` for anything else that is not in the normal form. What follows a digest is read once of the many
    that are alike.
    """
    make_pin, make_digest = unchecked(Pin), unchecked(Digest)
    pins: dict[str, Pin] = {}
    known: dict[str, tuple[str | None, tuple[Platform, ...] | None]] = {}
    for entry in entries:
        key, _, rest = entry.partition(_MIDDLE)
        more = rest[_LENGTH:]
        facts = known.get(more) or known.setdefault(more, _read_more(more))
        pins[key] = make_pin(key, make_digest("sha256", rest[:_LENGTH]), *facts, _NONE)
    return pins


def _are_digests(encoded: list[str]) -> bool:
    """Return whether all, of which none is longer than `_LENGTH`, are hashes; raise `ValueError` for other letters."""
    written = "".join(encoded)
    return len(written) == _LENGTH * len(encoded) and bytes.fromhex(written).hex() == written


def _are_canonical(keys: list[str]) -> bool:
    """Return whether all keys are as `lock_key` makes them; raise `InputError` for a platform that is none."""
    are_names = max(map(len, keys), default=0) <= _LONGEST_KEY and _KEYS.fullmatch("\n".join([*keys, ""])) is not None
    platforms = {key.partition("#")[2] for key in keys if "#" in key}
    return are_names and all(str(Platform.parse(one).normal) == one for one in platforms)


def _read_more(text: str) -> tuple[str | None, tuple[Platform, ...] | None]:
    """Return the media type and the platforms of an entry, as it has them; raise `InputError` for anything else."""
    more = _MORE.fullmatch(text)
    if more is None:
        message = f"{text!r} is not in the normal form"
        raise InputError(message)
    media_type, platforms = more.groups()
    found = tuple(map(Platform.parse, platforms.split('", "'))) if platforms else None
    return media_type, Pin(key="", digest=_ANY, platforms=found).platforms


def _read_pending(text: str) -> dict[str, tuple[Candidate, ...]]:
    """Return the candidates by their keys; raise `InputError` or `ValueError` where something else stands there."""
    pending: dict[str, tuple[Candidate, ...]] = {}
    at = 0
    while at < len(text):
        found = _CANDIDATE.match(text, at)
        if found is None:
            message = "something else than a candidate"
            raise InputError(message)
        key, algorithm, encoded, seen = found.groups()
        candidate = Candidate(digest=Digest(algorithm, encoded), seen=dt.date.fromisoformat(seen))
        pending[key] = (*pending.get(key, ()), candidate)
        at = found.end()
    return pending
