"""Texts that speak to whoever shows them: to terminals, to Markdown, to HTML and to the bots of forges."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

HOSTILE: Final = (
    *("|", " | a | b |", "\\|", "\\\\|", "`", "``", "```", "```\nx\n```", "` `", " ", "", "\\", "\\`"),
    *("@acme", "@acme/team", "#1", "!2", "acme/api#1", "GH-1", "JIRA-12", "%1", "~label", "$`a`$", "&1", "^alert#1"),
    *("<script>alert(1)</script>", "</details>", "</summary></details>", "<!--", "-->", "<img src=x onerror=alert(1)>"),
    *("[x](javascript:alert(1))", "![x](https://evil.example/x.png)", "[a]: https://evil.example", "[[_TOC_]]"),
    *("https://evil.example/x", "www.evil.example", "a@evil.example", "<https://evil.example>", "javascript:alert(1)"),
    *("\u202eabc", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u2060", "\u2066x\u2069", "\u3164", "\U000e0041", "\ufe0f"),
    *(
        "\n",
        "\r\n",
        "\n\n",
        "\n/close\n",
        "\n# h",
        "\n---\n",
        "\n- x",
        "\t",
        "\x00",
        "\x1b[31m",
        "\x85",
        "\u2028",
        "\udcff",
    ),
    *("&lt;", "&#124;", "&amp;amp;", "&", "~~x~~", "**x**", "_x_", "*x*", ":smile:", "\u05d0\u05d1", "e\u0301"),
    *('"onclick="x', "'", ">", "1. x", "- x", "+ x", "===", "3f2a91c", "deadbeef", "x" * 100_000, "`" * 300),
)


def hostile_texts() -> st.SearchStrategy[str]:
    """Return a strategy of such texts: alone, joined, and among random ones."""
    pieces = st.sampled_from(HOSTILE) | st.text(max_size=6)
    return st.lists(pieces, max_size=5).map("".join)
