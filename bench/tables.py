"""Measurements as tables of Markdown: medians, ratios, peak memory, and what a target wants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A number that must not be passed; `is_met` is unknown where it could not be measured."""

    what: str
    wanted: str
    found: str
    is_met: bool | None


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; numbers stand on the right."""
    lines = [[*map(str, row)] for row in rows]
    marks = [
        "---:" if lines and all(_is_number(line[column]) for line in lines) else "---" for column in range(len(head))
    ]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, marks, *lines))


def _is_number(cell: str) -> bool:
    return cell[:1].isdigit() or cell in {"", "-"}


def seconds(value: float) -> str:
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def times(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def spread(values: tuple[float, float]) -> str:
    return f"{seconds(values[0])} to {seconds(values[1])}"


def judge(targets: Iterable[Target]) -> str:
    """Return the targets as a table."""
    words = {True: "holds", False: "**does not hold**", None: "not measured"}
    return table(
        ("target", "wanted", "measured", ""), [(one.what, one.wanted, one.found, words[one.is_met]) for one in targets]
    )


def at_most(what: str, value: float | None, limit: float, unit: str = "x") -> Target:
    """Return a target that wants a number to be small."""
    found = "-" if value is None else f"{times(value)} {unit}"
    return Target(
        what=what, wanted=f"≤ {limit:g} {unit}", found=found, is_met=None if value is None else value <= limit
    )


def at_least(what: str, value: float | None, limit: float, unit: str = "x") -> Target:
    """Return a target that wants a number to be large."""
    found = "-" if value is None else f"{times(value)} {unit}"
    return Target(
        what=what, wanted=f"≥ {limit:g} {unit}", found=found, is_met=None if value is None else value >= limit
    )
