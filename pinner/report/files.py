"""The report of `files`: which format took a file, or why none did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from pinner.frozen import dataclass
from pinner.report.documents import render_document
from pinner.report.text import Paint, escape, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFate:
    """What became of a file: its format with what was found, or a stable word and a sentence for people.

    `rules` are those of the project's own that are for this file, `marks` the comments that name an image.
    """

    path: str
    format: str | None = None
    images: int = 0
    skipped: int = 0
    rules: tuple[str, ...] = ()
    marks: int = 0
    reason: str | None = None
    detail: str = ""


def render_files(fates: Iterable[FileFate], *, paint: Paint = plain) -> str:
    """Return a line a file."""
    return "".join(f"{escape(one.path)}: {_describe(one, paint)}\n" for one in fates)


def render_files_document(fates: Iterable[FileFate]) -> str:
    """Return the fate of every file (`pinner/files/1`)."""
    return render_document("files", files=list(map(asdict, fates)))


def _describe(one: FileFate, paint: Paint) -> str:
    if one.format is None:
        return f"{paint('not taken', 'yellow')}: {escape(one.detail)}"
    parts = [_count(one.images, "reference")]
    if one.skipped:
        parts.append(f"{one.skipped} left alone")
    if one.rules:
        parts.append(", ".join(one.rules))
    if one.marks:
        parts.append(_count(one.marks, "mark"))
    return f"{paint(one.format, 'green')}: {', '.join(parts)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
