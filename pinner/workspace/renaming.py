"""Renames that lose nothing, where the system knows them: what stands at the target is found, not overwritten.

Python has no name for `renameat2`; it is asked of the C library, and only when something is written.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

_HERE: Final = -100  # AT_FDCWD
_NO_REPLACE: Final = 1  # RENAME_NOREPLACE
_EXCHANGE: Final = 2  # RENAME_EXCHANGE
# From old kernels, file systems without it, and sandboxes.
_UNKNOWN: Final = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM})


def exchange(one: Path, other: Path) -> bool:
    """Let two files change places in one step; return False, with nothing done, where the system cannot."""
    return _rename(one, other, _EXCHANGE)


def move_to_free_name(source: Path, target: Path) -> bool:
    """Rename a file in one step; return False, with nothing done, where the system cannot.

    Raise `FileExistsError` where something stands at the target.
    """
    return _rename(source, target, _NO_REPLACE)


def _rename(source: Path, target: Path, flag: int) -> bool:
    call = _find_call()
    number = errno.ENOSYS if call is None else call(os.fsencode(source), os.fsencode(target), flag)
    if number and number not in _UNKNOWN:
        raise OSError(number, os.strerror(number), str(source), None, str(target))
    return number == 0


@cache
def _find_call() -> Callable[[bytes, bytes, int], int] | None:
    """Return how to call it, for the system's error number or 0; None where the C library lacks it."""
    if sys.platform != "linux":
        return None
    try:
        import ctypes  # noqa: PLC0415 - start-up: most runs write nothing
    except ImportError:  # a Python that was built without libffi
        return None

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return None
    rename.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)

    def call(source: bytes, target: bytes, flag: int) -> int:
        return ctypes.get_errno() if rename(_HERE, source, _HERE, target, flag) else 0

    return call
