"""Texts that are almost right: what people, tools and bad luck make of manifests, locks and configurations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

LONGEST: Final = 200_000

# What has a meaning in some of the grammars, and what has one in none.
_WORDS: Final = (
    "image:", "  image: a:1\n", "- image: nginx\n", "FROM a:1\n", "kind: Pod\n", "services:\n", "containers:\n",
    "&a ", "*a", "<<: *a\n", "!!binary ", "!reference [a, b]", "---\n", "...\n", "%YAML 1.2\n", "? ", ": ", "- ",
    "{", "}", "[", "]", ",", "'", '"', "\\", "|", ">-\n", "#", "# pinner: image\n", "# pinner: tag=1\n",
    "{{ .Values.x }}", "${A:-b}", "$(", "@sha256:", "@sha256:" + "a" * 64, ":", "/", "@", "\t", " ", "\n", "\r",
    "\r\n", "\0", "\x07", "\x1b[31m", "\ufeff", "\u2028", "\u0085", "é", "😀", "\u202e", "=", "[images]\n",
    "version = 2\n", "version = 1\n", '[images."a:1"]\n', 'digest = "x"\n', "[[forms]]\n", "[[rules]]\n",
    'paths = ["**"]\n', 'form = "digest"\n', "route = 'a.*.b'\n", "pattern = '(a+)+$'\n", "exclude = 1\n", "1e999",
    "RUN <<EOF\n", "EOF\n", "# escape=`\n", "ARG A=b\n", "COPY --from=a:1 a b\n", "null", "~", "true", "9" * 40,
)  # fmt: skip
_TOKENS: Final = tuple(one.encode() for one in _WORDS)
Mutate = Callable[[bytes, Random, Sequence[bytes]], bytes]


def _place(text: bytes, here: Random) -> int:
    return here.randrange(len(text) + 1)


def _span(text: bytes, here: Random) -> tuple[int, int]:
    start = _place(text, here)
    return start, min(len(text), start + here.choice((1, 1, 2, 5, 20, 200)))


def _insert(text: bytes, here: Random, _: Sequence[bytes]) -> bytes:
    place = _place(text, here)
    return text[:place] + here.choice(_TOKENS) * here.choice((1, 1, 1, 2, 50)) + text[place:]


def _replace(text: bytes, here: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(text, here)
    return text[:start] + here.choice(_TOKENS) + text[end:]


def _delete(text: bytes, here: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(text, here)
    return text[:start] + text[end:]


def _repeat(text: bytes, here: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(text, here)
    return text[:end] + text[start:end] * here.choice((1, 2, 100)) + text[end:]


def _flip(text: bytes, here: Random, _: Sequence[bytes]) -> bytes:
    place = here.randrange(max(1, len(text)))
    return text[:place] + here.randbytes(1) + text[place + 1 :]


def _cut(text: bytes, here: Random, _: Sequence[bytes]) -> bytes:
    place = _place(text, here)
    return text[:place] if here.random() < 0.5 else text[place:]


def _swap_lines(text: bytes, here: Random, _: Sequence[bytes]) -> bytes:
    lines = text.splitlines(keepends=True)
    one, two = (here.randrange(max(1, len(lines))) for _ in range(2))
    if lines:
        lines[one], lines[two] = lines[two], lines[one]
    return b"".join(lines)


def _indent(text: bytes, here: Random, _: Sequence[bytes]) -> bytes:
    lines = text.splitlines(keepends=True)
    start = here.randrange(max(1, len(lines)))
    return b"".join([*lines[:start], *(b" " * here.randrange(1, 4) + line for line in lines[start:])])


def _splice(text: bytes, here: Random, seeds: Sequence[bytes]) -> bytes:
    other = here.choice(seeds)
    return text[: _place(text, here)] + other[_place(other, here) :]


def _end_lines_otherwise(text: bytes, here: Random, _: Sequence[bytes]) -> bytes:
    return text.replace(b"\n", here.choice((b"\r\n", b"\r", b"\n\n", b"\xe2\x80\xa8")))


def _encode(text: bytes, here: Random, _: Sequence[bytes]) -> bytes:
    encoding = here.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1", "utf-32"))
    return text.decode(errors="replace").encode(encoding, "replace")


def _nest(text: bytes, here: Random, _: Sequence[bytes]) -> bytes:
    place = _place(text, here)
    return (
        text[:place]
        + here.choice((b"[", b"{", b"- ", b"a: {", b"((", b'{"a":')) * here.choice((10, 500))
        + text[place:]
    )


_MUTATIONS: Final[tuple[Mutate, ...]] = (
    *(_insert, _replace, _delete, _repeat, _flip, _insert, _replace, _delete),
    *(_cut, _swap_lines, _indent, _splice, _end_lines_otherwise, _encode, _nest),
)


def mutate(text: bytes, here: Random, seeds: Sequence[bytes]) -> bytes:
    """Return a text that chance has changed in one to six places."""
    for _ in range(here.choice((1, 1, 1, 2, 3, 6))):
        text = here.choice(_MUTATIONS)(text, here, seeds)[:LONGEST]
    return text
