"""Other tools' files: read only where the user asks for it, found where those tools find them, obeyed by the client."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest

from pinner.errors import BlockedError, ConfigError, MisconfiguredError
from pinner.oci.digest import Digest
from pinner.registry import guides
from pinner.registry.endpoint import Endpoint
from pinner.registry.places import Place
from pinner.registry.resolver import RegistryResolver
from pinner.registry.settings import Registries
from pinner.registry.settings_file import load_registries
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.registry.fakes import INDEX, Respond, World, open_registry, references
from tests.registry.server import serving
from tests.registry.test_transport import CERTIFICATES, good, server_tls

HUB = "registry-1.docker.io"


class Machine:
    """A user's and a system's places, in a folder of the test."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.environ = {"HOME": str(root / "home")}
        for name in ("CONTAINERS", "CONTAINERD", "DAEMON"):
            monkeypatch.setattr(guides, name, Path(f"{root}{getattr(guides, name)}"))

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, *reads: str) -> Registries:
        self.write("home/.config/pinner/registries.toml", f"read = {list(reads)!r}\n")
        return load_registries(self.environ)

    def hosts(self, *reads: str, registry: str = "docker.io") -> list[str]:
        """Return who is asked for a tag."""
        return [one.host for one in self.load(*reads).directions(registry, "library/nginx").order("1")]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def mirror(host: str, registry: str = "docker.io") -> str:
    return f'[[registry]]\nlocation = "{registry}"\n[[registry.mirror]]\nlocation = "{host}"\n'


def test_nothing_is_read_that_the_user_did_not_ask_for(machine: Machine) -> None:
    machine.write("etc/containers/registries.conf", mirror("podman.example"))
    machine.write("etc/containerd/certs.d/docker.io/hosts.toml", '[host."https://containerd.example"]')
    machine.write("etc/docker/daemon.json", '{"registry-mirrors": ["https://docker.example"]}')
    assert machine.hosts() == ["docker.io"]
    assert load_registries({}).directions("docker.io", "a") == Registries().directions("docker.io", "a")


def test_files_that_are_not_there_say_nothing(machine: Machine) -> None:
    assert machine.hosts("registries.conf", "hosts.toml", "daemon.json") == ["docker.io"]


def test_the_first_that_knows_a_registry_decides(machine: Machine) -> None:
    machine.write("etc/containers/registries.conf", mirror("podman.example", "quay.io"))
    machine.write("etc/containerd/certs.d/docker.io/hosts.toml", '[host."https://containerd.example"]')
    machine.write("etc/docker/daemon.json", '{"registry-mirrors": ["https://docker.example"]}')
    assert machine.hosts("registries.conf", "hosts.toml") == ["docker.io", "containerd.example"]
    assert machine.hosts("daemon.json", "hosts.toml") == ["docker.io", "docker.example"]
    assert machine.hosts("hosts.toml", "registries.conf", registry="quay.io") == ["quay.io", "podman.example"]


def test_a_table_in_registries_toml_leaves_nothing_to_others(machine: Machine) -> None:
    machine.write("etc/containers/registries.conf", mirror("podman.example"))
    machine.write("own.toml", 'read = ["registries.conf"]\n[registries."docker.io"]\nmax-connections = 2\n')
    found = load_registries(machine.environ, machine.root / "own.toml").directions("docker.io", "a")
    assert found.mirrors == ()


def test_podmans_main_file_is_the_users_or_the_systems_and_drop_ins_are_added(machine: Machine) -> None:
    machine.write("etc/containers/registries.conf", mirror("system.example"))
    assert machine.hosts("registries.conf") == ["docker.io", "system.example"]
    machine.write("home/.config/containers/registries.conf", mirror("user.example"))
    assert machine.hosts("registries.conf") == ["docker.io", "user.example"]
    machine.write("etc/containers/registries.conf.d/10.conf", mirror("ten.example"))
    machine.write("etc/containers/registries.conf.d/20.conf", mirror("twenty.example"))
    machine.write("etc/containers/registries.conf.d/30.ignored", "not TOML")
    assert machine.hosts("registries.conf") == ["docker.io", "twenty.example"]
    machine.write("home/.config/containers/registries.conf.d/00.conf", mirror("own.example"))
    assert machine.hosts("registries.conf") == ["docker.io", "own.example"]


