"""`diff --online` from the command line, against a registry on loopback; the causes are shown in `tests/lab`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pinner.demo.registry import DemoRegistry
from pinner.lock.model import Lock, Pin
from pinner.lock.rendering import render_lock
from pinner.oci.digest import Digest
from tests.support.json_schema import check_document
from tests.support.program import Ran, run

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def registry() -> Iterator[DemoRegistry]:
    with DemoRegistry(users={"ada": "sentinel"}) as running:
        yield running
        assert running.crashes == []


def write_locks(folder: Path, **moves: tuple[Digest, Digest]) -> None:
    for number, name in enumerate(("old.lock", "new.lock")):
        lock = Lock.of(Pin(key=key, digest=digests[number]) for key, digests in moves.items())
        (folder / name).write_text(render_lock(lock), encoding="utf-8")


def moved(registry: DemoRegistry, name: str) -> dict[str, tuple[Digest, Digest]]:
    old = registry.push_image(name, "1", marker="one")
    return {f"{registry.address}/{name}:1": (old, registry.move_tag(name, "1", marker="two"))}


def explain(folder: Path, *arguments: str, **environ: str) -> Ran:
    return run("diff", "--online", "--no-progress", *arguments, "old.lock", "new.lock", cwd=folder, environ=environ)


def causes_of(ran: Ran) -> list[list[str]]:
    images = check_document(ran.out, "diff")["moved"]
    return [[cause["cause"] for cause in one["evidence"]["causes"]] for one in images]


def test_locks_that_agree_ask_nobody(registry: DemoRegistry, tmp_path: Path) -> None:
    ((key, (old, _)),) = moved(registry, "acme/api").items()
    write_locks(tmp_path, **{key: (old, old)})
    assert (explain(tmp_path).code, registry.requests) == (0, [])


def test_a_move_is_explained_and_counted(registry: DemoRegistry, tmp_path: Path) -> None:
    write_locks(tmp_path, **moved(registry, "acme/api"))
    ran = explain(tmp_path, "--format", "json", "--stats")
    assert (ran.code, causes_of(ran)) == (0, [["content-changed"]])
    # Two indexes, and of each side two images with their configurations.
    assert len([one for one in registry.requests if "/manifests/" in one.path and one.authorized]) == 6
    assert "(4 blob, " in ran.stderr
    assert explain(tmp_path, "--check").code == 1


@pytest.mark.parametrize(("arguments", "environ"), [(["--offline"], {}), ([], {"PINNER_OFFLINE": "1"})])
def test_offline_goes_before_online(
    registry: DemoRegistry, tmp_path: Path, arguments: list[str], environ: dict[str, str]
) -> None:
    write_locks(tmp_path, **moved(registry, "acme/api"))
    ran = explain(tmp_path, "--format", "json", *arguments, **environ)
    assert (ran.code, causes_of(ran), registry.requests) == (3, [["unknown"]], [])
    assert "run again without --offline" in ran.stderr


def test_what_is_private_ends_with_4_after_the_rest_is_told(registry: DemoRegistry, tmp_path: Path) -> None:
    write_locks(tmp_path, **moved(registry, "acme/api"), **moved(registry, "private/api"))
    ran = explain(tmp_path, "--format", "json")
    assert ran.code == 4
    assert sorted(causes_of(ran)) == [["content-changed"], ["unknown"]]
    with_login = explain(
        *(tmp_path, "--format", "json", "--auth", f"{registry.address}=env:LOGIN"), LOGIN="ada:sentinel"
    )
    assert (with_login.code, causes_of(with_login)) == (0, [["content-changed"]] * 2)


def test_one_failure_is_said_once_with_the_next_step(registry: DemoRegistry, tmp_path: Path) -> None:
    ((key, (old, new)),) = moved(registry, "acme/api").items()
    write_locks(tmp_path, **{key: (old, new), f"{key}.1": (old, new)})
    registry.fail("acme/api", str(old), status=404, times=4)
    ran = explain(tmp_path)
    assert ran.code == 3
    assert ran.stderr.count("error[not-found]") == 1
    assert ran.out.count("the old digest is gone") == 2
