"""Sockets: deadlines, dropped connections, certificates, guarded addresses, proxies."""

from __future__ import annotations

import base64
import logging
import socket
import ssl
import threading
import time
import traceback
from pathlib import Path

import httpx
import pytest

from pinner.errors import BlockedError, ConfigError, MisconfiguredError, UnreachableError
from pinner.oci.digest import Digest
from pinner.registry import connections, exchange
from pinner.registry.connections import Addresses
from pinner.registry.exchange import Ask, perform
from pinner.registry.kept import IdleConnections, KeptConnection
from pinner.registry.proxies import Proxies
from pinner.registry.reach import Reach
from pinner.registry.resolver import RegistryResolver
from pinner.registry.settings import parse_registries
from pinner.registry.transport import DeadlineExceeded, GuardedTransport
from pinner.registry.trust import Trust
from pinner.registry.trust_store import TrustStore
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.registry.fakes import INDEX, StillEvent, references
from tests.registry.server import Server, drip, reply, say_nothing, serving

pytestmark = pytest.mark.enable_socket

CERTIFICATES = Path(__file__).parents[2] / "fixtures" / "registry" / "tls"
MEDIA_TYPE = "application/vnd.oci.image.index.v1+json"
GOOD = reply(200, docker_content_digest=str(Digest.of(INDEX)), content_type=MEDIA_TYPE)


def good(connection: socket.socket, _head: str, _number: int) -> None:
    connection.sendall(GOOD)


def transport(**proxies: str) -> GuardedTransport:
    return GuardedTransport(trust=TrustStore({}), proxies=Proxies.of(proxies), addresses=Addresses())


def ask(server: Server, *, scheme: str = "http", **changes: object) -> Ask:
    url = f"{scheme}://{server.host}/v2/app/manifests/1"
    return Ask(kind="get", url=url, host=server.host, lane="l", **changes)  # type: ignore[arg-type]  # the fields vary


def send(question: Ask, through: GuardedTransport | None = None, seconds: float = 60.0) -> exchange.Answer:
    chosen = through or transport()
    with chosen:
        return perform(chosen, question, deadline=time.monotonic() + seconds)


def look_up(host: str, number: int = 1, **settings: object) -> tuple[Resolution, ...]:
    with RegistryResolver(jobs=1, **settings) as resolver:  # type: ignore[arg-type]  # the flags vary
        return resolver.look_up(references(*(f"{host}/app:{one}" for one in range(number))))


def test_one_connection_serves_a_worker_and_its_host() -> None:  # RATE-11
    with serving(good) as server:
        assert all(isinstance(one, Resolved) for one in look_up(server.host, 20))
        assert (server.connections, len(server.heads)) == (1, 20)


def test_nothing_but_what_we_chose_is_sent() -> None:  # NET-12, RATE-12, SEC-20
    def serve(connection: socket.socket, _head: str, _number: int) -> None:
        connection.sendall(GOOD.replace(b"\r\n\r\n", b"\r\nset-cookie: track=me; path=/\r\n\r\n"))

    with serving(serve) as server:
        look_up(server.host, 2)
        for head in server.heads:
            names = [line.partition(":")[0].lower() for line in head.split("\r\n")[1:] if line]
            assert sorted(names) == ["accept", "accept-encoding", "host", "user-agent"]


@pytest.mark.parametrize("where", ["head", "body"])
def test_a_dripping_answer_ends_at_the_deadline(where: str) -> None:  # SEC-09, NET-10
    start = b"HTTP/1.1 200 OK\r\n" if where == "head" else b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"

    def serve(connection: socket.socket, _head: str, _number: int) -> None:
        connection.sendall(start)
        drip(connection, b"x" * 100_000)

    with serving(serve) as server, pytest.raises(DeadlineExceeded):
        send(ask(server), seconds=0.4)


def test_a_silent_server_ends_at_the_deadline() -> None:  # NET-10
    with serving(say_nothing) as server, pytest.raises(DeadlineExceeded):
        send(ask(server), seconds=0.3)


def test_a_deadline_in_the_past_connects_to_nobody() -> None:
    with serving(good) as server:
        with pytest.raises(DeadlineExceeded):
            send(ask(server), seconds=-1)
        assert server.connections == 0