def test_podmans_variable_names_the_main_file(machine: Machine) -> None:
    machine.write("etc/containers/registries.conf", mirror("system.example"))
    machine.environ["CONTAINERS_REGISTRIES_CONF"] = str(machine.write("named.conf", mirror("named.example")))
    assert machine.hosts("registries.conf") == ["docker.io", "named.example"]
    machine.environ["CONTAINERS_REGISTRIES_CONF"] = str(machine.root / "none.conf")
    with pytest.raises(ConfigError, match=r"none\.conf: cannot be read: No such file"):
        machine.load("registries.conf")


@pytest.mark.parametrize(
    ("folders", "registry", "expected"),
    [
        (["a.example_5000_", "a.example:5000", "_default"], "a.example:5000", 0),
        (["_default", "a.example:5000"], "a.example:5000", 1),
        (["_default"], "a.example:5000", 0),
        (["a.example"], "a.example:5000", None),
        (["docker.io"], "docker.io", 0),
        (["[::1]_5000_"], "[::1]:5000", 0),
        (["[::1]"], "[::1]", 0),
    ],
)
def test_containerds_folder_of_a_registry(
    machine: Machine, folders: list[str], registry: str, expected: int | None
) -> None:
    for number, folder in enumerate(folders):
        machine.write(f"etc/containerd/certs.d/{folder}/hosts.toml", f'[host."https://m{number}.example"]')
    hosts = machine.hosts("hosts.toml", registry=registry)
    assert hosts == [registry, *([] if expected is None else [f"m{expected}.example"])]


def test_a_folder_without_hosts_toml_ends_the_search(machine: Machine) -> None:
    machine.write("etc/containerd/certs.d/docker.io/ca.crt", "x")
    machine.write("etc/containerd/certs.d/_default/hosts.toml", '[host."https://m.example"]')
    assert machine.hosts("hosts.toml") == ["docker.io"]
    assert machine.hosts("hosts.toml", registry="quay.io") == ["quay.io", "m.example"]


def test_containerds_folder_of_the_user_goes_first(machine: Machine) -> None:
    machine.write("etc/containerd/certs.d/docker.io/hosts.toml", '[host."https://system.example"]')
    machine.write("home/.config/containerd/certs.d/docker.io/hosts.toml", '[host."https://user.example"]')
    assert machine.hosts("hosts.toml") == ["docker.io", "user.example"]


def test_a_path_names_another_place(machine: Machine) -> None:
    machine.write("k3s/certs.d/docker.io/hosts.toml", '[host."https://k3s.example"]')
    machine.write("home/.config/pinner/my.conf", mirror("my.example"))
    machine.write("home/.config/pinner/docker/daemon.json", '{"registry-mirrors": ["https://docker.example"]}')
    assert machine.hosts(str(machine.root / "k3s" / "certs.d")) == ["docker.io", "k3s.example"]
    assert machine.hosts("./my.conf") == ["docker.io", "my.example"]
    assert machine.hosts("docker/daemon.json") == ["docker.io", "docker.example"]


