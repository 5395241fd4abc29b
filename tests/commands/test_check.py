from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pinner.commands.check import check_text, check_tree
from pinner.commands.lock_prune import prune_lock
from pinner.errors import LockError
from pinner.lock.model import Candidate, Lock
from pinner.lock.rendering import render_lock
from pinner.text import Source
from tests.support.json_schema import check_document
from tests.support.program import run
from tests.support.resolvers import digest_of
from tests.support.sources import compose_text, pin
from tests.support.trees import project_at, write, write_lock

NGINX, NODE = "docker.io/library/nginx:1.27", "docker.io/library/node:22"
ONE, TWO = digest_of("one"), digest_of("two")


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


def test_one_digest_for_a_tag_is_no_conflict_however_often_it_stands(tmp_path: Path) -> None:
    write(tmp_path, a__compose_yaml=compose_text(f"nginx:1.27@{ONE}", f"nginx:1.28@{TWO}", f"nginx@{TWO}"))
    write(tmp_path, b__compose_yaml=compose_text(f"docker.io/library/nginx:1.27@{ONE}"))
    assert {one.rule for one in check_tree(project_at(tmp_path)).findings} == {"unlocked"}


@pytest.mark.parametrize("jobs", [1, 2])
def test_two_digests_of_one_tag_are_said_with_both_places(tmp_path: Path, jobs: int) -> None:
    for number in range(40):
        write(tmp_path, **{f"s{number:02}__compose_yaml": compose_text(f"node:22@{ONE}")})
    write(tmp_path, a__compose_yaml=compose_text(f"nginx:1.27@{ONE}", f"nginx:1.27@{ONE}"))
    write(tmp_path, z__Dockerfile=f"FROM docker.io/library/nginx:1.27@{TWO}\n")
    write(tmp_path, zz__Dockerfile=f"FROM nginx:1.27@{ONE}\n")
    result = check_tree(project_at(tmp_path), jobs=jobs)
    found = [one for one in result.findings if one.rule == "tag-conflict"]
    short = {one: f"{one.encoded[:12]}…" for one in (ONE, TWO)}
    assert [(one.path, one.line, one.column, one.image) for one in found] == [
        ("a/compose.yaml", 3, 12, NGINX),
        ("z/Dockerfile", 1, 6, NGINX),
    ]
    assert [one.message for one in found] == [
        f"'{NGINX}' has {short[ONE]} here and {short[TWO]} at z/Dockerfile:1:6",
        f"'{NGINX}' has {short[TWO]} here and {short[ONE]} at a/compose.yaml:3:12",
    ]
    assert "pinner update" in found[0].hint
    assert (found[0].locator, found[0].end_column) == ("services.s0.image", 12 + len(f"nginx:1.27@{ONE}"))


def test_where_the_lock_decides_a_digest_is_held_against_it_and_not_against_others(tmp_path: Path) -> None:
    write(
        tmp_path,
        compose_yaml=compose_text(f"nginx:1.27@{ONE}", f"nginx:1.27@{TWO}", f"node:22@{ONE}", f"node:22@{TWO}"),
    )
    write_lock(tmp_path, pin(NGINX, "one"), pin(f"{NODE}#linux/amd64", "one"), pin(f"{NODE}#linux/arm64", "two"))
    found = [(one.rule, one.line) for one in check_tree(project_at(tmp_path)).findings]
    assert found == [("lock-drift", 5)]


def test_many_digests_of_one_tag_are_counted(tmp_path: Path) -> None:
    digests = [digest_of(str(number)) for number in range(6)]
    write(tmp_path, compose_yaml=compose_text(*(f"nginx:1.27@{one}" for one in digests)))
    found = [one.message for one in check_tree(project_at(tmp_path)).findings if one.rule == "tag-conflict"]
    assert len(found) == 6
    assert found[0].endswith("at compose.yaml:9:12 and 2 more")


def test_a_conflict_in_a_text_is_found_too(tmp_path: Path) -> None:
    source = Source("Dockerfile", f"FROM nginx:1.27@{ONE}\nFROM nginx:1.27@{TWO}\n")
    found = [one.line for one in check_text(project_at(tmp_path), source).findings if one.rule == "tag-conflict"]
    assert found == [1, 2]


