from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def run_time_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the locks of trees without git out of the machine's own folders."""
    folder = tmp_path_factory.mktemp("run-time")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder
