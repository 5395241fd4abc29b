"""A long sequence of values that is put away small, and read again as often as wanted.

What pinner says of a large tree is many times what it must remember of it, and very like itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Generic, TypeVar

T = TypeVar("T")

# Fewer are kept as they are: a small tree pays nothing.
_BLOCK: Final = 256


class Packed(Generic[T]):
    """Values in their order, which must be such that pickle takes them."""

    def __init__(self, values: Iterable[T] = ()) -> None:
        self._blocks: list[bytes] = []
        self._last: list[T] = []
        for value in values:
            self.append(value)

    def append(self, value: T) -> None:
        """Add one more value."""
        self._last.append(value)
        if len(self._last) == _BLOCK:
            self._blocks.append(_pack(self._last))
            self._last = []

    def __len__(self) -> int:
        return len(self._blocks) * _BLOCK + len(self._last)

    def __iter__(self) -> Iterator[T]:
        for block in self._blocks:
            yield from _unpack(block)
        yield from self._last


def _pack(values: list[T]) -> bytes:
    import pickle  # noqa: PLC0415 - start-up: a small tree needs neither
    import zlib  # noqa: PLC0415 - as above

    return zlib.compress(pickle.dumps(values, pickle.HIGHEST_PROTOCOL), level=1)


def _unpack(block: bytes) -> list[T]:
    import pickle  # noqa: PLC0415 - as above
    import zlib  # noqa: PLC0415 - as above

    values: list[T] = pickle.loads(zlib.decompress(block))  # noqa: S301 - made above, and never left the process
    return values
