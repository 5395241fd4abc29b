from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from pinner.commands.network import OpenResolver, frozen_resolver, offline_resolver
from pinner.commands.pin import pin_text, pin_tree
from pinner.errors import DeniedError, SourceError
from pinner.formats import gitlab_ci
from pinner.formats.names import Meanings, Names, follow_names
from pinner.oci.platform import Platform
from pinner.resolution import Resolver
from pinner.text import Source
from tests.support.program import tree_hash
from tests.support.resolvers import FakeRegistry, digest_of, platform_digest
from tests.support.sources import compose_text, pin
from tests.support.trees import project_at, write, write_lock

NGINX, NODE = "docker.io/library/nginx:1.27", "docker.io/library/node:22"
ONE, TWO = digest_of("one"), digest_of("two")


def registry() -> FakeRegistry:
    return FakeRegistry({NGINX: "one", NODE: "two"})


def test_a_pinned_tree_is_left_as_it_is_and_nobody_is_asked(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}", "${X}"))
    write_lock(tmp_path, pin(NGINX, "one"))
    project = project_at(tmp_path)
    before, peer = tree_hash(tmp_path), registry()
    outcome = pin_tree(project, (), open_resolver=peer.open_resolver)
    assert (outcome.would_change, outcome.written, list(outcome.mistakes), peer.opened) == (False, (), [], [])
    assert tree_hash(tmp_path) == before


