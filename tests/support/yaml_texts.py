"""Texts that look like YAML and make trouble: half of them built to be valid, half of them a soup of its letters."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

_INLINE: Final = (
    *("nginx:1.25", '"nginx:1.25"', "'redis:7'", "localhost:5000/a/b", "redis", "1.25", "~", "null", ""),
    *("&i nginx:1.25", "*i", "&j busybox", "*j", '&i !!str "nginx:1.25"'),
    *("!t 'redis:7'", '!<tag:yaml.org,2002:str> "a:1"'),
    *("${TAG}", "nginx:${TAG:-1}", "$(X)", '"{{ .Values.image }}"'),
    *("{{ .Values.image }}", "nginx:1@sha256:" + "b" * 64),
    *('"ng\\x69nx:1"', '"nginx\\\n      :1"', "'a\n      b'"),
    *("nginx\n      :1", "\n      nginx:1.25", "# why\n      redis:7"),
    *("\xe9\u4e2d", '"\U0001f600"', '"x\x85y"', "x\u2028y"),
    *("{image: redis:7, x: [a]}", "[image, {image: a:1}]", '{"image":b:1}'),
)  # fmt: skip
_BLOCKS: Final = (
    "|\n{}nginx:1.25",
    ">-\n{}redis:7",
    "|+\n{}nginx:1\n\n",
    "|2- # c\n{}a:1",
    "|\n{}a\n{}b",
    "&i >\n{}a:1",
)
_KEYS: Final = (
    "image",
    '"image"',
    "'image' ",
    "? image\n{}",
    "im\\age",
    '"im\\x61ge"',
    "a",
    "x",
    "x-a",
    "&k image",
    "*k ",
    "<<",
)
_TAILS: Final = ("", "", "", " # image: no:1", "  ", "\t", " \t# \xe9")
# What stands between and around values; mutations of real files take from it, too.
PIECES: Final = (
    *("image: ", "image", "a: ", "x: ", ": ", ":", "- ", "? ", "\n", "\n", "\n  ", "  ", " ", "\t", "\r\n", "\r"),
    *("nginx:1", "redis", '"nginx:1"', "'r:2'", '"', "'", "&i "),
    *("*i", "*i : ", "*i: ", "<<: ", "&j {image: b:1}", "*j"),
    *("{", "}", "[", "]", ", ", "|\n", "|\n  nginx:1\n", ">-", "# c"),
    *("\n---\n", "--- ", "...\n", "%YAML 1.1\n", "%TAG ! t:\n"),
    *("{{ x }}", "{{", "\xe9", "\U0001f600", "\x85", "\u2028"),
    *("\ufeff", "\\x61", "\\\n", "!!str ", "! ", "~", "\x01", "@", "`"),
    *('"im\\x61ge": ', '"image":', "image: nginx:1\n", "- image: r:2\n"),
    *("  image: q:3\n", "? image # c\n: b:1\n", "\xa0"),
)  # fmt: skip
_ENDINGS: Final = ("\n", "\n", "\n", "\r\n", "\r")
_PROLOGUES: Final = ("", "", "---\n", "\ufeff", "%YAML 1.1\n---\n", "# c\n", "--- # c\n", "{{- if .x }}\n")
_SEPARATORS: Final = ("---\n", "...\n---\n", "--- # x\n", "---\n\ufeff", "{{ x }}\n---\n")


def soups() -> st.SearchStrategy[str]:
    """Return pieces of YAML in any order; few of them are valid."""
    return st.lists(st.sampled_from(PIECES), max_size=16).map("".join)


@st.composite
def streams(draw: st.DrawFn) -> str:
    """Return documents with nested collections of odd scalars; most of them are valid."""
    documents = draw(st.lists(_collections(depth=0), min_size=1, max_size=3))
    text = draw(st.sampled_from(_PROLOGUES)) + documents[0]
    for document in documents[1:]:
        text += draw(st.sampled_from(_SEPARATORS)) + document
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    return text.replace("\n", draw(st.sampled_from(_ENDINGS)))


def texts() -> st.SearchStrategy[str]:
    """Return both kinds."""
    return streams() | soups()


@st.composite
def _collections(draw: st.DrawFn, *, depth: int) -> str:
    """Return the lines of a mapping or a sequence, indented by its depth."""
    indent = "  " * depth
    lines: list[str] = []
    is_mapping = depth == 0 or draw(st.booleans())
    for _ in range(draw(st.integers(1, 3))):
        start = f"{indent}{draw(st.sampled_from(_KEYS)).format(indent)}:" if is_mapping else f"{indent}-"
        kind = draw(st.integers(0, 9))
        if kind < 3 and depth < 3:
            anchor = draw(st.sampled_from(("", "", " &c", " # c")))
            lines.append(f"{start}{anchor}\n{draw(_collections(depth=depth + 1))}")
        elif kind == 3:
            lines.append(f"{start} {draw(st.sampled_from(_BLOCKS)).replace('{}', indent + '  ')}\n")
        elif kind == 4:
            lines.append(f"{start} *c\n")
        else:
            lines.append(f"{start} {draw(st.sampled_from(_INLINE))}{draw(st.sampled_from(_TAILS))}\n")
    return "".join(lines)
