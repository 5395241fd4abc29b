"""What every test sees: the same environment on every machine, and hypothesis without deadlines."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

pytest_plugins = ["pytester", "tests.hostile.sweep"]

settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

_FOREIGN_PREFIXES = ("PINNER_", "XDG_", "GIT_", "GITHUB_", "CI_", "_TYPER_")
_FOREIGN_NAMES = frozenset(
    {
        *("CI", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "TERM"),
        *("DOCKER_AUTH_CONFIG", "DOCKER_CONFIG", "GITLAB_CI", "REGISTRY_AUTH_FILE"),
        *("ALL_PROXY", "FTP_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
        *("REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE", "SSLKEYLOGFILE"),
    }
)
_KEPT = frozenset({"PINNER_CORPUS"})


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Take away what belongs to the machine or its user; the home folder is new and empty."""
    for name in tuple(os.environ):
        upper = name.upper()
        if name not in _KEPT and (upper in _FOREIGN_NAMES or upper.startswith(_FOREIGN_PREFIXES)):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
