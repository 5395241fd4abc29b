"""What pinner writes into a kustomization is what kustomize renders (D06).

Skipped where kustomize is not installed; `PINNER_KUSTOMIZE` names the program.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from pinner.formats import load_format
from pinner.formats.base import Occurrence
from pinner.text import Source
from tests.support import cases

PROGRAM: Final = os.environ.get("PINNER_KUSTOMIZE") or shutil.which("kustomize")
PINNED: Final = f"sha256:{'b' * 64}"
DEPLOYMENT: Final = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      containers:
      - {name: shop, image: "nginx:1.0"}
"""
ENTRIES: Final = {
    "tag": "newTag: v1",
    "quoted": "newTag: '1.10'",
    "name and tag": "newName: localhost:5000/a/b, newTag: v1",
    "empty digest key": "newTag: v1, digest: ''",
    "pinned behind the tag": f"newTag: v1@{PINNED}",
    "pinned by key": f"newTag: v1, digest: {PINNED}",
    "digest alone": f"digest: {PINNED}",
    "digest and name": f"newName: ghcr.io/a/b, digest: {PINNED}",
}
PATCHES: Final = {
    "operations": """\
patches:
- target: {kind: Deployment}
  patch: |-
    - op: replace
      path: /spec/template/spec/containers/0/image
      value: alpine:3 # small
""",
    "merge": """\
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: shop}
    spec: {template: {spec: {containers: [{name: shop, image: "alpine:3"}]}}}
""",
    "json in quotes": """\
patches:
- target: {kind: Deployment}
  patch: "[{\\"op\\":\\"replace\\",\\"path\\":\\"/spec/template/spec/containers/0/image\\",\\"value\\":\\"alpine:3\\"}]"
""",
}
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="kustomize is not installed")


def build(folder: Path, text: str) -> list[str]:
    """Return the images that kustomize renders."""
    (folder / "deployment.yaml").write_text(DEPLOYMENT, "utf-8")
    (folder / "kustomization.yaml").write_text(f"resources: [deployment.yaml]\n{text}", "utf-8")
    built = subprocess.run([str(PROGRAM), "build", "."], cwd=folder, capture_output=True, text=True, check=True)
    lines = (line.strip().removeprefix("- ") for line in built.stdout.splitlines())
    return [line.removeprefix("image: ") for line in lines if line.startswith("image: ")]


@pytest.mark.parametrize(
    "text",
    [*(f"images:\n- {{name: nginx, {fields}}}\n" for fields in ENTRIES.values()), *PATCHES.values()],
    ids=[*ENTRIES, *PATCHES],
)
def test_kustomize_renders_the_pinned_reference(text: str, tmp_path: Path) -> None:
    after = cases.pin("kustomize", Source("kustomization.yaml", text))
    (one,) = load_format("kustomize").find(after)
    assert isinstance(one, Occurrence)
    assert "@sha256:" in one.reference.written
    assert build(tmp_path, after.text) == [one.reference.written]


def test_a_name_with_a_tag_gives_no_reference(tmp_path: Path) -> None:
    text = f"images:\n- {{name: nginx, newName: 'web:2@{PINNED}'}}\n"
    assert build(tmp_path, text) == [f"web:2@{PINNED}:1.0"]
