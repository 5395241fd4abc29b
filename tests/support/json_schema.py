"""The part of JSON Schema (draft 2020-12) that pinner's schemas use; an unknown keyword is an error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pinner.report.documents import render_schema

_TYPES: Mapping[str, type] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}
_SILENT = {"$schema", "title", "description"}


def check_document(text: str, name: str) -> dict[str, Any]:
    """Return the document after its schema has been held against it."""
    document: dict[str, Any] = json.loads(text)
    assert list(violations(document, json.loads(render_schema(name)))) == []
    return document


def violations(value: Any, schema: Mapping[str, Any], path: str = "$") -> Iterator[str]:
    """Yield what is wrong, each with its place."""
    for keyword, wanted in schema.items():
        if keyword in {"required", "properties"}:
            yield from _members(keyword, wanted, value, path) if isinstance(value, dict) else ()
        elif keyword == "items":
            for index, one in enumerate(value if isinstance(value, list) else ()):
                yield from violations(one, wanted, f"{path}[{index}]")
        elif keyword not in _SILENT and not _holds(keyword, wanted, value):
            yield f"{path}: {value!r} is not {keyword} {wanted}"


def _members(keyword: str, wanted: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    if keyword == "required":
        yield from (f"{path}: {name} is missing" for name in wanted if name not in value)
        return
    for name, below in wanted.items():
        if name in value:
            yield from violations(value[name], below, f"{path}.{name}")


def _holds(keyword: str, wanted: Any, value: Any) -> bool:
    match keyword:
        case "type":
            names = wanted if isinstance(wanted, list) else [wanted]
            return any(isinstance(value, _TYPES[name]) and _is_true_type(value, name) for name in names)
        case "oneOf":
            return sum(not list(violations(value, one)) for one in wanted) == 1
        case "enum":
            return value in wanted
        case "const":
            return bool(value == wanted)
        case "pattern":
            return not isinstance(value, str) or re.search(wanted, value) is not None
        case "minimum":
            return not isinstance(value, int) or value >= wanted
    message = f"the keyword {keyword!r} is not known here"
    raise NotImplementedError(message)


def _is_true_type(value: Any, name: str) -> bool:
    """Return whether Python's view, where true is a number, is that of JSON too."""
    return isinstance(value, bool) == (name == "boolean")
