"""Write the counts of docs/not-images.md: `PINNER_CORPUS=FOLDER python -m tests.support.corpus_counts`."""

from __future__ import annotations

from collections import Counter
from typing import Final

from tests.support.corpus import PAGE, Repository, Rule, read_rules, repositories

HEADING: Final = "## Counts"
_COLUMNS: Final = ("image", "skipped", "not an image", "missed")


def render_counts() -> str:
    """Return the counts as they stand at the end of the page."""
    rules = read_rules()
    rows = [(root.name, _count(Repository(root), rules)) for root in repositories()]
    total = sum((counts for _, counts in rows), Counter[str]())
    lines = [_row(name.replace("+", "/", 1), counts) for name, counts in (*rows, ("all", total))]
    return "\n".join(
        (
            HEADING,
            "",
            "Lines that the search finds with a literal value; `python -m tests.support.corpus_counts` writes this.",
            "",
            "| repository | lines | images | left alone with a reason | explained above | missed |",
            "|---|---|---|---|---|---|",
            *lines,
            "",
        )
    )


def _count(repository: Repository, rules: tuple[Rule, ...]) -> Counter[str]:
    return Counter(fate for _, fate in repository.fates(rules))


def _row(name: str, counts: Counter[str]) -> str:
    return f"| {name} | {counts.total()} | {' | '.join(str(counts[column]) for column in _COLUMNS)} |"


def with_counts(page: str) -> str:
    """Return the page with the counts as they are now."""
    return page.partition(HEADING)[0].rstrip("\n") + "\n\n" + render_counts()


if __name__ == "__main__":
    PAGE.write_text(with_counts(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
