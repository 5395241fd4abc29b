"""`update --min-age` from the command line, against a registry on loopback: what a reviewer and a program are told."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinner.commands.network import Network
from pinner.commands.project import open_project
from pinner.commands.update import update_tree
from pinner.cooldown import Cooldown
from pinner.demo.registry import DemoRegistry
from pinner.lock.model import Lock
from pinner.lock.reading import parse_lock
from tests.support.json_schema import check_document
from tests.support.program import run
from tests.support.sources import compose_text
from tests.support.trees import write
from tests.workspace.trees import commit, git

pytestmark = pytest.mark.enable_socket
KEEP_DAYS = 400


@pytest.fixture
def registry() -> Iterator[DemoRegistry]:
    with DemoRegistry() as running:
        yield running
        assert running.crashes == []


@pytest.fixture
def tree(registry: DemoRegistry, tmp_path: Path) -> Path:
    """A repository with two images that have moved since they were pinned."""
    root = tmp_path / "origin"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    for name in ("api", "tool"):
        registry.push_image(f"acme/{name}", "2", marker="one")
    images = [f"{registry.address}/acme/{name}:2" for name in ("api", "tool")]
    write(root, compose_yaml=compose_text(*images), pinner_toml="version = 1\n")
    assert run("pin", cwd=root).code == 0
    commit(root)
    for name in ("api", "tool"):
        registry.move_tag(f"acme/{name}", "2", marker="two")
    return root


def lock_of(root: Path) -> Lock:
    return parse_lock((root / "pinner.lock").read_text(), "pinner.lock")


def let_pass(root: Path, *, days: int) -> None:
    """Put the days on which candidates were seen back, as if so much time had passed."""

    def earlier(found: re.Match[str]) -> str:
        return f"seen = {dt.date.fromisoformat(found[1]) - dt.timedelta(days=days)}"

    text = (root / "pinner.lock").read_text()
    write(root, pinner_lock=re.sub(r"seen = ([0-9-]+)", earlier, text))


def test_two_clones_that_update_on_their_own_have_the_same_bytes(
    registry: DemoRegistry, tree: Path, tmp_path: Path
) -> None:  # H02, H03
    clones = [tmp_path / "one", tmp_path / "two"]
    for clone in clones:
        git(tmp_path, "clone", "--quiet", str(tree), str(clone))
    for day, marker in ((20, "two"), (21, "three"), (24, "three"), (26, "three")):
        registry.push_image("acme/api", "2", marker=marker)
        for hour, clone in zip((0, 23), clones, strict=True):
            cooldown = Cooldown(min_age=dt.timedelta(days=3), now=dt.datetime(2026, 11, day, hour, tzinfo=dt.UTC))
            network = Network(jobs=hour + 1)
            update_tree(open_project((clone,)), (), open_resolver=network.open_resolver, cooldown=cooldown)
        files = [[(clone / name).read_bytes() for name in ("pinner.lock", "compose.yaml")] for clone in clones]
        assert files[0] == files[1]
    lock = lock_of(clones[0])
    assert lock.pending == {}
    assert lock.pins[f"{registry.address}/acme/api:2"].digest == registry.push_image("acme/api", "2", marker="three")


def test_what_waits_is_told_and_is_no_finding(registry: DemoRegistry, tree: Path) -> None:  # H03, H04
    # The images say that they were built years ago: whoever builds one can say so.
    ran = run("update", "--min-age", "3d", cwd=tree)
    key = f"{registry.address}/acme/api:2"
    (one,) = lock_of(tree).pending[key]
    until = one.seen + dt.timedelta(days=4)
    assert ran.code == 0
    assert f"{key}: waits {one.digest}, first seen on {one.seen}, until {until}\n" in ran.out
    assert ran.stderr == "updated 0 references in 0 files and the lock, 2 images with news that wait\n"
    assert run("check", cwd=tree).code == 0


def test_a_program_is_told_the_same(registry: DemoRegistry, tree: Path) -> None:
    ran = run("update", "--min-age", "12h", "--dry-run", "--format", "json", cwd=tree)
    assert "pending" not in (tree / "pinner.lock").read_text()
    document = check_document(ran.out, "plan")
    row = document["waiting"][0]
    until = dt.date.fromisoformat(row["seen"]) + dt.timedelta(days=1)
    assert (row["image"], row["until"]) == (f"{registry.address}/acme/api:2", f"{until}T12:00:00Z")
    assert (document["changes"], document["lock"], document["dropped"]) == ([], {"added": [], "moved": []}, [])


def test_a_withdrawn_digest_is_told(registry: DemoRegistry, tree: Path) -> None:
    run("update", "--min-age", "3d", cwd=tree)
    registry.push_image("acme/api", "2", marker="one")
    ran = run("update", "--min-age", "3d", "--image", "*/acme/api", cwd=tree)
    assert re.search(r"acme/api:2: gone sha256:\w+, which waited: the tag means an older digest again\n", ran.out)
    run("update", "--min-age", "3d", cwd=tree)
    registry.push_image("acme/tool", "2", marker="one")
    document = check_document(run("update", "--min-age", "3d", "--format", "json", cwd=tree).out, "plan")
    assert [(one["image"], one["reason"]) for one in document["dropped"]] == [
        (f"{registry.address}/acme/tool:2", "withdrawn")
    ]


def test_previews_say_what_a_run_would_write(tree: Path) -> None:
    assert run("update", "--min-age", "3d", "--check", cwd=tree).code == 1
    patch = run("update", "--min-age", "3d", "--diff", cwd=tree)
    assert patch.out.count("\n+[[pending.") == 2
    run("update", "--min-age", "3d", cwd=tree)
    assert run("update", "--min-age", "3d", "--check", cwd=tree).code == 0
    assert run("update", "--min-age", "3d", "--diff", cwd=tree).out == ""


def test_one_image_is_let_through(registry: DemoRegistry, tree: Path) -> None:  # H03
    run("update", "--min-age", "3d", cwd=tree)
    ran = run("update", "--min-age", "3d", "--accept", "*/acme/api", cwd=tree)
    assert ran.stderr == "updated 1 reference in 1 file, 1 image with news that wait\n"
    assert lock_of(tree).pending.keys() == {f"{registry.address}/acme/tool:2"}


def test_letting_one_image_through_where_none_is_held_is_said(tree: Path) -> None:  # H05
    warning = "warning: no minimum age is set, so that --accept holds nothing back: all that moved is accepted\n"
    assert run("update", "--check", "--accept", "*/acme/api", cwd=tree).stderr.startswith(warning)
    assert "warning" not in run("update", "--check", cwd=tree).stderr
    assert "warning" not in run("update", "--check", "--accept", "*/acme/api", "--min-age", "3d", cwd=tree).stderr


@pytest.mark.parametrize(
    ("flags", "environ", "configured", "waits"),
    [
        ([], {}, "", False),
        (["--min-age", "3d"], {}, "", True),
        ([], {"PINNER_MIN_AGE": "3d"}, "", True),
        ([], {}, '[update]\nmin-age = "3d"\n', True),
        (["--min-age", "0"], {"PINNER_MIN_AGE": "3d"}, "", False),
        ([], {"PINNER_MIN_AGE": "0"}, '[update]\nmin-age = "3d"\n', False),
    ],
)
def test_the_flag_goes_before_the_variable_and_that_before_the_configuration(
    tree: Path, flags: list[str], environ: dict[str, str], configured: str, *, waits: bool
) -> None:
    write(tree, pinner_toml=f"version = 1\n{configured}")
    assert run("update", *flags, cwd=tree, environ=environ).code == 0
    assert bool(lock_of(tree).pending) == waits


def test_what_is_no_age_is_2_before_anybody_is_asked(registry: DemoRegistry, tree: Path) -> None:
    asked = len(registry.requests)
    ran = run("update", "--min-age", "3 days", cwd=tree)
    assert (ran.code, ran.stderr.splitlines()[0]) == (2, "error: --min-age: '3 days' is no minimum age")
    write(tree, pinner_toml="version = 1\n[update]\nmin-age = 3\n")
    ran = run("update", cwd=tree)
    assert (ran.code, ran.stderr.splitlines()[0]) == (2, "error: pinner.toml:3: update.min-age: 3 is no minimum age")
    assert len(registry.requests) == asked


def test_a_candidate_that_the_registry_never_had_is_not_accepted(registry: DemoRegistry, tree: Path) -> None:
    run("update", "--min-age", "3d", cwd=tree)
    let_pass(tree, days=2)
    forged = f'[[pending."{registry.address}/acme/api:2"]]\ndigest = "sha256:{"a" * 64}"\nseen = 2026-01-01\n\n# end\n'
    write(tree, pinner_lock=(tree / "pinner.lock").read_text().replace("# end\n", forged))
    ran = run("update", "--min-age", "3d", cwd=tree)
    assert ran.code == 0
    assert "no more, which was old enough to be accepted" in ran.stderr
    assert "which waited: the registry has it no more\n" in ran.out
    assert [len(found) for found in lock_of(tree).pending.values()] == [1, 1]


def test_the_cache_does_not_hide_that_a_digest_is_old_enough(tree: Path) -> None:  # RATE-09
    for _ in range(2):
        run("update", "--min-age", "3d", "--max-age", "1h", cwd=tree)
    assert len(lock_of(tree).pending) == 2
    let_pass(tree, days=KEEP_DAYS)
    assert run("update", "--min-age", "3d", "--max-age", "1h", cwd=tree).code == 0
    assert lock_of(tree).pending == {}
    assert run("update", "--check", "--max-age", "1h", cwd=tree).code == 0
