"""What only a process of its own can show: signals, pipes, encodings, files that cannot be written."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from email.message import Message
from pathlib import Path
from threading import Event

import pytest

from pinner.demo.answers import Answer
from pinner.demo.registry import DemoRegistry
from tests.support.program import COMMAND, Ran, process_environment, spawn, tree_hash
from tests.support.resolvers import digest_of
from tests.support.sources import compose_text, pin
from tests.support.trees import write, write_lock

NGINX = "docker.io/library/nginx:1.27"
ONE = digest_of("one")
needs_full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")


class SlowRegistry(DemoRegistry):
    """A registry that takes a request and never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.was_asked = Event()
        self.may_answer = Event()

    def answer(self, method: str, target: str, headers: Message) -> Answer:
        self.was_asked.set()
        self.may_answer.wait(100)
        return super().answer(method, target, headers)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write(tmp_path, pinner_toml="version = 1\n", compose_yaml=compose_text("nginx:1.27"))
    return tmp_path


@pytest.mark.enable_socket
@pytest.mark.parametrize("verb", ["pin", "resolve"])
def test_ctrl_c_ends_a_run_that_waits_for_a_registry_and_writes_nothing(tree: Path, verb: str) -> None:
    with SlowRegistry() as registry:
        image = f"{registry.address}/a/b:1"
        write(tree, compose_yaml=compose_text(image))
        before = tree_hash(tree)
        command = (*COMMAND, verb, *([image] if verb == "resolve" else []))
        environment = process_environment()
        with subprocess.Popen(
            command, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as child:
            try:
                assert registry.was_asked.wait(60)
                child.send_signal(signal.SIGINT)
                stdout, stderr = child.communicate(timeout=60)
            finally:
                child.kill()
                registry.may_answer.set()
    assert (child.returncode, stdout, stderr) == (130, b"", b"interrupted\n")
    assert tree_hash(tree) == before


def test_a_reader_that_goes_away_is_no_bug(tree: Path) -> None:
    write(tree, compose_yaml=compose_text(*(f"nginx:{number}" for number in range(2000))))
    shell = f'"{sys.executable}" -m pinner images | head -n 1'
    done = subprocess.run(
        ["sh", "-c", shell], cwd=tree, env=process_environment(), capture_output=True, check=True, timeout=300
    )
    assert done.stdout == b"compose.yaml:3:12: nginx:0 [unpinned]\n"
    assert done.stderr == b""


def test_the_module_and_the_program_are_one(tree: Path) -> None:
    program = Path(sys.executable).with_name("pinner")
    if not program.exists():
        pytest.skip("the program is not installed beside this interpreter")
    done = subprocess.run([program, "check"], cwd=tree, capture_output=True, check=False, timeout=300)
    module = spawn("check", cwd=tree)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (module.code, module.stdout, module.stderr)


def test_a_folder_in_the_place_of_the_lock_is_refused_and_nothing_is_written(tree: Path) -> None:
    (tree / "pinner.lock").mkdir()
    before = tree_hash(tree)
    ran = spawn("pin", cwd=tree)
    assert (ran.code, ran.stdout, tree_hash(tree)) == (2, b"", before)
    assert ran.stderr.startswith("error: pinner.lock: ")


def test_a_terminal_that_lacks_a_letter_gets_its_escape(tree: Path) -> None:
    write_lock(tree, pin(NGINX, "one"))
    ran = spawn("pin", "--frozen", cwd=tree, environ={"PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0"})
    assert (ran.code, ran.stdout) == (0, f"compose.yaml:3:12: nginx:1.27 \\u2192 {ONE}\n".encode())


def test_a_patch_is_utf8_on_every_terminal(tree: Path) -> None:
    write_lock(tree, pin(NGINX, "one"))
    write(tree, compose_yaml=f"# é\n{compose_text('nginx:1.27')}")
    ran = spawn("pin", "--frozen", "--diff", cwd=tree, environ={"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"})
    assert ran.code == 1
    assert " # é\n".encode() in ran.stdout


def test_closed_streams_do_not_hang_a_run(tree: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m pinner check > closed 2>&1 <&-'],
        cwd=tree,
        env=process_environment(),
        check=False,
        timeout=300,
    )
    assert done.returncode == 1


def shell(tree: Path, command: str) -> Ran:
    """Run a shell command in which `pinner` is this one."""
    command = command.replace("pinner", f'"{sys.executable}" -m pinner')
    done = subprocess.run(
        ["sh", "-c", command], cwd=tree, env=process_environment(), capture_output=True, check=False, timeout=300
    )
    return Ran(done.returncode, done.stdout, done.stderr.decode())


@pytest.mark.parametrize("verb", ["check", "images", "images --format json", "pin --offline --schema", "--help", "-V"])
@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (">&-", "it is closed"),
        pytest.param("> /dev/full", "No space left on device", marks=needs_full_device),
    ],
)
def test_output_that_nobody_takes_is_2_and_one_line(tree: Path, verb: str, target: str, reason: str) -> None:
    ran = shell(tree, f"pinner {verb} {target}")
    assert (ran.code, ran.stderr) == (2, f"error: cannot write to standard output: {reason}\n")


