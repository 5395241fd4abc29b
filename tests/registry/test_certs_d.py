"""`certs.d`: what docker's and podman's folders hold for a host, and nothing for any other (NET-02)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pinner.errors import ConfigError
from pinner.registry.certs_d import CertificateFolders
from pinner.registry.connections import Addresses
from pinner.registry.origin import Origin
from pinner.registry.proxies import Proxies
from pinner.registry.resolver import RegistryResolver
from pinner.registry.transport import GuardedTransport
from pinner.registry.trust import Trust
from pinner.registry.trust_store import TrustStore
from pinner.resolution import Resolved, Unresolved
from tests.registry.fakes import references
from tests.registry.server import serving
from tests.registry.test_transport import CERTIFICATES, ask, good, send, server_tls

HOST = "registry.example:5000"
ORIGIN = Origin.of(f"https://{HOST}")


class Machine:
    """The places of a user and of a system, in a folder of the test."""

    def __init__(self, root: Path) -> None:
        self.environ = {"HOME": str(root / "home"), "XDG_CONFIG_HOME": str(root / "xdg")}
        self.system = (root / "etc-containers", root / "etc-docker")
        self.in_order = (
            root / "xdg" / "containers" / "certs.d",
            *self.system,
            root / "xdg" / "docker" / "certs.d",
        )

    def folders(self) -> CertificateFolders:
        return CertificateFolders(self.environ, system=self.system)

    def find(self, origin: Origin = ORIGIN) -> Trust:
        return self.folders().find(origin)


def fill(folder: Path, *names: str, host: str = HOST) -> Path:
    place = folder / host
    place.mkdir(parents=True, exist_ok=True)
    for name in names:
        (place / name).write_text("x", encoding="ascii")
    return place


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_a_folder_there_is_nothing(machine: Machine) -> None:
    assert machine.find() == Trust()
    assert CertificateFolders({}, system=()).find(ORIGIN) == Trust()


def test_authorities_and_a_client_certificate_are_told_by_their_names(machine: Machine) -> None:
    place = fill(machine.system[0], "b.crt", "a.crt", "me.cert", "me.key", "README", "hosts.toml")
    assert machine.find() == Trust(
        cas=(str(place / "a.crt"), str(place / "b.crt")),
        client_cert=str(place / "me.cert"),
        client_key=str(place / "me.key"),
    )


@pytest.mark.parametrize("first", range(4))
def test_the_first_folder_that_knows_the_host_wins(machine: Machine, first: int) -> None:
    for folder in machine.in_order[first:]:
        fill(folder, f"{folder.parent.name}.crt")
    assert machine.find().cas == (str(machine.in_order[first] / HOST / f"{machine.in_order[first].parent.name}.crt"),)


def test_an_empty_folder_of_the_host_wins_too(machine: Machine) -> None:
    fill(machine.in_order[0])
    fill(machine.in_order[1], "ca.crt")
    assert machine.find() == Trust()


def test_without_xdg_the_home_folder_counts(machine: Machine, tmp_path: Path) -> None:
    place = fill(tmp_path / "home" / ".config" / "containers" / "certs.d", "ca.crt")
    machine.environ["XDG_CONFIG_HOME"] = "relative"
    assert machine.find().cas == (str(place / "ca.crt"),)


@pytest.mark.parametrize(
    ("folder", "url"),
    [
        ("docker.io", "https://registry-1.docker.io"),
        ("registry-1.docker.io", "https://registry-1.docker.io"),
        ("a.example", "https://a.example"),
        ("a.example:443", "https://a.example"),
        ("[::1]:5000", "https://[::1]:5000"),
    ],
)
def test_a_folder_has_the_name_of_the_host(machine: Machine, folder: str, url: str) -> None:
    fill(machine.system[0], "ca.crt", host=folder)
    assert machine.find(Origin.of(url)).cas


@pytest.mark.parametrize("url", ["https://registry.example", "https://registry.example:5001", "https://x.example:5000"])
def test_what_is_for_one_host_is_for_no_other(machine: Machine, url: str) -> None:
    fill(machine.system[0], "ca.crt", "me.cert", "me.key")
    assert machine.find(Origin.of(url)) == Trust()


@pytest.mark.parametrize(("name", "missing"), [("ca.cert", "ca.key"), ("me.key", "me.cert")])
def test_half_a_client_certificate_is_explained(machine: Machine, name: str, missing: str) -> None:
    fill(machine.system[0], name)
    with pytest.raises(ConfigError) as caught:
        machine.find()
    assert f"{name}' is half of a client certificate: '{missing}' is missing" in caught.value.message
    assert "the name of an authority ends with .crt" in (caught.value.hint or "")


def test_of_two_client_certificates_the_first_is_shown_and_the_other_named(machine: Machine) -> None:
    place = fill(machine.system[0], "b.cert", "b.key", "a.cert", "a.key")
    folders = machine.folders()
    assert folders.find(ORIGIN).client_cert == str(place / "a.cert")
    assert folders.warnings == (f"{place}: b.cert is not used: a.cert is shown to this host",)


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of folders and files that may not be read; root may read everything, so the refusal is played."""
    names: set[str] = set()

    def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
        def play(path: Path, *arguments: Any, **options: Any) -> Any:
            if names.intersection(path.parts):
                raise PermissionError(13, "Permission denied")
            return method(path, *arguments, **options)

        return play

    for name in ("iterdir", "open"):
        monkeypatch.setattr(Path, name, guarded(getattr(Path, name)))
    return names


