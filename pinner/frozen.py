"""Dataclasses that are made quickly: a class costs a tenth of what `dataclasses.dataclass` takes for it.

Start-up is a feature, and a run defines a hundred classes: the standard library compiles six functions for each, of
which most runs need one or none. Here `__init__` is compiled when the first instance is made; the others are shared.
What can be said, and what comes of it, are those of `dataclasses.dataclass`, which type checkers see in its place; a
class that is not frozen is made by that.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from operator import attrgetter, ge, gt, le, lt
from reprlib import recursive_repr
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final, NoReturn

__all__ = ["dataclass"]

_FIELDS: Final = "__dataclass_fields__"
_Fields = Mapping[str, "dataclasses.Field[Any]"]
_Values = Callable[[object], tuple[object, ...]]


def _frozen_dataclass(
    *, frozen: bool = False, slots: bool = False, kw_only: bool = False, eq: bool = True, order: bool = False
) -> Callable[[type], type]:
    """Return the decorator that makes a dataclass of this kind."""
    if not frozen:
        return dataclasses.dataclass(slots=slots, kw_only=kw_only, eq=eq, order=order)
    return lambda cls: _make(cls, has_slots=slots, is_kw_only=kw_only, has_eq=eq, has_order=order)


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _frozen_dataclass


def _make(cls: type, *, has_slots: bool, is_kw_only: bool, has_eq: bool, has_order: bool) -> type:
    own = _read_fields(cls, is_kw_only=is_kw_only)
    inherited: _Fields = getattr(cls, _FIELDS, {})
    fields = {**inherited, **own}
    methods = _methods(fields, has_eq=has_eq, has_order=has_order)
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
    setattr(made, "__init__", _first_init(made, fields))  # noqa: B010 - mypy takes the other way for unsound
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


def _first_init(cls: type, fields: _Fields) -> Callable[..., None]:
    """Return an `__init__` that puts the real one in its place, and calls it."""

    def __init__(self: object, *args: object, **kwargs: object) -> None:  # noqa: N807 - it is one
        made = _compile_init(cls, fields)
        setattr(cls, "__init__", made)  # noqa: B010 - mypy takes the other way for unsound
        made(self, *args, **kwargs)

    return __init__


def _compile_init(cls: type, fields: _Fields) -> Callable[..., None]:
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
        if isinstance(slot, MemberDescriptorType):
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


def _methods(fields: _Fields, *, has_eq: bool, has_order: bool) -> dict[str, Callable[..., Any]]:
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

    always: dict[str, Callable[..., Any]] = {"__repr__": show, "__setattr__": _refuse, "__delattr__": _refuse}
    always |= {"__getstate__": get_state, "__setstate__": set_state}
    if has_eq:
        always |= {"__eq__": equals, "__hash__": lambda self: hash(hashed(self))}
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
