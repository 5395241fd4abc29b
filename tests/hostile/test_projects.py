"""A project that brings files of its own for credentials, certificates and mirrors: none is read, nothing is started.

Only the user's configuration, the environment and flags decide about the network (SEC-22).
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from functools import partial
from pathlib import Path

import pytest

from pinner.credentials import helper
from pinner.credentials.chain import default_sources
from pinner.credentials.surroundings import Surroundings
from pinner.errors import HelperError
from pinner.formats import candidates
from tests.hostile.answers import DIGEST, guarded, serve
from tests.hostile.client import ask, assert_refused
from tests.hostile.conftest import Listen
from tests.hostile.sentinel import SENTINEL
from tests.hostile.server import Origin
from tests.hostile.sweep import SWEEP
from tests.hostile.watching import Watched, watching
from tests.support.program import Ran, run, spawn

AUTH = base64.b64encode(f"alice:{SENTINEL}".encode()).decode()
EVIL = "docker-credential-evil"


def login_file(host: str) -> str:
    return json.dumps({"auths": {host: {"auth": AUTH}}, "credsStore": "evil", "credHelpers": {host: "evil"}})


def decoys(host: str) -> dict[str, str]:
    """Return what a project may try, by path."""
    settings = (
        f'[registries."{host}"]\nplain-http = true\nmirrors = ["http://{host}"]\ntrusted-realms = ["evil.test"]\n'
    )
    names = (".docker/config.json", "config.json", ".config/containers/auth.json", "containers/auth.json", "auth.json")
    return {
        **dict.fromkeys(names, login_file(host)),
        ".dockercfg": json.dumps({host: {"auth": AUTH}}),
        ".netrc": f"machine {host.partition(':')[0]} login alice password {SENTINEL}\n",
        ".curlrc": f"user = alice:{SENTINEL}\n",
        ".env": f"DOCKER_AUTH_CONFIG={login_file(host)}\nPINNER_REGISTRIES=registries.toml\n",
        **dict.fromkeys(("registries.toml", ".config/pinner/registries.toml", "pinner/registries.toml"), settings),
        "hosts.toml": f'server = "http://{host}"\nskip_verify = true\n',
        f"certs.d/{host}/hosts.toml": "skip_verify = true\n",
        f"certs.d/{host}/ca.crt": "no certificate",
        "registries.conf": 'unqualified-search-registries = ["evil.test"]\n',
        "daemon.json": '{"insecure-registries": ["0.0.0.0/0"], "registry-mirrors": ["http://evil.test"]}',
        "sitecustomize.py": "raise SystemExit(99)\n",
    }


@pytest.fixture
def registry(listen: Listen) -> Origin:
    """A registry that has one open repository, and one for which it asks for a login."""
    return listen(
        {
            "/v2/open/manifests/1": serve(),
            "*": guarded('Basic realm="x"', f"Basic {AUTH}", serve()),
        }
    )


@pytest.fixture
def project(tmp_path: Path, registry: Origin) -> Path:
    """A clone with images of that registry, and with every file that could be taken for the user's."""
    root = tmp_path / "clone"
    for name, content in decoys(registry.authority).items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        SWEEP.keep(file)
    for folder in ("", "bin", ".docker"):
        program = root / folder / EVIL
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/started'\n", encoding="utf-8")
        program.chmod(0o755)
    services = "".join(f"  {name}:\n    image: {registry.authority}/{name}:1\n" for name in ("open", "closed"))
    (root / "compose.yaml").write_text(f"services:\n{services}", encoding="utf-8")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@x", "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "-q"], cwd=root, check=True)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "filter.evil.clean"):
        subprocess.run([*git, "config", key, str(root / EVIL)], cwd=root, check=True)
    (root / ".gitattributes").write_text("* filter=evil diff=evil\n", encoding="utf-8")
    return root


def assert_nothing_was_used(project: Path, registry: Origin, watched: Watched | None = None) -> None:
    assert not (project.parent / "started").exists()
    assert not registry.has_a_secret
    assert not [one for one in registry.requests if "authorization" in one.headers]
    if watched is not None:
        assert {Path(one).name for one in watched.started} <= {"git"}
        opened = {one.relative_to(project).as_posix() for one in watched.opened if one.is_relative_to(project)}
        decoy = {*decoys(registry.authority), EVIL, f"bin/{EVIL}", f".docker/{EVIL}"}
        if "compose.yaml" in opened:
            # A scan looks for images in files of such names; what it finds there is text, never a setting.
            decoy = {name for name in decoy if not candidates(name)}
        assert opened.isdisjoint(decoy)