def test_a_dripping_registry_fails_only_its_own_references(monkeypatch: pytest.MonkeyPatch) -> None:  # SEC-09
    monkeypatch.setattr(exchange, "EXCHANGE_SECONDS", 1.0)

    def serve(connection: socket.socket, _head: str, _number: int) -> None:
        drip(connection, b"x" * 100_000)

    with serving(serve) as slow, serving(good) as fast, RegistryResolver(jobs=2) as resolver:
        results = resolver.look_up(references(f"{slow.host}/a:1", f"{fast.host}/a:1"))
    assert [type(one) for one in results] == [Unresolved, Resolved]


def test_a_connection_that_the_server_dropped_is_replaced_for_free() -> None:  # RATE-16
    def serve(connection: socket.socket, _head: str, number: int) -> None:
        connection.sendall(GOOD)
        if number < 3:
            connection.shutdown(socket.SHUT_RDWR)

    with serving(serve) as server, RegistryResolver(jobs=1) as resolver:
        results = resolver.look_up(references(*(f"{server.host}/app:{number}" for number in range(5))))
        assert all(isinstance(one, Resolved) for one in results)
        assert resolver.stats.counts == {"head": 5}


def test_a_connection_dropped_while_we_ask_is_replaced_for_free() -> None:  # RATE-16: the race that no idle check sees
    seen: list[int] = []

    def serve(connection: socket.socket, _head: str, number: int) -> None:
        seen.append(number)
        if len(seen) == 2:
            connection.close()
        else:
            connection.sendall(GOOD)

    with serving(serve) as server, RegistryResolver(jobs=1) as resolver:
        results = resolver.look_up(references(*(f"{server.host}/app:{number}" for number in range(3))))
        assert all(isinstance(one, Resolved) for one in results)
        assert resolver.stats.counts == {"head": 3}
    assert seen == [1, 1, 2, 2]


def test_a_new_connection_that_is_dropped_is_an_error() -> None:
    with serving(lambda connection, *_: connection.close()) as server, pytest.raises(httpx.TransportError):
        send(ask(server))


def test_an_endless_body_is_cut_at_the_limit() -> None:  # SEC-07
    def serve(connection: socket.socket, _head: str, _number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")

    with serving(serve) as server, pytest.raises(Exception, match="more than 8192 bytes"):
        send(ask(server, limit=8192))


def test_a_long_error_is_cut_and_kept() -> None:  # RES-14
    with serving(lambda connection, *_: connection.sendall(reply(503, b"x" * 100_000))) as server:
        assert len(send(ask(server)).content) == exchange.ERROR_SIZE


def test_an_encoded_error_is_left_unread() -> None:  # SEC-08
    with serving(lambda connection, *_: connection.sendall(reply(503, b"x", content_encoding="br"))) as server:
        assert send(ask(server)).content == b""


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000,
    ],
)
def test_answers_that_are_not_http_are_transport_errors(answer: bytes) -> None:  # SEC-16
    def serve(connection: socket.socket, _head: str, _number: int) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    with serving(serve) as server, pytest.raises(httpx.TransportError):
        send(ask(server))


