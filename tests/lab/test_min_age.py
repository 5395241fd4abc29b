"""A minimum age against a real registry: a tag that is rebuilt each day, and a digest that is deleted meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinner.commands.deciding import Outcome
from pinner.commands.network import Network
from pinner.commands.project import open_project
from pinner.commands.update import update_tree
from pinner.cooldown import Cooldown
from pinner.lock.reading import parse_lock
from pinner.oci.digest import Digest
from tests.lab.images import push, tiny_image
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess, running_registry
from tests.lab.test_verify import delete
from tests.lab.trees import write_images

NAME = "daily/app"


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[RegistryProcess]:
    """A registry with a storage of its own, from which images may be deleted."""
    with running_registry(tmp_path / "stock", tmp_path / "stock-storage") as registry:
        yield registry


def build(stock: RegistryProcess, day: int) -> Digest:
    return push(stock.url, NAME, {"1": tiny_image(f"of day {day}")})["1"]


def update(root: Path, day: int) -> Outcome:
    now = dt.datetime(2026, 11, day, 3, tzinfo=dt.UTC)
    cooldown = Cooldown(min_age=dt.timedelta(days=3), now=now)
    return update_tree(open_project((root,)), (), open_resolver=Network().open_resolver, cooldown=cooldown)


def locked(root: Path, image: str) -> Digest:
    return parse_lock((root / "pinner.lock").read_text(encoding="utf-8"), "pinner.lock").pins[image].digest


def test_a_tag_that_is_rebuilt_each_day_follows_four_days_behind(stock: RegistryProcess, tmp_path: Path) -> None:  # H03
    image = f"{stock.address}/{NAME}:1"
    built = {1: build(stock, 1)}
    root = write_images(tmp_path / "tree", [image])
    assert pinner("pin", cwd=root).code == 0
    for day in range(2, 12):
        built[day] = build(stock, day)
        if day == 9:
            # It was seen on the fifth, and would be the next one to be accepted.
            delete(stock, NAME, built[5])
        outcome = update(root, day)
        assert outcome.plan.failures == ()
        expected = {9: 4}.get(day, max(day - 4, 1))
        assert locked(root, image) == built[expected]
        assert f"{image}@{built[expected]}\n" in (root / "compose.yaml").read_text(encoding="utf-8")
        assert [one.digest for one in outcome.plan.waiting] == [
            built[number] for number in range(max(day - 3, 2), day + 1)
        ]
        assert [(one.digest, one.reason) for one in outcome.plan.dropped] == (
            [(built[5], "missing")] if day == 9 else []
        )
        settled = (root / "pinner.lock").read_bytes()
        assert not update(root, day).would_change
        assert (root / "pinner.lock").read_bytes() == settled
    assert pinner("check", cwd=root).code == 0
