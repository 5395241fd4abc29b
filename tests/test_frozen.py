"""Dataclasses that are made quickly are like those of the standard library in all that a program can see."""

from __future__ import annotations

import copy
import dataclasses
import operator
import pickle
from collections.abc import Callable
from dataclasses import field
from functools import partial
from typing import Any, ClassVar

import pytest

from pinner.frozen import dataclass, unchecked
from pinner.text import Source, Span


def kinds(make: Callable[..., Any]) -> dict[str, Any]:
    """Return classes of many kinds, made by one of the two."""

    @make(frozen=True, slots=True)
    class Plain:
        """Two fields."""

        KIND: ClassVar[int] = 7
        first: int
        second: str = "b"

        def __len__(self) -> int:
            return self.first

    @make(frozen=True, slots=True, kw_only=True)
    class Secret:
        name: str
        token: str = field(default="hidden", repr=False)
        seen: list[int] = field(default_factory=list, compare=False)
        made: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    @make(frozen=True)
    class Open:
        one: tuple[int, ...] = ()

        def __post_init__(self) -> None:
            if self.one == (0,):
                message = "nothing"
                raise ValueError(message)

    @make(frozen=True, slots=True)
    class Below(Plain):
        third: float = 0.5

    @make(frozen=True, slots=True, eq=False)
    class Single:
        only: int

    @make(frozen=True, slots=True)
    class Spoken:
        name: str
        unseen: list[int] = field(default_factory=list, hash=False)

        def __repr__(self) -> str:
            return f"<{self.name}>"

    @make(frozen=True, slots=True, order=True)
    class Ordered:
        first: int
        second: str = field(default="", compare=False)

    return {one.__name__: one for one in (Plain, Secret, Open, Below, Single, Spoken, Ordered)}


OURS, THEIRS = kinds(dataclass), kinds(dataclasses.dataclass)
every_instance = pytest.mark.parametrize(
    ("name", "positional", "named"),
    [
        ("Plain", (1,), {}),
        ("Plain", (1, "x"), {}),
        ("Plain", (), {"second": "y", "first": 2}),
        ("Secret", (), {"name": "n", "token": "t"}),
        ("Secret", (), {"name": "n", "seen": [1]}),
        ("Open", (), {}),
        ("Open", ((1, 2),), {}),
        ("Below", (1, "x", 2.0), {}),
        ("Below", (1,), {"third": 3.0}),
        ("Single", (4,), {}),
        ("Spoken", ("x",), {}),
        ("Ordered", (1, "x"), {}),
    ],
)


