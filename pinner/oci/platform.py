"""Platforms of image manifests (image-spec, image-index.md, "platform")."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeGuard

from pinner.errors import InputError
from pinner.frozen import dataclass
from pinner.patterns import compile_later

# Longer words are no platform: a registry could fill messages and the lockfile with them (SEC-15).
_PART: Final = compile_later(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
_PARTS: Final = (2, 3)
# The names that uname prints, which people write.
_ARCHITECTURES: Final = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armhf": "arm", "i386": "386"}
_DEFAULT_VARIANTS: Final = {"amd64": "v1", "arm": "v7", "arm64": "v8"}


@dataclass(frozen=True, slots=True, order=True)
class Platform:
    """An operating system, an architecture and, where it matters, a variant."""

    os: str
    architecture: str
    variant: str | None = None

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Read `os/architecture[/variant]`, with `x86_64` and `aarch64` understood; raise `InputError`."""
        parts = text.strip().lower().split("/")
        if len(parts) not in _PARTS or not all(map(is_platform_part, parts)):
            message = f"{text!r} is not a platform"
            raise InputError(message, hint="write os/architecture or os/architecture/variant, for example linux/arm64")
        os, architecture, *variant = parts
        return cls(os, _ARCHITECTURES.get(architecture, architecture), variant[0] if variant else None)

    @property
    def normal(self) -> Platform:
        """The same platform under its usual name, the default variant left out: `linux/aarch64/v8` is `linux/arm64`."""
        architecture = _ARCHITECTURES.get(self.architecture, self.architecture)
        variant = None if self.variant == _DEFAULT_VARIANTS.get(architecture) else self.variant
        return Platform(self.os, architecture, variant)

    @property
    def is_unknown(self) -> bool:
        """Whether this is the `unknown/unknown` that BuildKit gives to attestations."""
        return "unknown" in (self.os, self.architecture)

    def is_among(self, offered: Iterable[Platform]) -> bool:
        """Return whether one of them is this platform, or any variant of it where none was asked for."""
        return any(
            one.normal == self.normal
            or (self.variant is None and (one.os, one.normal.architecture) == (self.os, self.normal.architecture))
            for one in offered
        )

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


def is_platform_part(text: object) -> TypeGuard[str]:
    """Return whether `text` can be an operating system, an architecture or a variant."""
    return isinstance(text, str) and _PART.fullmatch(text) is not None
