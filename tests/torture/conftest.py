"""Disks that fill up, and the figures at the end: what was done, and how a failure is had again."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.torture.scale import IS_FULL, SEED

Mount = Callable[[Path, str], None]
Note = Callable[[str, Mapping[str, int]], None]

_FIGURES: Final = "torture"


@contextmanager
def _mounted(folder: Path, options: str) -> Iterator[None]:
    command = ["mount", "-t", "tmpfs", "-o", options, "pinner-torture", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        is_busy = subprocess.run(["umount", str(folder)], capture_output=True, check=False).returncode != 0
        if is_busy:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    assert not is_busy, "a file of the disk is still open"


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mount a file system in memory on a folder, with options, until the test ends."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    with ExitStack() as stack:
        yield lambda folder, options: stack.enter_context(_mounted(folder, options))


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Note:
    """Keep how often what was done, for the summary at the end."""
    return lambda about, counts: record_property(_FIGURES, [about, dict(counts)])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say with a failure how it is had again."""
    report = yield
    if report.failed:
        scale = "PINNER_TORTURE=full " if IS_FULL else ""
        again = f"{scale}PINNER_TORTURE_SEED={SEED} .venv/bin/pytest '{item.nodeid}'"
        report.sections.append(("the same once more", again))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up what all tests, in all processes, have done."""
    figures: dict[str, Counter[str]] = {}
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == _FIGURES:
                about, counts = value
                figures.setdefault(about, Counter()).update(counts)
    if figures:
        terminalreporter.section(f"torture, seed {SEED}")
    for about, counts in sorted(figures.items()):
        parts = ", ".join(f"{count} {what}" for what, count in counts.most_common())
        terminalreporter.write_line(f"{about}: {counts.total():,} ({parts})")
