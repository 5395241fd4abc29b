"""The lockfile: every tag-to-digest fact, in one file that reviewers read and git merges.

Values and text only; the workspace reads and writes the disk. The format is in the contract, "Lockfile".
"""

from __future__ import annotations

from pinner.lock.comparison import LockDifference, Moved, compare
from pinner.lock.model import Lock, Pin, lock_key
from pinner.lock.reading import parse_lock
from pinner.lock.rendering import render_lock

__all__ = ["Lock", "LockDifference", "Moved", "Pin", "compare", "lock_key", "parse_lock", "render_lock"]
