"""Kubernetes pull secrets: their shapes, and whose they are (AUTH-34)."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import yaml

from pinner.credentials.base import Credential
from pinner.credentials.config_document import Entry
from pinner.credentials.kubelet import matching_entries
from pinner.credentials.kubernetes_secret import parse_pull_secrets
from pinner.credentials.pull_secrets import PullSecretSource
from pinner.credentials.steps import Found
from pinner.errors import ConfigError
from tests.credentials.test_sources import asked, install

TYPE, LEGACY = "kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def auths(**users: str) -> dict[str, object]:
    """Return entries by host (`_` is a dot), each with a password that is the user's name."""
    return {host.replace("_", "."): {"auth": encoded(f"{user}:{user}")} for host, user in users.items()}


def secret(content: object, *, kind: str = TYPE, plain: bool = False, name: str = "regcred") -> dict[str, object]:
    key = ".dockercfg" if kind == LEGACY else ".dockerconfigjson"
    text = content if isinstance(content, str) else json.dumps(content)
    part = {"stringData": {key: text}} if plain else {"data": {key: encoded(text)}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": kind, **part}


def user_of(text: str, registry: str = "a.example") -> str | None:
    entries = [entry for one in parse_pull_secrets(text, "s.yaml") for entry in one.entries]
    found = matching_entries(entries, registry, None)
    if not found:
        return None
    assert isinstance(found[0].login, Credential)
    return found[0].login.username


CONFIG = {"auths": auths(a_example="alice")}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(yaml.safe_dump(secret(CONFIG)), id="YAML"),
        pytest.param(json.dumps(secret(CONFIG)), id="JSON"),
        pytest.param(json.dumps(secret(CONFIG), indent="\t"), id="JSON with tabs"),
        pytest.param(yaml.safe_dump(secret(CONFIG, plain=True)), id="stringData"),
        pytest.param(yaml.safe_dump(secret(auths(a_example="alice"), kind=LEGACY)), id="legacy"),
        pytest.param(yaml.safe_dump(secret(auths(a_example="alice"), kind=LEGACY, plain=True)), id="legacy plain"),
        pytest.param(
            yaml.safe_dump_all([{"kind": "Deployment", "spec": {}}, None, secret(CONFIG)]), id="several documents"
        ),
        pytest.param(
            yaml.safe_dump({"kind": "List", "items": [{"kind": "Deployment"}, secret(CONFIG)]}), id="list"
        ),
        pytest.param(
            json.dumps({"kind": "SecretList", "items": [{**secret(CONFIG), "kind": "Secret"}]}), id="list of secrets"
        ),
        pytest.param(json.dumps(CONFIG), id="decoded"),
        pytest.param(json.dumps(auths(a_example="alice")), id="decoded legacy"),
        pytest.param(
            yaml.safe_dump(secret(CONFIG | {"auths": auths(a_example="old")}) | {"stringData": {
                ".dockerconfigjson": json.dumps(CONFIG)}}), id="stringData goes before data"
        ),
    ],
)  # fmt: skip
def test_a_pull_secret_is_read_in_every_shape(text: str) -> None:
    assert user_of(text) == "alice"
    assert user_of(text, "b.example") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a text",
        "5",
        "[]",
        "kind: ConfigMap",
        yaml.safe_dump(secret(CONFIG, kind="Opaque")),
        yaml.safe_dump({"kind": "List", "items": {}}),
        yaml.safe_dump({"kind": "List", "items": [{"kind": "List", "items": [secret(CONFIG)]}]}),
    ],
)
def test_a_file_without_a_pull_secret_is_a_mistake(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^s\.yaml: holds no pull secret$"):
        parse_pull_secrets(text, "s.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [b\nc: s3cret", "s.yaml:2:2: neither YAML nor JSON"),
        ("a: *s3cret", "s.yaml:1:4: neither YAML nor JSON"),
        ("[" * 100_000 + "s3cret", "s.yaml: neither YAML nor JSON"),
        ("\x01s3cret", "s.yaml: neither YAML nor JSON"),
        (yaml.safe_dump(secret(CONFIG) | {"data": {}}), "s.yaml: Secret 'regcred': has no .dockerconfigjson"),
        (yaml.safe_dump(secret(CONFIG) | {"data": []}), "s.yaml: Secret 'regcred': has no .dockerconfigjson"),
        (yaml.safe_dump(secret(CONFIG) | {"data": "s3cret"}), "s.yaml: Secret 'regcred': data: not a JSON object"),
        (
            yaml.safe_dump(secret(CONFIG) | {"data": {".dockerconfigjson": "ENC[s3cret]"}}),
            "s.yaml: Secret 'regcred': data..dockerconfigjson is not base64 of UTF-8",
        ),
        (yaml.safe_dump(secret("{s3cret")), "s.yaml: Secret 'regcred':1:2: not JSON"),
        (yaml.safe_dump(secret("[]")), "s.yaml: Secret 'regcred': not a JSON object"),
        (yaml.safe_dump(secret({"auths": {"a": {"auth": 5}}})), "s.yaml: Secret 'regcred': auths.'a'.auth: not a text"),
    ],
)
def test_a_mistake_is_named_without_its_content(text: str, message: str) -> None:  # AUTH-22, AUTH-23
    with pytest.raises(ConfigError) as caught:
        parse_pull_secrets(text, "s.yaml")
    assert caught.value.message.startswith(message)
    assert caught.value.__cause__ is None
    assert "s3cret" not in f"{caught.value!r} {caught.value.hint}"


