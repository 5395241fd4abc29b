"""What `lock import` has adopted, for people."""

from __future__ import annotations

from collections.abc import Iterable

from pinner.lock.model import Pin
from pinner.report.text import escape, join_lines


def render_adopted(pins: Iterable[Pin]) -> str:
    """Return a line an entry that the lock gains."""
    return join_lines(f"{escape(pin.key)}: locked {pin.digest}" for pin in pins)


def summarize_import(adopted: int, left_out: int, *, is_preview: bool) -> str:
    """Return one line that counts: `adopted 3 digests, left 1 out`."""
    done = f"{'would adopt' if is_preview else 'adopted'} {adopted} digest{'' if adopted == 1 else 's'}"
    return f"{done}, left {left_out} out" if left_out else done
