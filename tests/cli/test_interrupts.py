"""Ctrl-C, wherever a run waits: it does not wait on, ends with 130 and one word, and has written nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event, Thread
from typing import Final

import pytest

from tests.registry.server import serving
from tests.support.processes import has_ended
from tests.support.program import process_environment, tree_hash
from tests.support.sources import compose_text
from tests.support.trees import write

pytestmark = pytest.mark.enable_socket

# The program with a patience that no test has: whoever ends was interrupted, and has not waited for a time-out.
PATIENT: Final = """
from pinner.credentials.helper import Helper
from pinner.registry import exchange, kept, transport

exchange.EXCHANGE_SECONDS = transport.CONNECT_SECONDS = kept.READ_SECONDS = 1000
Helper.__init__.__kwdefaults__["time_limit"] = 1000
from pinner.cli import main
main()
"""
UNAUTHORIZED: Final = b'HTTP/1.1 401 No\r\nwww-authenticate: Basic realm="x"\r\ncontent-length: 0\r\n\r\n'


def to_the_process(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGINT)


def to_its_group(child: subprocess.Popen[bytes]) -> None:
    os.killpg(child.pid, signal.SIGINT)


Interrupt = Callable[[subprocess.Popen[bytes]], None]
every_way = pytest.mark.parametrize("interrupt", [to_the_process, to_its_group])


def assert_ends(tree: Path, interrupt: Interrupt, has_begun: Event, environ: Mapping[str, str]) -> None:
    """Begin `pin`, interrupt it when it waits, and see it end soon without a trace."""
    before = tree_hash(tree)
    with subprocess.Popen(
        (sys.executable, "-c", PATIENT, "pin", "--timeout", "1000"),
        cwd=tree,
        env=process_environment(environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        try:
            assert has_begun.wait(60)
            interrupt(child)
            stdout, stderr = child.communicate(timeout=60)
        finally:
            child.kill()
    assert (child.returncode, stdout, stderr) == (130, b"", b"interrupted\n")
    assert tree_hash(tree) == before


def write_tree(root: Path, *images: str) -> Path:
    write(root, pinner_toml="version = 1\n", compose_yaml=compose_text(*images))
    return root


class Silence:
    """Takes requests from as many hosts as are asked for, and says nothing; `has_begun` when the last one was asked."""

    def __init__(self, hosts: int) -> None:
        self._left = hosts
        self.has_begun = Event()

    def serve(self, connection: socket.socket, _head: str, _number: int) -> None:
        self._left -= 1
        if self._left == 0:
            self.has_begun.set()
        connection.recv(1)


@every_way
def test_with_silent_hosts(interrupt: Interrupt, tmp_path: Path) -> None:  # RATE-10
    silence = Silence(12)
    with ExitStack() as stack:
        hosts = [stack.enter_context(serving(silence.serve)).host for _ in range(12)]
        tree = write_tree(tmp_path, *(f"{host}/app{number}:1" for host in hosts for number in range(3)))
        assert_ends(tree, interrupt, silence.has_begun, {})


@pytest.fixture
def deaf_mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Event]]:
    """Give settings with a mirror that takes the first bytes of TLS and answers nothing, and when it got them."""
    has_begun = Event()

    def listen() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1)
            has_begun.set()
            while connection.recv(4096):
                pass

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = Thread(target=listen, daemon=True)
        thread.start()
        path = tmp_path_factory.mktemp("settings") / "registries.toml"
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        path.write_text(f'[registries."registry.example"]\nmirrors = ["https://{address}"]\n', encoding="utf-8")
        yield path, has_begun
        thread.join(5)


@every_way
def test_in_a_tls_handshake(interrupt: Interrupt, deaf_mirror: tuple[Path, Event], tmp_path: Path) -> None:  # RATE-10
    settings, has_begun = deaf_mirror
    tree = write_tree(tmp_path, "registry.example/app:1", "registry.example/app:2")
    assert_ends(tree, interrupt, has_begun, {"PINNER_REGISTRIES": str(settings)})


@every_way
def test_while_a_host_takes_no_connection(interrupt: Interrupt, tmp_path: Path) -> None:  # RATE-10
    # Linux answers nobody at a port whose queue is full: the worker hangs in `connect`, where nothing reaches it.
    silence = Silence(1)
    with ExitStack() as stack:
        full = stack.enter_context(closing(socket.socket()))
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        for _ in range(2):
            waiting = stack.enter_context(closing(socket.socket()))
            waiting.settimeout(0)
            waiting.connect_ex(address)
        silent = stack.enter_context(serving(silence.serve))
        tree = write_tree(tmp_path, f"127.0.0.1:{address[1]}/app:1", f"{silent.host}/app:1")
        assert_ends(tree, interrupt, silence.has_begun, {})


@every_way
def test_while_a_helper_thinks(interrupt: Interrupt, tmp_path: Path) -> None:  # RATE-10, AUTH-24
    home, tree = tmp_path / "home", tmp_path / "tree"
    (home / "bin").mkdir(parents=True)
    tree.mkdir()
    fifo = home / "begun"
    os.mkfifo(fifo)
    helper = home / "bin" / "docker-credential-slow"
    helper.write_text(f"#!/bin/sh\necho $$ > '{fifo}'\nexec sleep 1000\n", encoding="utf-8")
    helper.chmod(0o755)
    (home / "config.json").write_text(json.dumps({"credsStore": "slow"}), encoding="utf-8")
    environ = {"DOCKER_CONFIG": str(home), "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    with serving(lambda connection, _head, _number: connection.sendall(UNAUTHORIZED)) as server:
        write_tree(tree, f"{server.host}/app:1")
        begun = _Fifo(fifo)
        assert_ends(tree, interrupt, begun, environ)
    assert has_ended(begun.pid)  # the helper is gone too


class _Fifo(Event):
    """Happens when a process has written its id into a named pipe."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self.pid = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.pid = int(self._path.read_text(encoding="ascii"))
        return True
