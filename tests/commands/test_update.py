from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from pinner.commands.update import update_tree
from pinner.errors import UnreachableError
from pinner.lock.model import Pin
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.resolution import Resolution
from tests.support.program import tree_hash
from tests.support.resolvers import FakeRegistry, digest_of, platform_digest, resolved
from tests.support.sources import compose_text, pin
from tests.support.trees import project_at, write, write_lock

NGINX, NODE, API = "docker.io/library/nginx:1.27", "docker.io/library/node:22", "ghcr.io/acme/api:2"
ONE, TWO = digest_of("one"), digest_of("two")
ARM = Platform("linux", "arm64")


def test_without_news_nothing_is_written_and_no_document_is_read(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}"))
    write_lock(tmp_path, pin(NGINX, "one"))
    project = project_at(tmp_path)
    before, peer = tree_hash(tmp_path), FakeRegistry({NGINX: "one"})
    outcome = update_tree(project, (), open_resolver=peer.open_resolver)
    assert (outcome.would_change, outcome.written, tree_hash(tmp_path)) == (False, (), before)
    assert peer.asked == [f"head {NGINX}"]


def test_a_tree_without_pins_asks_nobody(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"))
    peer = FakeRegistry({})
    assert not update_tree(project_at(tmp_path), (), open_resolver=peer.open_resolver).would_change
    assert peer.opened == []


def test_what_moved_is_described_and_written_to_files_and_lock(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}", f"node:22@{ONE}"))
    write_lock(tmp_path, pin(NGINX, "one"), pin(NODE, "one"))
    peer = FakeRegistry({NGINX: "two", NODE: "one"})
    outcome = update_tree(project_at(tmp_path), (), open_resolver=peer.open_resolver)
    assert outcome.written == ("pinner.lock", "compose.yaml")
    assert (tmp_path / "compose.yaml").read_text() == compose_text(f"nginx:1.27@{TWO}", f"node:22@{ONE}")
    assert peer.asked == [f"head {NGINX}", f"head {NODE}", f"get {NGINX}"]
    assert outcome.plan.lock.pins[NGINX] == pin(NGINX, "two")


def test_without_writing_the_news_are_only_told(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}"))
    project = project_at(tmp_path)
    before = tree_hash(tmp_path)
    peer = FakeRegistry({NGINX: "two"})
    assert update_tree(project, (), open_resolver=peer.open_resolver, writes=False).would_change
    assert tree_hash(tmp_path) == before


def test_one_that_cannot_be_asked_keeps_its_digest(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}", f"node:22@{ONE}"))
    write_lock(tmp_path, pin(NGINX, "one"), pin(NODE, "one"))
    peer = FakeRegistry({NGINX: UnreachableError("no answer"), NODE: "two"})
    outcome = update_tree(project_at(tmp_path), (), open_resolver=peer.open_resolver)
    assert [(one.image, one.places) for one in outcome.plan.failures] == [(NGINX, ("compose.yaml:3:12",))]
    assert (tmp_path / "compose.yaml").read_text() == compose_text(f"nginx:1.27@{ONE}", f"node:22@{TWO}")
    assert outcome.plan.lock.pins[NGINX].digest == ONE


def test_one_that_is_in_no_lock_and_cannot_be_asked_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}", f"node:22@{ONE}"))
    peer = FakeRegistry({NGINX: UnreachableError("no answer"), NODE: "two"})
    outcome = update_tree(project_at(tmp_path), (), open_resolver=peer.open_resolver)
    assert [(one.image, one.places) for one in outcome.plan.failures] == [(NGINX, ("compose.yaml:3:12",))]
    assert (tmp_path / "compose.yaml").read_text() == compose_text(f"nginx:1.27@{ONE}", f"node:22@{TWO}")
    assert outcome.plan.lock.pins.keys() == {NODE}


