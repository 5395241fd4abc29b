"""Texts from outside as they may stand in Markdown and HTML: seen, and never obeyed.

Markdown has no escape that holds everywhere: GitHub and GitLab look for `@name`, `#1` and addresses once more in what
was rendered. They leave code alone, and so all that is not ours becomes code, which nothing in it can end.
"""

from __future__ import annotations

import html
import re
from typing import Final

from pinner.patterns import compile_later

LONGEST: Final = 240
_LONGEST_ADDRESS: Final = 1000
# Letters that print nothing, though Unicode counts them as printable: fillers, joiners, selectors, an empty pattern.
_INVISIBLE: Final = compile_later(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_BACKTICKS: Final = compile_later(r"`+")
# Letters, digits, spaces and marks inside and behind words. No names of commits (deadbee), issues (GH-1), hosts (a.b).
_PROSE: Final = compile_later(
    r"(?!.*  )(?!.*\b[0-9a-f]{7,64}\b)"
    r"[A-Za-z](?:[A-Za-z0-9 ()→]|[,;.:](?= |\Z)|(?<=[0-9])\.(?=[0-9])|(?<=[a-z])[-'](?=[a-z]))*",
    re.ASCII | re.IGNORECASE,
)
_HTTPS: Final = compile_later(
    r"https://(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]{1,5})?)(?:/(?:[A-Za-z0-9._~+=&?/-]|%[0-9A-F]{2})*)?",
    re.ASCII,
)


def reveal(text: str) -> str:
    r"""Return a text of one line and bounded length in which everything is seen: `\x0a`, `\u202e`, `\U000e0041`."""
    shown = text[:LONGEST]
    if not shown.isprintable() or _INVISIBLE.search(shown):
        shown = "".join(map(_reveal_letter, shown))
    return f"{shown}…" if len(text) > LONGEST else shown


def code(text: str) -> str:
    """Return a text as a code span of Markdown, outside of tables (CommonMark 0.31, "Code spans")."""
    shown = reveal(text)
    if not shown.strip(" "):
        return "(empty)"
    fence = "`" * (max((len(run) for run in _BACKTICKS.findall(shown)), default=0) + 1)
    padding = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{padding}{shown}{padding}{fence}"


def code_in_cell(text: str) -> str:
    r"""Return a text as a code span in a cell of a table.

    Parsers do not agree on what a backslash before `|` means there, so the bar is written as `\x7c`.
    """
    return code(text.replace("|", "\\x7c"))


def is_prose(text: str) -> bool:
    """Return whether nobody can take any of a phrase for more than words."""
    return len(text) <= LONGEST and _PROSE.fullmatch(text) is not None


def prose(text: str) -> str:
    """Return a phrase of Markdown: as it is where it is harmless, else as code."""
    return text if is_prose(text) else code(text)


def link(words: str, url: str) -> str:
    """Return a link of Markdown that names its host, or the address as code where it is not a plain https one.

    `words` are ours.
    """
    host = find_host(url)
    return f"{words}: {code(url)}" if host is None else f"[{words} on {code(host)}]({url})"


def find_host(url: str) -> str | None:
    """Return the host of an https address that can stand in a link: no login, no sign that ends it, no odd letter."""
    found = _HTTPS.fullmatch(url)
    return None if found is None or len(url) > _LONGEST_ADDRESS else found["host"]


def in_html(text: str) -> str:
    """Return a text as it may stand in an element or a quoted attribute of HTML."""
    return html.escape(reveal(text), quote=True)


def _reveal_letter(letter: str) -> str:
    if letter.isprintable() and not _INVISIBLE.match(letter):
        return letter
    if letter <= "\xff":
        return f"\\x{ord(letter):02x}"
    return f"\\u{ord(letter):04x}" if letter <= "\uffff" else f"\\U{ord(letter):08x}"
