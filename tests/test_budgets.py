"""The budgets that the style of this house sets, as far as a tool can hold them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
MODULES: Final = sorted(path for path in ROOT.glob("pinner/**/*.py") if "project" not in path.relative_to(ROOT).parts)
SOURCES: Final = [*MODULES, *sorted(ROOT.glob("tests/**/*.py")), *sorted(ROOT.glob("bench/**/*.py"))]
LONGEST_FILE: Final = 300
LONGEST_FUNCTION: Final = 50
VAGUE_NAMES: Final = {"utils", "util", "helpers", "manager", "handler", "handlers", "data", "info", "misc", "common"}

_NOQA: Final = re.compile(r"#\s*noqa:\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*\s+-\s+\S.*")
_TYPE_IGNORE: Final = re.compile(r"#\s*type:\s*ignore\[[a-z, -]+\]\s*(?:#|-)\s*\S.*")

Function = ast.FunctionDef | ast.AsyncFunctionDef
every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
every_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))


def _functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, Function):
            yield node


def _public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Yield functions, classes and methods that others may use; overloads and magic methods aside."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            if not any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list):
                yield f"{prefix}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body, f"{node.name}.")


def _comments(path: Path) -> Iterator[tuple[int, str]]:
    for token in tokenize.tokenize(io.BytesIO(path.read_bytes()).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


@every_module
def test_a_file_fits_into_300_lines(path: Path) -> None:
    assert len(path.read_bytes().splitlines()) <= LONGEST_FILE


@every_module
def test_a_function_fits_into_50_lines(path: Path) -> None:
    lengths = {function.name: (function.end_lineno or 0) - function.lineno + 1 for function in _functions(path)}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


@every_module
def test_every_function_says_what_it_returns(path: Path) -> None:
    assert [function.name for function in _functions(path) if function.returns is None] == []


@every_module
def test_what_is_public_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    assert ast.get_docstring(tree)
    assert [name for name, node in _public(tree.body) if not ast.get_docstring(node)] == []


@every_module
def test_a_module_has_a_name_that_says_something(path: Path) -> None:
    assert VAGUE_NAMES.isdisjoint(path.relative_to(ROOT).with_suffix("").parts)


@every_source
def test_an_exception_to_a_rule_gives_its_reason(path: Path) -> None:
    unexplained = [
        f"{line}: {comment}"
        for line, comment in _comments(path)
        if (re.match(r"#\s*noqa", comment) and not _NOQA.match(comment))
        or (re.match(r"#\s*type:\s*ignore", comment) and not _TYPE_IGNORE.match(comment))
    ]
    assert unexplained == []


@pytest.mark.parametrize(
    ("comment", "is_explained"),
    [
        ("# noqa", False),
        ("# noqa: S101", False),
        ("# noqa: S101 - asserted above", True),
        ("# noqa: S101, PLR2004 - a table", True),
    ],
)
def test_a_reason_is_what_stands_behind_the_rule(comment: str, is_explained: bool) -> None:  # noqa: FBT001 - a table
    assert bool(_NOQA.match(comment)) is is_explained
