"""nginx in front of a registry, with a limit of requests a second as hosted registries have."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.lab.processes import find_program, free_port, started, wait_for
from tests.lab.registry_process import Logged, parse_access_log

_TRIES: Final = 5
# One process in the foreground: the process id that we stop is all there is of it.
_SETTINGS: Final = """\
daemon off; master_process off; pid nginx.pid; error_log errors.log;
events {}
http {
  access_log access.log combined;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  limit_req_zone $server_port zone=limit:1m rate=@RATE@r/s;
  server {
    listen 127.0.0.1:@PORT@;
    proxy_set_header Host $http_host;
    location / {
      limit_req zone=limit burst=@BURST@ nodelay;
      limit_req_status 429;
      error_page 429 @limited;
      proxy_pass @UPSTREAM@;
    }
    location @limited {
      add_header Retry-After 1 always;
      default_type application/json;
      return 429 '{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}';
    }
  }
}
"""


@dataclass(frozen=True, slots=True)
class NginxProcess:
    """A running nginx."""

    folder: Path
    address: str

    def requests(self) -> tuple[Logged, ...]:
        """Return what pinner asked."""
        return tuple(one for one in parse_access_log(self.read_log()) if one.is_pinner)

    def read_log(self) -> str:
        """Return the log up to a request of our own: a line may be written a moment after its answer."""
        log = self.folder / "access.log"
        fence = f"/fence{log.stat().st_size}"
        # By plain HTTP also where TLS is spoken: nginx refuses that, and logs it.
        with closing(http.client.HTTPConnection(self.address, timeout=30)) as connection:
            connection.request("GET", fence, headers={"User-Agent": "lab"})
            connection.getresponse().read()
        return wait_for(lambda: text if f"{fence} " in (text := log.read_text(encoding="utf-8")) else None, "the log")


@contextmanager
def running_limit(folder: Path, upstream: str, *, rate: int, burst: int) -> Iterator[NginxProcess]:
    """Let `burst` requests through at once and `rate` a second; answer the others with 429 and `Retry-After: 1`."""
    values = {"UPSTREAM": upstream, "RATE": rate, "BURST": burst - 1}
    with running_nginx(folder, _SETTINGS, values) as process:
        yield process


@contextmanager
def running_nginx(folder: Path, template: str, values: Mapping[str, object]) -> Iterator[NginxProcess]:
    """Run nginx with settings in which `@NAME@` stands for a value; `@PORT@` is a free one."""
    with ExitStack() as stack:
        for _ in range(_TRIES):
            process = stack.enter_context(_starting(folder, template, values))
            if process is not None:
                break
        assert process is not None, "others were always faster to take a free port"
        yield process


@contextmanager
def _starting(folder: Path, template: str, values: Mapping[str, object]) -> Iterator[NginxProcess | None]:
    """Run nginx on a port that is free now; give None where somebody else has taken it meanwhile."""
    program = find_program("nginx")
    assert program is not None
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    text = template
    for name, value in {"PORT": port, **values}.items():
        text = text.replace(f"@{name}@", str(value))
    settings = folder / "nginx.conf"
    settings.write_text(text, encoding="utf-8")
    output, number = folder / "output.log", folder / "nginx.pid"
    command: list[str | Path] = [program, "-p", folder, "-c", settings, "-e", folder / "errors.log"]
    with started(command, stdout=output, stderr=output) as process:

        def has_port() -> bool | None:
            if process.poll() is not None:
                told = output.read_text(encoding="utf-8")
                assert "Address already in use" in told, told
                return False
            return True if number.is_file() and number.read_text(encoding="ascii").strip() else None

        yield NginxProcess(folder, f"127.0.0.1:{port}") if wait_for(has_port, "nginx") else None
