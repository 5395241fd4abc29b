from __future__ import annotations

from pathlib import Path

import pytest

from pinner.commands.check import check_text, check_tree
from pinner.errors import LockError
from pinner.text import Source
from tests.support.resolvers import digest_of
from tests.support.sources import compose_text, pin
from tests.support.trees import project_at, write, write_lock

NGINX, NODE = "docker.io/library/nginx:1.27", "docker.io/library/node:22"
ONE = digest_of("one")


def test_a_tree_that_is_in_order_has_no_findings(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}"))
    write_lock(tmp_path, pin(NGINX, "one"))
    result = check_tree(project_at(tmp_path))
    assert (result.files, result.untaken, list(result.findings)) == (1, (), [])


def test_findings_of_files_and_of_the_lock_have_their_lines(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"))
    text = write_lock(tmp_path, pin("a.io/b:1"), pin(NODE))
    found = [(one.path, one.line, one.rule) for one in check_tree(project_at(tmp_path)).findings]
    line = text.splitlines().index(f'[images."{NODE}"]') + 1
    assert found == [
        ("compose.yaml", 3, "unpinned"),
        ("pinner.lock", 4, "lock-unused"),
        ("pinner.lock", line, "lock-unused"),
    ]


def test_the_root_named_is_the_whole_tree(tmp_path: Path) -> None:
    write_lock(tmp_path, pin(NODE))
    assert [one.rule for one in check_tree(project_at(tmp_path), (tmp_path,)).findings] == ["lock-unused"]


def test_of_a_part_of_the_tree_nothing_is_said_about_unused_entries(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text("nginx:1.27"))
    write_lock(tmp_path, pin(NODE))
    found = check_tree(project_at(tmp_path), (tmp_path / "compose.yaml",)).findings
    assert [one.rule for one in found] == ["unpinned"]


def test_a_text_is_held_against_the_lock(tmp_path: Path) -> None:
    write_lock(tmp_path, pin(NGINX, "one"))
    project = project_at(tmp_path)
    assert list(check_text(project, Source("Dockerfile", f"FROM nginx:1.27@{ONE}\n")).findings) == []
    (finding,) = check_text(project, Source("Dockerfile", f"FROM nginx:1.27@{digest_of('x')}\n")).findings
    assert (finding.rule, finding.path, finding.line, finding.column) == ("lock-drift", "Dockerfile", 1, 6)


def test_a_broken_lock_ends_the_check(tmp_path: Path) -> None:
    write(tmp_path, pinner_lock="version = 9\n")
    with pytest.raises(LockError, match=r"^pinner\.lock:1: needs a newer pinner"):
        check_tree(project_at(tmp_path))


def test_a_required_platform_that_is_missing_is_said_once(tmp_path: Path) -> None:
    write(tmp_path, pinner_toml="version = 1\n[images]\nrequired-platforms = ['linux/s390x']\n")
    for name in ("a", "b"):
        write(tmp_path, **{f"{name}__compose_yaml": compose_text(f"nginx:1.27@{ONE}")})
    write_lock(tmp_path, pin(NGINX, "one"))
    for paths in ((), (tmp_path / "a" / "compose.yaml",)):
        result = check_tree(project_at(tmp_path), paths)
        assert [(one.rule, one.path, one.line) for one in result.findings] == [("platform-missing", "pinner.lock", 4)]
