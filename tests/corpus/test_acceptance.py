"""The whole corpus (PINNER_CORPUS), by repository: pinned on the disk, pinned again, unpinned, and counted."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from pinner.commands.pin import pin_tree
from pinner.commands.project import open_project
from pinner.commands.unpin import unpin_tree
from pinner.errors import UnknownTagError
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.resolution import Resolution
from tests.support.corpus import FOLDER, PAGE, ImageLine, Repository, read_rules, repositories
from tests.support.corpus_counts import with_counts
from tests.support.resolvers import digest_of, resolved
from tests.support.writing import without_digests

LOCK: Final = "pinner.lock"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(FOLDER is None, reason="PINNER_CORPUS names no folder of real manifests"),
    pytest.mark.timeout(1800),
]
every_repository = pytest.mark.parametrize("root", repositories() if FOLDER else (), ids=lambda root: root.name)


@dataclass(frozen=True, slots=True)
class Table:
    """A resolver that knows every tag; `asked` counts the questions."""

    asked: Counter[str]

    @contextmanager
    def open_resolver(self, platform: Platform | None = None) -> Iterator[Table]:
        yield self

    def look_up(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        return tuple(self._answer(one) for one in references)

    describe = look_up

    def _answer(self, reference: Reference) -> Resolution:
        self.asked[reference.tagged] += 1
        return resolved(reference.written, digest_of(reference.tagged))


def contents(root: Path) -> dict[str, bytes]:
    """Return every file but the lock, whatever its name."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink() and path.name != LOCK)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


@every_repository
def test_pinning_changes_digests_alone_and_unpinning_gives_the_tree_back(root: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(root, tree, symlinks=True)
    project = open_project((tree,), is_config_off=True)
    before = contents(tree)
    # Some digests stand there already; they go, too.
    unpin_tree(project, ())
    without = contents(tree)
    assert {path: without_digests(text) for path, text in without.items()} == {
        path: without_digests(text) for path, text in before.items()
    }

    table = Table(Counter())
    outcome = pin_tree(project, (), open_resolver=table.open_resolver)
    assert outcome.plan.failures == ()  # none that the proof refused among them
    assert all(count == 1 for count in table.asked.values())
    pinned = contents(tree)
    assert {path: without_digests(text) for path, text in pinned.items()} == {
        path: without_digests(text) for path, text in without.items()
    }
    changed = {path for path, text in pinned.items() if text != without[path]}
    assert changed == set(outcome.written) - {LOCK}

    unasked = Table(Counter())
    again = pin_tree(project, (), open_resolver=unasked.open_resolver)
    assert (again.would_change, again.written, unasked.asked, contents(tree)) == (False, (), Counter(), pinned)

    unpinned = unpin_tree(project, ())
    # Nobody knows the tag of a digest that stood there alone; it stays.
    assert [one for one in unpinned.plan.failures if not isinstance(one.error, UnknownTagError)] == []
    assert contents(tree) == without
    print(f"\n{root.name}: {len(changed)} files, {len(table.asked)} images")  # noqa: T201 - the numbers


@every_repository
def test_every_line_that_looks_like_an_image_is_listed_or_explained(root: Path) -> None:
    missed = [line for line, fate in Repository(root).fates(read_rules()) if fate == "missed"]
    assert [f"{line.path}:{line.number}: {line.text.strip()}" for line in missed] == []


def test_every_row_of_the_page_explains_a_line() -> None:
    rules = read_rules()
    lines: list[ImageLine] = [
        line for root in repositories() for line, fate in Repository(root).fates(rules) if fate == "not an image"
    ]
    assert [rule for rule in rules if not any(rule.explains(line) for line in lines)] == []


def test_the_counts_of_the_page_are_true() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_counts(page) == page, "write them anew: python -m tests.support.corpus_counts"
