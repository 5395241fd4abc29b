"""Processes that tests have started by way of others, and only know by their number."""

from __future__ import annotations

import threading
from pathlib import Path


def has_ended(process: int) -> bool:
    """Return whether a process is gone, or soon is; one that nobody has looked after yet is a zombie, and gone too."""
    pause = threading.Event()
    for _ in range(3000):
        try:
            state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        pause.wait(0.02)
    return False
