"""What `verify` asks about, and what it says: with a registry in memory, and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinner.commands.survey import ask_registries
from pinner.commands.verify import Verification, verify
from pinner.errors import InvalidReferenceError, UnreachableError, UsageError
from pinner.lock.model import Pin
from pinner.oci import media_types
from pinner.oci.platform import Platform
from tests.support.program import tree_hash
from tests.support.resolvers import FakeRegistry, digest_of, platform_digest
from tests.support.sources import compose_text, pin
from tests.support.trees import project_at, write, write_lock

NGINX, NODE = "docker.io/library/nginx:1.27", "docker.io/library/node:22"
ONE, TWO = digest_of("one"), digest_of("two")
AMD = Platform("linux", "amd64")


def registry(**contents: str | UnreachableError) -> FakeRegistry:
    """Return a registry in which `nginx` is `nginx:1.27`, and `node` `node:22`."""
    names = {"nginx": NGINX, "node": NODE}
    return FakeRegistry({names[name]: content for name, content in contents.items()})


def run(root: Path, known: FakeRegistry, *images: str) -> Verification:
    write(root, pinner_toml="version = 1\n")
    before = tree_hash(root)
    result = verify(project_at(root), images, open_resolver=known.open_resolver, survey=ask_registries)
    assert tree_hash(root) == before
    return result


def rows(result: Verification) -> list[tuple[str, str, int, int]]:
    return [(one.rule, one.path, one.line, one.column) for one in result.findings]


def test_where_nothing_is_pinned_nobody_is_asked(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"))
    known = registry()
    assert run(tmp_path, known) == Verification(files=1, claims=0, findings=(), failures=())
    assert known.opened == []


def test_each_digest_and_each_tag_is_asked_for_once(tmp_path: Path) -> None:
    pinned = f"nginx:1.27@{ONE}"
    write(tmp_path, compose_yaml=compose_text(pinned, pinned), a__compose_yaml=compose_text(pinned))
    write_lock(tmp_path, pin(NGINX, "one"))
    known = registry(nginx="one")
    result = run(tmp_path, known)
    assert (result.claims, result.findings, result.failures) == (1, (), ())
    assert known.asked == [f"head docker.io/library/nginx@{ONE}", f"head {NGINX}"]


def test_what_only_the_lock_says_stands_there(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{TWO}"))
    text = write_lock(tmp_path, pin(NGINX, "one"), pin(NODE, "two"))
    known = registry(nginx="three", node="three")
    result = run(tmp_path, known)
    lines = {key: text.splitlines().index(f'[images."{key}"]') + 1 for key in (NGINX, NODE)}
    assert rows(result) == [
        ("tag-moved", "compose.yaml", 3, 12),
        ("tag-moved", "pinner.lock", lines[NGINX], 1),
        ("tag-moved", "pinner.lock", lines[NODE], 1),
    ]


def test_images_are_selected_as_update_selects_them(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}", f"node:22@{TWO}"))
    known = registry(nginx="other", node="other")
    for glob, lines in (("nginx", {3}), ("docker.io/library/no*", {5}), ("nginx:1.27", {3}), ("*", {3, 5})):
        assert {one.line for one in run(tmp_path, known, glob).findings} == lines


def test_an_image_that_selects_nothing_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}"))
    known = registry(nginx="one")
    with pytest.raises(UsageError, match="no image that is pinned or locked matches 'ngnix'"):
        run(tmp_path, known, "nginx", "ngnix")
    assert known.opened == []


def test_an_image_with_its_digest_needs_no_file(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"node:22@{TWO}"), bad_yaml="a: [\napiVersion: kind: image: nginx")
    result = run(tmp_path, registry(nginx="other"), f"nginx:1.27@{ONE}")
    assert (result.files, result.claims) == (0, 1)
    assert rows(result) == [("tag-moved", "", 1, 1)]
    with pytest.raises(InvalidReferenceError):
        run(tmp_path, registry(), "NGINX@sha256:1")


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml="services:\n  a: {image: nginx\n")
    assert "unreadable" in [one.rule for one in run(tmp_path, registry()).findings]


def test_a_digest_of_one_platform_is_held_against_that_platform(tmp_path: Path) -> None:
    digest = platform_digest("one", AMD)
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{digest}"))
    entry = Pin(key=f"{NGINX}#{AMD}", digest=digest, media_type=media_types.OCI_MANIFEST)
    write_lock(tmp_path, entry)
    known = registry(nginx="one")
    assert run(tmp_path, known).findings == ()
    assert known.opened == [None, AMD]
    (moved,) = run(tmp_path, registry(nginx="two")).findings
    assert moved.message.startswith("'nginx:1.27' for linux/amd64 means ")


def test_what_is_not_known_is_a_failure_with_all_its_places(tmp_path: Path) -> None:
    pinned = f"nginx:1.27@{ONE}"
    write(tmp_path, compose_yaml=compose_text(pinned, pinned))
    down = UnreachableError("it is down")
    result = run(tmp_path, registry(nginx=down))
    assert result.findings == ()
    (failure,) = result.failures
    assert (failure.error, failure.places) == (down, ("compose.yaml:3:12", "compose.yaml:5:12"))


def test_a_digest_without_a_tag_is_looked_for_and_no_more(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx@{ONE}"))
    known = FakeRegistry({}, deleted={ONE})
    assert rows(run(tmp_path, known)) == [("digest-missing", "compose.yaml", 3, 12)]
    assert known.asked == [f"head docker.io/library/nginx@{ONE}"]
