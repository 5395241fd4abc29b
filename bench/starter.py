"""Begin programs for the benchmark, and tell what each of them cost.

This is a small process of its own: a program's peak memory is never told as less than what the process that began it
has (execve(2) keeps the peak of what it replaces), and the benchmark keeps all that programs have printed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

LONGEST = 1800.0


def run(asked: dict[str, Any]) -> dict[str, Any]:
    """Run a program to its end; its output goes into files, so that nobody waits for a reader."""
    source = asked["stdin"] or os.devnull
    with open(source, "rb") as stdin, open(asked["out"], "wb") as out, open(asked["errors"], "wb") as errors:  # noqa: PTH123 - pathlib would be half of what this process needs
        started = time.perf_counter()
        process = subprocess.Popen(
            asked["command"], cwd=asked["cwd"], env=asked["environ"], stdin=stdin, stdout=out, stderr=errors
        )
        alarm = threading.Timer(LONGEST, os.kill, (process.pid, signal.SIGKILL))
        alarm.daemon = True
        alarm.start()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "seconds": seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "mebibytes": used.ru_maxrss / 1024,
        "code": process.returncode,
    }


def main() -> None:
    for line in sys.stdin:
        try:
            told = run(json.loads(line))
        except OSError as error:
            told = {"problem": str(error)}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
