"""Findings: what a rule says about a place."""

from __future__ import annotations

from enum import IntEnum

from pinner.frozen import dataclass
from pinner.text import Edit


class Severity(IntEnum):
    """How much a finding weighs; only an error makes `check` exit 1."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """The name that reports print."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule at one place; lines and columns count from 1, columns in code points, the end is behind the text.

    `image` is the canonical `registry/repository:tag` or, where nothing could be read, the text as written.
    `suggestion` holds the edits that would mend it.
    """

    rule: str
    severity: Severity
    message: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    locator: str
    image: str
    hint: str = ""
    suggestion: tuple[Edit, ...] = ()

    @property
    def fingerprint(self) -> str:
        """A name for the finding that survives moved lines: of its rule, path, locator and image, without digests."""
        import hashlib  # noqa: PLC0415 - start-up: only reports for programs want it

        parts = (self.rule, self.path, self.locator, self.image.partition("@")[0])
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
