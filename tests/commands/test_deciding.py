"""`pin`, `update` and `unpin` hold no file while they decide, and notice what changes in the meantime."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pinner.commands import deciding, families, pin, processes, scanning, update
from pinner.commands import project as project_module
from pinner.commands.deciding import Outcome
from pinner.commands.network import frozen_resolver
from pinner.commands.pin import pin_tree
from pinner.commands.project import open_project
from pinner.commands.unpin import unpin_tree
from pinner.commands.update import update_tree
from pinner.context import Context
from pinner.errors import ProcessLostError, SourceError
from pinner.formats.base import ScannedFile
from pinner.oci.platform import Platform
from pinner.plan import Aim, Decision, decide
from pinner.resolution import Resolver
from pinner.rewriting import Revision
from pinner.text import Source
from tests.support.program import tree_hash
from tests.support.resolvers import FakeRegistry, digest_of
from tests.support.sources import compose_text
from tests.support.sources import pin as locked
from tests.support.trees import project_at, write, write_lock

NGINX, NODE = "docker.io/library/nginx:1.27", "docker.io/library/node:22"
ONE, TWO = digest_of("one"), digest_of("two")
FIXTURES = Path("fixtures/formats").resolve()
FILES = 12


@pytest.fixture(autouse=True)
def _keep_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is read again, as those of a large tree are."""
    monkeypatch.setattr(pin, "HELD", 0)
    monkeypatch.setattr(update, "HELD", 0)


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths about which was decided, each as often as it was done."""
    paths: list[str] = []

    def note(file: ScannedFile, aim: Aim) -> Decision:
        paths.append(file.source.path)
        return decide(file, aim)

    monkeypatch.setattr(deciding, "decide", note)
    return paths


def registry() -> FakeRegistry:
    return FakeRegistry({NGINX: "one", NODE: "two"})


def meddling(registry: FakeRegistry, meddle: Callable[[], object]) -> Callable[..., AbstractContextManager[Resolver]]:
    """Return a way to the registry on which something else happens."""

    def open_resolver(platform: Platform | None = None) -> AbstractContextManager[Resolver]:
        meddle()
        return registry.open_resolver(platform)

    return open_resolver


def summary(outcome: Outcome) -> tuple[object, ...]:
    plan = outcome.plan
    failures = [(one.image, one.places, one.error.message, one.error.hint) for one in plan.failures]
    places = [list(one) for one in (plan.files, plan.left_alone, outcome.mistakes)]
    return (places, failures, plan.lock, outcome.files, outcome.untaken, outcome.written)


# --- memory


def texts_alive() -> int:
    return sum(type(one) is Source and "services:" in one.text for one in gc.get_objects())


def test_no_text_is_held_while_a_tree_is_pinned_updated_and_unpinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(FILES):
        write(tmp_path, **{f"a{number:02}__compose_yaml": compose_text("nginx:1.27", f"node:22@{TWO}", "${X}")})
    moments: Counter[str] = Counter()
    most = 0

    def count(moment: str) -> None:
        nonlocal most
        moments[moment] += 1
        most = max(most, texts_alive())

    def note_decision(file: ScannedFile, aim: Aim) -> Decision:
        count("decided")
        return decide(file, aim)

    edit = project_module._edit

    def note_edit(revision: Revision, content: bytes) -> bytes:
        count("written")
        return edit(revision, content)

    monkeypatch.setattr(deciding, "decide", note_decision)
    monkeypatch.setattr(project_module, "_edit", note_edit)
    before = texts_alive()
    peer = registry()
    open_resolver = meddling(peer, lambda: count("asked"))
    pin_tree(project_at(tmp_path), (), open_resolver=open_resolver)
    assert moments == {"decided": 2 * FILES, "asked": 1, "written": FILES}
    peer.tags[NGINX] = "two"
    update_tree(project_at(tmp_path), (), open_resolver=open_resolver)
    unpin_tree(project_at(tmp_path), ())
    assert moments == {"decided": 5 * FILES, "asked": 2, "written": 3 * FILES}
    assert most <= before + 4


# --- what is read again


def test_a_tree_that_is_pinned_is_read_once(tmp_path: Path, decided: list[str]) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}", "node:22"), Dockerfile=f"FROM node:22@{TWO}\n")
    write_lock(tmp_path, locked(NGINX, "one"), locked(NODE, "two"))
    outcome = pin_tree(project_at(tmp_path), (), open_resolver=frozen_resolver)
    assert (outcome.written, decided) == (("compose.yaml",), ["Dockerfile", "compose.yaml"])


def test_an_update_reads_only_those_files_again_that_hold_what_moved(tmp_path: Path, decided: list[str]) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}"), Dockerfile=f"FROM node:22@{TWO}\n")
    write_lock(tmp_path, locked(NGINX, "one"), locked(NODE, "two"))
    peer = registry()
    assert update_tree(project_at(tmp_path), (), open_resolver=peer.open_resolver).written == ()
    assert decided == ["Dockerfile", "compose.yaml"]
    peer.tags[NODE] = "three"
    outcome = update_tree(project_at(tmp_path), (), open_resolver=peer.open_resolver)
    assert (outcome.written, decided[2:]) == (
        ("pinner.lock", "Dockerfile"),
        ["Dockerfile", "compose.yaml", "Dockerfile"],
    )


def test_small_trees_are_kept_and_not_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pin, "HELD", 1000)
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"), Dockerfile="FROM node:22\n")
    write(tmp_path, large__compose_yaml=compose_text("nginx:1.27") + "#" * 1000)
    scanned: list[str] = []
    scan = scanning._scan

    def note(*arguments: Any) -> Iterator[ScannedFile]:
        for file in scan(*arguments):
            scanned.append(file.source.path)
            yield file

    monkeypatch.setattr(scanning, "_scan", note)
    outcome = pin_tree(project_at(tmp_path), (), open_resolver=registry().open_resolver)
    assert len(outcome.written) == 4
    assert scanned == ["Dockerfile", "compose.yaml", "large/compose.yaml", "large/compose.yaml"]


@pytest.mark.parametrize("verb", ["pin", "unpin", "update"])
def test_whoever_reads_the_files_and_however_often_the_outcome_is_the_same(
    verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, paths = open_project((FIXTURES,)), tuple(FIXTURES / one for one in ("compose", "gitlab_ci", "kustomize"))
    peer = FakeRegistry({NGINX: "one"})

    def run() -> Outcome:
        if verb == "unpin":
            return unpin_tree(project, paths, writes=False)
        work = pin_tree if verb == "pin" else update_tree
        return work(project, paths, open_resolver=peer.open_resolver, writes=False)

    again = summary(run())
    monkeypatch.setattr(pin, "HELD", 1 << 30)
    monkeypatch.setattr(update, "HELD", 1 << 30)
    assert summary(run()) == again
    if hasattr(os, "fork"):
        monkeypatch.setattr("threading.active_count", lambda: 1)
        monkeypatch.setattr(scanning, "_FEW_FOR_MANY", 1)
        monkeypatch.setattr(processes, "count_processes", lambda *_: 3)
        assert summary(run()) == again


def test_a_process_that_is_lost_is_no_matter_of_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: object) -> NoReturn:
        raise ProcessLostError("gone", hint="run pinner again with --jobs 1")

    write(tmp_path, compose_yaml=compose_text("nginx:1.27"))
    monkeypatch.setattr(scanning, "_FEW_FOR_MANY", 1)
    monkeypatch.setattr(processes, "map_in_order", lose)
    with pytest.raises(ProcessLostError) as raised:
        pin_tree(project_at(tmp_path), (), open_resolver=frozen_resolver)
    assert raised.value.hint == "memory may have run out; name fewer files at a time"


# --- what changes meanwhile


@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize(
    "now",
    [
        pytest.param("FROM node:22\nFROM alpine:3\n", id="an image that nobody asked for"),
        pytest.param("FROM node:22 # other\n", id="the same image"),
        pytest.param("FROM scratch\n", id="no image any more"),
        pytest.param(None, id="gone"),
    ],
)
def test_a_file_that_changes_during_the_look_ups_stops_the_run(
    tmp_path: Path, now: str | None, *, writes: bool
) -> None:
    """C11: what it says now was not decided about, and is never passed over in silence."""
    write(
        tmp_path, a__Dockerfile="FROM node:22\n", b__Dockerfile="FROM node:22\n", compose_yaml=compose_text("node:22")
    )

    def meddle() -> None:
        for file in (tmp_path / "a" / "Dockerfile", tmp_path / "b" / "Dockerfile"):
            file.unlink()
            if now is not None:
                file.write_text(now)

    open_resolver = meddling(registry(), meddle)
    with pytest.raises(SourceError) as raised:
        pin_tree(project_at(tmp_path), (), open_resolver=open_resolver, writes=writes)
    assert raised.value.message.split("\n") == [
        "a/Dockerfile: changed while pinner was working",
        "b/Dockerfile: changed while pinner was working",
    ]
    assert raised.value.hint == "nothing was written; run pinner again"
    assert not (tmp_path / "pinner.lock").exists()
    assert (tmp_path / "compose.yaml").read_text() == compose_text("node:22")


def test_what_no_look_up_was_about_may_change(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"), Dockerfile=f"FROM node:22@{TWO}\n")
    open_resolver = meddling(registry(), lambda: write(tmp_path, Dockerfile="FROM scratch\n"))
    outcome = pin_tree(project_at(tmp_path), (), open_resolver=open_resolver)
    assert outcome.written == ("pinner.lock", "compose.yaml")
    assert (tmp_path / "Dockerfile").read_text() == "FROM scratch\n"


def test_a_part_of_a_pipeline_that_changes_stops_the_run_too(tmp_path: Path) -> None:
    write(tmp_path, **{"_gitlab-ci_yml": "include: {local: /part.yml}\na: {image: nginx:1.27}\n"})
    write(tmp_path, part_yml="variables: {X: nginx:1.27}\nb: {image: $X}\n")
    project = project_at(tmp_path)
    before = tree_hash(tmp_path)
    open_resolver = meddling(registry(), lambda: write(tmp_path, part_yml="b: {image: nginx:1.27}\n"))
    with pytest.raises(SourceError, match=r"^part\.yml: changed while pinner was working$"):
        pin_tree(project, (), open_resolver=open_resolver)
    write(tmp_path, part_yml="variables: {X: nginx:1.27}\nb: {image: $X}\n")
    assert tree_hash(tmp_path) == before


def test_a_preview_shows_no_change_of_a_file_that_is_another_one_now(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"))
    project = project_at(tmp_path)
    outcome = pin_tree(project, (), open_resolver=registry().open_resolver, writes=False)
    (revision,) = outcome.plan.files
    before, after = deciding.texts_of(outcome, project, revision)
    assert (before.text, after.text) == (compose_text("nginx:1.27"), compose_text(f"nginx:1.27@{ONE}"))
    write(tmp_path, compose_yaml=compose_text("nginx:1.28"))
    with pytest.raises(SourceError, match=r"^compose\.yaml: changed while pinner was working$"):
        deciding.texts_of(outcome, project, revision)


def test_what_pinning_cannot_mend_in_a_pipeline_is_said_once(tmp_path: Path) -> None:  # H09
    write(tmp_path, **{"_gitlab-ci_yml": f"a: {{image: nginx:1.27}}\nb: {{image: 'node:22@{ONE}'}}\n"})
    write_lock(tmp_path, locked(NODE, "two"))
    outcome = pin_tree(project_at(tmp_path), (), open_resolver=registry().open_resolver)
    assert outcome.written == ("pinner.lock", ".gitlab-ci.yml")
    assert [(one.rule, one.line) for one in outcome.mistakes] == [("lock-drift", 2)]


def test_a_pipeline_that_changes_while_it_is_read_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, **{"_gitlab-ci_yml": "a: {image: nginx:1.27}\n"})
    context_of = families.context_of

    def read_and_meddle(*arguments: Any) -> Context:
        context = context_of(*arguments)
        write(tmp_path, **{"_gitlab-ci_yml": "# more\na: {image: nginx:1.27}\n"})
        return context

    monkeypatch.setattr(scanning, "context_of", read_and_meddle)
    with pytest.raises(SourceError, match=r"^\.gitlab-ci\.yml: changed while pinner was working$"):
        pin_tree(project_at(tmp_path), (), open_resolver=registry().open_resolver)
    assert not (tmp_path / "pinner.lock").exists()