def test_a_folder_that_may_not_be_read_is_warned_about_and_passed_over(machine: Machine, closed: set[str]) -> None:
    fill(machine.system[0], "ca.crt")
    place = fill(machine.system[1], "other.crt")
    closed.add(machine.system[0].name)
    folders = machine.folders()
    assert folders.find(ORIGIN).cas == (str(place / "other.crt"),)
    assert folders.warnings == (f"{machine.system[0] / HOST} cannot be read and is left out: Permission denied",)


def test_a_file_that_may_not_be_read_is_warned_about_and_left_out(machine: Machine, closed: set[str]) -> None:
    place = fill(machine.system[0], "ca.crt", "good.crt", "me.cert", "me.key")
    closed.update({"ca.crt", "me.key"})
    folders = machine.folders()
    assert folders.find(ORIGIN) == Trust(cas=(str(place / "good.crt"),))
    assert [one.partition(" ")[0] for one in folders.warnings] == [str(place / "ca.crt"), str(place / "me.key")]


def test_settings_of_the_user_go_before_folders(machine: Machine) -> None:
    fill(machine.system[0], "ca.crt", "me.cert", "me.key")
    store = TrustStore({}, folders=machine.folders())
    own = Trust(cas=("own.pem",))
    assert store.effective(own, ORIGIN) == own
    assert store.effective(Trust(), ORIGIN).client_cert is not None
    assert store.effective(Trust(), Origin.of(f"http://{HOST}")) == Trust()


def through(store: TrustStore) -> GuardedTransport:
    return GuardedTransport(trust=store, proxies=Proxies(), addresses=Addresses())


@pytest.mark.enable_socket
def test_a_folder_is_enough_for_mutual_tls_and_only_for_its_host(machine: Machine) -> None:
    with (
        serving(good, server_tls(client_ca=True)) as known,
        serving(good, server_tls()) as stranger,
    ):
        place = fill(machine.in_order[0], host=known.host)
        shutil.copy(CERTIFICATES / "ca.pem", place / "ca.crt")
        shutil.copy(CERTIFICATES / "client.pem", place / "me.cert")
        shutil.copy(CERTIFICATES / "client.pem", place / "me.key")
        store = TrustStore({}, folders=machine.folders())
        assert send(ask(known, scheme="https"), through(store)).status == 200
        with pytest.raises(Exception, match="certificate verify failed"):
            send(ask(stranger, scheme="https"), through(store))


@pytest.mark.enable_socket
def test_a_broken_folder_fails_its_own_host_alone(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(good) as fine:
        fill(machine.in_order[0], "ca.cert", host="127.0.0.1")
        for name, value in machine.environ.items():
            monkeypatch.setenv(name, value)
        with RegistryResolver(jobs=1) as resolver:
            results = resolver.look_up(references("127.0.0.1/app:1", f"{fine.host}/app:1"))
    assert [type(one) for one in results] == [Unresolved, Resolved]
    assert isinstance(results[0], Unresolved)
    assert results[0].error.exit_code == 2
    assert "half of a client certificate" in results[0].error.message
