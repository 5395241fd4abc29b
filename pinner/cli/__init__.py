"""Flags in, exit code out."""

from __future__ import annotations

import gc

# What loading makes stays to the end: to look for garbage in it, time and again, costs a tenth of a small run.
_OBJECTS_TO_COLLECT = 50_000


def main() -> None:
    """Run the command line and end the process with the exit code of the contract."""
    gc.set_threshold(_OBJECTS_TO_COLLECT)
    from pinner.cli.application import main as run

    try:
        run()
    finally:
        # All that is left ends with the process: Python need not search it for garbage once more.
        gc.freeze()