@pytest.mark.parametrize("verb", ["pin", "check", "images", "resolve"])
def test_a_project_chooses_no_credentials_and_starts_no_program_sec_22(
    project: Path, registry: Origin, verb: str
) -> None:
    arguments = [f"{registry.authority}/{name}:1" for name in ("open", "closed")] if verb == "resolve" else []
    with watching() as watched:
        ran = run(verb, *arguments, cwd=project)
    online = verb in {"pin", "resolve"}
    assert ran.code == {"check": 1, "images": 0}.get(verb, 4), ran.stderr
    assert bool(registry.requests) == online
    assert_nothing_was_used(project, registry, watched)
    if online:
        assert "closed" in ran.stderr
        assert f"{registry.authority}/open" not in ran.stderr


def test_a_process_of_its_own_uses_nothing_either_sec_22(project: Path, registry: Origin) -> None:
    ran = spawn("pin", cwd=project)
    assert ran.code == 4, ran.stderr
    assert f"{registry.authority}/open:1@{DIGEST}" in (project / "compose.yaml").read_text(encoding="utf-8")
    assert_nothing_was_used(project, registry)


def test_the_same_file_of_the_user_is_read_sec_22(
    project: Path, registry: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the watcher sees it, and the registry lets the user in."""
    home = tmp_path / "home"
    (home / ".docker").mkdir(parents=True)
    file = home / ".docker" / "config.json"
    file.write_text(json.dumps({"auths": {registry.authority: {"auth": AUTH}}}), encoding="utf-8")
    file.chmod(0o600)
    SWEEP.keep(file)
    with watching() as watched:
        ran = run("pin", cwd=project, environ={"HOME": str(home)})
    assert ran.code == 0, ran.stderr
    assert file in watched.opened
    assert registry.has_a_secret


FORBIDDEN = [
    'registries = {{"{host}" = {{plain-http = true}}}}',
    '[registries."{host}"]\nmirrors = ["http://{host}"]',
    'mirrors = ["http://{host}"]',
    "plain-http = true",
    'ca = "ca.pem"',
    'trusted-realms = ["evil.test"]',
    'credentials = {{helper = "evil"}}',
    'credsStore = "evil"',
    'proxy = "http://{host}"',
    "insecure = true",
    "[network]\ntimeout = 1",
]


@pytest.mark.parametrize("text", FORBIDDEN)
@pytest.mark.parametrize("name", ["pinner.toml", ".pinner.toml", "pyproject.toml"])
def test_a_projects_configuration_knows_no_word_about_the_network_sec_22(
    project: Path, registry: Origin, name: str, text: str
) -> None:
    assert run("pin", cwd=project).code == 4
    registry.requests.clear()
    text = text.format(host=registry.authority)
    if name == "pyproject.toml":
        table, _, rest = text.partition("]\n")
        text = f"[tool.pinner.{table.removeprefix('[')}]\n{rest}" if rest else f"[tool.pinner]\n{text}"
    (project / name).write_text(text if "tool" in text else f"version = 1\n{text}\n", encoding="utf-8")
    ran = run("pin", cwd=project)
    assert ran.code == 2
    assert name in ran.stderr
    assert "unknown key" in ran.stderr
    assert not registry.requests
    assert_nothing_was_used(project, registry)


def test_a_helper_is_not_looked_for_in_the_project_sec_22_sec_34(
    project: Path, registry: Origin, tmp_path: Path
) -> None:
    """The user's own configuration names a helper that only the project has, and the user's PATH has a dot."""
    folder = tmp_path / "docker"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"credsStore": "evil"}), encoding="utf-8")
    path = os.pathsep.join([".", "", "bin", os.environ["PATH"]])
    ran = spawn(
        "resolve", f"{registry.authority}/closed:1", cwd=project, environ={"DOCKER_CONFIG": str(folder), "PATH": path}
    )
    assert ran.code == 4
    assert "is not installed" in ran.stderr
    assert_nothing_was_used(project, registry)


def debugged(registry: Origin, folder: Path, *arguments: str, login: dict[str, str]) -> Ran:
    """Run pinner as a process that shows tracebacks and logs, with a login of the user."""
    folder.mkdir(exist_ok=True)
    file = folder / "config.json"
    file.write_text(json.dumps({"auths": {registry.authority: login}}), encoding="utf-8")
    file.chmod(0o600)
    SWEEP.keep(file)
    more = {"DOCKER_CONFIG": str(folder), "PINNER_DEBUG": "1", "PYTHONFAULTHANDLER": "1", "PYTHONDEVMODE": "1"}
    return spawn(*arguments, cwd=folder, environ=more)


@pytest.mark.parametrize(
    "login",
    [
        pytest.param({"auth": AUTH}, id="password"),
        pytest.param({"identitytoken": SENTINEL}, id="identity token"),
        pytest.param({"registrytoken": SENTINEL}, id="registry token"),
        pytest.param({"username": f"{SENTINEL}\ud800", "password": f"{SENTINEL}\ud800"}, id="half a letter"),
        pytest.param({"auth": AUTH[:-5] + "!!!"}, id="no base64"),
        pytest.param({"auth": base64.b64encode(SENTINEL.replace(":", "").encode()).decode()}, id="no colon"),
        pytest.param({"password": SENTINEL, "username": ["x"]}, id="no text"),
    ],
)
@pytest.mark.parametrize("report", ["text", "json"])
def test_a_debugged_run_with_a_refused_login_tells_no_secret_sec_29(
    listen: Listen, tmp_path: Path, login: dict[str, str], report: str
) -> None:
    """`spawn` hands all that was printed to the sweep."""
    registry = listen(guarded('Basic realm="x"', "nobody", serve()))
    ran = debugged(
        registry, tmp_path / "docker", "resolve", f"{registry.authority}/app:1", "--format", report, login=login
    )
    assert ran.code in {2, 4}
    assert registry.authority in ran.stderr
    assert "Traceback" not in ran.stderr


HELPERS: list[tuple[str, str]] = [
    ("floods", "head -c 10000000 /dev/zero | tr '\\0' a"),
    ("writes escapes", "printf '\\033[31m%s\\033[0m\\n::error::x\\r' \"$SECRET\"; exit 1"),
    ("writes no JSON", 'echo "$SECRET"'),
    ("writes half of it", 'printf \'{"Username":"a","Secret":"%s\' "$SECRET"'),
    ("hangs", "echo $SECRET; sleep 300"),
    ("hangs in a child", "sleep 300 & echo $SECRET; sleep 300"),
    ("ends without a word", "exit 3"),
    ("writes a secret with a line break", 'printf \'{"Username":"a","Secret":"%s\\\\r\\\\nX-Injected: 1"}\' "$SECRET"'),
]


@pytest.mark.parametrize("script", [pytest.param(row[1], id=row[0]) for row in HELPERS])
def test_a_helper_that_misbehaves_is_named_and_not_quoted_sec_23(
    listen: Listen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    hangs = "sleep" in script
    registry = listen(guarded('Basic realm="x"', f"Basic {AUTH}", serve()))
    program = tmp_path / "docker-credential-odd"
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "odd"}), encoding="utf-8")
    environ = {
        "DOCKER_CONFIG": str(tmp_path),
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "SECRET": SENTINEL,
    }

    def install(lines: str) -> None:
        program.write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
        program.chmod(0o755)

    install('printf \'{"Username":"alice","Secret":"%s"}\' "$SECRET"')
    assert ask(f"{registry.authority}/app:1", credentials=default_sources(Surroundings.of(environ))).digest == DIGEST
    install(script)
    monkeypatch.setattr(helper, "Helper", partial(helper.Helper, time_limit=0.5 if hangs else 60))
    outcome = ask(f"{registry.authority}/app:1", credentials=default_sources(Surroundings.of(environ)))
    if "X-Injected" in script:
        assert outcome.error.exit_code == 4
        assert b"X-Injected" not in registry.received
    else:
        words = ["did not answer within 0.5 seconds"] if hangs else []
        assert_refused(outcome, HelperError, "docker-credential-odd", *words)
