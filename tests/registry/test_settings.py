"""`registries.toml`: what it takes, and how it says what it does not take."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinner.errors import ConfigError
from pinner.oci.reference import Reference
from pinner.registry.daemon_json import parse_daemon
from pinner.registry.hosts_toml import parse_hosts
from pinner.registry.places import Place
from pinner.registry.registries_conf import parse_registries_conf
from pinner.registry.settings import Registries, RegistrySettings, parse_registries
from pinner.registry.settings_file import load_registries
from pinner.registry.trust import Trust

FULL = """
[registries."docker.io"]
mirrors = ["https://mirror.corp.example", "https://harbor.example:8443/proxy/hub/", "http://127.0.0.1:5000"]
[registries."Registry.corp.example:5000"]
mirror-tags = "first"
blocked = true
plain-http = true
allow-insecure-auth = true
ca = "corp.pem"
client-cert = "/etc/pinner/me.pem"
client-key = "me.key"
trusted-realms = ["Auth.corp.example", "login.example:8443"]
max-connections = 4
scopes-per-token = 25
"""


def test_an_empty_file_means_the_defaults() -> None:
    assert parse_registries("", "registries.toml") == Registries()
    assert parse_registries("", "registries.toml").for_host("docker.io") == RegistrySettings()


def test_every_setting_is_read() -> None:
    registries = parse_registries(FULL, "registries.toml")
    assert registries.for_host("registry.corp.example:5000") == RegistrySettings(
        mirror_tags="first",
        blocked=True,
        plain_http=True,
        allow_insecure_auth=True,
        trust=Trust(cas=("corp.pem",), client_cert="/etc/pinner/me.pem", client_key="me.key"),
        trusted_realms=("auth.corp.example", "login.example:8443"),
        max_connections=4,
        scopes_per_token=25,
    )


def test_a_mirror_has_an_origin_and_a_prefix() -> None:
    mirrors = parse_registries(FULL, "registries.toml").for_host("docker.io").mirrors
    assert mirrors == (
        Place(host="mirror.corp.example", scheme="https"),
        Place(host="harbor.example:8443", scheme="https", prefix="proxy/hub"),
        Place(host="127.0.0.1:5000", scheme="http"),
    )


def test_a_mirror_may_be_a_table_that_says_more() -> None:
    text = _inside("index.docker.io", 'mirrors = [{ url = "https://m.example", ns = true }, { url = "https://n" }]')
    mirrors = parse_registries(text, "registries.toml").for_host("docker.io").mirrors
    assert mirrors == (
        Place(host="m.example", scheme="https", namespace="docker.io"),
        Place(host="n", scheme="https"),
    )


def test_a_registry_may_have_several_authorities() -> None:
    settings = parse_registries(_inside("a.b", 'ca = ["one.pem", "two.pem"]'), "registries.toml").for_host("a.b")
    assert settings.trust.cas == ("one.pem", "two.pem")


@pytest.mark.parametrize("name", ["docker.io", "index.docker.io", "registry-1.docker.io", "DOCKER.io:443"])
def test_all_names_of_docker_hub_share_their_settings(name: str) -> None:  # REF-02
    assert parse_registries(FULL, "registries.toml").for_host(name).mirrors


def test_a_plain_mirror_is_taken_where_its_host_is_plain() -> None:
    text = """
    [registries."docker.io"]
    mirrors = ["http://mirror.example:5000"]
    [registries."mirror.example:5000"]
    plain-http = true
    """
    assert parse_registries(text, "registries.toml").for_host("docker.io").mirrors[0].scheme == "http"


def _inside(host: str, line: str) -> str:
    return f'[registries."{host}"]\n{line}\n'


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        pytest.param("x = [", "registries.toml: not TOML: ", "", id="not TOML"),
        pytest.param("[registry]", "registries.toml: unknown key 'registry'", "did you mean 'registries'?", id="top"),
        pytest.param("registries = 1", "registries.toml: registries: 1 is not a table", "", id="no table"),
        pytest.param('registries."a.b" = 1', 'registries."a.b": 1 is not a table', "", id="no table inside"),
        pytest.param(_inside("a.b", "mirror = []"), "unknown key 'mirror'", "did you mean 'mirrors'?", id="near key"),
        pytest.param(_inside("a.b", "plain_http = true"), "'plain_http'", "did you mean 'plain-http'?", id="_"),
        pytest.param(
            _inside("a.b", "zzz = 1"), "unknown key 'zzz'", "known keys: mirrors, mirror-tags, blocked", id="far key"
        ),
        pytest.param(_inside("https://a.b", ""), "not a registry host", "without a scheme", id="host with scheme"),
        pytest.param(_inside("a.b/c", ""), "not a registry host", "without a scheme or a path", id="host with path"),
        pytest.param(_inside("a b", ""), "not a registry host", "write host", id="host with a space"),
        pytest.param(
            _inside("docker.io", "") + _inside("index.docker.io", ""), "the same registry as another", "", id="twice"
        ),
        pytest.param(
            _inside("docker.io", 'mirrors = ["mirror"]'),
            "registries.toml: registries.\"docker.io\".mirrors[0]: 'mirror' is not a mirror",
            "write https://host",
            id="mirror without scheme",
        ),
        pytest.param(
            _inside("a.b", 'mirrors = ["https://ok", "http://m.example"]'),
            "registries.\"a.b\".mirrors[1]: 'http://m.example' is plain http",
            '[registries."m.example"] with plain-http',
            id="NET-06 plain mirror",
        ),
        pytest.param(_inside("a.b", 'mirrors = ["https://m/?x=1"]'), "has a query or a fragment", "", id="query"),
        pytest.param(_inside("a.b", 'mirrors = ["https://m/A B"]'), "is not a mirror", "", id="space in the path"),
        pytest.param(_inside("a.b", 'mirrors = ["https://m/../x"]'), "is not a path", "", id="dots in the path"),
        pytest.param(
            _inside("a.b", 'mirrors = "https://m"'), ".mirrors: not a list of addresses", "write", id="no list"
        ),
        pytest.param(_inside("a.b", "mirrors = [1]"), ".mirrors: not a list of addresses", "", id="list of numbers"),
        pytest.param(
            _inside("a.b", "mirrors = [{ ns = true }]"), ".mirrors[0].url: None is not an address", "", id="no url"
        ),
        pytest.param(_inside("a.b", 'mirrors = [{ uri = "x" }]'), "unknown key 'uri'", "mean 'url'?", id="near url"),
        pytest.param(
            _inside("a.b", 'mirrors = [{ url = "https://m", ns = 1 }]'),
            "[0].ns: 1 is neither true nor false",
            "",
            id="ns",
        ),
        pytest.param(
            _inside("a.b", 'mirror-tags = "last"'), "'last' is not one of 'fallback', 'first'", "", id="mirror-tags"
        ),
        pytest.param("mirror-tags = 1", "registries.toml: mirror-tags: 1 is not one of", "", id="mirror-tags for all"),
        pytest.param(_inside("a.b", "blocked = 1"), ".blocked: 1 is neither true nor false", "", id="blocked"),
        pytest.param("read = 1", "registries.toml: read: not a list of texts", "", id="read"),
        pytest.param(_inside("a.b", "plain-http = 1"), ".plain-http: 1 is neither true nor false", "", id="number"),
        pytest.param(_inside("a.b", "ca = 1"), ".ca: 1 is not a file name", "", id="ca"),
        pytest.param(_inside("a.b", 'client-cert = ""'), ".client-cert: '' is not a file name", "", id="empty name"),
        pytest.param(_inside("a.b", 'client-key = "k"'), ".client-key: a key without client-cert", "", id="lone key"),
        pytest.param(
            _inside("a.b", 'trusted-realms = ["https://x"]'), ".trusted-realms[0]: ", "write host", id="realm URL"
        ),
        pytest.param(_inside("a.b", 'trusted-realms = ["x/y"]'), "'x/y' is not a host", "write host", id="realm path"),
        pytest.param(_inside("a.b", "max-connections = 0"), ".max-connections: 0 is not a number from 1", "", id="0"),
        pytest.param(
            _inside("a.b", "scopes-per-token = 0"), ".scopes-per-token: 0 is not a number from 1", "", id="k0"
        ),
        pytest.param(_inside("a.b", "scopes-per-token = 26"), "26 is not a number from 1 to 25", "", id="REQ-01 k26"),
        pytest.param(_inside("a.b", "allow-insecure-auth = 1"), "1 is neither true nor false", "", id="NET-07"),
        pytest.param(_inside("a.b", "max-connections = true"), ".max-connections: True is not", "", id="boolean"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_registries(text, "registries.toml")
    assert message in str(caught.value)
    assert hint in (caught.value.hint or "")


def _write(path: Path, ca: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'[registries."a.example"]\nca = "{ca}"\n', encoding="utf-8")
    return path


def test_a_password_in_an_address_is_refused_and_not_shown() -> None:  # AUTH-23
    for read in (
        lambda: parse_registries(_inside("a.b", 'mirrors = ["https://me:s3cret@m.example"]'), "registries.toml"),
        lambda: parse_hosts('[host."https://me:s3cret@m.example"]', Path("hosts.toml"), "docker.io"),
        lambda: parse_daemon('{"registry-mirrors": ["https://me:s3cret@m.example"]}', "daemon.json"),
        lambda: parse_registries_conf([("x", '[[registry]]\nlocation = "me:s3cret@m.example"')]),
    ):
        with pytest.raises(ConfigError, match="the address holds a user name") as caught:
            read()
        assert "s3cret" not in f"{caught.value}{caught.value.hint}"


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_registries({"HOME": str(tmp_path)}) == Registries()
    assert load_registries({}) == Registries()


def test_the_first_place_wins(tmp_path: Path) -> None:
    given = _write(tmp_path / "given.toml", "1")
    variable = _write(tmp_path / "variable.toml", "2")
    _write(tmp_path / "xdg" / "pinner" / "registries.toml", "3")
    _write(tmp_path / ".config" / "pinner" / "registries.toml", "4")
    environ = {"PINNER_REGISTRIES": str(variable), "XDG_CONFIG_HOME": str(tmp_path / "xdg"), "HOME": str(tmp_path)}

    def used(path: Path | None = None) -> str:
        return Path(load_registries(environ, path).for_host("a.example").trust.cas[0]).name

    assert used(given) == "1"
    assert used() == "2"
    del environ["PINNER_REGISTRIES"]
    assert used() == "3"
    del environ["XDG_CONFIG_HOME"]
    assert used() == "4"


def test_file_names_are_relative_to_the_folder_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "registries.toml"
    path.write_text(
        '[registries."a.example"]\nca = "certs/ca.pem"\nclient-cert = "/abs/me.pem"\nclient-key = "../me.key"\n',
        encoding="utf-8",
    )
    assert load_registries({}, path).for_host("a.example").trust == Trust(
        cas=(str(tmp_path / "certs" / "ca.pem"),),
        client_cert="/abs/me.pem",
        client_key=str(tmp_path / ".." / "me.key"),
    )


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_registries({"PINNER_REGISTRIES": str(tmp_path / "none.toml")})


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "registries.toml"
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_registries({}, path)


def test_a_relative_xdg_folder_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "xdg" / "pinner"
    folder.mkdir(parents=True)
    (folder / "registries.toml").write_text("not TOML", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_registries({"XDG_CONFIG_HOME": "xdg", "HOME": str(tmp_path)}).hosts == {}


@pytest.mark.parametrize("port", ["080", "00000199999", "65536"])
def test_a_mirror_has_a_port_that_is_one(port: str) -> None:  # REF-10
    with pytest.raises(ConfigError, match="is not a port"):
        parse_registries(f'[registries."a.example"]\nmirrors = ["https://m.example:{port}"]', "registries.toml")


@pytest.mark.parametrize(
    ("table", "is_asked"),
    [("", True), ('[registries."a.example"]\nblocked = true\nmirrors = ["https://m.example"]\n', False)],
    ids=["without settings", "blocked"],
)
def test_whether_a_registry_itself_is_asked_is_known_before_a_look_up(table: str, *, is_asked: bool) -> None:  # RATE-09
    registries = parse_registries(table, "registries.toml")
    assert registries.asks_itself(Reference.parse("a.example/app:1")) is is_asked


def test_a_registry_that_another_file_puts_elsewhere_is_not_asked_itself() -> None:  # RATE-09
    moved = parse_registries_conf([("r.conf", '[[registry]]\nprefix = "a.example"\nlocation = "b.example/a"\n')])
    assert not Registries(guides=(moved,)).asks_itself(Reference.parse("a.example/app:1"))
    assert Registries(guides=(moved,)).asks_itself(Reference.parse("c.example/app:1"))
