"""Every key and element of a TOML file has its place."""

from __future__ import annotations

import tomllib

import pytest

from pinner.errors import ConfigError, InputError, LockError
from pinner.syntax.toml_places import find_places, format_route, quote, raise_together, read_toml, show

TEXT = '''# a comment with ] and "
title = "a # that is no comment" # one that is
a.b."c d".'e.f' = 1
[ table . "with = sign" ] # [not.this]
empty = ""
basic = "quote \\" and ] }"
literal = 'back\\slash'
long = """
[not.a.table]
key = 1 \\""" ""\\\\"""""
other = \'\'\'
'quoted' ]\'\'\'\'
date = 1979-05-27 07:32:00Z
items = [
  1, # one
  "two", [3, [4]],

  { name = "five", deep.er = [6] },
]
inline = {}
[[list]]
x = 1
[[list]]
x = 2
[list.below]
y = 3
[[list.more]]
z = 4
"\\u0061\\tb" = 5
"" = 6
'''


def lines() -> dict[str, int]:
    return {format_route(route): TEXT.count("\n", 0, at) + 1 for route, at in find_places(TEXT).items()}


def test_keys_tables_and_elements_are_found_where_they_begin() -> None:
    assert tomllib.loads(TEXT)["a"]["b"]["c d"] == {"e.f": 1}
    table = 'table."with = sign"'
    assert lines() == {
        "title": 2, "a": 3, "a.b": 3, 'a.b."c d"': 3, 'a.b."c d"."e.f"': 3,
        "table": 4, table: 4, f"{table}.empty": 5, f"{table}.basic": 6, f"{table}.literal": 7, f"{table}.long": 8,
        f"{table}.other": 11, f"{table}.date": 13, f"{table}.items": 14, f"{table}.items[0]": 15,
        f"{table}.items[1]": 16, f"{table}.items[2]": 16, f"{table}.items[2][0]": 16, f"{table}.items[2][1]": 16,
        f"{table}.items[2][1][0]": 16, f"{table}.items[3]": 18, f"{table}.items[3].name": 18,
        f"{table}.items[3].deep": 18, f"{table}.items[3].deep.er": 18, f"{table}.items[3].deep.er[0]": 18,
        f"{table}.inline": 20,
        "list": 21, "list[0]": 21, "list[0].x": 22, "list[1]": 23, "list[1].x": 24, "list[1].below": 25,
        "list[1].below.y": 26, "list[1].more": 27, "list[1].more[0]": 27, "list[1].more[0].z": 28,
        'list[1].more[0]."a\\tb"': 29, 'list[1].more[0].""': 30,
    }  # fmt: skip


def test_windows_line_ends_and_a_byte_order_mark_move_no_line() -> None:
    document = read_toml("\ufeff" + TEXT.replace("\n", "\r\n"), "x.toml", error=ConfigError, hint="")
    assert document.line(("list", 1, "below", "y")) == 26
    assert document.line(("list", 1, "x")) == 24


def test_a_place_that_is_not_there_is_the_one_around_it() -> None:
    document = read_toml(TEXT, "x.toml", error=ConfigError, hint="")
    assert document.line(("list", 1, "missing")) == 23
    assert document.line(("missing",)) == 1
    assert document.line(()) == 1
    assert str(document.problem(("list", 0), "wrong")) == "x.toml:21: list[0]: wrong"
    assert str(document.problem((), "wrong")) == "x.toml:1: wrong"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = ", "x.toml:1:5: not TOML: invalid value"),
        ("a = 1\nb = [\n", "x.toml:2:6: not TOML: invalid value"),
        ("a = 1\nb = ]\n", "x.toml:2:5: not TOML: invalid value"),
        ("a = 1\n\n[b]\n[b]\n", "x.toml:4: [b] stands twice"),
        ("a = 1\r\na = 2\r\n", "x.toml:2: a = 2 stands twice"),
        ("a = 1\nb = " + "1" * 4500, "x.toml:2: not TOML: a value that cannot be read"),
        ("a = " + "[" * 70 + "]" * 70, "x.toml:1: tables and lists are nested deeper than 64"),
        ("a = " + "[" * 7000 + "]" * 7000, "x.toml:1: tables and lists are nested deeper than 64"),
    ],
    ids=lambda value: value[:20],
)
def test_what_is_no_toml_is_said_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_toml(text, "x.toml", error=ConfigError, hint="mend it")
    assert str(caught.value) == message
    assert caught.value.hint in {"mend it", "keep the one that is right"}


def test_nesting_up_to_the_limit_is_read() -> None:
    text = "a = " + "[" * 60 + "]" * 60
    document = read_toml(text, "x.toml", error=ConfigError, hint="")
    assert document.line(("a", *[0] * 59)) == 1


def test_all_problems_are_raised_together_with_each_hint_once() -> None:
    problems: list[InputError] = [LockError("a", hint="x"), LockError("b"), LockError("c", hint="x")]
    with pytest.raises(LockError, match=r"^a\nb\nc$") as caught:
        raise_together(problems)
    assert caught.value.hint == "x"
    with pytest.raises(LockError) as caught:
        raise_together([LockError("b")])
    assert caught.value.hint is None


def test_a_text_is_quoted_so_that_it_reads_the_same() -> None:
    text = "".join(map(chr, range(0x100))) + "\u2028\U0001f4cc"
    assert tomllib.loads(f"x = {quote(text)}") == {"x": text}
    assert quote("\x00\t\x7f") == '"\\u0000\\t\\u007F"'


def test_long_values_are_cut_in_messages() -> None:
    assert show("short") == "'short'"
    assert show("x" * 500) == "'" + "x" * 78 + "…"
