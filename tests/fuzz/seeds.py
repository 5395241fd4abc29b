"""What fuzzing begins with: the files of fixtures/formats, the tricky rows of YAML, and the words of all formats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from pinner.formats.table import FORMATS
from pinner.text import Source
from tests.support.cases import ROOT, read_case
from tests.support.yaml_texts import PIECES
from tests.syntax.yaml_rows import ROWS

_WORD: Final = re.compile(r"[\w./-]{2,30}:?(?= |$)", re.MULTILINE | re.ASCII)
_SIGNS: Final = (
    *("FROM ", "ARG ", "COPY --from=", "RUN --mount=from=", "# syntax=", "# escape=`", "<<EOF\n", "EOF\n", "ONBUILD "),
    *("\\\n", "`\n", "${", "$V", ":-", "}", "//", "/*", "*/", '"', "'", "@sha256:", "a" * 64, "b" * 64, "# pinner: "),
    *("# pinner: tag=1.27", "# pinner: image\n", "nginx:1.27", "localhost:5000/a", "= ", "<<-"),
)
LONGEST_WORD: Final = 60


@cache
def case_sources(module: str) -> tuple[Source, ...]:
    """Return the file of every case of a format, under its real name."""
    return tuple(read_case(path.parent).source for path in sorted((ROOT / module).glob("*/expected.json")))


def yaml_texts() -> Iterator[str]:
    """Return every YAML text that the tests know: the files of all formats, and the tricky rows."""
    yield from (row[2] for row in ROWS)
    for module in FORMATS:
        yield from (one.text for one in case_sources(module) if one.path.lower().endswith((".yaml", ".yml", ".json")))


@cache
def words(module: str | None = None) -> tuple[str, ...]:
    """Return what a mutation may put into a text: signs, needles of formats, and what their cases are made of."""
    modules = FORMATS if module is None else (module,)
    found = {word for one in modules for source in case_sources(one) for word in _WORD.findall(source.text)}
    needles = {needle for one in modules for needle in FORMATS[one].needles}
    return tuple(sorted({word for word in (*_SIGNS, *PIECES, *needles, *found) if 0 < len(word) <= LONGEST_WORD}))


def dictionary(chosen: Iterable[str]) -> str:
    """Return words as libFuzzer reads them, one a line."""
    return "".join(f'"{_escape(word)}"\n' for word in chosen)


def _escape(word: str) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in word.encode())
