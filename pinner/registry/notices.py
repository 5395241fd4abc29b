"""What registries want their users to read: `Warning: 299 - "text"` (distribution-spec, "Warnings"; SEC-39).

It is shown once, at the end, and nothing else ever comes of it. What a registry sends is hostile text (SEC-15).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from typing import Final

import httpx

from pinner.oci.words import sanitised
from pinner.registry.wording import masked

# The specification's limit for all warnings of an answer together.
LONGEST: Final = 4096
# A registry that warns of something else with every answer must not fill the screen.
MOST_OF_A_HOST: Final = 10
_WARNING: Final = re.compile(r'\s*299 - "((?:[^"\\\x00-\x08\x0a-\x1f]|\\[^\x00-\x1f])*)"\s*(?:,|\Z)')
_ESCAPE: Final = re.compile(r"\\(.)")


def parse_warnings(values: list[str], hidden: Iterable[str] = ()) -> Iterator[str]:
    """Yield the texts of `Warning` headers, ready to be shown; what is not of this form ends its line.

    `hidden` are the secrets of the request, which some servers repeat (SEC-29).
    """
    left = LONGEST
    for value in values:
        # Half a warning says something else than a whole one.
        text, left = value[:left], left - len(value)
        position = 0
        while found := _WARNING.match(text, position):
            shown = sanitised(masked(_ESCAPE.sub(r"\1", found[1]), hidden))
            if shown:
                yield shown
            position = found.end()
        if left <= 0:
            return


class Notices:
    """The warnings of all registries of a run, each text once for its host."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: dict[str, dict[str, None]] = {}

    def note(self, headers: httpx.Headers, host: str, hidden: Iterable[str] = ()) -> None:
        """Keep what an answer warns of."""
        if "warning" not in headers:
            return
        with self._lock:
            texts = self._texts.setdefault(host, {})
            for text in parse_warnings(headers.get_list("warning"), tuple(hidden)):
                if len(texts) < MOST_OF_A_HOST:
                    texts[text] = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Every text with the host that sent it."""
        with self._lock:
            return tuple(f"{host} says: {text}" for host, texts in sorted(self._texts.items()) for text in texts)
