"""A whole review: a branch, tags that move in a registry, `update`, a commit, the text of the merge request (H06)."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from pinner.demo.registry import DemoRegistry
from pinner.lock.reading import parse_lock
from tests.support.html import read_html
from tests.support.json_schema import check_document
from tests.support.markdown import cells, code_spans, fold_titles, violations
from tests.support.program import Ran, run
from tests.support.sources import compose_text
from tests.workspace.trees import commit, git

pytestmark = pytest.mark.enable_socket

# A path that would end a cell, begin code, name somebody and open a tag.
HOSTILE_FOLDER = "deploy | `x` @acme #1 <b>\u202e"


@dataclass(frozen=True, slots=True)
class Branch:
    """A repository whose branch `update` has followed what moved since it left `main`; `host` is the registry's."""

    root: Path
    host: str

    def diff(self, *arguments: str) -> Ran:
        return run("diff", *arguments, cwd=self.root)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    root = tmp_path / "project"
    with DemoRegistry() as registry:
        api, web, lost = (f"{registry.address}/team/{name}" for name in ("api:1.4.2", "web:1.27", "lost:1"))
        registry.push_image("team/api", "1.4.2", marker="first")
        registry.push_image("team/web", "1.27", marker="first")
        registry.push_image("team/lost", "1", marker="first")
        folder = root / HOSTILE_FOLDER
        folder.mkdir(parents=True)
        (folder / "compose.yaml").write_text(compose_text(api, web), encoding="utf-8")
        (root / "compose.yaml").write_text(compose_text(web, lost), encoding="utf-8")
        git(root, "init", "--quiet", "--initial-branch", "main")
        assert run("pin", cwd=root).code == 0
        commit(root)

        git(root, "switch", "--quiet", "--create", "update")
        registry.move_tag("team/api", "1.4.2", marker="second")
        registry.push_image("team/web", "1.27", marker="second", platforms=("linux/amd64",))
        registry.push_image("team/new", "1", marker="first")
        text = (root / "compose.yaml").read_text(encoding="utf-8")
        new = f"{registry.address}/team/new:1"
        (root / "compose.yaml").write_text(text[: text.index("  s1:")] + f"  s1:\n    image: {new}\n", encoding="utf-8")
        assert [run(verb, cwd=root).code for verb in ("pin", "update")] == [0, 0]
        assert run("lock", "prune", cwd=root).code == 0
        commit(root)

        # Somebody else works on `main` meanwhile; that is no part of this review.
        git(root, "switch", "--quiet", "main")
        registry.push_image("team/other", "1", marker="first")
        (root / "docker-compose.yml").write_text(compose_text(f"{registry.address}/team/other:1"), encoding="utf-8")
        assert run("pin", cwd=root).code == 0
        commit(root)
        git(root, "switch", "--quiet", "update")
        address = registry.address
    # The registry is gone: none of this asks it.
    return Branch(root, address)


def test_the_text_of_the_merge_request_tells_what_the_branch_did(branch: Branch) -> None:
    ran = branch.diff("--format", "markdown")
    assert (ran.code, ran.stderr) == (0, "")
    text = ran.out
    assert violations(text) == []
    assert text.startswith("**1 republished, 1 moved, 1 added, 1 removed** from the merge base of main and HEAD (`")
    rows = cells(text)
    api, web, new, lost = (f"{branch.host}/team/{name}" for name in ("api:1.4.2", "web:1.27", "new:1", "lost:1"))
    assert [(row[0], row[3], row[4]) for row in rows[1:]] == [
        (f"`{api}`", "same", "**republished**"),
        (f"`{web}`", "-`linux/arm64`", "moved"),
        (f"`{new}`", "2", "added"),
        (f"`{lost}`", "2", "removed"),
    ]
    shown = HOSTILE_FOLDER.replace("\u202e", "\\u202e")
    assert rows[1][5] == f"``{shown}/compose.yaml:3``".replace("|", "\\x7c")
    assert rows[2][5] == "`compose.yaml:3` and 1 more"
    assert fold_titles(text) == [api, web, new, lost]
    assert {f"{shown}/compose.yaml:3:12", "compose.yaml:5:12", f"pinner update --image {api}"} <= set(code_spans(text))
    old, now = (parse_lock(branch.git("show", name), name) for name in ("main~1:pinner.lock", "HEAD:pinner.lock"))
    assert {str(lock.pins[api].digest) for lock in (old, now)} <= set(code_spans(text))
    assert "team/other" not in text


def test_every_form_tells_the_same(branch: Branch) -> None:
    images = [row[0].strip("`") for row in cells(branch.diff("--format", "markdown").out)[1:]]
    assert [row[0] for row in read_html(branch.diff("--format", "html").out).rows[1:]] == images
    document = check_document(branch.diff("--format", "json").out, "diff")
    assert [one["image"] for name in ("moved", "added", "removed") for one in document[name]] == images
    assert document["old"]["commit"] == branch.git("rev-parse", "main~1")
    lines = branch.diff().out.splitlines()
    assert [line.split()[1] for line in lines if not line.startswith(" ")] == images


def test_two_revisions_are_told_the_same_but_for_the_places(branch: Branch) -> None:
    text = branch.diff("main...update", "--format", "markdown").out
    assert violations(text) == []
    assert [row[:5] for row in cells(text)] == [row[:5] for row in cells(branch.diff("--format", "markdown").out)]
    assert {row[5] for row in cells(text)[1:]} == {"-"}
    # Two dots compare with what `main` is now, where another image has come.
    assert f"{branch.host}/team/other:1" in branch.diff("main..update", "--format", "markdown").out


def test_a_check_of_a_branch_that_moved_nothing_is_content(branch: Branch) -> None:
    assert branch.diff("--check").code == 1
    branch.git("switch", "--quiet", "main")
    assert branch.diff("--check").code == 0
    text = f"**no difference** from HEAD (`{branch.git('rev-parse', 'HEAD')[:12]}`) to the working tree\n"
    assert branch.diff("--format", "markdown").out == text


@pytest.mark.parametrize("verb", ["check", "images", "pin", "update"])
def test_other_verbs_have_no_such_form_and_say_what_they_have(tmp_path: Path, verb: str) -> None:
    ran = run(verb, "--format", "markdown", cwd=tmp_path)
    assert ran.code == 2
    assert "'markdown' is not one of 'text', 'json'" in ran.stderr


def test_a_form_that_there_is_not_is_told_with_those_there_are(tmp_path: Path) -> None:
    ran = run("diff", "--format", "md", cwd=tmp_path)
    assert ran.code == 2
    assert "'md' is not one of 'text', 'json', 'markdown', 'html'" in ran.stderr
