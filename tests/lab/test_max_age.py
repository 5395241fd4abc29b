"""`--max-age` beside a real registry: fewer requests, and several runs at once (RATE-09)."""

from __future__ import annotations

import json
from pathlib import Path

from tests.lab.images import push, push_tiny, tiny_image
from tests.lab.program import begin, pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.trees import write_images


def test_a_second_run_asks_nothing(registry: RegistryProcess, kinds: dict[str, str], tmp_path: Path) -> None:
    names = [f"{registry.address}/kinds/image:{kind}" for kind in kinds]
    first = pinner("resolve", "--max-age", "15m", *names, cwd=tmp_path, XDG_CACHE_HOME=tmp_path / "cache")
    assert (first.code, first.out.split()) == (0, list(kinds.values())), first.stderr
    registry.forget()
    second = pinner("resolve", "--max-age", "15m", *names, cwd=tmp_path, XDG_CACHE_HOME=tmp_path / "cache")
    assert (second.code, second.out, registry.requests()) == (0, first.out, ())
    fresh = pinner("resolve", *names, cwd=tmp_path, XDG_CACHE_HOME=tmp_path / "cache")
    assert (fresh.out, len(registry.requests())) == (first.out, len(names))


def test_update_asks_again_only_for_what_nobody_confirmed(registry: RegistryProcess, tmp_path: Path) -> None:
    push_tiny(registry.url, [("aged/app", str(tag)) for tag in range(6)])
    names = [f"{registry.address}/aged/app:{tag}" for tag in range(6)]
    root = write_images(tmp_path / "tree", names)
    assert pinner("pin", cwd=root).code == 0
    pinner("resolve", "--max-age", "15m", *names[:4], cwd=root, XDG_CACHE_HOME=tmp_path / "cache")
    moved = push(registry.url, "aged/app", {"5": tiny_image("moved")})["5"]
    registry.forget()
    ran = pinner("update", "--max-age", "15m", cwd=root, XDG_CACHE_HOME=tmp_path / "cache")
    assert ran.code == 0, ran.stderr
    assert f"{names[5]}@{moved}" in (root / "compose.yaml").read_text(encoding="utf-8")
    assert registry.statuses() == {("HEAD", 200): 2, ("GET", 200): 1}


def test_several_runs_at_once_leave_a_whole_file(registry: RegistryProcess, tmp_path: Path) -> None:
    digests = push_tiny(registry.url, [("aged/many", str(tag)) for tag in range(4)])
    command = ("resolve", "--max-age", "15m")
    runs = [
        begin(*command, f"{registry.address}/aged/many:{tag}", cwd=tmp_path, XDG_CACHE_HOME=tmp_path / "cache")
        for tag in range(4)
    ]
    for (_, digest), process in zip(digests.items(), runs, strict=True):
        stdout, stderr = process.communicate(timeout=300)
        assert (process.returncode, stdout.decode().strip()) == (0, str(digest)), stderr
    kept = json.loads((tmp_path / "cache" / "pinner" / "answers.json").read_text(encoding="utf-8"))["answers"]
    known = {f"{registry.address}/{repository}:{tag}": str(one) for (repository, tag), one in digests.items()}
    assert kept
    assert {key: entry["digest"] for key, entry in kept.items()}.items() <= known.items()
    assert [path.name for path in (tmp_path / "cache" / "pinner").iterdir()] == ["answers.json"]
