"""From the value of a scalar to its letters in the source."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pinner.syntax.yaml_events import BACKENDS, Backend
from pinner.syntax.yaml_nodes import Document, Node
from pinner.syntax.yaml_scalars import is_missing, is_string, missing_value_offsets, scalar_text, value_offsets
from pinner.syntax.yaml_scan import scan

every_backend = pytest.mark.parametrize("name", BACKENDS)


def read(text: str, name: Backend, monkeypatch: pytest.MonkeyPatch) -> Node:
    monkeypatch.setattr("pinner.syntax.yaml_scan.BACKENDS", (name,))
    (document,) = scan(text, frozenset({"image"}))
    assert isinstance(document, Document)
    return document.nodes[-1]


@every_backend
@pytest.mark.parametrize(
    ("text", "value", "letters"),
    [
        ("image: nginx # c\n", "nginx", "nginx"),
        ("image: 'nginx'\n", "nginx", "nginx"),
        ('image: "nginx"\n', "nginx", "nginx"),
        ("image: ''\n", "", ""),
        ("image: 'it''s'\n", "it's", "it''s"),
        ('image: "\\x6e\\u0067\\U00000069nx"\n', "nginx", "\\x6e\\u0067\\U00000069nx"),
        ('image: "a\\tb\\"c\\\\d\\/e\\_"\n', 'a\tb"c\\d/e\xa0', 'a\\tb\\"c\\\\d\\/e\\_'),
        ('image: "ng\\\n   in\\\n   x"\n', "nginx", "ng\\\n   in\\\n   x"),
        ('image: "nginx\\\r\n  "\n', "nginx", "nginx"),
        ('image: "nginx\\\r  :1"\n', "nginx:1", "nginx\\\r  :1"),
        ("image: &a !!str nginx\n", "nginx", "nginx"),
        ("image: &a !!str 'nginx'\n", "nginx", "nginx"),
        ("image: !<tag:yaml.org,2002:str> &a 'nginx'\n", "nginx", "nginx"),
        ("image: !!str # 'no'\n  'nginx'\n", "nginx", "nginx"),
        ("image: ! 'nginx'\n", "nginx", "nginx"),
        ("image: |\n  nginx\n", "nginx", "nginx"),
        ("image: |-\n  nginx\n\n# c\n", "nginx", "nginx"),
        ("image: >2- # c\n  nginx", "nginx", "nginx"),
        ("image: &a |\r\n  nginx\r\n\r\n", "nginx", "nginx"),
        ("image: |+\n\n  nginx\n\n", "\nnginx", "\n  nginx"),
        ("image: |\n  a\n  b\n", "a\nb", "a\n  b"),
        ("image: |\n    a\r\n\r\n      b\r\n   \r\n", "a\n\n  b", "a\r\n\r\n      b"),
        ("image: >\n  a\n  b\n", "a b", None),
        ("image: >\n  a\n\n  b\n", "a\nb", None),
        ("image: |1\n  nginx\n", " nginx", " nginx"),
        ("image: |\n\n", "", None),
        ("image: a\n  b\n", "a b", None),
        ("image: 'a\n  b'\n", "a b", None),
        ('image: "a\n  b"\n', "a b", None),
        ("[{image: nginx}]\n", "nginx", "nginx"),
    ],
)
def test_every_letter_of_a_value_has_its_place(
    text: str, value: str, letters: str | None, name: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = read(text, name, monkeypatch)
    offsets = value_offsets(text, node)
    assert scalar_text(node) == value
    if offsets is None:
        assert letters is None
        return
    assert text[offsets[0] : offsets[-1]] == letters
    assert len(offsets) == len(value) + 1
    assert list(offsets) == sorted(set(offsets)) or not value


def test_a_line_break_of_another_yaml_hides_the_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "image: |\n  a\x85  b\n  c\n"
    assert value_offsets(text, read(text, "libyaml", monkeypatch)) is None


@pytest.mark.parametrize("name", ["libyaml", "ruamel"])
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("image:\nb: 1\n", 6),
        ("image:   # a: b\n\n# c: d\nb: 1\n", 6),
        ("image: ", 6),
        ("a: [{image: }]\n", 11),
        ("image: &a\n", None),
        ("image: !!str\n", None),
        ("{a: b, image}\n", None),
        ("? image\n", None),
    ],
)
def test_a_missing_value_has_its_place_behind_the_colon(
    text: str, place: int | None, name: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = read(text, name, monkeypatch)
    assert is_missing(node)
    assert missing_value_offsets(text, node) == (None if place is None else (place,))


def test_an_empty_plain_value_is_where_the_colon_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    node = read("image:\nb: 1\n", "libyaml", monkeypatch)
    assert value_offsets("image:\nb: 1\n", node) == range(6, 7)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        pytest.param(
            "nginx", Node(path=("image",), shape="scalar", start=0, end=3, value="nginx"), id="plain-too-short"
        ),
        pytest.param("redis", Node(path=("image",), shape="scalar", start=0, end=5, value="nginx"), id="plain-other"),
        pytest.param(
            "nginx", Node(path=("image",), shape="scalar", start=0, end=5, value="nginx", style="'"), id="bare"
        ),
        pytest.param(
            "nginx", Node(path=("image",), shape="scalar", start=0, end=5, value="nginx", style="|"), id="block"
        ),
        pytest.param("'nginx ", Node(path=(), shape="scalar", start=0, end=7, value="nginx", style="'"), id="half"),
        pytest.param("'a'", Node(path=(), shape="scalar", start=0, end=3, value="b", style="'"), id="quoted-other"),
        *(
            pytest.param(text, Node(path=(), shape="scalar", start=0, end=len(text), value="a", style='"'), id=text)
            for text in ('"\\q"', '"\\xZZ"', '"\\U99999999"', '"\\', '"\n"')
        ),
    ],
)
def test_a_node_that_does_not_fit_the_text_has_no_letters(text: str, node: Node) -> None:
    assert value_offsets(text, node) is None


PLAIN = Node(path=("image",), shape="scalar", start=0, end=0, is_plain=True)


@pytest.mark.parametrize(
    "value",
    [
        *("", "~", "null", "Null", "true", "False", "yes", "NO", "on", "off", "y", "N"),
        *("0", "7", "-7", "+7", "1_000", "0b10", "0o17", "017", "0x1F", "1:30", "12:30:45"),
        *("1.10", "1.", ".5", "-1.5e3", "1e3", "1E-5", ".inf", "-.INF", ".nan", "2024-01-01", "2024-1-1"),
    ],
)
def test_a08_a_plain_number_date_or_word_is_no_string(value: str) -> None:
    assert not is_string(replace(PLAIN, value=value))
    assert is_string(replace(PLAIN, value=value, style='"'))
    assert is_string(replace(PLAIN, value=value, style="|", is_plain=False))


@pytest.mark.parametrize(
    "value",
    ["nginx", "1.2.3", "1.10@sha256", "nginx:1.10", "v1", "truest", "0x", "1e", "\u0661", "2024-01-01T00", "1:99"],
)
def test_a08_what_only_looks_like_a_number_is_a_string(value: str) -> None:
    assert is_string(replace(PLAIN, value=value))


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("image: !!str 1.10\n", "string"),
        ("image: !!int 110\n", "other"),
        ('image: !!float "1.10"\n', "other"),
        ("image: !!null ''\n", "other"),
        ("image: !!binary bmdpbng=\n", "other"),
        ("image: !!timestamp 2024-01-01\n", "other"),
        ("image: !!bool |\n  yes\n", "other"),
        ("image: !vault nginx\n", "string"),
        ("image: ! 1.10\n", "other"),
        ('image: ! "1.10"\n', "string"),
    ],
)
@every_backend
def test_a_tag_says_what_a_scalar_is(text: str, verdict: str, name: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_string(read(text, name, monkeypatch)) == (verdict == "string")
