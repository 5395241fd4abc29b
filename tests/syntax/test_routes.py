"""Routes: what they lead to, how they are written, and where one is wrong."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import InvalidRouteError
from pinner.syntax.routes import (
    LONGEST,
    AnyDepth,
    Element,
    ElementWhere,
    Key,
    Route,
    Step,
    Text,
    followed_keys,
    parse_route,
    render_route,
)
from pinner.syntax.yaml_nodes import Path


def leads(route: str, *path: str | int, values: Mapping[Path, str] | None = None) -> bool:
    return parse_route(route).matches(path, (values or {}).get)


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("image", ()),
        ("image", ("Image",)),
        ("image", ("image", 0)),
        ("image", ("a", "image")),
        ("image", ("image", "image")),
        ("a.image", ("image",)),
        ("a.image", ("a", 0, "image")),
        ("a.image", ("a", "b", "image")),
        ("a.*.image", ("a", "image")),
        ("a.*.image", ("a", 0, "image")),
        ("a.*.image", ("a", "b", "c", "image")),
        ("a[].image", ("a", "image")),
        ("a[].image", ("a", "b", "image")),
        ("a[1].image", ("a", 0, "image")),
        ("a[1].image", ("a", "1", "image")),
        ("args[]", ("args",)),
        ("args[]", ("args", 0, 0)),
        ("*_IMAGE", ("IMAGE",)),
        ("*_IMAGE", ("A_IMAGES",)),
        ("?", ("",)),
        ("?", ("ab",)),
        ('"*"', ("a",)),
        ('"a.b"', ("a", "b")),
        ("**.image", ("image", "x")),
        ("a.**.image", ("image",)),
        ("[].image", ("image",)),
        ("0", (0,)),
        ("env[name=A].value", ("env", 0, "value")),
    ],
)
def test_a_route_leads_to_nothing_else(route: str, path: Path) -> None:
    assert not leads(route, *path)


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("image", ("image",)),
        ("spec.sidecar.image", ("spec", "sidecar", "image")),
        ("jobs.*.docker[].image", ("jobs", "build", "docker", 3, "image")),
        ("steps[0].image", ("steps", 0, "image")),
        ("args[]", ("args", 7)),
        ("a[][1]", ("a", 0, 1)),
        ("[].image", (2, "image")),
        ("variables.*_IMAGE", ("variables", "A_IMAGE")),
        ("variables.*_IMAGE", ("variables", "_IMAGE")),
        ("variables.*", ("variables", "a.b c")),
        ("a?b", ("a.b",)),
        ("**.image", ("image",)),
        ("**.image", ("a", 0, "b", "image")),
        ("a.**.b.image", ("a", "b", "image")),
        ("a.**.b.image", ("a", "b", "b", 1, "b", "image")),
        ("**[]", ("a", 0)),
        ('metadata.annotations."images.example/app"', ("metadata", "annotations", "images.example/app")),
        (r'"a\"b\\c"', ('a"b\\c',)),
        ('"*"', ("*",)),
        ('""', ("",)),
        ("docker#v5.image", ("docker#v5", "image")),
        ("größe", ("größe",)),
    ],
)
def test_a_route_leads_where_it_says(route: str, path: Path) -> None:
    assert leads(route, *path)


@pytest.mark.parametrize(
    ("route", "name", "is_meant"),
    [
        ("env[name=FOO].value", "FOO", True),
        ("env[name=FOO].value", "FOO_X", False),
        ("env[name=FOO_*].value", "FOO_X", True),
        ("env[name=FOO_*].value", "BAR", False),
        ('env[name="FOO_*"].value', "FOO_X", False),
        ('env[name="FOO_*"].value', "FOO_*", True),
        ('env["name"="a]b c"].value', "a]b c", True),
        ("env[name=a.b:c=d].value", "a.b:c=d", True),
    ],
)
def test_elements_are_told_by_the_value_of_a_key(route: str, name: str, *, is_meant: bool) -> None:
    values: dict[Path, str] = {("env", 0, "name"): "other", ("env", 1, "name"): name}
    assert leads(route, "env", 1, "value", values=values) is is_meant
    assert not leads(route, "env", 0, "value", values=values)
    assert not leads(route, "env", "1", "value", values={**values, ("env", "1", "name"): name})


@pytest.mark.parametrize(
    ("route", "keys"),
    [
        ("spec.sidecar.image", {"image"}),
        ("args[]", {"args"}),
        ("a[][]", {"a"}),
        ("env[name=X].value", {"name", "value"}),
        ('a."x.y"', {"x.y"}),
        ("variables.*_IMAGE", None),
        ("variables.*[]", None),
        ("**[]", None),
        ("[]", None),
    ],
)
def test_a_route_knows_which_keys_must_be_looked_at(route: str, keys: set[str] | None) -> None:
    assert followed_keys([parse_route(route)]) == (frozenset(keys) if keys is not None else None)


def test_routes_together_need_the_keys_of_all_and_one_without_a_key_all_keys() -> None:
    assert followed_keys([]) == frozenset()
    assert followed_keys(map(parse_route, ("a.image", "b[x=1].name"))) == frozenset({"image", "x", "name"})
    assert followed_keys(map(parse_route, ("a.image", "b.*"))) is None


@pytest.mark.parametrize(
    ("written", "column", "message", "hint"),
    [
        ("", 1, "the end where a key must stand", "`spec.containers[].image`"),
        (".a", 1, "'.' where a key must stand", "`spec.containers[].image`"),
        ("a..b", 3, "'.' where a key must stand", "`spec.containers[].image`"),
        ("a.", 3, "the end where a key must stand", "`spec.containers[].image`"),
        ("a b", 2, "' ' where `.` or `[` must stand", "quote a key"),
        ("a.'b'", 3, '"\'" where a key must stand', "`spec.containers[].image`"),
        ("a{b}", 2, "'{' where `.` or `[` must stand", "quote a key"),
        ("a[", 3, "the end where an index or a key must stand", "`spec.containers[].image`"),
        ("a[0", 3, "'0' does not tell an element", "`[]` for every element"),
        ("a[x].b", 3, "'x' does not tell an element", "`[name=value]`"),
        ("a[01].b", 3, "'01' does not tell an element", "`[0]` for one"),
        ("a[-1].b", 3, "'-1' does not tell an element", "`[0]` for one"),
        ("a[x*=1].b", 3, "'x*' does not tell an element", "`[name=value]`"),
        ("a[x=].b", 5, "']' where a value must stand", "`spec.containers[].image`"),
        ("a[x=1 2].b", 6, "' ' where `]` must stand", "quote a value"),
        ("a[x=1]", 7, "elements told by a key are mappings", "name the key of the image in them"),
        ("a[]b", 4, "'b' where `.` or `[` must stand", "quote a key"),
        ('a."b', 3, "a quoted text that does not end", 'write \\"'),
        (r'a."b\n"', 3, "a quoted text that does not end", 'write \\"'),
        ("a.**", 5, "a route cannot end with `**`", "as in `**.image`"),
        ("a.**b.c", 3, "'**b' is no key", "`**` stands alone"),
        ("**.**.a", 6, "`**` twice means the same as once", "leave one of them out"),
        ("a." * LONGEST, LONGEST + 1, f"longer than {LONGEST} letters", None),
    ],
)
def test_a_mistake_is_said_with_its_column(written: str, column: int, message: str, hint: str | None) -> None:
    with pytest.raises(InvalidRouteError) as caught:
        parse_route(written)
    assert (caught.value.message, caught.value.column) == (message, column)
    assert caught.value.hint is None if hint is None else hint in (caught.value.hint or "")


_BARE = st.text(st.sampled_from("aZ0_-#/:@$é"), min_size=1, max_size=5)
_GLOBS = st.tuples(_BARE, st.sampled_from("*?"), st.sampled_from(("", "b"))).map("".join)
_TEXTS = st.builds(Text, st.text(max_size=6)) | st.builds(Text, _GLOBS, st.just(True))  # noqa: FBT003 - hypothesis gives arguments by place
_LITERALS = st.text(max_size=6)
_STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(Key, _TEXTS),
    st.builds(Element, st.none() | st.integers(0, 999_999_999)),
    st.builds(ElementWhere, _LITERALS, _TEXTS),
)


@st.composite
def routes(draw: st.DrawFn) -> Route:
    """Return routes of every form that the grammar has."""
    steps: list[Step] = []
    for step in draw(st.lists(_STEPS, max_size=5)):
        if draw(st.booleans()) and not (steps and isinstance(steps[-1], AnyDepth)):
            steps.append(AnyDepth())
        steps.append(step)
    return Route((*steps, draw(st.builds(Key, _TEXTS) | st.just(Element()))))


@given(routes())
def test_a_route_that_is_written_reads_as_itself(route: Route) -> None:
    assert parse_route(render_route(route)) == route
    assert str(route) == render_route(route)


@given(st.text(st.sampled_from("ab.[]*?=\"\\ 0{}\n'é"), max_size=12) | st.text(max_size=12))
def test_any_text_is_a_route_or_a_mistake_in_it(written: str) -> None:
    column = 1
    try:
        route = parse_route(written)
    except InvalidRouteError as error:
        column = error.column
    else:
        assert parse_route(str(route)) == route
    assert 1 <= column <= len(written) + 1


@given(routes(), st.lists(st.sampled_from(["a", "", 0, 7]), max_size=6).map(tuple))
def test_any_route_can_be_asked_about_any_path(route: Route, path: Path) -> None:
    assert route.matches(path, lambda _: "a") in {True, False}


def test_a_route_made_to_be_slow_is_not() -> None:
    route = parse_route("**.a*?*?*?*?*?*?*?*?b." * 12 + "image")
    start = time.process_time()
    assert not route.matches(("a" * 200,) * 100, lambda _: None)
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    ("route", "path", "expected"),
    [
        ("a.b.c", ("a",), True),
        ("a.b.c", ("a", "b", "c"), True),
        ("a.b.c", ("a", "c"), False),
        ("a.b.c", ("a", "b", "c", "d"), False),
        ("a.**.c", ("a", "x", 0, "y"), True),
        ("a*.b", ("ab",), True),
    ],
)
def test_a_route_passes_what_may_lead_to_its_values(route: str, path: tuple[str | int, ...], *, expected: bool) -> None:
    assert parse_route(route).passes(path, lambda _: None) is expected
