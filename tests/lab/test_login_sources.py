"""Every kind of source gets into a real registry, and `auth explain` says beforehand which one will."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Final

import pytest

from tests.hostile.sweep import SWEEP
from tests.lab.images import KINDS, push
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.token_server import PASSWORD, USER
from tests.lab.trees import write_images

LOGIN: Final = f"{USER}:{PASSWORD}"
AUTH: Final = base64.b64encode(LOGIN.encode()).decode()


@pytest.fixture
def tree(htpasswd_registry: RegistryProcess, registry: RegistryProcess, tmp_path: Path) -> Path:
    push(registry.url, "logins/a", {"1": KINDS["oci-index"]})
    return write_images(tmp_path / "tree", [f"{htpasswd_registry.address}/logins/a:1"])


def _pull_secret(folder: Path, host: str) -> str:
    """Write a Secret whose key has a wildcard for the first label, and return its path."""
    name, _, port = host.partition(":")
    first, *rest = name.split(".")
    pattern = f"{'.'.join([f'{first[0]}*', *rest])}:{port}"
    config = json.dumps({"auths": {pattern: {"auth": AUTH}}})
    file = folder / "pull-secret.yaml"
    file.write_text(
        f"kind: Secret\ntype: kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: '{config}'\n"
    )
    file.chmod(0o600)
    SWEEP.keep(file)
    return str(file)


@pytest.mark.parametrize("name", ["auth", "pull-secret", "dockercfg", "gitlab", "a job's token"])
def test_a_source_gets_in_as_was_explained(
    name: str, tree: Path, htpasswd_registry: RegistryProcess, tmp_path: Path
) -> None:  # AUTH-33, AUTH-34, AUTH-35, AUTH-36
    host = htpasswd_registry.address
    home = tmp_path / "home"
    home.mkdir()
    (home / ".dockercfg").write_text(json.dumps({host: {"auth": AUTH}}) if name == "dockercfg" else "{}")
    (home / ".dockercfg").chmod(0o600)
    SWEEP.keep(home / ".dockercfg")
    job = {"GITLAB_CI": "true", "CI_REGISTRY": host}
    flags, environ = {
        "auth": (["--auth", f"{host}=env:LAB"], {"LAB": LOGIN}),
        "pull-secret": (["--pull-secret", _pull_secret(tmp_path, host)], {}),
        "dockercfg": ([], {}),
        "gitlab": ([], {**job, "CI_REGISTRY_USER": USER, "CI_REGISTRY_PASSWORD": PASSWORD}),
        "a job's token": ([], {**job, "CI_JOB_TOKEN": PASSWORD}),
    }[name]
    explained = pinner("auth", "explain", host, *flags, "--format", "json", cwd=tree, HOME=home, **environ)
    assert explained.code == 0, explained.stderr
    source = json.loads(explained.out)["credential"]["source"]
    assert htpasswd_registry.requests() == ()
    ran = pinner("pin", *flags, cwd=tree, HOME=home, **environ)
    if name == "a job's token":  # the registry of the lab has no user `gitlab-ci-token`: it is shown, and refused
        assert ran.code == 4
        assert f"refused the credentials from {source} (401)" in ran.stderr
    else:
        assert ran.code == 0, ran.stderr
        assert f"{host}/logins/a:1@sha256:" in (tree / "compose.yaml").read_text(encoding="utf-8")
    assert PASSWORD not in ran.out + ran.stderr + explained.out + explained.stderr
    assert AUTH not in explained.out + explained.stderr


def test_a_job_of_another_registry_shows_it_nothing(tree: Path, htpasswd_registry: RegistryProcess) -> None:  # SEC-21
    host = htpasswd_registry.address
    job = {"GITLAB_CI": "true", "CI_REGISTRY": f"{host}0", "CI_REGISTRY_USER": USER, "CI_REGISTRY_PASSWORD": PASSWORD}
    ran = pinner("pin", cwd=tree, **job)
    assert ran.code == 4
    assert "GitLab job variables" in ran.stderr
    assert set(htpasswd_registry.statuses()) == {("GET", 401)}
    assert len(htpasswd_registry.requests()) == 1
