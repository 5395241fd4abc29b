"""What every test sees: the same environment on every machine, and hypothesis without deadlines."""

from __future__ import annotations

import os
import signal
import threading
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester", "tests.hostile.sweep"]

# How long an example takes says something about the machine, so it fails no test.
_PATIENT: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A shell that starts pytest in the background lets it ignore Ctrl-C, and every program that a test interrupts, too.
if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("ci", _PATIENT, derandomize=True, print_blob=True)
settings.register_profile("desk", _PATIENT)
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
    """Take away what belongs to the machine or its user; the home folder is new and empty, and so is that for locks."""
    for name in tuple(os.environ):
        upper = name.upper()
        if name not in _KEPT and (upper in _FOREIGN_NAMES or upper.startswith(_FOREIGN_PREFIXES)):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run-time")))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    # Only a machine that is busy shows progress.
    monkeypatch.setenv("PINNER_NO_PROGRESS", "1")
