"""Hostile origins on loopback. Every test here opens sockets, logs everything and shows bugs as they are."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import pytest

from tests.hostile.internet import Internet
from tests.hostile.sentinel import ROOT
from tests.hostile.server import Origin, Script
from tests.lab.certificates import openssl
from tests.lab.processes import find_program

HERE: Final = Path(__file__).parent
NAMES: Final = (
    *("a.test", "b.test", "localhost", "registry-1.docker.io"),
    *("a.test.b.test", "xa.test", "a-test.b.test", "ghcr.io", "ghcr.io.a.test", "xghcr.io", "ghcr-io.a.test"),
)
LOGGERS: Final = ("httpx", "httpcore", "h11", "tenacity", "pinner")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.enable_socket)


@pytest.fixture(autouse=True)
def _everything_is_told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all loggers talk, so that the sweep sees what they could say, and let bugs be tracebacks."""
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=name)
    monkeypatch.setenv("PINNER_DEBUG", "1")
    # One authority in place of all: building their context takes longer than most of these tests.
    monkeypatch.setenv("SSL_CERT_FILE", str(ROOT / "fixtures" / "registry" / "tls" / "ca.pem"))


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    return Internet(monkeypatch)


class Listen(Protocol):
    """Starts origins; `*` is the route of all paths that are not named."""

    def __call__(
        self, routes: dict[str, Script] | Script, *, name: str = ..., address: str = ..., tls: bool = ...
    ) -> Origin: ...


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate for all names of these tests, and the file that makes clients believe it."""

    file: Path
    context: ssl.SSLContext


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if find_program("openssl") is None:
        pytest.skip("not installed: openssl")
    folder = tmp_path_factory.mktemp("authority")
    key, certificate = folder / "key.pem", folder / "ca.pem"
    names = ",".join([*(f"DNS:{name}" for name in NAMES), "IP:127.0.0.1", "IP:::1"])
    openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"),
        *("-subj", "/CN=hostile", "-addext", f"subjectAltName={names}", "-keyout", key, "-out", certificate),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return Authority(certificate, context)


@pytest.fixture
def listen(request: pytest.FixtureRequest) -> Iterator[Listen]:
    """Start origins that end with the test."""
    opened: list[Origin] = []

    def start(
        routes: dict[str, Script] | Script, *, name: str = "", address: str = "127.0.0.1", tls: bool = False
    ) -> Origin:
        context = request.getfixturevalue("authority").context if tls else None
        scripts = routes if isinstance(routes, dict) else {"*": routes}
        opened.append(Origin(scripts, name=name or address, address=address, context=context))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the client believe the certificate of these tests."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority.file
