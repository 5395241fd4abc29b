"""containerd's hosts.toml and docker's daemon.json: who is asked, with which certificates (NET-03, NET-05)."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinner.errors import ConfigError
from pinner.registry.daemon_json import parse_daemon
from pinner.registry.hosts_toml import parse_hosts
from pinner.registry.places import Directions, Place
from pinner.registry.trust import Trust

PATH = Path("/etc/containerd/certs.d/docker.io/hosts.toml")


def parse(text: str, registry: str = "docker.io") -> Directions:
    return parse_hosts(text, PATH, registry)[0]


def hosts(text: str) -> list[str]:
    return [place.host for place in parse(text).mirrors]


def test_an_empty_file_leaves_the_registry_as_it_is() -> None:
    assert parse("") == Directions(registry=Place(host="docker.io"), source=str(PATH))
    assert parse("", "a.example:5000").registry == Place(host="a.example:5000")


def test_hosts_are_asked_in_the_order_of_the_file() -> None:
    text = '[host."https://b.example"]\n[host."https://a.example"]\n[host."https://b.example".header]\n'
    assert hosts(text) == ["b.example", "a.example"]


def test_a_mirror_is_told_whose_repository_is_meant_as_containerd_does() -> None:
    found = parse('server = "https://registry-1.docker.io"\n[host."https://m.example:5000"]\n')
    assert found.registry == Place(host="docker.io", scheme="https")
    assert found.mirrors == (Place(host="m.example:5000", scheme="https", namespace="docker.io"),)


def test_a_server_may_stand_for_the_registry() -> None:
    found = parse('server = "hub.corp.example"\nca = "hub.pem"\n')
    assert found.registry == Place(
        host="hub.corp.example",
        scheme="https",
        namespace="docker.io",
        trust=Trust(cas=("/etc/containerd/certs.d/docker.io/hub.pem",)),
    )


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("", "all"),
        ("capabilities = []", "all"),
        ('capabilities = ["pull", "resolve"]', "all"),
        ('capabilities = ["Pull"]', "digests"),
    ],
)
def test_only_who_can_resolve_is_asked_for_a_tag(line: str, answers: str) -> None:
    assert [one.answers for one in parse(f'[host."https://m.example"]\n{line}').mirrors] == [answers]


def test_who_cannot_be_pulled_from_is_not_asked() -> None:
    text = 'capabilities = ["push"]\n[host."https://m.example"]\ncapabilities = ["push", "resolve"]\n'
    assert parse(text) == Directions(registry=None, source=str(PATH))


@pytest.mark.parametrize(
    ("url", "line", "root"),
    [
        ("https://m.example", "", "/v2"),
        ("https://m.example/", "", "/v2"),
        ("https://m.example/v2", "", "/v2"),
        ("https://m.example/v2/", "", "/v2"),
        ("https://m.example/api/docker/hub", "", "/api/docker/hub/v2"),
        ("https://m.example/v2/hub", "override_path = true", "/v2/hub"),
        ("https://m.example", "override_path = true", ""),
    ],
)
def test_the_path_is_where_the_api_begins(url: str, line: str, root: str) -> None:
    assert [one.root for one in parse(f'[host."{url}"]\n{line}').mirrors] == [root]


@pytest.mark.parametrize(
    ("url", "host", "scheme"),
    [("http://m.example:5000", "m.example:5000", "http"), ("m.example", "m.example", "https")],
)
def test_the_scheme_is_what_is_written(url: str, host: str, scheme: str) -> None:
    assert [(one.host, one.scheme) for one in parse(f'[host."{url}"]').mirrors] == [(host, scheme)]


@pytest.mark.parametrize(
    ("lines", "trust"),
    [
        ("", None),
        ('ca = "ca.pem"', Trust(cas=("ca.pem",))),
        ('ca = ["a.pem", "/b.pem"]', Trust(cas=("a.pem", "/b.pem"))),
        ('client = "me.pem"', Trust(client_cert="me.pem")),
        ('client = ["me.pem"]', Trust(client_cert="me.pem")),
        ('client = [["me.cert", "me.key"]]', Trust(client_cert="me.cert", client_key="me.key")),
        ('ca = "ca.pem"\nclient = [["me.cert", "me.key"], ["x", "y"]]', None),
    ],
)
def test_certificates_are_those_of_the_host(lines: str, trust: Trust | None) -> None:
    found, notes = parse_hosts(f'[host."https://m.example"]\n{lines}', PATH, "docker.io")
    (mirror,) = found.mirrors
    if '"x"' in lines:
        assert mirror.trust is not None
        assert mirror.trust.client_cert == str(PATH.parent / "me.cert")
        assert f"{PATH.parent / 'x'} is not used, {PATH.parent / 'me.cert'} is shown" in notes[0]
        return
    assert notes == ()
    if trust is None or mirror.trust is None:
        assert mirror.trust is trust
        return
    names = (*mirror.trust.cas, mirror.trust.client_cert, mirror.trust.client_key)
    expected = (*trust.cas, trust.client_cert, trust.client_key)
    assert names == tuple(name and str(PATH.parent / name) for name in expected)


def test_headers_are_not_sent_and_that_is_said() -> None:
    _, notes = parse_hosts('[host."https://m.example".header]\nx-key = "s3cret"', PATH, "docker.io")
    assert notes == (f"{PATH}: host.'https://m.example'.header is not used: no such header is sent",)


def test_verification_stays_on() -> None:
    assert hosts('[host."https://m.example"]\nskip_verify = false\ndial_timeout = "1s"') == ["m.example"]
    with pytest.raises(ConfigError, match="skip_verify: certificates are always verified") as caught:
        parse('[host."https://m.example"]\nskip_verify = true')
    assert "ca = " in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = [", "not TOML: "),
        ("server = 1", "server: 1 is not an address"),
        ("host = 1", "host: 1 is not a table"),
        ('[host."ftp://m.example"]', "host.'ftp://m.example': 'ftp://m.example' is not an address"),
        ('[host."https://me:pw@m.example"]', "the address holds a user name"),
        ('[host."https://m.example/?x=1"]', "is not the address of a registry"),
        ('[host."https://m.example/a/../b"]', "is not the address of a registry"),
        ('[host."https://m.example"]\ncapabilities = ["fly"]', ".capabilities: 'fly' is not one of 'pull'"),
        ('[host."https://m.example"]\nca = 1', ".ca: 1 is not a file name"),
        ('[host."https://m.example"]\nclient = [["a", "b", "c"]]', ".client: not a file or a pair of files"),
        ('[host."https://m.example"]\noverride_path = 1', ".override_path: 1 is neither"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert caught.value.message.startswith(f"{PATH}: ")
    assert message in caught.value.message


def test_docker_has_mirrors_for_docker_hub_alone() -> None:  # NET-05
    guide = parse_daemon('{"registry-mirrors": ["https://m.example/", "http://n.example:5000"]}', "daemon.json")
    assert guide.directions("ghcr.io", "a/b") is None
    assert guide.directions("docker.io", "library/nginx") == Directions(
        registry=Place(host="docker.io"),
        mirrors=(Place(host="m.example", scheme="https"), Place(host="n.example:5000", scheme="http")),
        source="daemon.json",
    )
    assert guide.warnings == ()


def test_a_daemon_without_mirrors_says_nothing() -> None:
    guide = parse_daemon('{"insecure-registries": ["10.0.0.0/8"]}', "daemon.json")
    assert guide.directions("docker.io", "library/nginx") is None
    assert guide.warnings == (
        "daemon.json: insecure-registries is not used; write plain-http = true for those that need it",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "daemon.json: not JSON: "),
        ("[]", "daemon.json: [] is not a table"),
        ('{"registry-mirrors": "x"}', "registry-mirrors: not a list of texts"),
        ('{"registry-mirrors": ["x"]}', "registry-mirrors[0]: 'x' is not a mirror"),
        ('{"registry-mirrors": ["https://x/y"]}', "docker takes no path here"),
    ],
)
def test_a_mistake_in_daemon_json_is_named(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_daemon(text, "daemon.json")
    assert message in caught.value.message
