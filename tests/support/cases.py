"""Cases of formats: the folders of fixtures/formats, read, pinned, unpinned and varied."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pinner.formats import load_format
from pinner.formats.base import Change, Found, Skipped
from pinner.forms import Form
from pinner.oci.reference import Reference
from pinner.text import BYTE_ORDER_MARK, Source
from tests.support import writing
from tests.support.writing import DIGEST, OTHER_DIGEST, WRITTEN_FORMS, with_digest

__all__ = ["DIGEST", "OTHER_DIGEST", "WRITTEN_FORMS", "with_digest"]

ROOT: Final = Path(__file__).parents[2] / "fixtures" / "formats"
_EXPECTED: Final = "expected.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One folder: the format's module, the file, what is expected of it, and its bytes after pinning."""

    module: str
    source: Source
    expected: dict[str, Any]
    pinned: bytes

    @property
    def form(self) -> Form:
        """The form that the case is pinned in."""
        return Form(self.expected.get("form", Form.TAG_AND_DIGEST))

    def found(self) -> tuple[Found, ...]:
        """Return what the format finds."""
        return find(self.module, self.source)


def read_case(folder: Path) -> Case:
    """Read a folder; without `pinned` nothing may change."""
    expected = json.loads((folder / _EXPECTED).read_text("utf-8"))
    source = read_source(folder, expected.get("pinned"))
    pinned = (folder / expected["pinned"]).read_bytes() if expected.get("pinned") else source.encode()
    return Case(module=folder.parent.name, source=source, expected=expected, pinned=pinned)


def read_source(folder: Path, pinned: str | None) -> Source:
    """Read the one file of a folder that is neither the expectation nor the pinned bytes."""
    beside = {_EXPECTED, pinned}
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.name not in beside]
    assert len(files) == 1, files
    return Source.decode(files[0].as_posix(), (folder / files[0]).read_bytes())


def find(module: str, source: Source) -> tuple[Found, ...]:
    """Return what a format finds in a source."""
    return load_format(module).find(source)


def changes(module: str, source: Source, wish: Callable[[Reference], Reference], form: Form) -> tuple[Change, ...]:
    """Return what gives every reference its wish; see `tests.support.writing`."""
    return writing.changes(load_format(module), source, wish, form)


def pin(module: str, source: Source, form: Form = Form.TAG_AND_DIGEST) -> Source:
    """Give every reference a digest that has none."""
    return writing.pin(load_format(module), source, form)


def update(module: str, source: Source, form: Form) -> Source:
    """Give every reference that has a digest another one."""
    return writing.update(load_format(module), source, form)


def unpin(module: str, source: Source) -> Source:
    """Take every digest away."""
    return writing.unpin(load_format(module), source)


def refused(module: str, source: Source, form: Form) -> list[str]:
    """Return the locators of the places that cannot be pinned in a form."""
    return writing.refused(load_format(module), source, form)


def describe(source: Source, one: Found) -> dict[str, object]:
    """Return what expected.json says of a place."""
    position = source.position(one.span.start)
    place = {"line": position.line, "column": position.column, "locator": one.locator}
    if isinstance(one, Skipped):
        return {"written": one.written, **place, "reason": one.reason}
    return {"written": one.reference.written, **place, "reference": canonical(one.reference)}


def canonical(reference: Reference) -> str:
    """Return the reference in full, whatever its spelling."""
    tag = f":{reference.tag}" if reference.tag else ""
    return reference.name + tag + (f"@{reference.digest}" if reference.digest else "")


# A variant of a text: none where it would be the same text again.
Variant = Callable[[str], str | None]


def _with_carriage_returns(text: str) -> str | None:
    return None if "\r" in text else text.replace("\n", "\r\n")


def _with_mark(text: str) -> str | None:
    return None if text.startswith(BYTE_ORDER_MARK) else BYTE_ORDER_MARK + text


def _without_final_newline(text: str) -> str | None:
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else None


VARIANTS: Final[dict[str, Variant]] = {
    "CRLF": _with_carriage_returns,
    "mark": _with_mark,
    "no-final-newline": _without_final_newline,
}
