"""Content digests (image-spec, descriptor.md, "Digests")."""

from __future__ import annotations

import re
from typing import Final

from pinner.errors import InvalidDigestError
from pinner.frozen import dataclass
from pinner.patterns import compile_later

HEX_LENGTHS: Final = {"sha256": 64, "sha512": 128}
_GRAMMAR: Final = compile_later(
    r"(?P<algorithm>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*):(?P<encoded>[0-9a-fA-F]{32,})", re.ASCII
)


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A registered algorithm and the lowercase hexadecimal hash of exactly its length."""

    algorithm: str
    encoded: str

    def __post_init__(self) -> None:
        length = HEX_LENGTHS.get(self.algorithm)
        if length is None:
            message = f"unknown digest algorithm {self.algorithm!r}"
            raise InvalidDigestError(message, hint="sha256 and sha512 are the registered algorithms")
        if not re.fullmatch(r"[0-9a-f]+", self.encoded, re.ASCII):
            message = f"digest {self.encoded!r} is not lowercase hexadecimal"
            raise InvalidDigestError(message)
        if len(self.encoded) != length:
            message = f"a {self.algorithm} digest has {length} hexadecimal digits, this one has {len(self.encoded)}"
            raise InvalidDigestError(message)

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read `algorithm:hex`; raise `InvalidDigestError` for anything else."""
        match = _GRAMMAR.fullmatch(text)
        if match is None:
            message = f"{text!r:.160} is not a digest"
            raise InvalidDigestError(message, hint="a digest reads sha256: and 64 hexadecimal digits")
        return cls(match["algorithm"], match["encoded"])

    @classmethod
    def of(cls, content: bytes, algorithm: str = "sha256") -> Digest:
        """Hash the exact bytes."""
        if algorithm not in HEX_LENGTHS:
            return cls(algorithm, "")
        import hashlib  # noqa: PLC0415 - start-up: verbs without a network compute none

        return cls(algorithm, hashlib.new(algorithm, content).hexdigest())

    def matches(self, content: bytes) -> bool:
        """Return whether these are the bytes that this digest names."""
        return Digest.of(content, self.algorithm) == self

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.encoded}"