def outcome(call: Callable[[], object]) -> object:
    """Return what a call gives, or the kind of its error."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - that it is the same one is what is asked
        return type(error)


@every_instance
def test_an_instance_shows_and_compares_itself_as_theirs_does(
    name: str, positional: tuple[object, ...], named: dict[str, object]
) -> None:
    ours, theirs = OURS[name](*positional, **named), THEIRS[name](*positional, **named)
    assert repr(ours) == repr(theirs)
    assert "hidden" not in repr(ours)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert (ours == OURS[name](*positional, **named)) is (theirs == THEIRS[name](*positional, **named))
    assert ours != theirs
    if name != "Single":
        assert hash(ours) == hash(OURS[name](*positional, **named))
        assert outcome(lambda: hash(ours)) == outcome(lambda: hash(theirs))
    assert hasattr(ours, "__dict__") is hasattr(theirs, "__dict__")
    assert copy.deepcopy(ours) == ours or name == "Single"


@every_instance
def test_an_instance_cannot_be_changed(name: str, positional: tuple[object, ...], named: dict[str, object]) -> None:
    one = OURS[name](*positional, **named)
    for each in dataclasses.fields(one):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(one, each.name, 1)
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(one, each.name)


@pytest.mark.parametrize(
    ("name", "positional", "named"),
    [
        ("Plain", (), {}),
        ("Plain", (1, 2, 3), {}),
        ("Plain", (1,), {"first": 1}),
        ("Plain", (1,), {"other": 1}),
        ("Secret", ("n",), {}),
        ("Secret", (), {"name": "n", "made": {}}),
        ("Open", ((0,),), {}),
    ],
)
def test_what_is_no_instance_is_refused_the_first_time_and_again(
    name: str, positional: tuple[object, ...], named: dict[str, object]
) -> None:
    fresh = kinds(dataclass)[name]
    expected = outcome(lambda: THEIRS[name](*positional, **named))
    assert isinstance(expected, type)
    assert [outcome(lambda: fresh(*positional, **named)) for _ in range(2)] == [expected, expected]


@pytest.mark.parametrize("name", OURS)
def test_a_class_tells_of_itself_what_theirs_does(name: str) -> None:
    ours, theirs = OURS[name], THEIRS[name]
    assert ours.__match_args__ == theirs.__match_args__
    assert [one.name for one in dataclasses.fields(ours)] == [one.name for one in dataclasses.fields(theirs)]
    assert getattr(ours, "__slots__", None) == getattr(theirs, "__slots__", None)
    assert ours.__qualname__.rpartition(".")[2] == name


def test_a_copy_with_another_value_is_made_by_the_standard_library() -> None:
    one = OURS["Secret"](name="a", seen=[1])
    other = dataclasses.replace(one, name="b")
    assert (other.name, other.token, other.seen) == ("b", "hidden", [1])
    with pytest.raises(ValueError, match="init=False"):
        dataclasses.replace(one, made={})


def test_defaults_of_one_instance_are_not_those_of_another() -> None:
    one, other = OURS["Secret"](name="a"), OURS["Secret"](name="a")
    assert one.made is not other.made
    assert one.seen is not other.seen


def test_a_value_goes_through_a_pipe() -> None:
    one = Source("a.yaml", "text")
    assert pickle.loads(pickle.dumps(one)) == one


@every_instance
def test_the_initializer_is_compiled_where_many_instances_are_made(
    name: str, positional: tuple[object, ...], named: dict[str, object]
) -> None:
    fresh = kinds(dataclass)[name]
    before = fresh.__init__
    made = [fresh(*positional, **named) for _ in range(16)]
    assert fresh.__init__ is before
    made.append(fresh(*positional, **named))
    assert fresh.__init__ is not before
    assert fresh.__init__.__code__.co_filename == "<string>"
    assert {repr(one) for one in made} == {repr(THEIRS[name](*positional, **named))}


@pytest.mark.parametrize("make", [dataclass, dataclasses.dataclass])
def test_what_is_not_frozen_can_be_changed_and_has_no_hash(make: Any) -> None:
    @make(slots=True)
    class Loose:
        one: int = 0
        many: list[int] = field(default_factory=list)

    kind: Any = Loose
    for _ in range(20):
        loose = kind()
        loose.one = 3
        loose.many.append(1)
        assert loose == kind(3, [1])
        assert copy.deepcopy(loose) == loose != kind()
        with pytest.raises(TypeError):
            hash(loose)
        with pytest.raises(AttributeError):
            loose.other = 1
        del loose.one
        assert not hasattr(loose, "one")


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1), (1, 1), (1, "a")])
def test_instances_are_ordered_as_theirs_are(first: object, second: object) -> None:
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        pairs = [(one(first, "z"), one(second, "a")) for one in (OURS["Ordered"], THEIRS["Ordered"])]
        ours, theirs = (outcome(partial(compare, *pair)) for pair in pairs)
        assert ours == theirs
    with pytest.raises(TypeError):
        operator.lt(OURS["Ordered"](1), THEIRS["Ordered"](2))


def test_the_values_of_the_program_are_of_this_kind() -> None:
    assert "_first_init" in Span.__init__.__qualname__ or Span.__init__.__code__.co_filename == "<string>"
    assert Span(1, 2) == Span(1, 2)


def test_an_unchecked_value_is_like_another_one_and_nothing_runs() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Even:
        number: int
        word: str = "x"

        def __post_init__(self) -> None:
            assert self.number % 2 == 0

    make = unchecked(Even)
    assert make(4, "x") == Even(number=4)
    assert (
        repr(make(3, "y"))
        == "test_an_unchecked_value_is_like_another_one_and_nothing_runs.<locals>.Even(number=3, word='y')"
    )
    assert hash(make(4, "x")) == hash(Even(number=4))
    with pytest.raises(dataclasses.FrozenInstanceError):
        make(4, "x").number = 5  # type: ignore[misc]  # what must fail
    with pytest.raises(TypeError):
        make(4)