def server_tls(*, client_ca: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(CERTIFICATES / "ca.pem")
    return context


def _settings(host: str, **names: str) -> str:
    lines = [f'{key.replace("_", "-")} = "{CERTIFICATES / name}"' for key, name in names.items()]
    return "\n".join([f'[registries."{host}"]', *lines])


def test_a_certificate_that_nobody_vouches_for_is_explained() -> None:  # NET-01
    with serving(good, server_tls()) as server:
        with pytest.raises(httpx.ConnectError):
            send(ask(server, scheme="https"))
        registries = parse_registries(f'[registries."a.example"]\nmirrors = ["https://{server.host}"]', "r.toml")
        with RegistryResolver(registries=registries, timeout=60) as resolver:
            (result,) = resolver.look_up(references("a.example/app:1"))
    assert isinstance(result, Unresolved)
    assert f"the certificate of {server.host} is not trusted: unable to get local issuer" in result.error.message


def test_an_authority_of_the_users_is_believed() -> None:  # NET-01
    with serving(good, server_tls()) as server:
        answer = send(ask(server, scheme="https", trust=Trust(cas=(str(CERTIFICATES / "ca.pem"),))))
    assert answer.status == 200


def test_the_environments_authorities_take_the_place_of_the_usual_ones() -> None:  # NET-01
    store = TrustStore({"SSL_CERT_FILE": str(CERTIFICATES / "ca.pem")})
    through = GuardedTransport(trust=store, proxies=Proxies(), addresses=Addresses())
    with serving(good, server_tls()) as server:
        assert send(ask(server, scheme="https"), through).status == 200
    assert len(store.context(Trust()).get_ca_certs()) == 1


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_variables_of_other_programs_are_not_read(name: str) -> None:  # NET-01
    usual = len(TrustStore({}).context(Trust()).get_ca_certs())
    assert len(TrustStore({name: str(CERTIFICATES / "ca.pem")}).context(Trust()).get_ca_certs()) == usual > 1


def test_a_client_certificate_is_shown_to_its_registry() -> None:  # NET-02
    ca, client = str(CERTIFICATES / "ca.pem"), str(CERTIFICATES / "client.pem")
    with serving(good, server_tls(client_ca=True)) as server:
        answer = send(ask(server, scheme="https", trust=Trust(cas=(ca,), client_cert=client)))
        assert answer.status == 200
        with pytest.raises(httpx.TransportError):
            send(ask(server, scheme="https", trust=Trust(cas=(ca,))))


@pytest.mark.parametrize(
    ("trust", "environ", "words"),
    [
        (Trust(cas=("none.pem",)), {}, "ca 'none.pem' cannot be used"),
        (Trust(client_cert="none.pem"), {}, "client-cert 'none.pem' cannot be used"),
        (Trust(client_cert=str(CERTIFICATES / "ca.pem")), {}, "cannot be used"),
        (Trust(), {"SSL_CERT_FILE": "none.pem"}, "SSL_CERT_FILE or SSL_CERT_DIR cannot be read"),
    ],
)
def test_a_certificate_that_cannot_be_read_is_named(trust: Trust, environ: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        TrustStore(environ).context(trust)


def test_a_context_is_built_once() -> None:  # RATE-11
    store = TrustStore({})
    assert store.context(Trust()) is store.context(Trust())


def test_https_at_a_plain_port_is_explained_and_never_becomes_http() -> None:  # NET-06
    with serving(good, greeting=b"HTTP/1.0 400 Bad Request\r\n\r\n") as server:
        text = f'[registries."a.example"]\nmirrors = ["https://{server.host}"]'
        with RegistryResolver(registries=parse_registries(text, "r.toml"), timeout=60) as resolver:
            (result,) = resolver.look_up(references("a.example/app:1"))
        assert server.heads == []
    assert isinstance(result, Unresolved)
    assert f"{server.host} does not speak https" in result.error.message


def test_a_name_that_leads_inside_is_blocked_before_connecting(monkeypatch: pytest.MonkeyPatch) -> None:  # SEC-02
    monkeypatch.setattr(connections, "_resolve", lambda _host, _port: ["127.0.0.1"])
    with serving(good) as server:
        question = Ask(
            kind="get", url=f"http://evil.example:{server.port}/", host="evil.example", lane="l", reach=Reach.PUBLIC
        )
        with pytest.raises(BlockedError, match=r"evil\.example leads to 127\.0\.0\.1"):
            send(question)
        assert server.connections == 0


@pytest.mark.parametrize("spelling", ["127.1", "2130706433", "0x7f000001", "[::ffff:7f00:1]"])
def test_no_spelling_of_loopback_gets_past_the_guard(spelling: str) -> None:  # SEC-02
    with serving(good) as server:
        question = Ask(kind="get", url=f"http://{spelling}:{server.port}/", host="x", lane="l", reach=Reach.PRIVATE)
        with pytest.raises(BlockedError):
            send(question)
        assert server.connections == 0


def test_the_address_that_was_looked_at_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:  # SEC-27
    looked_up: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    monkeypatch.setattr(connections, "_resolve", resolve)
    with serving(good) as server:
        url = f"http://registry.example:{server.port}/"
        question = Ask(kind="get", url=url, host="registry.example", lane="l", reach=Reach.LOOPBACK)
        assert send(question).status == 200
    assert looked_up == ["registry.example"]


def test_a_connection_for_a_host_we_named_never_serves_one_we_did_not() -> None:  # SEC-02
    through = transport()
    with serving(good) as server, through:
        deadline = time.monotonic() + 60
        perform(through, ask(server), deadline=deadline)
        with pytest.raises(BlockedError):
            perform(through, ask(server, reach=Reach.PUBLIC), deadline=deadline)


def test_a_loopback_registry_may_send_us_to_loopback() -> None:
    addresses = Addresses()
    assert addresses.reach_from("127.0.0.1") is Reach.PUBLIC
    through = GuardedTransport(trust=TrustStore({}), proxies=Proxies(), addresses=addresses)
    with serving(good) as server:
        send(ask(server), through)
        assert addresses.reach_from("127.0.0.1") is Reach.LOOPBACK
        assert send(ask(server, reach=Reach.LOOPBACK)).status == 200


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:  # RATE-14
    with serving(good) as server:
        free = socket.create_server(("127.0.0.2", server.port))
        free.close()
        monkeypatch.setattr(connections, "_resolve", lambda _host, _port: ["127.0.0.2", "127.0.0.1"])
        assert send(ask(server)).status == 200


@pytest.mark.parametrize("found", [[], ["127.0.0.1"]])
def test_no_address_that_answers_is_a_connect_error(monkeypatch: pytest.MonkeyPatch, found: list[str]) -> None:
    with serving(good) as server:
        gone = server
    monkeypatch.setattr(connections, "_resolve", lambda _host, _port: found)
    with pytest.raises(httpx.ConnectError):
        send(ask(gone))


def test_nobody_at_a_port_of_loopback_is_told_after_two_tries() -> None:  # RATE-15
    with serving(good) as server:
        gone = server.host
    with RegistryResolver() as resolver:
        (result,) = resolver.look_up(references(f"{gone}/app:1"))
        assert resolver.stats.counts == {"head": 2, "retry": 1}
    assert isinstance(result, Unresolved)
    assert f"{gone} cannot be connected to at all" in result.error.message


def test_a_run_that_ends_within_an_answer_names_its_own_limit() -> None:  # NET-10
    with serving(say_nothing) as server:
        for seconds in (0.4, 4, 40):
            (result,) = look_up(server.host, timeout=seconds)
            if server.heads:  # else the machine was too slow to ask within the limit
                break
    assert isinstance(result, Unresolved)
    assert f"did not finish its answer within the time limit of {seconds} seconds" in result.error.message


def test_a_name_that_does_not_exist_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:  # RATE-15
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with RegistryResolver() as resolver:
        (result,) = resolver.look_up(references("nowhere.example/app:1"))
        assert resolver.stats.counts == {"head": 1}
    assert isinstance(result, Unresolved)
    assert "the name of nowhere.example cannot be resolved" in result.error.message


def far(scheme: str, **changes: object) -> Ask:
    return Ask(kind="get", url=f"{scheme}://far.example/v2/", host="far.example", lane="l", **changes)  # type: ignore[arg-type]  # the fields vary


def test_a_proxy_is_used_and_gets_its_login() -> None:  # NET-08
    with serving(good) as proxy:
        through = transport(HTTP_PROXY=f"http://me:pw@{proxy.host}")
        assert send(far("http"), through).status == 200
        assert proxy.heads[0].startswith("GET http://far.example/v2/ HTTP/1.1")
        assert "Proxy-Authorization: Basic bWU6cHc=" in proxy.heads[0]


def test_a_proxy_that_refuses_a_host_is_a_proxy_error() -> None:  # NET-08
    with serving(lambda connection, *_: connection.sendall(reply(403))) as proxy:
        through = transport(HTTPS_PROXY=f"http://{proxy.host}")
        with pytest.raises(httpx.ProxyError):
            send(far("https"), through)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_another_login_is_a_matter_of_configuration(scheme: str) -> None:  # NET-08
    with serving(lambda connection, *_: connection.sendall(reply(407))) as proxy:
        through = transport(ALL_PROXY=f"http://me:s3cret@{proxy.host}")
        for _ in range(3):
            with pytest.raises(MisconfiguredError, match="ALL_PROXY names refuses its login") as caught:
                send(far(scheme), through)
            assert "s3cret" not in "".join(traceback.format_exception(caught.value))
        assert len(proxy.heads) == 1


def test_a_proxy_that_says_more_than_yes_is_not_talked_through() -> None:  # NET-08, SEC-17
    with serving(lambda connection, *_: connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nforged")) as proxy:
        with pytest.raises(httpx.ProxyError):
            send(far("https"), transport(HTTPS_PROXY=f"http://{proxy.host}"))
        assert [head.partition("\r\n")[0] for head in proxy.heads] == ["CONNECT far.example:443 HTTP/1.1"]


def test_only_so_many_connections_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:  # RATE-11
    monkeypatch.setattr("pinner.registry.kept.MOST_IDLE", 2)
    with serving(good) as one, serving(good) as two, serving(good) as three, transport() as through:
        for server in (one, two, three, two, three, one):
            perform(through, ask(server), deadline=time.monotonic() + 5)
        assert [server.connections for server in (one, two, three)] == [2, 1, 1]


def test_workers_share_connections_so_that_a_host_has_no_more_than_requests_at_one_time() -> None:  # RATE-11
    with serving(good) as one, serving(good) as two, serving(good) as three, serving(good) as four:
        servers = (one, two, three, four)
        text = "".join(f'[registries."{server.host}"]\nmax-connections = 2\n' for server in servers)
        with RegistryResolver(jobs=32, registries=parse_registries(text, "r.toml")) as resolver:
            names = (f"{server.host}/app:{number}" for number in range(20) for server in servers)
            assert all(isinstance(found, Resolved) for found in resolver.look_up(references(*names)))
        assert all(server.connections <= 2 and len(server.heads) == 20 for server in servers)


def test_a_connection_is_held_to_the_deadline_of_whoever_has_it_now() -> None:  # NET-10, RATE-11
    def serve(connection: socket.socket, head: str, number: int) -> None:
        (say_nothing if "silent" in head else good)(connection, head, number)

    idle = IdleConnections()
    first, second = (
        GuardedTransport(trust=TrustStore({}), proxies=Proxies(), addresses=Addresses(), idle=idle) for _ in range(2)
    )
    with serving(serve) as server, first, second:
        perform(first, ask(server), deadline=time.monotonic() + 60)
        silent = Ask(kind="get", url=f"http://{server.host}/silent", host=server.host, lane="l")
        with pytest.raises(DeadlineExceeded):
            perform(second, silent, deadline=time.monotonic() + 0.3)
        assert server.connections == 1


def test_a_run_that_is_over_aborts_a_connection_that_another_worker_opened() -> None:  # RATE-10
    idle = IdleConnections()
    first, second = (
        GuardedTransport(trust=TrustStore({}), proxies=Proxies(), addresses=Addresses(), idle=idle) for _ in range(2)
    )
    with serving(good) as server, first, second:
        perform(first, ask(server), deadline=time.monotonic() + 60)
        second.abort()
        with pytest.raises(httpx.TransportError):
            perform(second, ask(server), deadline=time.monotonic() + 60)
        assert len(server.heads) == 1


def test_files_that_cannot_be_used_are_told_before_anybody_is_connected_to() -> None:
    with serving(good, server_tls()) as server:
        with pytest.raises(ConfigError):
            send(ask(server, scheme="https", trust=Trust(cas=("none.pem",))))
        assert server.connections == 0


def test_what_speaks_no_tls_is_hung_up_on() -> None:
    ended = threading.Event()

    def serve(connection: socket.socket, _head: str, _number: int) -> None:
        """Never called: what comes is no head of a request."""

    class Plain(Server):
        def _talk(self, connection: socket.socket, number: int) -> None:
            super()._talk(connection, number)
            ended.set()

    server = Plain(serve, greeting=b"HTTP/1.0 400 Bad Request\r\n\r\n")
    through = transport()
    try:
        with pytest.raises(httpx.ConnectError):
            perform(through, ask(server, scheme="https"), deadline=time.monotonic() + 60)
        assert ended.wait(60)
    finally:
        server.close()


def test_a_407_of_a_registry_behind_a_tunnel_is_not_taken_for_one_of_the_proxy() -> None:  # NET-08
    def serve(connection: socket.socket, head: str, _number: int) -> None:
        assert head.startswith("CONNECT far.example:443 ")
        connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        with server_tls().wrap_socket(connection, server_side=True) as inner:
            inner.recv(65536)
            inner.sendall(reply(407))
            inner.recv(1)

    trust = Trust(cas=(str(CERTIFICATES / "ca.pem"),))
    context = TrustStore({}).context(trust)
    context.check_hostname = False  # the certificate of the tests names this machine alone
    store = TrustStore({})
    with serving(serve) as proxy, pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "context", lambda _: context)
        proxies = Proxies.of({"HTTPS_PROXY": f"http://{proxy.host}"})
        through = GuardedTransport(trust=store, proxies=proxies, addresses=Addresses())
        assert [send(far("https", trust=trust), through).status for _ in range(2)] == [407, 407]


def test_a_407_of_a_registry_is_not_taken_for_one_of_a_proxy() -> None:
    with serving(lambda connection, *_: connection.sendall(reply(407))) as server:
        assert send(ask(server)).status == 407


def test_a_proxy_login_may_hold_any_letter() -> None:  # NET-08
    with serving(good) as proxy:
        send(far("http"), transport(HTTP_PROXY=f"http://me:%C3%BC%3A@{proxy.host}"))
        assert f"Proxy-Authorization: Basic {base64.b64encode('me:ü:'.encode()).decode()}\r\n" in proxy.heads[0]


def test_a_proxy_that_is_down_is_named_in_place_of_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:  # NET-08
    with serving(good) as gone:
        address = gone.host
    monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
    (result,) = look_up("far.example", timeout=60, stop=StillEvent())
    assert isinstance(result, Unresolved)
    assert f"far.example cannot be reached: the proxy {address} cannot be connected to" in result.error.message


@pytest.mark.parametrize("spelling", ["127.1", "2130706433", "0x7f000001"])
def test_behind_a_proxy_no_spelling_of_an_inner_address_is_asked_for(spelling: str) -> None:  # NET-09
    with serving(good) as proxy:
        question = Ask(kind="get", url=f"http://{spelling}/", host="x", lane="l", reach=Reach.PUBLIC)
        with pytest.raises(BlockedError):
            send(question, transport(HTTP_PROXY=f"http://{proxy.host}"))
        assert proxy.heads == []


def test_behind_a_proxy_inner_literals_are_still_blocked() -> None:  # NET-09
    with serving(good) as proxy:
        through = transport(HTTP_PROXY=f"http://{proxy.host}")
        question = Ask(kind="get", url="http://169.254.169.254/", host="x", lane="l", reach=Reach.PUBLIC)
        with pytest.raises(BlockedError):
            send(question, through)
        name = Ask(kind="get", url="http://far.example/", host="x", lane="l", reach=Reach.PUBLIC)
        assert send(name, through).status == 200


def test_the_log_shows_no_query(caplog: pytest.LogCaptureFixture) -> None:  # AUTH-23
    caplog.set_level(logging.DEBUG)
    with serving(good) as server:
        question = Ask(
            kind="token",
            url=f"http://{server.host}/token?account=alice",
            host="x",
            lane="l",
            authorization="Basic s3cret",
        )
        send(question)
    assert "/token" in caplog.text
    assert "alice" not in caplog.text
    assert "s3cret" not in caplog.text
    assert "s3cret" not in repr(question)


def test_cancelling_ends_a_worker_that_waits_for_an_answer() -> None:  # RATE-10
    reached = threading.Event()

    def serve(connection: socket.socket, head: str, number: int) -> None:
        reached.set()
        say_nothing(connection, head, number)

    with serving(serve) as server:
        resolver = RegistryResolver(jobs=2)
        results: list[Resolution] = []
        asking = threading.Thread(target=lambda: results.extend(resolver.look_up(references(f"{server.host}/a:1"))))
        asking.start()
        assert reached.wait(60)
        resolver.cancel()
        asking.join(60)
        assert not asking.is_alive()
    assert isinstance(results[0], Unresolved)
    assert isinstance(results[0].error, UnreachableError)
    assert "interrupted" in results[0].error.message


def test_an_aborted_transport_connects_to_nobody_any_more() -> None:
    through = transport()
    through.abort()
    with serving(good) as server, pytest.raises(httpx.TransportError):
        send(ask(server), through)


def test_errors_of_another_kind_pass_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(KeptConnection, "_head", broken)
    with serving(good) as server, pytest.raises(ZeroDivisionError):
        send(ask(server))
