"""Mirrors from registries.toml: asked in place of the registry, while files and lock keep the registry's name."""

from __future__ import annotations

import re
from pathlib import Path

from tests.lab import skopeo
from tests.lab.images import push_tiny
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.trees import contents, without_digests, write_images
from tests.support.program import tree_hash

# What is written → where the mirror has it, and the lock's key.
HUB = {
    "mirrored": ("library/mirrored:latest", "docker.io/library/mirrored:latest"),
    "mirrored:1.27": ("library/mirrored:1.27", "docker.io/library/mirrored:1.27"),
    "docker.io/acme/tool:3": ("acme/tool:3", "docker.io/acme/tool:3"),
    "index.docker.io/acme/tool:4": ("acme/tool:4", "docker.io/acme/tool:4"),
}
GITHUB = {"ghcr.io/acme/api:2.1": ("copies/ghcr/acme/api:2.1", "ghcr.io/acme/api:2.1")}
ALL = {**HUB, **GITHUB}


def _settings(registry: RegistryProcess) -> str:
    return (
        f'[registries."docker.io"]\nblocked = true\nmirrors = ["{registry.url}"]\n'
        f'[registries."ghcr.io"]\nblocked = true\nmirrors = ["{registry.url}/copies/ghcr"]\n'
    )


def _push_all(registry: RegistryProcess) -> None:
    names = [place.split(":") for place, _ in ALL.values()]
    push_tiny(registry.url, [(repository, tag) for repository, tag in names])


def test_a_mirror_is_asked_and_the_written_name_stays(registry: RegistryProcess, tmp_path: Path) -> None:
    _push_all(registry)
    registry.forget()
    settings = tmp_path / "registries.toml"
    settings.write_text(_settings(registry), encoding="utf-8")
    root = write_images(tmp_path / "tree", list(ALL))
    before = contents(root)
    ran = pinner("pin", "--registries", settings, cwd=root)
    assert ran.code == 0, ran.stderr
    assert without_digests(contents(root)) == before
    lines = (root / "compose.yaml").read_text(encoding="utf-8").splitlines()
    for written, (place, _) in ALL.items():
        assert f"    image: {written}@{skopeo.digest_of(f'{registry.address}/{place}')}" in lines
    lock = (root / "pinner.lock").read_text(encoding="utf-8")
    assert re.findall(r'^\[images\."(.*)"\]$', lock, re.MULTILINE) == sorted(key for _, key in ALL.values())
    assert registry.address not in lock
    assert {one.target for one in registry.requests()} >= {
        f"/v2/{place.replace(':', '/manifests/')}" for place, _ in ALL.values()
    }
    assert len(registry.requests()) <= 2 * len(ALL)


def test_the_settings_of_the_user_are_found_without_a_flag(registry: RegistryProcess, tmp_path: Path) -> None:
    _push_all(registry)
    settings = tmp_path / "config" / "pinner" / "registries.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(_settings(registry), encoding="utf-8")
    for ran in (
        pinner("resolve", "ghcr.io/acme/api:2.1", cwd=tmp_path, XDG_CONFIG_HOME=tmp_path / "config"),
        pinner("resolve", "ghcr.io/acme/api:2.1", cwd=tmp_path, PINNER_REGISTRIES=settings),
    ):
        assert ran.code == 0, ran.stderr
        assert ran.out.split() == [skopeo.digest_of(f"{registry.address}/copies/ghcr/acme/api:2.1")]


def test_a_project_cannot_name_mirrors(registry: RegistryProcess, tmp_path: Path) -> None:  # SEC-22
    root = write_images(tmp_path / "tree", [f"{registry.address}/mirrors/none:1"])
    (root / "registries.toml").write_text("[registries]\nunheard-of = 1\n", encoding="utf-8")
    (root / "pinner.toml").write_text(f"version = 1\n{_settings(registry)}", encoding="utf-8")
    before = tree_hash(root)
    ran = pinner("pin", cwd=root)
    assert ran.code == 2
    assert "pinner.toml" in ran.stderr
    assert registry.requests() == ()
    assert tree_hash(root) == before