@pytest.mark.parametrize("name", ["registries", "containerd", "./none.conf", "hosts"])
def test_what_cannot_be_read_is_named(machine: Machine, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        machine.load(name)
    assert name.removeprefix("./") in caught.value.message


def test_the_variable_goes_before_the_file_and_takes_no_relative_path(machine: Machine) -> None:  # SEC-22
    machine.write("etc/containers/registries.conf", mirror("podman.example"))
    path = machine.write("named.conf", mirror("named.example"))
    machine.environ["PINNER_REGISTRIES_READ"] = f" {path} , registries.conf"
    assert machine.hosts("daemon.json") == ["docker.io", "named.example"]
    machine.environ["PINNER_REGISTRIES_READ"] = ""
    assert machine.hosts("registries.conf") == ["docker.io"]
    machine.environ["PINNER_REGISTRIES_READ"] = "./named.conf"
    with pytest.raises(ConfigError, match="names no configuration that pinner can read"):
        machine.load()


def resolve(world: World, machine: Machine, *names: str) -> tuple[tuple[Resolution, ...], tuple[str, ...]]:
    registries = machine.load("registries.conf", "hosts.toml")
    with world.resolver(jobs=1, registries=registries) as resolver:
        return resolver.look_up(references(*names)), resolver.warnings


def test_a_rewritten_name_is_asked_elsewhere_and_stays_as_it_was_written(machine: Machine) -> None:  # NET-04
    machine.write(
        "etc/containers/registries.conf",
        '[[registry]]\nprefix = "quay.io/team"\nlocation = "corp.example:5000/quay/team"\n',
    )
    world = World(hosts={"corp.example:5000": open_registry(), "quay.io": open_registry()})
    results, _ = resolve(world, machine, "quay.io/team/app:1", "quay.io/other:1")
    assert [one.url for one in world.seen] == [
        "https://corp.example:5000/v2/quay/team/app/manifests/1",
        "https://quay.io/v2/other/manifests/1",
    ]
    assert [one.reference.tagged for one in results] == ["quay.io/team/app:1", "quay.io/other:1"]
    assert [one.mirror for one in results if isinstance(one, Resolved)] == [None, None]


def test_a_blocked_registry_is_named_with_the_file_that_blocks_it(machine: Machine) -> None:  # NET-04
    path = machine.write("etc/containers/registries.conf", '[[registry]]\nlocation = "quay.io"\nblocked = true\n')
    world = World(hosts={"quay.io": open_registry()})
    (result,), _ = resolve(world, machine, "quay.io/app:1")
    assert isinstance(result, Unresolved)
    assert isinstance(result.error, BlockedError)
    assert str(path) in (result.error.hint or "")
    assert world.seen == []


def test_a_host_of_containerd_is_asked_at_its_path_with_the_namespace(machine: Machine) -> None:  # NET-03
    machine.write(
        "etc/containerd/certs.d/docker.io/hosts.toml",
        '[host."https://m.example/api/hub"]\ncapabilities = ["pull"]\n',
    )
    world = World(hosts={"m.example": open_registry(), HUB: open_registry()})
    digest = Digest.of(INDEX)
    results, _ = resolve(world, machine, "nginx:1", f"nginx@{digest}")
    assert all(isinstance(one, Resolved) for one in results)
    assert [one.url for one in world.seen] == [
        f"https://{HUB}/v2/library/nginx/manifests/1",
        f"https://m.example/api/hub/v2/library/nginx/manifests/{digest}?ns=docker.io",
    ]


@pytest.mark.enable_socket
@pytest.mark.parametrize("own", ["", "ca.pem"])
def test_the_certificates_of_a_containerd_host_are_believed_unless_the_user_names_others(  # NET-03
    own: str, machine: Machine
) -> None:
    with serving(good, server_tls(client_ca=True)) as server:
        pem = CERTIFICATES / "client.pem"
        table = f'[host."https://{server.host}"]\nca = "{CERTIFICATES / "ca.pem"}"\nclient = "{pem}"\n'
        machine.write("etc/containerd/certs.d/a.invalid/hosts.toml", table)
        reads = f'read = ["hosts.toml"]\n[registries."{server.host}"]\n'
        settings = machine.write("own.toml", reads + (f'ca = "{CERTIFICATES / own}"\n' if own else ""))
        with RegistryResolver(jobs=1, registries=load_registries(machine.environ, settings)) as resolver:
            (result,) = resolver.look_up(references(f"a.invalid/app@{Digest.of(INDEX)}"))
    assert isinstance(result, Unresolved if own else Resolved)


def test_a_broken_file_of_one_registry_fails_this_one_alone(machine: Machine) -> None:  # NET-03
    machine.write("etc/containerd/certs.d/quay.io/hosts.toml", "skip_verify = true")
    world = World(hosts={"quay.io": open_registry(), "ghcr.io": open_registry()})
    results, _ = resolve(world, machine, "quay.io/a:1", "ghcr.io/a/b:1")
    assert [type(one) for one in results] == [Unresolved, Resolved]
    assert isinstance(results[0], Unresolved)
    assert isinstance(results[0].error, MisconfiguredError)
    assert "certificates are always verified" in results[0].error.message


def test_what_is_not_done_is_said_once(machine: Machine) -> None:  # NET-03, NET-04
    machine.write("etc/containers/registries.conf", 'unqualified-search-registries = ["quay.io"]')
    machine.write("etc/containerd/certs.d/_default/hosts.toml", '[host."https://m.example".header]\nx = "1"')
    world = World(hosts={HUB: open_registry()})
    _, warnings = resolve(world, machine, "nginx:1", "nginx:2", "debian:1")
    assert [one.partition(": ")[2][:30] for one in warnings] == [
        "unqualified-search-registries ",
        "host.'https://m.example'.heade",
    ]


def answering(reason: str, kind: type[ssl.SSLError] = ssl.SSLError) -> Respond:
    """Fail every TLS handshake for a reason, and serve plain http."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https":
            cause = kind(1, reason)
            cause.reason = reason
            if isinstance(cause, ssl.SSLCertVerificationError):
                cause.verify_message = "self-signed certificate"
            raise httpx.ConnectError(reason) from cause
        return open_registry()(request)

    return respond


INSECURE = '[[registry]]\nlocation = "a.example"\ninsecure = true\n'


def test_an_insecure_registry_that_speaks_no_tls_is_asked_by_plain_http(machine: Machine) -> None:  # NET-04, NET-06
    machine.write("etc/containers/registries.conf", INSECURE)
    world = World(hosts={"a.example": answering("WRONG_VERSION_NUMBER")})
    results, (warning,) = resolve(world, machine, *(f"a.example/app:{number}" for number in range(4)))
    assert all(isinstance(one, Resolved) for one in results)
    assert [one.url.partition(":")[0] for one in world.seen] == ["https", *["http"] * 4]
    assert "may be asked by plain http; certificates are verified" in warning


def test_workers_that_failed_together_move_to_plain_http_together() -> None:  # NET-04
    endpoint = Endpoint(Place(host="a.example", scheme="either"), Registries())
    error = ssl.SSLError(1, "x")
    error.reason = "WRONG_VERSION_NUMBER"
    assert not endpoint.gives_up_tls(ValueError())
    assert str(endpoint.origin) == "https://a.example"
    assert [endpoint.gives_up_tls(error), endpoint.gives_up_tls(error)] == [True, True]
    assert str(endpoint.origin) == "http://a.example"


def test_a_certificate_that_is_not_trusted_moves_nobody_to_plain_http(machine: Machine) -> None:  # NET-04, NET-06
    machine.write("etc/containers/registries.conf", INSECURE)
    world = World(hosts={"a.example": answering("CERTIFICATE_VERIFY_FAILED", ssl.SSLCertVerificationError)})
    (result,), _ = resolve(world, machine, "a.example/app:1")
    assert isinstance(result, Unresolved)
    assert "the certificate of a.example is not trusted: self-signed certificate" in result.error.message
    assert {one.url.partition(":")[0] for one in world.seen} == {"https"}


def test_what_speaks_no_tls_is_asked_by_plain_http_only_where_a_file_allows_it(machine: Machine) -> None:  # NET-06
    world = World(hosts={"a.example": answering("WRONG_VERSION_NUMBER")})
    (result,), _ = resolve(world, machine, "a.example/app:1")
    assert isinstance(result, Unresolved)
    assert {one.url.partition(":")[0] for one in world.seen} == {"https"}