@needs_full_device
def test_output_that_is_written_piece_by_piece_ends_alike(tree: Path) -> None:
    ran = shell(tree, "pinner demo > /dev/full")
    assert (ran.code, ran.stderr) == (2, "error: cannot write to standard output: No space left on device\n")


def test_files_are_written_although_the_report_is_lost(tree: Path) -> None:
    write_lock(tree, pin(NGINX, "one"))
    ran = shell(tree, "pinner pin --frozen >&-")
    assert (ran.code, ran.stderr) == (2, "error: cannot write to standard output: it is closed\n")
    assert (tree / "compose.yaml").read_text() == compose_text(f"nginx:1.27@{ONE}")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("pinner check >&- 2>&-", 2),
        ("pinner check 2>&-", 1),
        ("pinner check nosuch 2>&-", 2),
        pytest.param("pinner check 2> /dev/full", 1, marks=needs_full_device),
        pytest.param("pinner check > /dev/full 2>&1", 2, marks=needs_full_device),
        pytest.param("pinner check nosuch 2> /dev/full", 2, marks=needs_full_device),
    ],
)
def test_without_standard_error_the_exit_code_says_it_all(tree: Path, command: str, code: int) -> None:
    ran = shell(tree, command)
    assert (ran.code, ran.stderr) == (code, "")


@pytest.mark.parametrize("verb", ["pin", "check", "images", "resolve"])
def test_standard_input_that_is_closed_is_2(tree: Path, verb: str) -> None:
    ran = shell(tree, f"pinner {verb} - <&-")
    assert (ran.code, ran.stdout) == (2, b"")
    assert ran.stderr == "error: cannot read standard input: it is closed\n"


def test_names_and_values_forge_no_line(tree: Path) -> None:
    name = f"a.compose.yaml\nb.yaml:1:1: nginx:1.27@{ONE} [pinned]\x1b[31m\u202e.compose.yaml"
    shown = name.replace("\n", "\\x0a").replace("\x1b", "\\x1b").replace("\u202e", "\\u202e")
    (tree / name).write_text(compose_text("node:22", '"\\e[2J${X}"'))
    write_lock(tree, pin(NGINX, "one"), pin("docker.io/library/node:22", "two"))
    listed = spawn("images", cwd=tree)
    assert f"{shown}:3:12: node:22 [unpinned, locked]\n{shown}:5:13: \\x1b[2J${{X}} [skipped: variable]\n" in listed.out
    checked = spawn("check", "-v", cwd=tree)
    assert f"{shown}:3:12: error[unpinned]: 'node:22' has" in checked.out
    pinned = spawn("pin", "--frozen", "-v", cwd=tree)
    assert f"{shown}:3:12: node:22 \u2192 {digest_of('two')}\n" in pinned.out
    for ran in (listed, checked, pinned):
        assert not {*ran.out, *ran.stderr} & {"\x1b", "\u202e"}
    document = json.loads(spawn("images", "--format", "json", cwd=tree).out)
    assert {one["path"] for one in document["images"]} == {name, "compose.yaml"}
