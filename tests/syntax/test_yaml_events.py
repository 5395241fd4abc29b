"""The two back ends give the same kinds of events, and their errors have a place."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from pinner.syntax.yaml_events import BACKENDS, Backend, Kind, Parser, parser
from tests.support.yaml_editor import DIGEST, find, pin, reasons

every_backend = pytest.mark.parametrize("name", BACKENDS)


def backend(name: Backend) -> Parser:
    found = parser(name)
    assert found is not None
    return found


@every_backend
def test_a_document_is_a_row_of_kinds(name: Backend) -> None:
    one = backend(name)
    kinds = [one.kinds[event.__class__] for event in one.events("a: &i [x]\nb: *i\n")]
    assert kinds == [
        Kind.OTHER,
        Kind.DOCUMENT_START,
        Kind.MAPPING_START,
        Kind.SCALAR,
        Kind.SEQUENCE_START,
        Kind.SCALAR,
        Kind.SEQUENCE_END,
        Kind.SCALAR,
        Kind.ALIAS,
        Kind.MAPPING_END,
        Kind.DOCUMENT_END,
        Kind.OTHER,
    ]


@every_backend
@pytest.mark.parametrize(
    ("text", "offset"),
    [
        pytest.param("a: b: c\n", 4, id="C08-scanner"),
        pytest.param('\xe9: "\U0001f600"\nx: "\x01"\n', 11, id="row-96-control-character-after-letters-of-many-bytes"),
        pytest.param("a: 'x", 3, id="unterminated"),
    ],
)
def test_an_error_has_its_place_in_code_points(name: Backend, text: str, offset: int) -> None:
    one = backend(name)
    with pytest.raises(one.failures) as caught:
        list(one.events(text))
    problem = one.problem(caught.value, text)
    assert problem.message
    assert abs(problem.offset - offset) <= 1 or text[problem.offset :] == ""


@every_backend
def test_an_error_without_a_place_is_at_the_start(name: Backend) -> None:
    problem = backend(name).problem(ValueError("odd"), "abc")
    assert (problem.message, problem.offset) == ("not YAML", 0)


def test_a_place_behind_the_text_is_its_end() -> None:
    class TooFarError(Exception):
        problem_mark = SimpleNamespace(index=99)

    assert backend("ruamel").problem(TooFarError(), "abc").offset == 3


@pytest.fixture
def _without_libyaml(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide PyYAML's C extension, as on a platform without a wheel."""
    real: Callable[..., Any] = builtins.__import__

    def refuse(name: str, *rest: Any, **named: Any) -> Any:
        if name == "yaml._yaml":
            raise ImportError(name)
        return real(name, *rest, **named)

    parser.cache_clear()
    monkeypatch.setattr(builtins, "__import__", refuse)
    yield
    parser.cache_clear()


@pytest.mark.usefixtures("_without_libyaml")
def test_without_libyaml_there_is_one_back_end_less() -> None:
    assert parser("libyaml") is None
    assert parser("ruamel") is not None


@pytest.mark.usefixtures("_without_libyaml")
def test_without_libyaml_images_are_found_and_proven() -> None:
    assert pin("image: nginx:1 # c\n") == f"image: nginx:1@{DIGEST} # c\n"


@pytest.mark.usefixtures("_without_libyaml")
def test_row_93_without_libyaml_a_tab_behind_a_value_is_invalid() -> None:
    assert reasons(find("image: nginx:1\t\n")) == ["invalid-yaml"]
