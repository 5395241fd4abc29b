"""The table of formats and their modules: neither says what is not true of the other."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.formats import candidates, detect, has_needle, load_format, needles_of
from pinner.formats.naming import Naming, matches
from pinner.formats.routed import Images
from pinner.formats.table import FORMATS
from pinner.syntax.routes import AnyDepth, Element, ElementWhere, Key, Route, Text
from pinner.text import Source
from tests.support.route_documents import tables

every_format = pytest.mark.parametrize("module", FORMATS)
PATTERNS = sorted({pattern for row in FORMATS.values() for pattern in row.filenames})


@every_format
def test_a_format_takes_in_files_where_its_row_says_in_which_it_begins(module: str) -> None:
    entries = FORMATS[module].entries
    assert (load_format(module).included is not None) == bool(entries) == bool(FORMATS[module].includes)
    assert all(module in candidates(entry) for entry in entries)


@every_format
def test_patterns_are_of_lowercase_paths(module: str) -> None:
    for pattern in FORMATS[module].filenames:
        assert pattern == pattern.lower().strip("/")
        assert module in candidates(pattern.replace("/**/", "/").replace("*", "a"))
        assert pattern.count("**") <= 1


def words(images: Images, route: Route) -> set[str]:
    """Return what stands in every file that has an image at a place; of the texts of globs, what stands in them."""
    keys = {step.name.written for step in route.steps if isinstance(step, Key)}
    return keys | {images.prefix, images.pattern} - {""}


@pytest.mark.parametrize("module", tables())
def test_no_image_of_a_table_stands_in_a_file_without_a_needle(module: str) -> None:
    for images, route in tables()[module].places:
        assert any(has_needle(module, word) for word in words(images, route)), (module, str(route))


def test_the_words_of_a_place_are_those_that_a_file_must_have() -> None:
    steps = (Key(Text("a")), Key(Text("*b*", is_glob=True)), AnyDepth(), Element(), ElementWhere("c", Text("d")))
    assert words(Images(route="", prefix="docker://"), Route(steps)) == {"a", "*b*", "docker://"}


def test_the_needles_of_several_formats_are_those_that_no_other_stands_in() -> None:
    assert needles_of(()) == ()
    assert needles_of(("dockerfile", "compose")) == ("",)
    assert needles_of(("circleci", "helm_values")) == ("mage", "epository")
    assert not has_needle("compose", "IMAGE")


def test_a_format_without_needles_wants_every_file() -> None:
    assert has_needle("dockerfile", "")


def test_the_name_of_a_file_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    real = Naming.formats_of

    def watch(naming: Naming, path: str) -> tuple[str, ...]:
        looked_up.append(path)
        return real(naming, path)

    monkeypatch.setattr(Naming, "formats_of", watch)
    path = "seldom/Looked/At.yaml"
    assert candidates(path)
    assert detect(Source(path, "image: nginx\n")) is None
    assert looked_up == [path.lower()]


@given(st.lists(st.sampled_from([*PATTERNS, "a", ".", "/", "README.md", "deploy/", "x.y"]), max_size=4))
def test_a_name_is_known_to_the_formats_one_of_whose_patterns_it_matches(parts: list[str]) -> None:
    path = "".join(parts).replace("**", "a/b").replace("*", "c")
    naming = Naming({module: row.filenames for module, row in FORMATS.items()})
    expected = [module for module, row in FORMATS.items() if any(matches(one, path) for one in row.filenames)]
    assert list(naming.formats_of(path)) == expected


@given(
    pattern=st.sampled_from([*PATTERNS, "a*b*c", "a/**/b/c"]),
    letters=st.lists(st.sampled_from("abc.-/*"), max_size=6),
    is_like=st.booleans(),
)
def test_a_pattern_is_read_like_the_expression_that_it_stands_for(
    pattern: str, letters: list[str], *, is_like: bool
) -> None:
    path = re.sub(r"\*+", "".join(letters), pattern) if is_like else "".join(letters)
    translated = re.escape(pattern).replace(r"/\*\*/", "/(?:.*/)?").replace(r"\*", "[^/]*")
    expected = re.fullmatch(rf"(?:.*/)?{translated}", path, re.DOTALL) is not None
    assert matches(pattern, path) is expected


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("a.yaml", "a.yaml", True),
        ("a.yaml", "b/c/a.yaml", True),
        ("a.yaml", "ba.yaml", False),
        ("*.yaml", "a/.yaml", True),
        ("a*c", "a/c", False),
        ("a*b*c", "abc", True),
        ("a*b*c", "axbyc", True),
        ("a*b*c", "ac", False),
        ("a*b*c", "acb", False),
        ("*ab*ba", "aba", False),
        ("a*a", "a", False),
        ("a/b", "b", False),
        ("a/*.c", "x/a/b.c", True),
        ("a/*.c", "a/b/d.c", False),
        ("a/**/*.c", "x/a/b/d/e.c", True),
        ("a/**/*.c", "a/b.c", True),
        ("a/**/*.c", "a.c", False),
        ("a\n*", "a\nb\n", True),
    ],
)
def test_a_pattern_has_as_many_parts_of_a_path_as_it_says(pattern: str, path: str, *, expected: bool) -> None:
    assert matches(pattern, path) is expected