def test_files_and_lock_are_written_and_the_second_run_asks_nobody(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"), Dockerfile="FROM node:22 AS build\n")
    peer = registry()
    outcome = pin_tree(project_at(tmp_path), (), open_resolver=peer.open_resolver)
    assert outcome.written == ("pinner.lock", "Dockerfile", "compose.yaml")
    assert (tmp_path / "compose.yaml").read_text() == compose_text(f"nginx:1.27@{ONE}")
    assert (tmp_path / "Dockerfile").read_text() == f"FROM node:22@{TWO} AS build\n"
    assert peer.asked == [f"get {NODE}", f"get {NGINX}"]
    after = tree_hash(tmp_path)
    again = pin_tree(project_at(tmp_path), (), open_resolver=peer.open_resolver)
    assert (again.would_change, len(peer.opened), tree_hash(tmp_path)) == (False, 1, after)


def test_only_the_named_files_are_pinned(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"), Dockerfile="FROM node:22\n")
    peer = registry()
    outcome = pin_tree(project_at(tmp_path), (tmp_path / "Dockerfile",), open_resolver=peer.open_resolver)
    assert outcome.written == ("pinner.lock", "Dockerfile")
    assert peer.asked == [f"get {NODE}"]


def test_a_file_that_only_a_link_names_is_pinned_behind_the_link_c11(tmp_path: Path) -> None:
    write(tmp_path, stack__app_txt=compose_text("nginx:1.27"))
    (tmp_path / "compose.yaml").symlink_to("stack/app.txt")
    outcome = pin_tree(project_at(tmp_path), (), open_resolver=registry().open_resolver)
    assert outcome.written == ("pinner.lock", "compose.yaml")
    assert (tmp_path / "compose.yaml").readlink() == Path("stack/app.txt")
    assert (tmp_path / "stack" / "app.txt").read_text() == compose_text(f"nginx:1.27@{ONE}")


def test_the_names_of_a_pipeline_are_followed_once_before_and_once_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        text = f"a: {{image: $X{number}}}\nvariables: {{X{number}: nginx:1.27}}\n"
        write(tmp_path, **{f"p{number}___gitlab-ci_yml": text})
    calls: list[int] = []

    def follow(files: Sequence[Names], aliases: Mapping[str, str]) -> Meanings:
        calls.append(len(files))
        return follow_names(files, aliases)

    monkeypatch.setattr(gitlab_ci, "follow_names", follow)
    outcome = pin_tree(project_at(tmp_path), (), open_resolver=registry().open_resolver)
    assert (len(outcome.written), calls) == (1 + 9, [9, 9])


def test_without_writing_the_plan_is_the_same_and_the_tree_too(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"))
    project = project_at(tmp_path)
    before = tree_hash(tmp_path)
    outcome = pin_tree(project, (), open_resolver=registry().open_resolver, writes=False)
    assert (outcome.would_change, outcome.written) == (True, ())
    assert [one.path for one in outcome.plan.files] == ["compose.yaml"]
    assert tree_hash(tmp_path) == before


def test_what_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27", "secret:1", "gone:1"))
    peer = registry()
    peer.tags["docker.io/library/secret:1"] = DeniedError("no")
    outcome = pin_tree(project_at(tmp_path), (), open_resolver=peer.open_resolver)
    assert [(one.error.exit_code, one.places) for one in outcome.plan.failures] == [
        (4, ("compose.yaml:5:12",)),
        (3, ("compose.yaml:7:12",)),
    ]
    assert (tmp_path / "compose.yaml").read_text() == compose_text(f"nginx:1.27@{ONE}", "secret:1", "gone:1")


def test_a_platform_is_asked_for_and_has_a_key_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"))
    arm, peer = Platform("linux", "arm64"), registry()
    pin_tree(project_at(tmp_path), (), open_resolver=peer.open_resolver, platform=arm)
    assert peer.opened == [arm]
    assert (tmp_path / "compose.yaml").read_text() == compose_text(f"nginx:1.27@{platform_digest('one', arm)}")
    assert f'[images."{NGINX}#linux/arm64"]\n' in (tmp_path / "pinner.lock").read_text()


def test_a_digest_that_contradicts_the_lock_is_drift_and_stays(tmp_path: Path) -> None:  # H09
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{TWO}"))
    write_lock(tmp_path, pin(NGINX, "one"))
    outcome = pin_tree(project_at(tmp_path), (), open_resolver=registry().open_resolver)
    assert [(one.rule, one.line) for one in outcome.mistakes] == [("lock-drift", 3)]
    assert (outcome.written, outcome.would_change) == ((), False)


def test_a_file_that_changes_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"), Dockerfile="FROM node:22\n")
    project, peer = project_at(tmp_path), registry()
    open_resolver = peer.open_resolver

    def meddle(platform: Platform | None = None) -> AbstractContextManager[Resolver]:
        write(tmp_path, Dockerfile="FROM node:22 # other\n")
        return open_resolver(platform)

    with pytest.raises(SourceError, match=r"^Dockerfile: changed while pinner was working"):
        pin_tree(project, (), open_resolver=meddle)
    assert not (tmp_path / "pinner.lock").exists()
    assert (tmp_path / "compose.yaml").read_text() == compose_text("nginx:1.27")


@pytest.mark.parametrize(
    ("open_resolver", "code", "message"),
    [
        (offline_resolver, 3, f"{NGINX} must be looked up, but the network is off"),
        (frozen_resolver, 1, f"{NGINX} is not in the lock"),
    ],
)
def test_without_the_network_what_the_lock_has_is_pinned_and_the_rest_is_said(
    tmp_path: Path, open_resolver: OpenResolver, code: int, message: str
) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27", "node:22"))
    write_lock(tmp_path, pin(NODE, "two"))
    outcome = pin_tree(project_at(tmp_path), (), open_resolver=open_resolver)
    assert [(one.error.exit_code, one.error.message) for one in outcome.plan.failures] == [(code, message)]
    assert (tmp_path / "compose.yaml").read_text() == compose_text("nginx:1.27", f"node:22@{TWO}")


def test_a_text_is_pinned_and_its_facts_go_into_the_lock(tmp_path: Path) -> None:
    source = Source("Dockerfile", "FROM nginx:1.27\r\n")
    outcome = pin_text(project_at(tmp_path), source, open_resolver=registry().open_resolver)
    (revision,) = outcome.plan.files
    assert revision.apply(source).text == f"FROM nginx:1.27@{ONE}\r\n"
    assert outcome.written == ("pinner.lock",)
    again = pin_text(project_at(tmp_path), source, open_resolver=frozen_resolver)
    assert (again.written, len(again.plan.files)) == ((), 1)


def test_a_text_without_writing_leaves_no_lock(tmp_path: Path) -> None:
    source = Source("Dockerfile", "FROM nginx:1.27\n")
    outcome = pin_text(project_at(tmp_path), source, open_resolver=registry().open_resolver, writes=False)
    assert (outcome.would_change, outcome.written) == (True, ())
    assert not (tmp_path / "pinner.lock").exists()
