"""What is wrong with the files that were given is said by every verb, with its place, and counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinner.demo.registry import DemoRegistry
from tests.support.program import run, tree_hash
from tests.support.resolvers import FakeRegistry
from tests.support.sources import compose_text
from tests.support.trees import write

POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: {}\n"


def test_a_file_that_no_format_takes_is_named_when_it_was_asked_for(tmp_path: Path) -> None:
    write(tmp_path, settings_yaml="image: nginx:1.27\n", notes_txt="nginx\n")
    for verb in ("check", "pin", "images"):
        ran = run(verb, "settings.yaml", "notes.txt", cwd=tmp_path)
        assert ran.code == 0
        assert "warning: no format takes notes.txt, settings.yaml\n" in ran.stderr


def test_named_files_of_a_hook_are_not_a_reason_to_warn_where_one_is_taken(tmp_path: Path) -> None:
    write(tmp_path, mkdocs_yml="nav: []\n", compose_yaml=compose_text("nginx:1.27"))
    ran = run("check", "mkdocs.yml", "compose.yaml", cwd=tmp_path)
    assert (ran.code, "warning" in ran.stderr) == (1, False)


@pytest.mark.parametrize("verb", ["pin", "update"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (POD.format("nginx:1.27@sha256:abc"), "pod.yaml:5:12: error[invalid-reference]"),
        (POD.format("[nginx:1.27") + "  image: x\n", "pod.yaml:6:8: error[unreadable]"),
    ],
)
def test_what_pinning_cannot_mend_is_said_and_counts(
    tmp_path: Path, peer: FakeRegistry, verb: str, text: str, said: str
) -> None:
    write(tmp_path, pod_yaml=text, compose_yaml=compose_text("nginx:1.27"))
    ran = run(verb, cwd=tmp_path)
    assert ran.code == 1
    assert said in ran.stderr
    if verb == "pin":
        assert "@sha256:" in (tmp_path / "compose.yaml").read_text()
        assert run("check", cwd=tmp_path).code == 1


def test_a_patch_and_a_document_are_not_asked_for_at_once(tmp_path: Path) -> None:
    ran = run("pin", "--diff", "--format", "json", cwd=tmp_path)
    assert (ran.code, ran.stdout) == (2, b"")


@pytest.mark.enable_socket
def test_a_registry_whose_header_lies_is_found_out_where_the_bytes_are_read(tmp_path: Path) -> None:
    lie = {
        "Docker-Content-Digest": f"sha256:{'0' * 64}",
        "Content-Type": "application/vnd.oci.image.index.v1+json",
    }
    with DemoRegistry() as registry:
        registry.push_image("acme/api", "2", marker="one")
        write(tmp_path, compose_yaml=compose_text(f"{registry.address}/acme/api:2"))
        before = tree_hash(tmp_path)
        for arguments in (("resolve", "--verify", f"{registry.address}/acme/api:2"), ("pin",)):
            registry.fail("acme/api", "2", status=200, headers=lie, body=b'{"schemaVersion":2,"manifests":[]}')
            ran = run(*arguments, cwd=tmp_path)
            assert (ran.code, ran.stdout) == (3, b"")
            assert "error[integrity]" in ran.stderr
        assert tree_hash(tmp_path) == before
