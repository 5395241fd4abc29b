"""A client in a process of its own, which says how much memory a question took.

One question a line on standard input, as JSON; one answer a line on standard output.
"""

from __future__ import annotations

import ctypes
import gc
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pinner.credentials.base import Credential, NoCredentials
from pinner.oci.platform import Platform
from pinner.registry.resolver import RegistryResolver
from pinner.resolution import Resolved
from tests.registry.fakes import Keyring, StillEvent, references

ROOT: Final = Path(__file__).parents[2]
STATUS: Final = Path("/proc/self/status")
# Writing 5 here begins the count of the highest use anew (proc(5)); without it, nothing can be measured.
RESET: Final = Path("/proc/self/clear_refs")
MEGABYTE: Final = 1024 * 1024
C_LIBRARY: Final = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How a question ended: the error's class or `Resolved`, its words, the growth in bytes."""

    kinds: list[str]
    messages: list[str]
    growth: int


class MeasuredClient:
    """The process, from the outside."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def ask(self, *texts: str, verb: str = "describe", timeout: float = 100.0, **more: Any) -> Measured:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        question = {"texts": texts, "verb": verb, "timeout": timeout, **more}
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return Measured(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.communicate(timeout=60)


def _kilobytes(name: str) -> int:
    line = next(one for one in STATUS.read_text(encoding="ascii").splitlines() if one.startswith(name))
    return int(line.split()[1])


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    """Ask, and compare the highest use of memory with what was in use before."""
    before = _clean_up()
    login, platform = question.get("login"), question.get("platform")
    source = (
        NoCredentials()
        if login is None
        else Keyring(logins={login[0]: Credential(username="a", secret=login[1], source="keyring")})
    )
    with RegistryResolver(
        jobs=question.get("jobs", 1),
        timeout=question["timeout"],
        stop=StillEvent(),
        credentials=source,
        platform=None if platform is None else Platform.parse(platform),
    ) as resolver:
        results = getattr(resolver, question["verb"])(references(*question["texts"]))
    return {
        "kinds": ["Resolved" if isinstance(one, Resolved) else type(one.error).__name__ for one in results],
        "messages": ["" if isinstance(one, Resolved) else f"{one.error} {one.error.hint}" for one in results],
        "growth": (_kilobytes("VmHWM") - before) * 1024,
    }


def _clean_up() -> int:
    """Give back what earlier questions left behind, begin the count anew, and return the kilobytes in use."""
    gc.collect()
    if hasattr(C_LIBRARY, "malloc_trim"):
        C_LIBRARY.malloc_trim(0)
    RESET.write_text("5", encoding="ascii")
    return _kilobytes("VmRSS")


def main() -> None:
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
