"""Bytes that are nearly those of a real file, from a seed: the same ones every time, and without a fuzzer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random


def mutations(seeds: Sequence[bytes], words: Sequence[str], *, seed: str, count: int) -> Iterator[bytes]:
    """Yield variants of seeds: a few pieces cut, doubled, moved, exchanged with a word, or taken from another seed."""
    chance = Random(seed)
    for _ in range(count):
        content = chance.choice(seeds)
        for _ in range(chance.randint(1, 4)):
            content = _mutate(chance, content, seeds, words)
        yield content


def _mutate(chance: Random, content: bytes, seeds: Sequence[bytes], words: Sequence[str]) -> bytes:
    start = chance.randint(0, len(content))
    end = min(len(content), start + chance.choice((0, 1, 2, 4, 16, 80)))
    word = chance.choice(words).encode()
    match chance.randrange(6):
        case 0:
            return content[:start] + content[end:]
        case 1:
            return content[:end] + content[start:]
        case 2:
            return content[:start] + word + content[end:]
        case 3:
            return content[:start] + word + content[start:]
        case 4:
            other = chance.choice(seeds)
            return content[:start] + other[chance.randint(0, len(other)) :]
    at = chance.randint(0, len(content))
    return content[:at] + content[start:end] + content[at:]
