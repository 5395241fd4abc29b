"""The installed pinner as a process, with an environment of its own and an empty home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.support.program import Ran

COMMAND: Final = (sys.executable, "-m", "pinner")


def environment(**more: str | Path) -> dict[str, str]:
    """Return the environment of a run; the home folder is the test's own."""
    home = os.environ["HOME"]
    base = {"PATH": os.environ["PATH"], "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", "PINNER_NO_PROGRESS": "1"}
    return {**base, **{name: str(value) for name, value in more.items()}}


def pinner(*arguments: str | Path, cwd: Path, stdin: str = "", **environ: str | Path) -> Ran:
    """Run `pinner` to its end."""
    process = begin(*arguments, cwd=cwd, **environ)
    try:
        stdout, stderr = process.communicate(stdin.encode(), timeout=300)
    except BaseException:  # also where the time of the whole test is over
        process.kill()
        process.communicate()
        raise
    return Ran(process.returncode, stdout, stderr.decode())


def begin(*arguments: str | Path, cwd: Path, **environ: str | Path) -> subprocess.Popen[bytes]:
    """Start `pinner` and leave it running."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(**environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
