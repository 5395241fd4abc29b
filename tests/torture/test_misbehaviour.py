"""`pin` against a registry that misbehaves by a seed: what can be known is pinned, the rest is said (RATE-15)."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import tenacity

from pinner.oci.digest import Digest
from pinner.registry import kept, second_tries
from tests.registry.faulty import FaultyRegistry, document
from tests.registry.server import reply, serving
from tests.support.program import run
from tests.torture.scale import PATIENCE, SEED, chance, rounds

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(PATIENCE)]

REFERENCES: Final = rounds(quick=600, full=10_000)
EACH: Final = 20  # references in a file
HOPELESS: Final = 100  # one path in so many never gets a good answer
_ENTRY: Final = re.compile(r'\[images\."[^/]+/(?P<name>[^:]+):(?P<tag>\w+)"\]\ndigest = "(?P<digest>[^"]+)"')

_BAD: Final[tuple[Callable[[str], bytes], ...]] = (
    lambda _: reply(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}'),
    lambda _: reply(403, b'{"errors":[{"code":"DENIED"}]}'),
    lambda _: reply(200, b"<html>log in</html>", content_type="text/html"),
    lambda _: reply(200, b"{}", content_type="application/vnd.oci.image.index.v1+json"),
    lambda _: reply(200, b"[" * 100_000, content_type="application/vnd.oci.image.index.v1+json"),
    lambda path: reply(
        200,
        document(path),
        content_type="application/vnd.oci.image.index.v1+json",
        docker_content_digest=str(Digest.of(b"another")),
    ),
    lambda _: reply(301, location="/v2/../../etc/passwd"),
    lambda _: reply(200, b"\xff\xfe\x00", content_type="\x7f", content_encoding="gzip"),
)


class HopelessRegistry:
    """A faulty registry in which some paths have nothing good to say, ever."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._faulty = FaultyRegistry(seed, share=0.05, stalls=1)

    def is_hopeless(self, path: str) -> bool:
        """Return whether a path never gets a good answer."""
        return chance(self._seed, path).randrange(HOPELESS) == 0

    def serve(self, connection: socket.socket, head: str, number: int) -> None:
        path = head.split(" ")[1]
        if "/manifests/sha256:" in path or not path.startswith("/v2/team/"):
            connection.sendall(reply(404))
        elif self.is_hopeless(path):
            connection.sendall(chance("bad", path).choice(_BAD)(path))
        else:
            self._faulty.serve(connection, head, number)


@pytest.mark.parametrize("number", range(rounds(quick=1, full=5)))
def test_what_can_be_known_is_pinned_and_the_rest_is_said(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_tries, "_jitter", tenacity.wait_random_exponential(multiplier=0.005, max=0.05))
    monkeypatch.setattr(kept, "READ_SECONDS", 3.0)
    registry = HopelessRegistry(SEED + number)
    names = [(f"team/app{one % 50}", str(one)) for one in range(REFERENCES)]
    (tmp_path / "pinner.toml").write_text("version = 1\n")
    with serving(registry.serve) as server:
        for start in range(0, REFERENCES, EACH):
            folder = tmp_path / f"{start:05}"
            folder.mkdir()
            images = [f"{server.host}/{name}:{tag}" for name, tag in names[start : start + EACH]]
            lines = "".join(f"  s{place}:\n    image: {image}\n" for place, image in enumerate(images))
            (folder / "compose.yaml").write_text(f"services:\n{lines}")
        ran = run("pin", "--timeout", "1500", cwd=tmp_path)
    paths = {f"/v2/{name}/manifests/{tag}": (name, tag) for name, tag in names}
    good = {where: str(Digest.of(document(path))) for path, where in paths.items() if not registry.is_hopeless(path)}
    hopeless = REFERENCES - len(good)
    assert hopeless > 0
    assert ran.code in {3, 4}, ran.stderr
    assert "Traceback" not in ran.stderr
    lock = (tmp_path / "pinner.lock").read_text()
    assert {(one["name"], one["tag"]): one["digest"] for one in _ENTRY.finditer(lock)} == good
    listed = json.loads(run("images", "--format", "json", cwd=tmp_path).out)["images"]
    assert {(one["repository"], one["tag"]): one["digest"] for one in listed} == {
        where: good.get(where) for where in paths.values()
    }
    assert len(listed) == REFERENCES