def test_what_waits_for_a_used_tag_is_in_order(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}"), Dockerfile="FROM node:22\n")
    write(tmp_path, pinner_lock=render_lock(waiting(NGINX, NODE)))
    assert [one.rule for one in check_tree(project_at(tmp_path)).findings] == ["unpinned"]


def waiting(*keys: str) -> Lock:
    candidate = Candidate(digest=TWO, seen=dt.date(2026, 11, 20))
    return Lock.of([pin(NGINX, "one")]).with_pending(dict.fromkeys(keys, (candidate,)))


def test_what_waits_for_no_entry_and_no_file_is_said_at_its_line(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}"))
    text = render_lock(waiting(NGINX, NODE))
    write(tmp_path, pinner_lock=text)
    (found,) = check_tree(project_at(tmp_path)).findings
    line = text.splitlines().index(f'[[pending."{NODE}"]]') + 1
    assert (found.rule, found.path, found.line, found.image) == ("pending-unused", "pinner.lock", line, NODE)
    assert (found.locator, found.hint) == (f'pending."{NODE}"', "run `pinner lock prune`")
    assert list(check_tree(project_at(tmp_path), (tmp_path / "compose.yaml",)).findings) == []
    prune_lock(project_at(tmp_path))
    assert list(check_tree(project_at(tmp_path)).findings) == []


def test_what_waits_for_an_entry_without_use_is_said_once(tmp_path: Path) -> None:
    write(tmp_path, pinner_lock=render_lock(waiting(NGINX)))
    assert [one.rule for one in check_tree(project_at(tmp_path)).findings] == ["lock-unused"]


CONFLICT = "<<<<<<< HEAD\n{}=======\n{}>>>>>>> theirs\n"


def test_a_merge_conflict_is_the_only_finding_with_the_line_and_the_image_of_each(tmp_path: Path) -> None:
    entry = f'[images."{NGINX}"]\n' + CONFLICT.format(f'digest = "{ONE}"\n', f'digest = "{TWO}"\n')
    both = CONFLICT.format(f'[images."{NODE}"]\ndigest = "{ONE}"\n', f'[images."{NODE}.1"]\ndigest = "{ONE}"\n')
    write(tmp_path, compose_yaml=compose_text("redis:7"), pinner_lock=f"version = 1\n\n{entry}\n{both}\n# end\n")
    result = check_tree(project_at(tmp_path))
    found = [(one.rule, one.path, one.line, one.image) for one in result.findings]
    assert found == [("lock-conflict", "pinner.lock", 4, NGINX), ("lock-conflict", "pinner.lock", 10, "")]
    assert result.is_lock_in_conflict
    assert [one.rule for one in check_text(project_at(tmp_path), Source("Dockerfile", "FROM a\n")).findings] == [
        "lock-conflict",
        "lock-conflict",
    ]


@pytest.mark.parametrize("arguments", [(), ("--format", "json"), ("-q",), ("--strict",)])
def test_a_merge_conflict_is_a_finding_of_every_report_and_ends_with_2(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    write(tmp_path, pinner_toml="version = 1\n", pinner_lock=f"version = 1\n{CONFLICT.format('', '')}")
    ran = run("check", *arguments, cwd=tmp_path)
    assert ran.code == 2
    assert "pinner lock resolve" in ran.out
    assert "lock-conflict" in ran.out
    if "json" in arguments:
        (finding,) = check_document(ran.out, "findings")["findings"]
        assert (finding["line"], finding["severity"]) == (2, "error")


def test_other_verbs_still_refuse_a_lock_in_conflict(tmp_path: Path) -> None:
    write(tmp_path, pinner_toml="version = 1\n", pinner_lock=f"version = 1\n{CONFLICT.format('', '')}")
    ran = run("pin", "--offline", cwd=tmp_path)
    assert (ran.code, "pinner.lock:2: the lockfile holds a merge conflict" in ran.stderr) == (2, True)
