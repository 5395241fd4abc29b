"""A pytest plugin: a test that lets the sentinel out fails, whatever it asserts itself (SEC-29).

Looked at is what the test and its processes printed, what was logged, and every file below its `tmp_path` except those
that the test wrote to hold the secret. It works in each worker of xdist, because every worker looks at its own tests.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.hostile.sentinel import is_in

LARGEST_FILE: Final = 16 * 1024 * 1024


class Sweep:
    """What one process has seen since the last look."""

    def __init__(self) -> None:
        self._leaks: list[str] = []
        self._own_files: set[Path] = set()

    def note(self, place: str, content: bytes | str) -> None:
        """Look at something that was printed where pytest does not see it."""
        if is_in(content):
            self._leaks.append(place)

    def keep(self, file: Path) -> None:
        """Let a file hold the secret: the test wrote it, and that is what it is for."""
        self._own_files.add(file.resolve())

    def look_below(self, folder: Path) -> None:
        """Look at all files of a test."""
        for file in folder.rglob("*"):
            if not file.is_symlink() and file.is_file() and file.resolve() not in self._own_files:
                with file.open("rb") as stream:
                    self.note(f"the file {file.relative_to(folder)}", stream.read(LARGEST_FILE))
                self.note(f"the name {file.relative_to(folder)!a}", bytes(file.relative_to(folder)))

    def take(self) -> Iterator[str]:
        """Return where the secret was seen, and begin anew."""
        leaks, self._leaks = self._leaks, []
        return iter(dict.fromkeys(leaks))


SWEEP: Final = Sweep()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Look at the test's files when what the test has patched is whole again; pytest keeps them."""
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    try:
        return (yield)
    finally:
        if folder is not None and folder.exists():
            SWEEP.look_below(folder)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a phase that let the secret out into a failure."""
    report = yield
    for title, text in report.sections:
        # Of the phases before this one, the report has the sections too: they were looked at then.
        if title.endswith(f" {call.when}"):
            SWEEP.note(title.lower(), text)
    if report.longrepr is not None and not report.skipped:
        SWEEP.note("the traceback", report.longreprtext)
    leaks = list(SWEEP.take())
    if leaks:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} let the sentinel out: {', '.join(leaks)}"
        # Nobody shall read it from the report of the leak.
        report.sections = [(title, "" if is_in(text) else text) for title, text in report.sections]
    return report
