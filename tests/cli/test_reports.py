from __future__ import annotations

import json
from pathlib import Path

import pytest

from pinner.report.documents import render_schema
from tests.support.json_schema import check_document
from tests.support.program import run
from tests.support.resolvers import FakeRegistry, digest_of
from tests.support.sources import compose_text, pin
from tests.support.trees import write, write_lock
from tests.workspace.trees import commit, git

NGINX, NODE = "docker.io/library/nginx:1.27", "docker.io/library/node:22"
ONE, TWO = digest_of("one"), digest_of("two")
RED = "\x1b[31m"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A git work tree whose last commit has a lock of nginx."""
    git(tmp_path, "init", "--quiet")
    write(tmp_path, compose_yaml=compose_text("nginx:1.27", "${X}"))
    write_lock(tmp_path, pin(NGINX, "old"))
    commit(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("verb", "name"),
    [
        ("pin", "plan"),
        ("update", "plan"),
        ("check", "findings"),
        ("images", "images"),
        ("resolve", "resolutions"),
        ("tags", "tags"),
        ("referrers", "referrers"),
        ("diff", "diff"),
        ("files", "files"),
    ],
)
def test_every_verb_prints_the_schema_of_its_document(tmp_path: Path, verb: str, name: str) -> None:
    ran = run(verb, "--schema", cwd=tmp_path)
    assert (ran.code, ran.out, ran.stderr) == (0, render_schema(name), "")


def test_every_document_is_as_its_schema_says(tree: Path, peer: FakeRegistry) -> None:
    (tree / "pinner.lock").unlink()
    documents = {
        "findings": run("check", "--format", "json", cwd=tree),
        "images": run("images", "--format", "json", cwd=tree),
        "plan": run("pin", "--format", "json", cwd=tree),
        "diff": run("diff", "--format", "json", cwd=tree),
        "resolutions": run("resolve", "--format", "json", "nginx:1.27", "gone:1", cwd=tree),
    }
    found = {name: check_document(ran.out, name) for name, ran in documents.items()}
    assert [ran.code for ran in documents.values()] == [1, 0, 0, 0, 3]
    assert found["images"]["images"][0]["locked"] is None
    assert found["plan"]["changes"][0]["pinned"] == f"nginx:1.27@{ONE}"
    assert found["diff"]["moved"][0]["new"] == str(ONE)
    assert found["resolutions"]["resolutions"][0]["platforms"] == ["linux/amd64", "linux/arm64"]
    peer.tags[NGINX] = "two"
    updated = check_document(run("update", "--format", "json", cwd=tree).out, "plan")
    assert updated["lock"]["moved"][0]["old"] == str(ONE)


def test_a_format_may_come_from_the_environment(tree: Path) -> None:
    assert check_document(run("images", cwd=tree, environ={"PINNER_FORMAT": "json"}).out, "images")["images"]


@pytest.mark.parametrize("arguments", [["images"], ["check"], ["diff"], ["pin", "--frozen"]])
def test_a_report_goes_to_the_output_file(tree: Path, arguments: list[str]) -> None:
    shown = run(*arguments, "--format", "json", cwd=tree).out
    run("lock", "fmt", cwd=tree)
    git(tree, "checkout", "--quiet", ".")
    ran = run(*arguments, "--format", "json", "-o", tree / "report.json", cwd=tree)
    assert ran.out == ""
    assert json.loads((tree / "report.json").read_text()) == json.loads(shown)


def test_a_text_report_in_a_file_has_no_colour(tree: Path) -> None:
    run("check", "--color", "always", "-o", tree / "report.txt", cwd=tree)
    assert "\x1b" not in (tree / "report.txt").read_text()


@pytest.mark.parametrize(
    ("flags", "environ", "is_coloured"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"PINNER_COLOR": "always"}, True),
    ],
)
def test_colour_is_the_flag_then_the_environment_then_the_terminal(
    tree: Path, flags: list[str], environ: dict[str, str], *, is_coloured: bool
) -> None:
    assert (RED in run("check", *flags, cwd=tree, environ=environ).out) is is_coloured


def test_colour_of_a_fatal_error_follows_the_environment(tree: Path) -> None:
    assert run("check", "missing", cwd=tree).stderr.startswith("error: ")
    assert run("check", "missing", cwd=tree, environ={"FORCE_COLOR": "1"}).stderr.startswith(RED)


def test_quiet_says_only_what_went_wrong(tree: Path, peer: FakeRegistry) -> None:
    ran = run("check", "-q", cwd=tree)
    assert (ran.code, ran.stderr) == (1, "")
    assert ran.out.count("\n") == 2
    pinned = run("pin", "-q", cwd=tree)
    assert (pinned.code, pinned.out, pinned.stderr) == (0, "", "")


def test_verbose_says_what_was_left_alone_and_why(tree: Path, peer: FakeRegistry) -> None:
    reason = "'${X}': the value is a variable, or holds one\n"
    assert f"compose.yaml:5:12: note[template-skipped]: {reason}" in run("check", "-v", cwd=tree).out
    assert reason not in run("check", cwd=tree).out
    pinned = run("pin", "-v", cwd=tree)
    assert f"compose.yaml:5:12: skipped[variable]: {reason}" in pinned.stderr
    assert pinned.stderr.endswith("pinned 1 reference in 1 file, left 1 alone (1 variable)\n")


def test_the_inventory_is_a_line_an_image(tree: Path) -> None:
    ran = run("images", cwd=tree)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.out == (
        "compose.yaml:3:12: nginx:1.27 [unpinned, locked]\ncompose.yaml:5:12: ${X} [skipped: variable]\n"
    )


def test_a_difference_is_shown_between_revisions_and_the_working_tree(tree: Path) -> None:
    assert run("diff", cwd=tree).out == ""
    write_lock(tree, pin(NGINX, "one"), pin(NODE, "two"))
    ran = run("diff", cwd=tree)
    assert (ran.code, ran.stderr) == (0, "1 moved, 1 added from HEAD to the working tree\n")
    assert ran.out == (
        f"moved    {NGINX}\n         {digest_of('old')}\n       → {ONE}\n         used in compose.yaml:3:12\n"
        f"added    {NODE}\n         {TWO}\n         used in no file\n"
    )
    assert run("diff", "HEAD", "HEAD", cwd=tree).out == ""
    assert run("diff", "pinner.lock", "HEAD", cwd=tree).out.startswith("moved    ")


def test_a_revision_that_is_none_is_a_usage_error(tree: Path) -> None:
    ran = run("diff", "nosuch", cwd=tree)
    assert (ran.code, ran.stderr.splitlines()[0]) == (2, "error: git does not know the revision 'nosuch'")


def test_update_can_be_told_which_images(tree: Path, peer: FakeRegistry) -> None:
    write_lock(tree, pin(NGINX, "old"), pin(NODE, "old"))
    ran = run("update", "--image", "nginx", "--image", "nosuch", cwd=tree)
    assert (ran.code, peer.asked) == (0, [f"head {NGINX}", f"get {NGINX}"])
    assert "warning: --image 'nosuch' matches no image that is pinned or locked\n" in ran.stderr
    assert f"{NGINX}: moved {digest_of('old')} → {ONE}\n" in ran.out


def test_a_platform_is_pinned_and_resolved(tree: Path, peer: FakeRegistry) -> None:
    assert run("pin", "--platform", "linux/aarch64", cwd=tree).code == 0
    assert f'"{NGINX}#linux/arm64"' in (tree / "pinner.lock").read_text()
    ran = run("resolve", "nginx:1.27", cwd=tree, environ={"PINNER_PLATFORM": "linux/arm64"})
    assert f"nginx:1.27@{ran.out.strip()}" in (tree / "compose.yaml").read_text()


def test_a_warning_of_the_lock_does_not_stop_the_run(tree: Path) -> None:
    text = write_lock(tree, pin(NGINX, "one")).replace("platforms", 'later = "x"\nplatforms')
    write(tree, pinner_lock=text)
    ran = run("check", "-q", cwd=tree)
    assert ran.code == 1
    assert ran.stderr.startswith("warning: pinner.lock:7: ")
