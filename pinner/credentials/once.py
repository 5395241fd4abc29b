"""A value that is read when it is first needed, and once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from pinner.errors import ConfigError

T = TypeVar("T")


class Once(Generic[T]):
    """Reads in the first thread that asks; a mistake in what is read is remembered like a value."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._values: tuple[T, ...] = ()
        self._error: ConfigError | None = None

    @property
    def known(self) -> T | None:
        """The value, where it was read already."""
        return self._values[0] if self._values else None

    def get(self) -> T:
        """Return the value; raise `ConfigError` where it cannot be read."""
        with self._lock:
            if not self._values and self._error is None:
                try:
                    self._values = (self._read(),)
                except ConfigError as error:
                    self._error = error
        if self._error is not None:
            # A new error each time: threads share this value, and frames may hold what was read (AUTH-23).
            raise ConfigError(self._error.message, hint=self._error.hint)
        return self._values[0]
