from __future__ import annotations

from pathlib import Path

import pytest
import typer

from pinner import __version__
from pinner.cli.session import finish
from pinner.errors import DeniedError, EditError, UnreachableError
from tests.support.program import run, tree_hash
from tests.support.resolvers import FakeRegistry, digest_of
from tests.support.sources import compose_text, pin
from tests.support.trees import write, write_lock

NGINX = "docker.io/library/nginx:1.27"
ONE = digest_of("one")
VERBS = ("pin", "update", "check", "images", "resolve", "tags", "referrers", "diff", "lock fmt", "auth explain", "demo")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project with one image that is not pinned."""
    write(tmp_path, pinner_toml="version = 1\n", compose_yaml=compose_text("nginx:1.27"))
    return tmp_path


@pytest.mark.parametrize("codes", [(0,), (1, 0), (3, 1), (4, 3, 1), (2, 4, 3, 1), (70, 2, 4, 3, 1)])
def test_of_several_codes_the_weightiest_wins(codes: tuple[int, ...]) -> None:
    with pytest.raises(typer.Exit) as end:
        finish(*reversed(codes))
    assert end.value.exit_code == codes[0]


def test_without_a_code_all_is_well() -> None:
    with pytest.raises(typer.Exit) as end:
        finish()
    assert end.value.exit_code == 0


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version_is_one_line(tmp_path: Path, flag: str) -> None:
    ran = run(flag, cwd=tmp_path)
    assert (ran.code, ran.out, ran.stderr) == (0, f"pinner {__version__}\n", "")


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_verb(tmp_path: Path, flag: str) -> None:
    ran = run(flag, cwd=tmp_path)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.out.startswith("Usage: pinner [OPTIONS] COMMAND [ARGS]...\n")
    for verb in VERBS:
        assert f"\n  {verb.partition(' ')[0]} " in ran.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(tmp_path: Path, verb: str) -> None:
    ran = run(*verb.split(), "--help", cwd=tmp_path)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.out.startswith(f"Usage: pinner {verb} ")


def test_without_a_verb_the_help_is_shown_and_it_is_a_usage_error(tmp_path: Path) -> None:
    assert run(cwd=tmp_path).code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nosuch"], "No such command 'nosuch'"),
        (["pin", "--nosuch"], "No such option: --nosuch"),
        (["pin", "--jobs", "0"], "0 is not in the range"),
        (["pin", "--format", "xml"], "'xml' is not one of"),
        (["pin", "--platform", "arm"], "error: 'arm' is not a platform\n  write os/architecture"),
        (["pin", "-", "compose.yaml"], "error: '-' cannot stand beside other paths\n"),
        (["pin", "-", "--format", "json"], "--format does not go with '-'"),
        (["update", "-"], "error: update works on files, not on standard input\n"),
        (["check", "missing"], "error: 'missing' does not exist\n"),
        (["check", "--config", "missing"], "error: 'missing' is not a file\n"),
        (["pin", "--config", "pinner.toml", "--no-config"], "exclude each other"),
        (["resolve"], "error: no reference is given\n"),
        (["resolve", "Foo"], "error: invalid reference 'Foo': the repository must be lowercase"),
        (["lock", "fmt"], "error: pinner.lock does not exist\n  run `pinner pin` to make it\n"),
        (["images", "-o", "no/folder/x"], "error: no/folder/x: cannot be written: No such file or directory\n"),
    ],
)
def test_what_cannot_be_meant_is_2_with_the_reason(tree: Path, arguments: list[str], message: str) -> None:
    ran = run(*arguments, cwd=tree)
    assert ran.code == 2
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr


def test_0_a_pinned_tree(tree: Path, peer: FakeRegistry) -> None:
    ran = run("pin", cwd=tree)
    assert (ran.code, ran.stderr) == (0, "pinned 1 reference in 1 file\n")
    assert ran.out == f"compose.yaml:3:12: nginx:1.27 → {ONE}\n{NGINX}: locked {ONE}\n"
    checked = run("check", cwd=tree)
    assert (checked.code, checked.out) == (0, "")
    assert checked.stderr == "nothing to report in 1 file with image references\n"


def test_1_findings_name_place_and_next_step(tree: Path) -> None:
    ran = run("check", cwd=tree)
    assert (ran.code, ran.stderr) == (1, "1 error in 1 file with image references\n")
    assert ran.out == "compose.yaml:3:12: error[unpinned]: 'nginx:1.27' has no digest\n  run `pinner pin`\n"


def test_1_only_for_errors_unless_strict(tree: Path) -> None:
    write(tree, compose_yaml=compose_text(f"nginx:1.27@{ONE}"))
    write_lock(tree, pin(NGINX, "one"), pin("a.io/unused:1"))
    assert run("check", cwd=tree).code == 0
    strict = run("check", "--strict", "-q", cwd=tree)
    assert strict.code == 1
    assert strict.out.startswith("pinner.lock:4:1: warning[lock-unused]: 'a.io/unused:1' is used in no file\n")


def test_1_a_digest_that_contradicts_the_lock(tree: Path, peer: FakeRegistry) -> None:
    write(tree, compose_yaml=compose_text(f"nginx:1.27@{digest_of('other')}"))
    write_lock(tree, pin(NGINX, "one"))
    before = tree_hash(tree)
    ran = run("pin", cwd=tree)
    assert (ran.code, tree_hash(tree), peer.opened) == (1, before, [])
    assert "compose.yaml:3:12: error[lock-drift]: 'nginx:1.27' has" in ran.stderr
    assert "run `pinner update`" in ran.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("version = 1\n[images.\n", "pinner.lock:2"),
        ("version = 2\n", "pinner.lock:1: needs a newer pinner"),
        ("version = 1\n<<<<<<< ours\n", "pinner.lock:2: the lockfile holds a merge conflict"),
    ],
)
@pytest.mark.parametrize("verb", ["pin", "update", "check", "images"])
def test_2_a_broken_lock_and_nothing_is_written(
    tree: Path, peer: FakeRegistry, verb: str, content: str, message: str
) -> None:
    write(tree, pinner_lock=content)
    before = tree_hash(tree)
    ran = run(verb, cwd=tree)
    if verb == "check" and "conflict" in message:  # which it reports as what it finds
        assert ran.out.startswith("pinner.lock:2:1: error[lock-conflict]: the lockfile holds a merge conflict")
        assert (ran.code, tree_hash(tree)) == (2, before)
        return
    assert (ran.code, ran.out, tree_hash(tree)) == (2, "", before)
    assert ran.stderr.startswith(f"error: {message}")
    assert "\n  " in ran.stderr


def test_2_a_broken_configuration_with_its_line(tree: Path) -> None:
    write(tree, pinner_toml="version = 1\nexclude = 1\n")
    ran = run("check", cwd=tree)
    assert ran.code == 2
    assert ran.stderr.startswith("error: pinner.toml:2: exclude: must be a list of strings")


def test_3_wins_over_1_and_the_rest_is_pinned(tree: Path, peer: FakeRegistry) -> None:
    write(tree, compose_yaml=compose_text("nginx:1.27", "gone:1", f"node:22@{ONE}"))
    write_lock(tree, pin("docker.io/library/node:22", "two"))
    ran = run("pin", cwd=tree)
    assert ran.code == 3
    assert ran.stderr.startswith(
        "compose.yaml:5:12: error[not-found]: docker.io/library/gone:1 does not exist\n  check it\n"
        "compose.yaml:7:12: error[lock-drift]: 'node:22' has"
    )
    assert ran.stderr.endswith("pinned 1 reference in 1 file, 1 failed\n")
    assert f"nginx:1.27@{ONE}" in (tree / "compose.yaml").read_text()


def test_4_wins_over_3(tree: Path, peer: FakeRegistry) -> None:
    write(tree, compose_yaml=compose_text("secret:1", "gone:1"))
    peer.tags["docker.io/library/secret:1"] = DeniedError("secret:1: access denied", hint="log in")
    ran = run("pin", cwd=tree)
    assert ran.code == 4
    assert "compose.yaml:3:12: error[denied]: secret:1: access denied\n  log in\n" in ran.stderr
    assert "compose.yaml:5:12: error[not-found]" in ran.stderr


def test_70_a_file_that_cannot_be_proven_is_left_alone(
    tree: Path, peer: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise EditError("compose.yaml: line 1 changed too")

    monkeypatch.setattr("pinner.formats.edit_proof.prove_texts", refuse)
    peer.tags[NGINX] = "one"
    ran = run("pin", cwd=tree)
    assert ran.code == 70
    assert "compose.yaml:1:1: error[edit]: compose.yaml: line 1 changed too\n  the file was left alone" in ran.stderr
    assert (tree / "compose.yaml").read_text() == compose_text("nginx:1.27")


def test_70_a_bug_is_a_sentence_and_with_debug_a_traceback(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError("one by zero")

    monkeypatch.setattr("pinner.commands.check.check_tree", break_down)
    ran = run("check", cwd=tree)
    assert ran.code == 70
    assert ran.stderr == (
        "a bug in pinner: ZeroDivisionError: one by zero\n  please report it with what PINNER_DEBUG=1 shows\n"
    )
    debugged = run("check", cwd=tree, environ={"PINNER_DEBUG": "1"})
    assert debugged.code == 70
    assert debugged.stderr.startswith("Traceback (most recent call last):\n")


def test_an_error_of_the_user_shows_a_traceback_only_on_demand(tree: Path) -> None:
    assert "Traceback" not in run("check", "missing", cwd=tree).stderr
    assert "Traceback" in run("check", "missing", cwd=tree, environ={"PINNER_DEBUG": "1"}).stderr


@pytest.mark.parametrize(
    ("flags", "environ", "start"),
    [
        ([], {}, "error: "),
        (["--color", "always"], {}, "\x1b[31merror\x1b[0m: "),
        ([], {"PINNER_COLOR": "always"}, "\x1b[31merror\x1b[0m: "),
        ([], {"FORCE_COLOR": "1"}, "\x1b[31merror\x1b[0m: "),
        (["--color", "never"], {"FORCE_COLOR": "1"}, "error: "),
    ],
)
def test_an_error_that_ends_the_run_has_the_chosen_colour(
    tree: Path, flags: list[str], environ: dict[str, str], start: str
) -> None:
    assert run("check", "missing", *flags, cwd=tree, environ=environ).stderr.startswith(f"{start}'missing' does not")


def test_130_interrupted(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pinner.commands.check.check_tree", interrupt)
    ran = run("check", cwd=tree)
    assert (ran.code, ran.stderr) == (130, "interrupted\n")


def test_resolve_prints_what_it_found_and_exits_for_what_it_did_not(tmp_path: Path, peer: FakeRegistry) -> None:
    ran = run("resolve", "nginx:1.27", "gone:1", "node:22", cwd=tmp_path)
    assert (ran.code, ran.out) == (3, f"{ONE}\n{digest_of('two')}\n")
    assert ran.stderr.startswith("error[not-found]: ")
    peer.tags["docker.io/library/gone:1"] = UnreachableError("no answer")
    read = run("resolve", "-", cwd=tmp_path, stdin=b"nginx:1.27 # web\n")
    assert (read.code, read.out, read.stderr) == (0, f"{ONE}\n", "")


@pytest.mark.parametrize(("flags", "environ"), [(["--offline"], {}), ([], {"PINNER_OFFLINE": "1"})])
def test_resolve_asks_nobody_when_the_network_is_off(
    tmp_path: Path, peer: FakeRegistry, flags: list[str], environ: dict[str, str]
) -> None:
    ran = run("resolve", "nginx", *flags, cwd=tmp_path, environ=environ)
    assert (ran.code, ran.out, peer.opened) == (3, "", [])
    assert ran.stderr.startswith("error[offline]: docker.io/library/nginx:latest must be looked up")


def test_verify_without_the_network_names_the_digest_it_would_ask_for(tmp_path: Path) -> None:
    ran = run("verify", f"nginx:1.27@{ONE}", "--offline", cwd=tmp_path)
    assert (ran.code, f"docker.io/library/nginx@{ONE} must be looked up" in ran.stderr) == (3, True)
    assert "latest" not in ran.stderr


@pytest.mark.parametrize("name", ["compose.yaml", "pinner.lock"])
def test_2_a_read_only_file_and_nothing_is_written(tree: Path, peer: FakeRegistry, name: str) -> None:
    write(tree, Dockerfile="FROM node:22\n")
    write_lock(tree, pin(NGINX, "one"))
    (tree / name).chmod(0o444)
    before = tree_hash(tree)
    ran = run("pin", cwd=tree)
    assert (ran.code, tree_hash(tree)) == (2, before)
    assert ran.stderr == f"error: {name}: the file is read-only\n  make it writable, or exclude it\n"
