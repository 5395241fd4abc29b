"""`docs/credentials.md` against the program: its table, its snippets and the helpers they lead to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import pytest

from pinner.credentials.base import Credential
from pinner.credentials.chain import SOURCES
from pinner.credentials.named_login import read_auth
from tests.credentials.test_chain import chain_of
from tests.credentials.test_sources import asked, config, install
from tests.support.program import run

PAGE: Final = (Path(__file__).parents[1] / "docs" / "credentials.md").read_text(encoding="utf-8")
SNIPPETS: Final = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
HELPERS: Final = [
    (host, helper, text) for text in SNIPPETS for host, helper in json.loads(text).get("credHelpers", {}).items()
]
FLAGS: Final = re.findall(r"--auth ([a-z]\S+)=(env:\w+)", PAGE)
CONSOLE: Final = re.findall(r"^\$ pinner auth explain ghcr\.io\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_table_has_every_source_in_its_order() -> None:
    assert re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE) == list(SOURCES)


def test_the_page_shows_helpers_of_all_clouds() -> None:
    assert {helper for _, helper, _ in HELPERS} == {"ecr-login", "gcloud", "gcr", "acr-env", "cgr"}


@pytest.mark.parametrize(("host", "helper", "text"), HELPERS)
def test_a_snippet_leads_to_its_helper(host: str, helper: str, text: str, tmp_path: Path) -> None:
    environ = install(tmp_path, helper, """echo '{"Username": "cloud", "Secret": "pw"}'""")
    environ["DOCKER_CONFIG"] = str(config(tmp_path, text).parent)
    assert chain_of(environ).get(host, "acme/api") == Credential(
        username="cloud", secret="pw", source=f"docker-credential-{helper}"
    )
    assert chain_of(environ).get(f"{host}.evil.example", "acme/api") is None
    assert asked(tmp_path) == [f"get {host}"]


def test_the_snippet_with_paths_gives_each_team_its_login(tmp_path: Path) -> None:
    (text,) = (text for text in SNIPPETS if "team-a" in text)
    chain = chain_of({"DOCKER_CONFIG": str(config(tmp_path, text).parent)})
    found = [chain.get("registry.corp.example:5000", path) for path in ("team-a/app", "team-b/app")]
    assert [one.username for one in found if isinstance(one, Credential)] == ["team-a", "reader"]


@pytest.mark.parametrize(("address", "variable"), FLAGS)
def test_the_flags_of_the_page_are_read(address: str, variable: str) -> None:
    (login,) = read_auth([f"{address}={variable}"])
    assert login.address == address


def test_the_page_shows_flags() -> None:
    assert len(FLAGS) > 5


def test_the_console_of_the_page_shows_what_the_program_prints(tmp_path: Path) -> None:
    environ = install(tmp_path, "desktop", "echo 'credentials not found in native keychain'; exit 1")
    (tmp_path / ".docker").mkdir()
    config(tmp_path / ".docker", '{"auths": {"ghcr.io": {"auth": "YWxpY2U6cHc="}}, "credsStore": "desktop"}')
    environ |= {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    printed = run("auth", "explain", "ghcr.io", cwd=tmp_path, environ=environ).out
    head, tail = CONSOLE[0].split("  …\n")
    assert printed.startswith(head)
    assert printed.endswith(tail)
