from __future__ import annotations

import re
from importlib.resources import files

import pytest

from pinner.oci.reference import Reference

PROJECT = files("pinner.demo") / "project"
PATHS = (".gitlab-ci.yml", "Dockerfile", "compose.yaml", "deploy/api.yaml")
_PLACE = re.compile(
    r"""(?:image:|name:|FROM(?: --platform=\S+)?|COPY --from=|- |\# syntax=|services: \[)\s*["']?"""
    r"""(?P<reference>[a-z0-9][\w./-]*:[\w.-]+)["']?"""
)


def read_references(path: str) -> set[str]:
    return {match["reference"] for match in _PLACE.finditer(PROJECT.joinpath(path).read_text(encoding="utf-8"))}


@pytest.mark.parametrize("path", PATHS)
def test_a_sample_file_is_there_and_short_enough_to_read(path: str) -> None:
    content = PROJECT.joinpath(path).read_bytes()
    assert content.endswith(b"\n")
    assert b"\r" not in content
    assert 15 <= content.count(b"\n") <= 45


def test_nothing_in_the_sample_is_pinned_yet() -> None:
    assert not any(b"@sha256:" in PROJECT.joinpath(path).read_bytes() for path in PATHS)


def test_the_sample_names_many_images_of_several_registries() -> None:
    references = {Reference.parse(text) for path in PATHS for text in read_references(path)}
    assert len({reference.tagged for reference in references}) >= 14
    assert {reference.registry for reference in references} == {
        "docker.io",
        "ghcr.io",
        "quay.io",
        "registry.example.com",
    }


def test_one_image_stands_in_two_files() -> None:
    assert "postgres:16" in read_references("compose.yaml") & read_references("deploy/api.yaml")
