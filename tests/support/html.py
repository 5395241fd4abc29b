"""HTML as a browser would read it: the tags, their attributes and the text."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser

_Attributes = Sequence[tuple[str, str | None]]


class Page(HTMLParser):
    """Notes every tag, every attribute, the text, and each row of a table; an end without its begin is an error."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.other: list[str] = []
        self.rows: list[list[str]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: _Attributes) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_decl(self, decl: str) -> None:
        self.other.append(decl)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)

    def close(self) -> None:
        super().close()
        assert self._open == []


def read_html(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    return page
