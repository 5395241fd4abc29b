"""What only a process of its own can show: signals, pipes, encodings, files that cannot be written."""

from __future__ import annotations

import signal
import subprocess
import sys
from email.message import Message
from pathlib import Path
from threading import Event

import pytest

from pinner.demo.answers import Answer
from pinner.demo.registry import DemoRegistry
from tests.support.program import COMMAND, process_environment, spawn, tree_hash
from tests.support.resolvers import digest_of
from tests.support.sources import compose_text, pin
from tests.support.trees import write, write_lock

NGINX = "docker.io/library/nginx:1.27"
ONE = digest_of("one")


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
        ["sh", "-c", shell], cwd=tree, env=process_environment(), capture_output=True, check=True, timeout=100
    )
    assert done.stdout == b"compose.yaml:3:12: nginx:0 [unpinned]\n"
    assert done.stderr == b""


def test_the_module_and_the_program_are_one(tree: Path) -> None:
    program = Path(sys.executable).with_name("pinner")
    if not program.exists():
        pytest.skip("the program is not installed beside this interpreter")
    done = subprocess.run([program, "check"], cwd=tree, capture_output=True, check=False, timeout=100)
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
        timeout=100,
    )
    assert done.returncode == 1
