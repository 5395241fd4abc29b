"""What all forms of a report say in the same few words: counts of changes, places and folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from pinner.review.changes import Place, Review

MOST_FOLDERS: Final = 5


def count_changes(review: Review) -> str:
    """Return what happened how often: `1 republished, 2 moved`; `no difference` where nothing did."""
    counts = [f"{count} {action}" for action, count in review.counts.items()] or ["no difference"]
    return ", ".join([*counts, f"{len(review.waiting)} waiting"] if review.waiting else counts)


def count_folders(places: Iterable[Place]) -> tuple[tuple[tuple[str, int], ...], int]:
    """Return the folders with most places and their counts, and how many further folders there are."""
    folders = Counter(one.folder for one in places).most_common()
    return tuple(folders[:MOST_FOLDERS]), len(folders[MOST_FOLDERS:])
