"""The registry of the benchmark is one that every verb can use."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.loopback import DIGEST, running_registry
from tests.support.program import run
from tests.support.sources import compose_text
from tests.support.trees import write


@pytest.mark.enable_socket
def test_digests_and_documents_come_from_it(tmp_path: Path) -> None:
    with running_registry() as host:
        write(tmp_path, compose_yaml=compose_text(f"{host}/team/app:1"))
        assert run("resolve", f"{host}/team/app:1", cwd=tmp_path).out == f"{DIGEST}\n"
        assert run("pin", cwd=tmp_path).code == 0
    assert DIGEST in (tmp_path / "compose.yaml").read_text()
