"""`Warning: 299` of registries: shown once, and nothing ever comes of it (SEC-39)."""

from __future__ import annotations

import unicodedata

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.registry.notices import LONGEST, MOST_OF_A_HOST, Notices, parse_warnings
from pinner.resolution import Resolved
from tests.registry.fakes import World, image, open_registry, references

HOST = "registry.example"


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        pytest.param([], [], id="none"),
        pytest.param([""], [], id="empty"),
        pytest.param(['199 - "miscellaneous"'], [], id="another code"),
        pytest.param(['299 proxy.example "text"'], [], id="another agent"),
        pytest.param(["299 - text"], [], id="not quoted"),
        pytest.param(['299 - "half'], [], id="half a text"),
        pytest.param(['299 - ""'], [], id="an empty text"),
        pytest.param(['299 - "text" and more'], [], id="more behind it"),
        pytest.param(['299 - "moves to new.example"'], ["moves to new.example"], id="as the specification has it"),
        pytest.param([r'299 - "a \"quoted\" \\ word"'], [r'a "quoted" \ word'], id="escapes"),
        pytest.param(['299 - "one, two", 299 - "three"'], ["one, two", "three"], id="two in a line"),
        pytest.param(['299 - "one"', '299 - "two"'], ["one", "two"], id="two lines"),
        pytest.param(['299 - "one", nonsense, 299 - "two"'], ["one"], id="nonsense ends the line"),
        pytest.param(['299 - "\u202eevil\u200b"'], ["evil"], id="SEC-15 bidi and zero width"),
        pytest.param(['299 - "a\tb"'], ["a b"], id="a tab"),
        pytest.param(['299 - "\x1b[31mred"'], [], id="SEC-15 controls are no text"),
        pytest.param([f'299 - "{"x" * 5000}"'], [], id="longer than all may be together"),
        pytest.param(
            [f'299 - "{"x" * 4000}"', '299 - "y"', f'299 - "{"z" * 90}"'],
            ["x" * 511 + "…", "y"],
            id="the limit counts for all",
        ),
    ],
)
def test_warnings_are_read(values: list[str], texts: list[str]) -> None:  # SEC-39
    assert list(parse_warnings(values)) == texts


@given(st.lists(st.text(max_size=200).map(lambda text: f'299 - "{text}"'), max_size=60))
def test_whatever_comes_is_short_and_visible(values: list[str]) -> None:  # SEC-39, SEC-15
    texts = list(parse_warnings(values))
    assert sum(map(len, texts)) <= LONGEST
    assert not any(unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} for text in texts for letter in text)


def test_a_warning_is_kept_once_for_its_host() -> None:  # SEC-39
    notices = Notices()
    for host in ("b.example", "a.example", "a.example"):
        notices.note(httpx.Headers([("Warning", '299 - "moves"'), ("Warning", '299 - "away"')]), host)
    assert notices.warnings == (
        "a.example says: moves",
        "a.example says: away",
        "b.example says: moves",
        "b.example says: away",
    )


def test_a_host_that_always_warns_of_something_else_does_not_fill_the_screen() -> None:  # SEC-39
    notices = Notices()
    for number in range(1000):
        notices.note(httpx.Headers({"warning": f'299 - "number {number}"'}), HOST)
    assert len(notices.warnings) == MOST_OF_A_HOST


def test_a_warning_is_a_warning_of_the_run_and_changes_nothing_else() -> None:  # SEC-39
    def respond(_request: httpx.Request) -> httpx.Response:
        return image(warning='299 - "this registry closes in May"')

    results = []
    for serve in (respond, open_registry()):
        world = World(hosts={HOST: serve})
        with world.resolver(jobs=2) as resolver:
            results.append(resolver.look_up(references(f"{HOST}/a:1", f"{HOST}/b:1")))
            said = resolver.warnings
        assert world.count("HEAD") == len(world.seen) == 2
        assert said == ((f"{HOST} says: this registry closes in May",) if serve is respond else ())
    assert results[0] == results[1]
    assert all(isinstance(one, Resolved) for one in results[0])
