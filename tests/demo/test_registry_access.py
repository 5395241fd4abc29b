from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing

import pytest

from pinner.demo.registry import DemoRegistry, Request
from tests.demo.peer import ACCEPT, MANIFEST, NAME, ask, basic, bearer, connect, error_code, send

pytestmark = pytest.mark.enable_socket
PRIVATE = "/v2/private/team/api/manifests/1"


@pytest.fixture
def registry() -> Iterator[DemoRegistry]:
    with DemoRegistry(users={"ada": "secret"}) as running:
        running.push_image(NAME, "1.27", marker="one")
        running.push_image("private/team/api", "1", marker="one")
        yield running
        assert running.crashes == []


@pytest.mark.parametrize("path", [MANIFEST, f"/v2/{NAME}/tags/list", "/v2/library/none/manifests/1"])
def test_without_a_token_the_challenge_names_realm_service_and_scope(registry: DemoRegistry, path: str) -> None:
    status, headers, body = ask(registry, path)
    scope = "repository:" + path.removeprefix("/v2/").rsplit("/", 2)[0] + ":pull"
    assert (status, error_code(body)) == (401, "UNAUTHORIZED")
    assert headers["WWW-Authenticate"] == f'Bearer realm="{registry.url}/token",service="demo",scope="{scope}"'


def test_the_version_check_asks_for_a_token_without_a_scope(registry: DemoRegistry) -> None:
    status, headers, _ = ask(registry, "/v2/")
    assert (status, headers["WWW-Authenticate"]) == (401, f'Bearer realm="{registry.url}/token",service="demo"')
    assert ask(registry, "/v2/", bearer(registry, NAME))[0] == 200


def test_an_anonymous_token_opens_a_public_repository(registry: DemoRegistry) -> None:
    assert ask(registry, MANIFEST, bearer(registry, NAME))[0] == 200


def test_a_token_for_another_repository_is_challenged_again(registry: DemoRegistry) -> None:
    status, headers, _ = ask(registry, MANIFEST, bearer(registry, "library/other"))
    assert status == 401
    assert headers["WWW-Authenticate"].endswith(f'scope="repository:{NAME}:pull",error="insufficient_scope"')


def test_an_anonymous_token_for_a_private_repository_is_empty_as_on_docker_hub(registry: DemoRegistry) -> None:
    assert ask(registry, PRIVATE, bearer(registry, "private/team/api"))[0] == 401


def test_a_private_repository_opens_with_credentials(registry: DemoRegistry) -> None:
    assert ask(registry, PRIVATE, bearer(registry, "private/team/api", basic("ada:secret")))[0] == 200


def test_wrong_credentials_are_refused_at_the_token_endpoint(registry: DemoRegistry) -> None:
    status, headers, body = ask(registry, "/token?service=demo", basic("ada:wrong"))
    assert (status, error_code(body), headers["WWW-Authenticate"]) == (401, "UNAUTHORIZED", 'Basic realm="demo"')


def test_every_registry_makes_up_its_own_password() -> None:
    one, two = DemoRegistry(), DemoRegistry()
    assert one.users.keys() == two.users.keys() == {"demo"}
    assert one.users != two.users


def test_a_generated_password_opens_a_private_repository() -> None:
    with DemoRegistry() as registry:
        registry.push_image("private/api", "1", marker="one")
        credentials = basic(f"demo:{registry.users['demo']}")
        assert ask(registry, "/v2/private/api/manifests/1", bearer(registry, "private/api", credentials))[0] == 200


def test_a_revoked_token_is_challenged_as_invalid_AUTH_07(registry: DemoRegistry) -> None:  # noqa: N802 - the id of the pitfall
    token = bearer(registry, NAME)
    registry.revoke_tokens()
    status, headers, _ = ask(registry, MANIFEST, token)
    assert status == 401
    assert headers["WWW-Authenticate"].endswith(',error="invalid_token"')


def test_a_token_answer_says_its_lifetime() -> None:
    with DemoRegistry(token_lifetime=90) as registry:
        document = json.loads(ask(registry, "/token?service=demo")[2])
    assert set(document) == {"token", "expires_in", "issued_at"}
    assert document["expires_in"] == 90


def test_without_token_auth_only_private_repositories_ask_and_for_basic() -> None:
    with DemoRegistry(token_auth=False, users={"ada": "secret"}) as registry:
        for name in (NAME, "private/team/api"):
            registry.push_image(name, "1", marker="one")
        assert ask(registry, "/v2/")[0] == 200
        assert ask(registry, f"/v2/{NAME}/manifests/1")[0] == 200
        status, headers, _ = ask(registry, PRIVATE)
        assert (status, headers["WWW-Authenticate"]) == (401, 'Basic realm="demo"')
        assert ask(registry, PRIVATE, {**ACCEPT, **basic("ada:wrong")})[0] == 401
        assert ask(registry, PRIVATE, {**ACCEPT, **basic("ada:secret")})[0] == 200


