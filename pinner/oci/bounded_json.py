"""JSON objects that strangers wrote: bounded before anything is made of them, and with one meaning only (RES-12)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final, NoReturn

from pinner.errors import IntegrityError

MAXIMUM_DEPTH: Final = 64


def read_object(content: bytes, *, maximum_size: int, maximum_parts: int) -> Mapping[str, object]:
    """Read one JSON object of at most so many bytes, and so many objects, arrays and values.

    Raise `IntegrityError` for what is larger, deeper than 64, no JSON (RFC 8259), or has a key twice in one object.
    """
    if len(content) > maximum_size:
        message = f"the document has {len(content)} bytes, more than {maximum_size}"
        raise IntegrityError(message)
    _check_parts(content, maximum_parts)
    try:
        # json.loads(bytes) would take UTF-16 and UTF-32 too; the specification says UTF-8 (RFC 8259, section 8.1).
        document = json.loads(content.decode(), object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        message = f"the document is not JSON: {error}"
        raise IntegrityError(message) from error
    if not isinstance(document, dict):
        message = "the document is not a JSON object"
        raise IntegrityError(message)
    _check_depth(document)
    return document


def fold_keys(document: Mapping[str, object]) -> Mapping[str, object]:
    """Return an object with its keys in small letters: Go reads `Layers` for `layers`, and of two the last (SEC-13).

    Raise `IntegrityError` where two keys become one.
    """
    folded = {key.casefold(): value for key, value in document.items()}
    if len(folded) != len(document):
        message = "a key stands twice in one object, in small letters and in capitals"
        raise IntegrityError(message)
    return folded


def _check_parts(content: bytes, maximum: int) -> None:
    """Refuse more objects, arrays and values than memory should hold, before any of them is made (SEC-30).

    Signs inside of strings count too: what matters is an upper bound.
    """
    parts = sum(content.count(sign) for sign in (b"{", b"[", b","))
    if parts > maximum:
        message = f"the document has {parts} objects, arrays and values, more than {maximum}"
        raise IntegrityError(message)


def _check_depth(document: Mapping[str, object]) -> None:
    """Refuse nesting that other readers of the document may not survive."""
    level: list[object] = [document]
    for _ in range(MAXIMUM_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> IntegrityError:
    return IntegrityError(f"the document is nested deeper than {MAXIMUM_DEPTH}")


def _children(node: object) -> Iterator[object]:
    """Yield the objects and arrays directly inside a node."""
    values = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return (value for value in values if isinstance(value, dict | list))


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        message = "a key stands twice in one object"
        raise ValueError(message)
    return document


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)
