"""docker-registry behind nginx, which makes everybody wait: the distance to a real registry, on loopback.

nginx's echo module delays every answer; its log says who asked what, and over how many connections.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.inputs import names
from tests.lab.images import push_tiny
from tests.lab.nginx_process import running_nginx
from tests.lab.processes import find_program
from tests.lab.registry_process import running_registry
from tests.lab.token_server import SERVICE, Signer, running_token_server

MODULE = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
PREFIX = "public/"  # what the token server gives to everybody
_SETTINGS = """\
load_module @MODULE@;
daemon off; master_process off; pid nginx.pid; error_log errors.log;
events { worker_connections 4096; }
http {
  log_format counted '$connection $request_method $status';
  access_log access.log counted;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 1000000;
  upstream origin { server @UPSTREAM@; keepalive 64; }
  server {
    listen 127.0.0.1:@PORT@;
    location / { @WAIT@ echo_exec @behind; }
    location @behind {
      proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
      proxy_pass http://origin;
    }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What was asked: requests by method and status, and over how many connections."""

    requests: int
    connections: int
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Front:
    """A registry at a distance: its address, and the logs of everything in front of it."""

    address: str
    milliseconds: int
    logs: Sequence[Path]

    def forget(self) -> None:
        """Count from here."""
        for log in self.logs:
            log.write_bytes(b"")

    def traffic(self) -> Traffic:
        """Return what was asked since."""
        lines = [(log, line.split()) for log in self.logs for line in log.read_text(encoding="ascii").splitlines()]
        kinds = Counter(f"{method} {status}" for _, (_, method, status) in lines)
        said = tuple(f"{count} {kind}" for kind, count in kinds.most_common())
        return Traffic(len(lines), len({(log, line[0]) for log, line in lines}), said)


def why_not() -> str | None:
    """Return what is missing for this, or None."""
    missing = [name for name in ("docker-registry", "nginx", "openssl") if find_program(name) is None]
    if not MODULE.exists():
        missing.append("nginx's echo module (Debian's libnginx-mod-http-echo)")
    return ", ".join(missing) or None


@contextmanager
def running_front(folder: Path, storage: Path, *, milliseconds: int, has_tokens: bool) -> Iterator[Front]:
    """Run a registry at a distance; `has_tokens` sends everybody to a token server, which is as far away."""
    wait = f"echo_sleep {milliseconds / 1000};" if milliseconds else ""
    values = {"MODULE": MODULE, "WAIT": wait}
    with ExitStack() as stack:
        logs: list[Path] = []
        auth: dict[str, object] | None = None
        if has_tokens:
            tokens = stack.enter_context(running_token_server(Signer(folder)))
            before = {**values, "UPSTREAM": tokens.address}
            front = stack.enter_context(running_nginx(folder / "tokens", _SETTINGS, before))
            section = tokens.auth()["token"]
            assert isinstance(section, dict)
            auth = {"token": {**section, "realm": f"http://{front.address}/token", "service": SERVICE}}
            logs.append(front.folder / "access.log")
        registry = stack.enter_context(running_registry(folder / "registry", storage, auth=auth))
        settings = {**values, "UPSTREAM": registry.address}
        front = stack.enter_context(running_nginx(folder / "front", _SETTINGS, settings))
        logs.append(front.folder / "access.log")
        yield Front(front.address, milliseconds, tuple(logs))


def push_references(folder: Path, storage: Path, references: int) -> dict[str, str]:
    """Push an image for each of the names that `inputs` makes; return their digests by name."""
    wanted = [f"{PREFIX}{name}" for name in names(references)]
    with running_registry(folder / "push", storage) as registry:
        pushed = push_tiny(registry.url, [(name.rpartition(":")[0], name.rpartition(":")[2]) for name in wanted])
    return {f"{repository}:{tag}": str(digest) for (repository, tag), digest in pushed.items()}