def test_a_fault_is_answered_as_often_as_asked_and_then_no_more(registry: DemoRegistry) -> None:
    registry.fail(NAME, "1.27", status=503, times=2, headers={"Retry-After": "1"})
    headers = bearer(registry, NAME)
    answers = [ask(registry, MANIFEST, headers) for _ in range(3)]
    assert [status for status, _, _ in answers] == [503, 503, 200]
    assert [each["Retry-After"] for _, each, _ in answers] == ["1", "1", None]
    assert error_code(answers[0][2]) == "UNAVAILABLE"


def test_a_fault_waits_for_an_authorized_request(registry: DemoRegistry) -> None:
    registry.fail(NAME, "1.27", status=429)
    assert ask(registry, MANIFEST)[0] == 401
    status, _, body = ask(registry, MANIFEST, bearer(registry, NAME))
    assert (status, error_code(body)) == (429, "TOOMANYREQUESTS")


def test_a_fault_touches_its_own_reference_only(registry: DemoRegistry) -> None:
    digest = registry.push_image(NAME, "1.28", marker="two")
    registry.fail(NAME, str(digest), status=500)
    registry.fail(NAME, "tags/list", status=502)
    headers = bearer(registry, NAME)
    paths = ("manifests/1.27", "manifests/1.28", f"manifests/{digest}", "tags/list")
    assert [ask(registry, f"/v2/{NAME}/{path}", headers)[0] for path in paths] == [200, 200, 500, 502]


def test_a_fault_may_bring_a_body_of_its_own(registry: DemoRegistry) -> None:
    registry.fail(NAME, "1.27", status=200, headers={"Content-Type": "text/html"}, body=b"<html>")
    registry.fail(NAME, "1.27", body=b"")
    headers = bearer(registry, NAME)
    status, answered, body = ask(registry, MANIFEST, headers)
    assert (status, answered["Content-Type"], body) == (200, "text/html", b"<html>")
    assert ask(registry, MANIFEST, headers)[::2] == (503, b"")


def test_the_token_endpoint_can_fail_too(registry: DemoRegistry) -> None:
    registry.fail_tokens(status=429, headers={"Retry-After": "2"})
    status, headers, _ = ask(registry, "/token?service=demo")
    assert (status, headers["Retry-After"]) == (429, "2")
    assert ask(registry, "/token?service=demo")[0] == 200


def test_the_token_dance_fits_into_one_connection(registry: DemoRegistry) -> None:
    with closing(connect(registry)) as connection:
        assert send(connection, MANIFEST, method="HEAD")[0] == 401
        first = connection.sock
        _, _, body = send(connection, f"/token?service=demo&scope=repository:{NAME}:pull", {})
        headers = {**ACCEPT, "Authorization": f"Bearer {json.loads(body)['token']}"}
        assert send(connection, MANIFEST, headers, method="HEAD")[0] == 200
        assert connection.sock is first


def test_the_log_says_what_was_asked_and_who_was_known(registry: DemoRegistry) -> None:
    ask(registry, MANIFEST)
    ask(registry, f"{MANIFEST}?ns=docker.io", bearer(registry, NAME), method="HEAD")
    assert registry.requests == [
        Request("GET", MANIFEST, authorized=False),
        Request("GET", "/token", authorized=False, query=f"service=demo&scope=repository:{NAME}:pull"),
        Request("HEAD", MANIFEST, authorized=True, query="ns=docker.io"),
    ]


@pytest.mark.lab
@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not on the PATH")
@pytest.mark.parametrize("name", [NAME, "private/team/api"])
def test_skopeo_reads_the_same_bytes(registry: DemoRegistry, name: str) -> None:
    digest = registry.push_image(name, "lab", marker="lab", attestation=True)
    for arguments in (("inspect", "--raw"), ("inspect", "--raw", "--config")):
        command = ["skopeo", *arguments, "--tls-verify=false", "--creds=ada:secret"]
        if "--config" in arguments:
            command[1:1] = ["--override-os=linux", "--override-arch=arm64"]
        done = subprocess.run([*command, f"docker://{registry.address}/{name}:lab"], check=True, capture_output=True)
        if "--config" in arguments:
            assert json.loads(done.stdout)["architecture"] == "arm64"
        else:
            assert hashlib.sha256(done.stdout).hexdigest() == digest.encoded
