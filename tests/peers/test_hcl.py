"""Templates of HCL stand where HashiCorp's own parser says, with the same values and the same way to them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinner.syntax.hcl_leaves import expressions, leaves
from pinner.syntax.hcl_lexer import Malformed
from pinner.syntax.hcl_nodes import File, Text
from pinner.syntax.hcl_reader import read
from pinner.text import BYTE_ORDER_MARK
from tests.peers.go_programs import Ask, build_program
from tests.support.cases import ROOT, read_case
from tests.syntax.hcl_rows import ROWS
from tests.syntax.hcl_texts import DOCUMENTS

PROGRAM: Final = Path(__file__).parent / "hcl"
SUFFIXES: Final = (".tf", ".tofu", ".nomad", ".hcl")
EXAMPLES: Final = int(os.environ.get("PINNER_HCL_EXAMPLES", "100"))

# The first build takes a minute.
pytestmark = pytest.mark.timeout(900)

# Where a template stands in bytes, its value if it is a literal, and the way to it if it is a value.
Template = tuple[int, int, str | None, tuple[str, ...] | None]


@pytest.fixture(scope="session")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Build the program that asks HCL's parser, once."""
    return build_program(PROGRAM, tmp_path_factory.mktemp("hcl"))


def theirs(answer: dict[str, Any]) -> list[Template]:
    return [(one["start"], one["end"], one["value"], _path(one["path"])) for one in answer["templates"]]


def _path(steps: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return a way as we write it: through what dynamic blocks stand for."""
    if steps is None:
        return None
    path = tuple(steps)
    for at in range(len(path) - 2):
        if path[at] == "dynamic" and path[at + 2] == "content":
            return (*path[:at], *(_path(path[at + 1 : at + 2]) or ()), *(_path(path[at + 3 :]) or ()))
    return path


def ours(text: str, file: File) -> list[Template]:
    """Return the templates of a file in the same words; labels are none."""
    ways = {id(leaf.expression): tuple(map(str, leaf.path)) for leaf in leaves(file)}
    starts = _byte_offsets(text)
    return sorted(
        (
            (starts[one.span.start], starts[one.span.end], one.value if one.is_literal else None, ways.get(id(one)))
            for one in expressions(file)
            if isinstance(one, Text)
        ),
        key=lambda one: one[:2],
    )


def _byte_offsets(text: str) -> list[int]:
    starts = [0]
    for letter in text:
        starts.append(starts[-1] + len(letter.encode()))
    return starts


def compare(ask: Ask, texts: Sequence[str]) -> int:
    """Compare what HCL accepts; return how many files that were."""
    accepted = 0
    for text, answer in zip(texts, ask(texts), strict=True):
        if not answer["error"]:
            file = read(text)
            assert not isinstance(file, Malformed), (text, file)
            assert ours(text, file) == theirs(answer), text
            accepted += 1
    return accepted


def test_rows_are_read_as_hcl_reads_them(ask: Ask) -> None:
    answers = ask([row.text for row in ROWS])
    assert {row.text: not answer["error"] for row, answer in zip(ROWS, answers, strict=True)} == {
        row.text: row.is_hcl for row in ROWS
    }
    assert compare(ask, [row.text for row in ROWS]) > 20


def test_fixtures_are_read_as_hcl_reads_them(ask: Ask) -> None:
    cases = (read_case(path.parent) for path in ROOT.glob("*/*/expected.json"))
    texts = [case.source.text for case in cases if case.source.path.endswith(SUFFIXES)]
    assert compare(ask, [text.removeprefix(BYTE_ORDER_MARK) for text in texts]) >= len(texts) // 2


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(DOCUMENTS, min_size=20, max_size=20))
def test_random_documents_are_read_as_hcl_reads_them(ask: Ask, texts: list[str]) -> None:
    compare(ask, texts)
