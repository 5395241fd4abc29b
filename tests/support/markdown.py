"""Markdown as a forge would read it: what a report must be, whatever it tells of (CommonMark, with tables)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER: Final = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_BLOCKS: Final = {
    *("paragraph_open", "paragraph_close", "inline", "html_block"),
    *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
    *(f"{name}_{end}" for name in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")),
}
_INLINES: Final = {"text", "code_inline", "softbreak", "strong_open", "strong_close", "link_open", "link_close"}
_FOLD: Final = re.compile(r"<details>\n<summary><code>([^<>\n]*)</code> [a-z]+</summary>\n|</details>\n?")
# What pinner says in its own words: nothing that GitHub or GitLab look for in what was rendered.
_OWN_WORDS: Final = re.compile(r"(?:[A-Za-z0-9 ,;()→+'-]|[.:](?=[ 0-9]|\Z))*")


@lru_cache(maxsize=4)
def parse(text: str) -> tuple[Token, ...]:
    return tuple(_PARSER.parse(text))


def _inlines(text: str) -> Iterator[Token]:
    for token in parse(text):
        yield from token.children or ()


def violations(text: str) -> list[str]:
    """Return all that stands in a report and is neither code, nor words of pinner, nor of the shape that it has."""
    wrong = [f"block {token.type}" for token in parse(text) if token.type not in _BLOCKS]
    wrong += [
        token.content for token in parse(text) if token.type == "html_block" and not _FOLD.fullmatch(token.content)
    ]
    wrong += [f"inline {token.type}" for token in _inlines(text) if token.type not in _INLINES]
    wrong += [one for one in texts(text) if not _OWN_WORDS.fullmatch(one)]
    wrong += [one for one in links(text) if not re.fullmatch(r"https://[a-z0-9.:-]+(/[^\s<>()\[\]@]*)?", one)]
    wrong += [line for line in text.splitlines() if line.startswith(("/", "#", ">", "    "))]
    folds = [token.content[:2] for token in parse(text) if token.type == "html_block"]
    wrong += ["fold-outs that are not closed"] if folds != ["<d", "</"] * (len(folds) // 2) else []
    return wrong


def texts(text: str) -> list[str]:
    """Return what is neither code nor HTML."""
    return [token.content for token in _inlines(text) if token.type == "text"]


def code_spans(text: str) -> list[str]:
    return [token.content for token in _inlines(text) if token.type == "code_inline"]


def links(text: str) -> list[str]:
    return [str(token.attrs["href"]) for token in _inlines(text) if token.type == "link_open"]


def fold_titles(text: str) -> list[str]:
    found = (_FOLD.fullmatch(token.content) for token in parse(text) if token.type == "html_block")
    return [one[1] for one in found if one and one[1] is not None]


def cells(text: str) -> list[list[str]]:
    """Return the rows of all tables, the head first, each cell as it was written."""
    rows: list[list[str]] = []
    tokens = parse(text)
    for number, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in {"th_open", "td_open"}:
            rows[-1].append(tokens[number + 1].content)
    return rows
