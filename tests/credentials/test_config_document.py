"""`config.json` and `auth.json` as text (AUTH-22, AUTH-30)."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from pinner.credentials.base import Credential, IdentityToken, Login, RegistryToken
from pinner.credentials.config_document import ConfigDocument, parse_config
from pinner.credentials.keys import HUB_KEY, helper_key, normal_key
from pinner.errors import ConfigError

URL = str.maketrans("+/", "-_")
FIXTURES = Path(__file__).parents[2] / "fixtures" / "docker_config"


def login(entry: object, key: str = "a.example") -> Login | None:
    return login_for(parse_config(json.dumps({"auths": {key: entry}}), "config.json"), "a.example")


def login_for(document: ConfigDocument, registry: str, repository: str | None = None) -> Login | None:
    entry = document.entry_for(registry, repository)
    return None if entry is None else entry.login


def helper_for(document: ConfigDocument, registry: str) -> str | None:
    helper = document.helper_for(registry)
    return None if helper is None else helper.name


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def alice(secret: str = "pw") -> Credential:
    return Credential(username="alice", secret=secret, source="config.json")


def test_an_empty_object_knows_nothing() -> None:
    document = parse_config("{}", "config.json")
    assert login_for(document, "docker.io") is None
    assert helper_for(document, "docker.io") is None
    assert document.warnings == ()


@pytest.mark.parametrize("key", ["auths", "credHelpers"])
def test_null_counts_as_absent(key: str) -> None:
    assert login_for(parse_config(json.dumps({key: None}), "config.json"), "a.example") is None


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param({}, None, id="a marker of credsStore"),
        pytest.param(None, None, id="null"),
        pytest.param({"auth": encoded("alice:pw")}, alice(), id="auth"),
        pytest.param({"auth": encoded("alice:s3cret:with:colon")}, alice("s3cret:with:colon"), id="AUTH-14 colons"),
        pytest.param({"auth": encoded("alice:pwd").rstrip("=")}, alice("pwd"), id="no padding"),
        pytest.param({"auth": f" {encoded('alice:pw')}\n"}, alice(), id="white space"),
        pytest.param({"auth": encoded("alice:pw\0")}, alice(), id="NUL at the end"),
        pytest.param({"auth": encoded("alice:ÿÿ>?").translate(URL)}, alice("ÿÿ>?"), id="URL alphabet"),
        pytest.param({"username": "alice", "password": "pw"}, alice(), id="two fields"),
        pytest.param({"username": "alice"}, None, id="no password"),
        pytest.param({"auth": encoded("alice:")}, None, id="empty password"),
        pytest.param({"identitytoken": "t"}, IdentityToken(secret="t", source="config.json"), id="identity token"),
        pytest.param(
            {"auth": encoded("u:"), "identitytoken": "t"},
            IdentityToken(secret="t", source="config.json"),
            id="the user name beside an identity token is ignored",
        ),
        pytest.param(
            {"auth": encoded("alice:pw"), "identitytoken": "t"},
            IdentityToken(secret="t", source="config.json", beside=alice()),
            id="AUTH-04 the password beside an identity token",
        ),
        pytest.param({"registrytoken": "t"}, RegistryToken(secret="t", source="config.json"), id="registry token"),
        pytest.param({"auth": encoded("<token>:t")}, IdentityToken(secret="t", source="config.json"), id="<token>"),
    ],
)  # fmt: skip
def test_entries_are_read(entry: object, expected: Login | None) -> None:
    assert login(entry) == expected


@pytest.mark.parametrize(
    "auth", ["no base64!", "dXNlcjpzZWNy\N{GRINNING FACE}ZXQ=", encoded("nocolon"), "/w==", encoded(":pw")]
)
def test_an_entry_that_cannot_be_read_is_left_out_with_a_warning(auth: str) -> None:
    document = parse_config(json.dumps({"auths": {"a.example": {"auth": auth}}}), "config.json")
    assert login_for(document, "a.example") is None
    (warning,) = document.warnings
    assert warning.startswith("config.json: auths.'a.example'.auth is not base64")
    assert auth not in warning


@pytest.mark.parametrize(
    ("key", "normal"),
    [
        ("a.example", "a.example"),
        ("https://a.example", "a.example"),
        ("https://A.example/", "a.example"),
        ("http://a.example/v2/", "a.example"),
        ("https://a.example/anything", "a.example"),
        ("a.example/v1/", "a.example"),
        ("a.example:443", "a.example"),
        ("a.example:5000", "a.example:5000"),
        ("a.example/acme/app", "a.example/acme/app"),
        (HUB_KEY, "docker.io"),
        ("docker.io", "docker.io"),
        ("index.docker.io/v1/", "docker.io"),
        ("registry-1.docker.io", "docker.io"),
        ("docker.io/library", "docker.io/library"),
    ],
)
def test_keys_have_one_form(key: str, normal: str) -> None:  # REF-03
    assert normal_key(key) == normal


def test_the_exact_key_of_docker_hub_wins_over_its_other_spellings() -> None:
    entries = {"docker.io": {"auth": encoded("a:1")}, HUB_KEY: {"auth": encoded("b:2")}}
    found = login_for(parse_config(json.dumps({"auths": entries}), "c"), "registry-1.docker.io")
    assert isinstance(found, Credential)
    assert found.username == "b"


def test_helpers_know_docker_hub_by_its_old_address() -> None:
    assert helper_key("docker.io") == HUB_KEY
    assert helper_key("ghcr.io") == "ghcr.io"


def test_the_hosts_own_helper_goes_before_the_store() -> None:
    text = (FIXTURES / "desktop" / "config.json").read_text(encoding="utf-8")
    document = parse_config(text, "config.json")
    assert helper_for(document, "123456789012.dkr.ecr.eu-central-1.amazonaws.com") == "own"
    assert helper_for(document, "docker.io") == "store"


def test_the_most_specific_path_wins() -> None:
    text = (FIXTURES / "podman" / "auth.json").read_text(encoding="utf-8")
    document = parse_config(text, "auth.json")

    def secret(repository: str | None) -> str:
        found = login_for(document, "quay.io", repository)
        assert isinstance(found, Credential)
        return found.secret

    assert [secret("acme/app"), secret("acme/other"), secret("acmecorp/app"), secret(None)] == [
        "app",
        "acme",
        "host",
        "host",
    ]


def test_what_a_ci_system_writes_is_read() -> None:
    text = (FIXTURES / "ci" / "config.json").read_text(encoding="utf-8")
    document = parse_config(text, "ci")
    assert login_for(document, "docker.io") == Credential(username="hub", secret="s3cret:with:colon", source="ci")
    assert login_for(document, "registry.gitlab.com") == Credential(
        username="gitlab-ci-token", secret="job", source="ci"
    )
    assert login_for(document, "acme.azurecr.io") == IdentityToken(secret="refresh", source="ci")
    assert login_for(document, "ready.example") == RegistryToken(secret="bearer", source="ci")
    assert login_for(document, "other.example") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n  "auths": {,}\n}', "config.json:2:13: not JSON"),
        ("", "config.json:1:1: not JSON"),
        ("[]", "config.json: not a JSON object"),
        ("[" * 100_000, "config.json: not JSON"),
        ('{"auths": []}', "config.json: auths: not a JSON object"),
        ('{"auths": {"a": 1}}', "config.json: auths.'a': not a JSON object"),
        ('{"auths": {"a": {"auth": 1}}}', "config.json: auths.'a'.auth: not a text"),
        ('{"auths": {"a": {"identitytoken": 1}}}', "config.json: auths.'a'.identitytoken: not a text"),
        ('{"auths": {"a": {"username": "u", "password": 1}}}', "config.json: auths.'a'.password: not a text"),
        ('{"credHelpers": {"a": 1}}', "config.json: credHelpers.'a': not a text"),
        ('{"credsStore": 1}', "config.json: credsStore: not a text"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, message: str) -> None:  # AUTH-22
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "config.json")
    assert str(caught.value).startswith(message)


def test_a_broken_file_never_shows_its_content() -> None:  # AUTH-23
    with pytest.raises(ConfigError) as caught:
        parse_config('{"auths": {"a": {"auth": "s3cret"', "config.json")
    assert "s3cret" not in f"{caught.value!r} {caught.value.hint} {caught.value.__cause__!r}"


def test_no_secret_is_part_of_a_repr() -> None:  # AUTH-23
    text = (FIXTURES / "ci" / "config.json").read_text(encoding="utf-8")
    document = parse_config(text, "ci")
    shown = repr(document) + repr(
        [login_for(document, host) for host in ("docker.io", "acme.azurecr.io", "ready.example")]
    )
    for secret in ("s3cret", "'job'", "'refresh'", "'bearer'"):
        assert secret not in shown


def test_a_variable_may_not_name_helpers() -> None:  # AUTH-25
    text = (FIXTURES / "desktop" / "config.json").read_text(encoding="utf-8")
    document = parse_config(text, "DOCKER_AUTH_CONFIG", with_helpers=False)
    assert helper_for(document, "docker.io") is None
    assert document.warnings == ("DOCKER_AUTH_CONFIG: credential helpers are not started from here",)


def test_a_byte_order_mark_is_forgiven() -> None:  # AUTH-22
    assert parse_config('\ufeff{"auths": {}}', "c").warnings == ()
