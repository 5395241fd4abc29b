"""Debian's docker-registry as a child process, and what its access log says pinner asked."""

from __future__ import annotations

import http.client
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.lab.processes import find_program, started, wait_for

Section = dict[str, object]

HTPASSWD_REALM: Final = 'Registry Realm, with "quotes"'
_LISTENING: Final = re.compile(r"listening on \S+:(\d+)")
_ACCESS: Final = re.compile(
    r'\S+ - \S+ \[[^\]]*\] "(?P<method>\S+) (?P<target>\S+) [^"]*" (?P<status>\d+) \S+ "[^"]*" "(?P<agent>[^"]*)"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A line of an access log."""

    method: str
    target: str
    status: int
    agent: str

    @property
    def is_pinner(self) -> bool:
        return self.agent.startswith("pinner/")


def parse_access_log(text: str) -> tuple[Logged, ...]:
    """Read lines in Apache's combined format."""
    return tuple(
        Logged(method=found["method"], target=found["target"], status=int(found["status"]), agent=found["agent"])
        for found in map(_ACCESS.match, text.splitlines())
        if found
    )


class RegistryProcess:
    """A registry that can be stopped and started again on its port; several may share one storage."""

    def __init__(
        self,
        folder: Path,
        storage: Path,
        *,
        auth: Section | None = None,
        tls: Section | None = None,
        proxy: Section | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self._folder = folder
        self._storage = storage
        self._auth = auth
        self._tls = tls
        self._proxy = proxy
        self._host = host
        self._port = 0
        self._fences = 0
        self._forgotten = 0
        self._is_running = False
        self._process = ExitStack()

    @property
    def address(self) -> str:
        return f"{self._host}:{self._port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def start(self) -> None:
        program = find_program("docker-registry")
        assert program is not None
        self._folder.mkdir(parents=True, exist_ok=True)
        settings = self._folder / "registry.yml"
        settings.write_text(json.dumps(self._settings()), encoding="utf-8")  # JSON is YAML
        errors = self._folder / "errors.log"
        errors.unlink(missing_ok=True)
        process = self._process.enter_context(
            started([program, "serve", settings], stdout=self._log, stderr=errors),
        )

        def listening() -> int | None:
            text = errors.read_text(encoding="utf-8")
            assert process.poll() is None, text
            found = _LISTENING.search(text)
            return int(found[1]) if found else None

        self._port = wait_for(listening, "docker-registry")
        self._is_running = True

    def stop(self) -> None:
        self._is_running = False
        self._process.close()

    def forget(self) -> None:
        """Count from here."""
        self._forgotten = len(self._lines())

    def requests(self) -> tuple[Logged, ...]:
        """Return what pinner asked since `forget`, also of a registry that was stopped meanwhile."""
        return tuple(one for one in parse_access_log("\n".join(self._lines()[self._forgotten :])) if one.is_pinner)

    def statuses(self) -> Counter[tuple[str, int]]:
        """Return how often pinner's requests since `forget` ended how."""
        return Counter((one.method, one.status) for one in self.requests())

    @property
    def _log(self) -> Path:
        return self._folder / "access.log"

    def _lines(self) -> list[str]:
        """Return the log up to a request of our own: a line may be written a moment after its answer."""
        if self._is_running:
            self._fences += 1
            fence = f"/v2/?fence={self._fences}"
            with closing(http.client.HTTPConnection(self.address, timeout=30)) as connection:
                connection.request("GET", fence, headers={"User-Agent": "lab"})
                connection.getresponse().read()
            wait_for(lambda: True if f"{fence} " in self._log.read_text(encoding="utf-8") else None, "the access log")
        return self._log.read_text(encoding="utf-8").splitlines()

    def _settings(self) -> Section:
        http = {"addr": self.address, "secret": "lab", **({} if self._tls is None else {"tls": self._tls})}
        return {
            "version": "0.1",
            "log": {"level": "info", "accesslog": {"disabled": False}},
            "storage": {"filesystem": {"rootdirectory": str(self._storage)}, "delete": {"enabled": True}},
            "http": http,
            **({} if self._auth is None else {"auth": self._auth}),
            **({} if self._proxy is None else {"proxy": self._proxy}),
        }


@contextmanager
def running_registry(
    folder: Path, storage: Path, *, auth: Section | None = None, tls: Section | None = None
) -> Iterator[RegistryProcess]:
    """Run a registry while the block runs; `auth` and `tls` are sections of its settings."""
    with running(RegistryProcess(folder, storage, auth=auth, tls=tls)) as registry:
        yield registry


@contextmanager
def running_mirror(folder: Path, upstream: RegistryProcess) -> Iterator[RegistryProcess]:
    """Run a pull-through mirror of a registry, with a cache of its own; it does not start where that one is down."""
    mirror = RegistryProcess(folder, folder / "cache", proxy={"remoteurl": upstream.url})
    with running(mirror):
        yield mirror


@contextmanager
def running(registry: RegistryProcess) -> Iterator[RegistryProcess]:
    """Run a registry while the block runs."""
    registry.start()
    try:
        yield registry
    finally:
        registry.stop()
