"""Pin container image references to digests, in the files people already have.

The names below are loaded when they are asked for: `import pinner` alone loads nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinner.errors import PinnerError
    from pinner.lock.model import Lock
    from pinner.lock.reading import parse_lock
    from pinner.lock.rendering import render_lock
    from pinner.oci.digest import Digest
    from pinner.oci.platform import Platform
    from pinner.oci.reference import Reference

__version__ = "0.1.0"

__all__ = ["Digest", "Lock", "PinnerError", "Platform", "Reference", "__version__", "parse_lock", "render_lock"]

_HOMES = {
    "Digest": "pinner.oci.digest",
    "Lock": "pinner.lock.model",
    "PinnerError": "pinner.errors",
    "Platform": "pinner.oci.platform",
    "Reference": "pinner.oci.reference",
    "parse_lock": "pinner.lock.reading",
    "render_lock": "pinner.lock.rendering",
}


def __getattr__(name: str) -> object:
    """Load a public name from the module that it lives in (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module  # noqa: PLC0415 - start-up: see the module's docstring

    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})
