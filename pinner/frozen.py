"""Dataclasses that are made quickly: a class costs a tenth of what `dataclasses.dataclass` takes for it.

Start-up is a feature, and a run defines a hundred classes: the standard library compiles six functions for each, of
which most runs need one or none. Here the others are shared, and `__init__` is compiled where many instances are made.
What can be said, and what comes of it, are those of `dataclasses.dataclass`, which type checkers see in its place. The
few classes that are not frozen are made the same way.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from operator import attrgetter, ge, gt, le, lt
from reprlib import recursive_repr
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

__all__ = ["dataclass", "unchecked"]

# To compile an `__init__` takes as long as 25 instances without.
_FEW: Final = 16
_FIELDS: Final = "__dataclass_fields__"
_Fields = Mapping[str, "dataclasses.Field[Any]"]
_Made = TypeVar("_Made")
_Values = Callable[[object], tuple[object, ...]]


def unchecked(cls: type[_Made]) -> Callable[..., _Made]:
    """Return a function that makes instances of a frozen class with slots, of all its fields in their order.

    It is for thousands of values that are known to be right: neither `__init__` nor `__post_init__` runs, which is most
    of what an instance costs.
    """
    fields = [one.name for one in dataclasses.fields(cls)]  # type: ignore[arg-type]  # a class of `dataclass`
    names = {"_class": cls, "_new": object.__new__, **{f"_set_{one}": getattr(cls, one).__set__ for one in fields}}
    lines = [f"def make({', '.join(fields)}):", "  made = _new(_class)"]
    lines += [f"  _set_{one}(made, {one})" for one in fields]
    exec("\n".join((*lines, "  return made")), names)  # noqa: S102 - of names of fields
    made: Callable[..., _Made] = names["make"]
    return made


def _quick_dataclass(
    *, frozen: bool = False, slots: bool = False, kw_only: bool = False, eq: bool = True, order: bool = False
) -> Callable[[type], type]:
    """Return the decorator that makes a dataclass of this kind."""
    return lambda cls: _make(cls, is_frozen=frozen, has_slots=slots, is_kw_only=kw_only, has_eq=eq, has_order=order)


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _quick_dataclass


def _make(cls: type, *, is_frozen: bool, has_slots: bool, is_kw_only: bool, has_eq: bool, has_order: bool) -> type:
    own = _read_fields(cls, is_kw_only=is_kw_only)
    inherited: _Fields = getattr(cls, _FIELDS, {})
    fields = {**inherited, **own}
    methods = _methods(fields, is_frozen=is_frozen, has_eq=has_eq, has_order=has_order)
    # What the class says itself stands.
    content = {**methods, **vars(cls), _FIELDS: fields}
    content["__hash__"] = vars(cls).get("__hash__") or methods.get("__hash__", cls.__hash__)
    content["__match_args__"] = tuple(one.name for one in fields.values() if one.init and not one.kw_only)
    for name in own:
        # A default stands in the signature; with slots there is no room for it in the class.
        content.pop(name, None)
    if has_slots:
        content["__slots__"] = tuple(name for name in own if name not in inherited)
    content.pop("__dict__", None)
    content.pop("__weakref__", None)
    made = type(cls)(cls.__name__, cls.__bases__, content)
    made.__qualname__ = cls.__qualname__
    setattr(made, "__init__", _first_init(made, fields, is_frozen=is_frozen))  # noqa: B010 - mypy takes the other way for unsound
    return made


def _read_fields(cls: type, *, is_kw_only: bool) -> _Fields:
    """Return the fields that a class adds, as the standard library describes them."""
    fields = {}
    for name, annotation in vars(cls).get("__annotations__", {}).items():
        if str(annotation).startswith("ClassVar"):
            continue
        default = vars(cls).get(name, dataclasses.MISSING)
        field = default if isinstance(default, dataclasses.Field) else dataclasses.field(default=default)
        field.name, field.type, field.kw_only = name, annotation, is_kw_only
        # `dataclasses.fields` and `asdict` look for this, which has no public name.
        setattr(field, "_field_type", getattr(dataclasses, "_FIELD"))  # noqa: B009, B010 - unknown to type checkers
        fields[name] = field
    return fields


def _first_init(cls: type, fields: _Fields, *, is_frozen: bool) -> Callable[..., None]:
    """Return an `__init__` that does without a compiler, and puts a compiled one in its place when it is called often.

    What it is not sure of, as a call with an argument too many, is left to that one, too.
    """
    positional = tuple(one.name for one in fields.values() if one.init and not one.kw_only)
    taken = frozenset(one.name for one in fields.values() if one.init)
    defaults = {name: one.default for name, one in fields.items() if one.default is not dataclasses.MISSING}
    factories = {
        name: one.default_factory for name, one in fields.items() if one.default_factory is not dataclasses.MISSING
    }
    has_more = hasattr(cls, "__post_init__")
    count = 0

    def __init__(self: Any, *args: object, **kwargs: object) -> None:  # noqa: N807 - it is one
        nonlocal count
        count += 1
        named = dict(zip(positional, args, strict=False))
        values = {**defaults, **named, **kwargs}
        values |= {name: make() for name, make in factories.items() if name not in values}
        is_sure = len(args) == len(named) and kwargs.keys() <= taken and named.keys().isdisjoint(kwargs)
        if count > _FEW or not is_sure or len(values) < len(fields):
            made = _compile_init(cls, fields, is_frozen=is_frozen)
            setattr(cls, "__init__", made)  # noqa: B010 - mypy takes the other way for unsound
            made(self, *args, **kwargs)
            return
        for name in fields:
            object.__setattr__(self, name, values[name])
        if has_more:
            self.__post_init__()

    return __init__


def _compile_init(cls: type, fields: _Fields, *, is_frozen: bool) -> Callable[..., None]:
    names: dict[str, Any] = {"_set": object.__setattr__, "_missing": dataclasses.MISSING}
    parameters = {True: ["*"], False: ["self"]}
    lines = []
    for name, field in fields.items():
        value, default = name, ""
        if field.default_factory is not dataclasses.MISSING:
            names[f"_make_{name}"] = field.default_factory
            value, default = (f"_make_{name}() if {name} is _missing else {name}", "=_missing")
            value = value if field.init else f"_make_{name}()"
        elif field.default is not dataclasses.MISSING:
            names[f"_default_{name}"] = field.default
            value, default = (name if field.init else f"_default_{name}"), f"=_default_{name}"
        if field.init:
            parameters[field.kw_only is True].append(name + default)
        slot = getattr(cls, name, None)
        if not is_frozen:
            lines.append(f"  self.{name} = {value}")
        elif isinstance(slot, MemberDescriptorType):
            names[f"_set_{name}"] = slot.__set__  # nobody has to look for it by its name
            lines.append(f"  _set_{name}(self, {value})")
        else:
            lines.append(f"  _set(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("  self.__post_init__()")
    keywords = parameters[True] if len(parameters[True]) > 1 else []
    signature = ", ".join([*parameters[False], *keywords])
    exec("\n".join((f"def __init__({signature}):", *lines, "  return None")), names)  # noqa: S102 - of names of fields
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _methods(
    fields: _Fields, *, is_frozen: bool, has_eq: bool, has_order: bool
) -> dict[str, Callable[..., Any] | None]:
    """Return the methods that do not differ from class to class but in the names of fields."""
    shown = tuple(one.name for one in fields.values() if one.repr)
    compared = _values(tuple(one.name for one in fields.values() if one.compare))
    hashed = _values(tuple(one.name for one in fields.values() if (one.compare if one.hash is None else one.hash)))

    @recursive_repr()
    def show(self: object) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    def equals(self: object, other: object) -> bool:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def get_state(self: object) -> list[object]:
        return [getattr(self, name) for name in fields]

    def set_state(self: object, state: list[object]) -> None:
        for name, value in zip(fields, state, strict=True):
            object.__setattr__(self, name, value)

    always: dict[str, Callable[..., Any] | None] = {"__repr__": show}
    if is_frozen:
        always |= {"__setattr__": _refuse, "__delattr__": _refuse, "__getstate__": get_state, "__setstate__": set_state}
    if has_eq:
        # What can change has no hash.
        always |= {"__eq__": equals, "__hash__": (lambda self: hash(hashed(self))) if is_frozen else None}
    if has_order:
        always |= {f"__{one.__name__}__": _compare(compared, one) for one in (lt, le, gt, ge)}
    return always


def _compare(values: _Values, is_so: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    def compare(self: object, other: object) -> bool:
        return is_so(values(self), values(other)) if other.__class__ is self.__class__ else NotImplemented

    return compare


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    message = f"cannot change field {name!r} of {type(self).__qualname__}"
    raise dataclasses.FrozenInstanceError(message)


def _values(names: tuple[str, ...]) -> _Values:
    """Return what reads the values of these attributes."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda one: tuple(getattr(one, name) for name in names)
