"""nginx with TLS in front of a registry: one that asks for a client's certificate, and one that redirects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.lab.nginx_process import NginxProcess, running_nginx

_HEAD: Final = """\
daemon off; master_process off; pid nginx.pid; error_log errors.log;
events {}
http {
  log_format shown '$remote_addr - - [$time_local] "$request" $status 0 "" "$http_user_agent"'
                   ' tls=$https shown=$ssl_client_s_dn';
  access_log access.log shown;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
"""
_TLS: Final = f"""\
{_HEAD}
  server {{
    listen 127.0.0.1:@PORT@ ssl;
    ssl_certificate @CERTIFICATE@; ssl_certificate_key @KEY@;
    @VERIFY@
    proxy_set_header Host $http_host;
    location / {{ @ACTION@; }}
  }}
}}
"""
_CONNECTIONS: Final = f"""\
{_HEAD}
  limit_conn_zone $server_port zone=one:1m;
  server {{
    listen 127.0.0.1:@PORT@;
    proxy_set_header Host $http_host;
    location / {{ limit_conn one @MOST@; limit_conn_status 418; proxy_pass @UPSTREAM@; }}
  }}
}}
"""


@contextmanager
def running_tls(
    folder: Path, action: str, *, pair: tuple[Path, Path], client_ca: Path | None = None, is_strict: bool = True
) -> Iterator[NginxProcess]:
    """Serve by https with a key and certificate; `client_ca` makes it ask for a client's, and insist if `is_strict`."""
    verify = f"ssl_verify_client {'on' if is_strict else 'optional_no_ca'}; ssl_client_certificate {client_ca};"
    values = {
        "KEY": pair[0],
        "CERTIFICATE": pair[1],
        "ACTION": action,
        "VERIFY": "" if client_ca is None else verify,
    }
    with running_nginx(folder, _TLS, values) as process:
        yield process


@contextmanager
def running_connection_limit(folder: Path, upstream: str, *, most: int) -> Iterator[NginxProcess]:
    """Answer 418 to whoever has more than `most` requests under way."""
    with running_nginx(folder, _CONNECTIONS, {"UPSTREAM": upstream, "MOST": most}) as process:
        yield process


def shown_certificates(process: NginxProcess) -> set[str]:
    """Return the subjects of the certificates that clients have shown in TLS, "-" for none."""
    return {line.partition(" shown=")[2] for line in process.read_log().splitlines() if " tls=on " in line}
