"""Texts of registries in sentences: one clean line, bounded, without logins and queries (SEC-15, SEC-41)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from pinner.oci.words import sanitised
from pinner.patterns import compile_later

# Longer values are cut in a sentence.
_LONGEST: Final = 160
_LONGEST_NAME: Final = 60
_MOST_NAMES: Final = 8
# A login too long to be kept has lost what ends it.
_LOGIN: Final = compile_later(r"(?<=://)[^/\s]*(?:@|…)")
_QUERY: Final = compile_later(r"(?<=://)([^\s?#\"']*)[?#][^\s\"']*", re.ASCII)


def shown(text: str) -> str:
    """Return a value as it may be shown; of addresses, what may hold a secret is left out."""
    return sanitised(_QUERY.sub(r"\1", _LOGIN.sub("", sanitised(text))))


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Return a value for the middle of a sentence."""
    short = shown(text)
    return short if len(short) <= longest else f"{short[: longest - 1]}…"


def compared(was: str, now: str) -> str:
    """Return the end of a sentence about two values that differ, however alike they look when they are shown."""
    before, after = (shortened(text) or "not set" for text in (was, now))
    return f"changed where it cannot be shown: {after}" if before == after else f"was {before}, is {after}"


def named(names: Iterable[str]) -> str:
    """Return names in their order, and how many more there are."""
    every = sorted(names)
    first, more = [shortened(one, _LONGEST_NAME) for one in every[:_MOST_NAMES]], len(every) - _MOST_NAMES
    return ", ".join(first) + (f" and {more} more" if more > 0 else "")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 layer`, `2 layers`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
