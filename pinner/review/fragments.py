"""Lines of a report as fragments: each form of a report writes our words and the texts from outside in its own way."""

from __future__ import annotations

from pinner.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A text of pinner's own: letters, digits, spaces and signs that no form of a report takes for its own."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that must not be overlooked."""

    text: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """A text from outside, whatever stands in it: of a registry, a file, a label."""

    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """A phrase that may hold texts from outside: words where all of it is harmless, else quoted."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """An address from outside with our words for it; a link only where that can do no harm."""

    text: str
    url: str


Fragment = Words | Strong | Quoted | Told | Link
Line = tuple[Fragment, ...]
