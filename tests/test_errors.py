"""Errors: one tree, an exit code each, as drawn in the module's docstring."""

from __future__ import annotations

import inspect
import re

import pytest

from pinner import errors
from pinner.errors import PinnerError, RateLimitedError

_DRAWN = re.compile(r"^(?P<indent>[ │├└─]*)(?P<name>[A-Z]\w+Error)\b(?: +exit (?P<code>\d+))?", re.MULTILINE)


def _classes() -> dict[str, type[PinnerError]]:
    found = inspect.getmembers(errors, inspect.isclass)
    return {name: found_class for name, found_class in found if issubclass(found_class, PinnerError)}


def _drawn() -> dict[str, tuple[str | None, int | None]]:
    """Read the tree of the docstring: name → parent and exit code."""
    rows: dict[str, tuple[str | None, int | None]] = {}
    above: list[tuple[int, str]] = []
    for match in _DRAWN.finditer(inspect.getdoc(errors) or ""):
        indent = len(match["indent"])
        while above and above[-1][0] >= indent:
            above.pop()
        rows[match["name"]] = (above[-1][1] if above else None, int(match["code"]) if match["code"] else None)
        above.append((indent, match["name"]))
    return rows


def test_the_docstring_draws_every_error_under_its_parent() -> None:
    real = {name: error.__base__ for name, error in _classes().items()}
    drawn = {name: parent for name, (parent, _) in _drawn().items()}
    assert drawn == {
        name: None if base is Exception else base.__name__ for name, base in real.items() if base is not None
    }


def test_the_exit_codes_are_those_of_the_docstring() -> None:
    for name, (_, code) in _drawn().items():
        if code is not None:
            assert _classes()[name].exit_code == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("PinnerError", 70),
        ("EditError", 70),
        ("UsageError", 2),
        ("InvalidReferenceError", 2),
        ("InvalidDigestError", 2),
        ("ConfigError", 2),
        ("LockError", 2),
        ("SourceError", 2),
        ("NotFoundError", 3),
        ("IntegrityError", 3),
        ("OfflineError", 3),
        ("UnauthorizedError", 4),
        ("DeniedError", 4),
        ("AmbiguousAccessError", 4),
        ("HelperError", 4),
    ],
)
def test_every_error_knows_its_exit_code(name: str, code: int) -> None:
    assert _classes()[name].exit_code == code


@pytest.mark.parametrize("error", _classes().values(), ids=_classes())
def test_an_error_is_its_message_and_keeps_its_hint_apart(error: type[PinnerError]) -> None:
    raised = error("no such tag", hint="look at the tags")
    assert (str(raised), raised.message, raised.hint) == ("no such tag", "no such tag", "look at the tags")
    assert error("no such tag").hint is None


def test_a_rate_limit_says_how_long() -> None:
    assert RateLimitedError("too many requests", seconds=30.0).seconds == 30.0
    assert RateLimitedError("too many requests").seconds is None