def test_yaml_that_refers_to_itself_is_no_trap() -> None:
    bomb = "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*{f'b{n - 1}' if n else 'a'}, *a]\n" for n in range(40))
    for text in ("&a {kind: List, items: [*a, *a]}", f"{bomb}kind: List\nitems: *b39"):
        with pytest.raises(ConfigError):
            parse_pull_secrets(text, "s.yaml")


def test_tags_of_yaml_make_nothing_but_texts() -> None:
    text = yaml.safe_dump(secret(CONFIG)).replace("kind: Secret", "kind: !!python/name:os.system Secret")
    assert user_of(text) == "alice"


def match(*keys: str, registry: str = "a.example", repository: str | None = None) -> list[str]:
    entries = [Entry(key=key, login=Credential(username="u", secret="s", source="s")) for key in keys]
    return [entry.key for entry in matching_entries(entries, registry, repository)]


@pytest.mark.parametrize(
    ("key", "registry", "repository", "is_match"),
    [
        ("a.example", "a.example", None, True),
        ("A.Example", "a.example", None, True),
        ("https://a.example/v1/", "a.example", None, True),
        ("http://a.example/v2", "a.example", "acme/app", True),
        ("a.example:443", "a.example", None, True),
        ("a.example:5000", "a.example:5000", None, True),
        ("a.example:5000", "a.example", None, False),
        ("a.example", "a.example:5000", None, False),
        ("*.example", "a.example", None, True),
        ("*.example", "example", None, False),
        ("*.example", "b.a.example", None, False),
        ("*.*.example", "b.a.example", None, True),
        ("prefix*.example", "prefix-1.example", None, True),
        ("prefix*.example", "a.example", None, False),
        ("r?g.example", "reg.example", None, True),
        ("reg[0-9].example", "reg7.example", None, True),
        ("*", "a.example", None, False),
        ("*.example:*", "a.example:5000", None, False),
        ("*.example:5000", "a.example:5000", None, True),
        ("*.example@evil.example", "a.example", None, False),
        ("u:pw@a.example", "a.example", None, False),
        ("a.example.", "a.example", None, False),
        ("a.example/acme", "a.example", "acme/app", True),
        ("https://a.example/acme", "a.example", "acme/app", True),
        ("a.example/v2/acme/", "a.example", "acme/app", True),
        ("a.example/acme/app", "a.example", "acme/app", True),
        ("a.example/acme", "a.example", "acmecorp/app", False),
        ("a.example/acme", "a.example", None, False),
        ("a.example/*", "a.example", "acme/app", False),
        ("*.example/acme", "a.example", "acme/app", True),
        ("https://index.docker.io/v1/", "docker.io", "library/nginx", True),
        ("docker.io/acme", "docker.io", "acme/app", True),
        ("[::1]:5000", "[::1]:5000", None, True),
        ("[::1]:5000", "[::2]:5000", None, False),
    ],
)  # fmt: skip
def test_keys_match_as_kubelet_matches_them(  # AUTH-34, SEC-21
    key: str, registry: str, repository: str | None, *, is_match: bool
) -> None:
    assert bool(match(key, registry=registry, repository=repository)) is is_match


def test_longer_keys_go_first_and_wildcards_last() -> None:  # AUTH-34
    keys = ("*.example", "a.example", "a.example/acme", "*.example/acme/app", "a.example/acme/app")
    assert match(*keys, repository="acme/app") == [
        "a.example/acme/app",
        "a.example/acme",
        "a.example",
        "*.example/acme/app",
        "*.example",
    ]


def test_of_equal_keys_the_first_goes_first() -> None:
    assert match("a.example/v1/", "https://a.example", "a.example") == [
        "a.example/v1/",
        "https://a.example",
        "a.example",
    ]


def test_all_files_are_one_keyring_and_the_first_match_is_shown(tmp_path: Path) -> None:  # AUTH-34
    for name, users in (("one", {"*_example": "one"}), ("two", {"a_example": "two"})):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(secret({"auths": auths(**users)}, name=name)))
        (tmp_path / f"{name}.yaml").chmod(0o600)
    source = PullSecretSource((tmp_path / "one.yaml", tmp_path / "two.yaml"))
    (step,) = source.look("a.example")
    assert isinstance(step, Found)
    assert (step.key, step.others) == ("a.example", 1)
    assert step.login == Credential(username="two", secret="two", source=f"{tmp_path}/two.yaml: Secret 'two'")
    (other,) = source.look("b.example")
    assert isinstance(other, Found)
    assert (other.key, other.others, source.warnings) == ("*.example", 0, ())


def test_nothing_is_read_before_a_host_is_asked_for_and_then_the_file_must_be_there(tmp_path: Path) -> None:  # AUTH-25
    source = PullSecretSource((tmp_path / "none.yaml",))
    assert source.names == (f"--pull-secret {tmp_path}/none.yaml",)
    with pytest.raises(ConfigError, match="there is no such pull secret"):
        source.get("a.example")


def test_a_helper_that_a_pull_secret_names_is_never_started(  # AUTH-25
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", install(tmp_path, "evil", "echo")["PATH"])
    file = tmp_path / "s.yaml"
    file.write_text(yaml.safe_dump(secret({"credsStore": "evil", "credHelpers": {"a.example": "evil"}})))
    source = PullSecretSource((file,))
    assert source.get("a.example") is None
    assert asked(tmp_path) == []
    assert any("helpers are not started from here" in warning for warning in source.warnings)
    assert any("everybody on this machine may read it" in warning for warning in source.warnings)
