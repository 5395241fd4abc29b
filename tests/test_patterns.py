"""A pattern that is compiled later is one in all that it is asked for."""

from __future__ import annotations

import re

import pytest

from pinner.patterns import compile_later


def test_a_pattern_is_compiled_when_it_is_first_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    original = re.compile

    def record(pattern: str, flags: int = 0) -> re.Pattern[str]:
        compiled.append(pattern)
        return original(pattern, flags)

    monkeypatch.setattr(re, "compile", record)
    later = compile_later(r"(?P<first>a+)b", re.IGNORECASE)
    assert compiled == []
    assert later.fullmatch("AAb")
    found = later.search("xaab")
    assert found is not None
    assert found["first"] == "aa"
    assert [later.fullmatch("c") for _ in range(3)] == [None, None, None]
    # Once for each method.
    assert len(compiled) == 2


def test_a_pattern_tells_what_it_is_made_of() -> None:
    later = compile_later("a|b", re.MULTILINE)
    assert later.pattern == "a|b"
    assert later.flags == re.compile("a|b", re.MULTILINE).flags
    assert later.sub("x", "abc") == "xxc"


def test_a_pattern_that_is_none_is_refused_when_it_is_asked() -> None:
    with pytest.raises(re.error):
        compile_later("(").search("")