def test_the_lock_is_updated_as_a_whole_unless_paths_are_given(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}"))
    write_lock(tmp_path, pin(NGINX, "one"), pin(NODE, "one"))
    peer = FakeRegistry({NGINX: "one", NODE: "one"})
    update_tree(project_at(tmp_path), (tmp_path / "compose.yaml",), open_resolver=peer.open_resolver)
    assert peer.asked == [f"head {NGINX}"]
    update_tree(project_at(tmp_path), (tmp_path,), open_resolver=peer.open_resolver)
    assert peer.asked[1:] == [f"head {NGINX}", f"head {NODE}"]


def test_an_entry_of_one_platform_is_asked_for_that_platform(tmp_path: Path) -> None:
    key = f"{NGINX}#linux/arm64"
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}"))
    write_lock(tmp_path, Pin(key=key, digest=ONE, media_type=media_types.OCI_MANIFEST), pin(NODE, "one"))
    peer = FakeRegistry({NGINX: "two", NODE: "one"})
    outcome = update_tree(project_at(tmp_path), (), open_resolver=peer.open_resolver)
    assert set(peer.opened) == {ARM, None}
    assert outcome.plan.lock.pins[key].digest == platform_digest("two", ARM)
    assert (tmp_path / "compose.yaml").read_text() == compose_text(f"nginx:1.27@{platform_digest('two', ARM)}")


def test_an_entry_that_lacks_its_platforms_is_completed(tmp_path: Path) -> None:
    write_lock(tmp_path, Pin(key=NGINX, digest=ONE, media_type=media_types.OCI_INDEX))
    peer = FakeRegistry({NGINX: "one"})
    outcome = update_tree(project_at(tmp_path), (), open_resolver=peer.open_resolver)
    assert (outcome.written, outcome.plan.lock.pins[NGINX]) == (("pinner.lock",), pin(NGINX, "one"))


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("nginx", [NGINX]),
        ("nginx:1.*", [NGINX]),
        ("docker.io/library/nginx", [NGINX]),
        (NODE, [NODE]),
        ("ghcr.io/*", [API]),
        ("*", [NGINX, NODE, API]),
    ],
)
def test_images_are_chosen_by_any_name_that_people_use(tmp_path: Path, glob: str, expected: list[str]) -> None:
    write_lock(tmp_path, pin(NGINX, "one"), pin(NODE, "one"), pin(API, "one"))
    peer, warnings = FakeRegistry({NGINX: "one", NODE: "one", API: "one"}), list[str]()
    update_tree(project_at(tmp_path, warnings), (), open_resolver=peer.open_resolver, globs=(glob,))
    assert (peer.asked, warnings) == ([f"head {one}" for one in expected], [])


def test_a_pattern_that_matches_nothing_is_said(tmp_path: Path) -> None:
    write_lock(tmp_path, pin(NGINX, "one"))
    peer, warnings = FakeRegistry({}), list[str]()
    update_tree(project_at(tmp_path, warnings), (), open_resolver=peer.open_resolver, globs=("nginxx",))
    assert (peer.asked, warnings) == ([], ["--image 'nginxx' matches no image that is pinned or locked"])


class _MirrorResolver:
    """Gives what a mirror says where the registry cannot be asked."""

    def __init__(self, digest: Digest) -> None:
        self._digest = digest

    def look_up(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        away = UnreachableError("docker.io cannot be connected to")
        found = (resolved(one.written, self._digest, how="head") for one in references)
        return tuple(replace(one, mirror="https://mirror.example", instead_of=away) for one in found)

    def describe(self, references: Iterable[Reference]) -> tuple[Resolution, ...]:
        return self.look_up(references)


@pytest.mark.parametrize(("said", "is_kept"), [(TWO, True), (ONE, False)], ids=["another digest", "the same"])
def test_a_mirror_that_stands_in_confirms_a_digest_and_never_moves_it(
    tmp_path: Path, said: Digest, *, is_kept: bool
) -> None:  # RES-28, SEC-25
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}"))
    write_lock(tmp_path, pin(NGINX, "one"))
    project = project_at(tmp_path)
    before = tree_hash(tmp_path)
    outcome = update_tree(project, (), open_resolver=lambda _: nullcontext(_MirrorResolver(said)))
    assert tree_hash(tmp_path) == before
    assert [one.error.message for one in outcome.plan.failures] == ["docker.io cannot be connected to"] * is_kept
