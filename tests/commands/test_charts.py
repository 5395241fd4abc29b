"""Charts on the disk: what their files tell of the values in them (D04, D05)."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinner.commands.scanning import scan_tree
from pinner.workspace.tree import Workspace
from tests.support.trees import project_at

IMAGE = "image:\n  repository: ghcr.io/acme/shop\n  tag: v1\n"
LABEL = 'metadata:\n  labels:\n    version: {{ .Values.image.tag | quote }}\n    x: {{ include "y" . }}\n'


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def essence(root: Path, *paths: str) -> dict[str, list[str]]:
    """Return what is found in values, and why the others are left alone."""
    return {
        one.source.path: [
            *(found.reference.tagged for found in one.occurrences),
            *(skipped.reason for skipped in one.skipped),
        ]
        for one in scan_tree(project_at(root), [root / path for path in paths])
        if "values" in one.source.path
    }


def test_values_without_a_chart_are_read_as_they_stand(tmp_path: Path) -> None:
    write(tmp_path, {"env/values.yaml": IMAGE, "templates/a.yaml": LABEL})
    assert essence(tmp_path) == {"env/values.yaml": ["ghcr.io/acme/shop:v1"]}


def test_a_chart_that_puts_its_tag_into_a_label_keeps_the_tag(tmp_path: Path) -> None:  # D04
    chart = {"a/Chart.yaml": "name: a\n", "a/values.yaml": IMAGE, "a/ci/x-values.yaml": IMAGE}
    write(
        tmp_path, chart | {"b/Chart.yaml": "name: b\n", "b/values.yaml": IMAGE, "a/templates/x/deployment.yaml": LABEL}
    )
    expected = {
        "a/ci/x-values.yaml": ["tag-used-elsewhere"],
        "a/values.yaml": ["tag-used-elsewhere"],
        "b/values.yaml": ["ghcr.io/acme/shop:v1"],
    }
    assert essence(tmp_path) == expected
    assert essence(tmp_path, "a/values.yaml") == {"a/values.yaml": ["tag-used-elsewhere"]}
    (tmp_path / "a/values.yaml").write_text(f"{IMAGE}  digest: ''\n", encoding="utf-8")
    assert essence(tmp_path)["a/values.yaml"] == ["ghcr.io/acme/shop:v1"]


def test_a_chart_at_the_root_counts_and_helpers_too_but_notes_do_not(tmp_path: Path) -> None:  # D04
    write(tmp_path, {"Chart.yaml": "name: a\n", "values.yaml": IMAGE, "templates/NOTES.txt": LABEL})
    assert essence(tmp_path) == {"values.yaml": ["ghcr.io/acme/shop:v1"]}
    write(tmp_path, {"templates/_helpers.tpl": LABEL})
    assert essence(tmp_path) == {"values.yaml": ["tag-used-elsewhere"]}


def test_charts_that_are_unpacked_in_a_chart_count_for_their_part_of_the_values(tmp_path: Path) -> None:  # D04
    both = f"{IMAGE}sub:\n  image: {{repository: ghcr.io/acme/sub, tag: v2}}\n"
    write(tmp_path, {"Chart.yaml": "name: a\n", "values.yaml": both})
    write(tmp_path, {"charts/sub/templates/a.yaml": LABEL.replace(".image.tag", ".image.tag")})
    # A subchart knows its values by the end of their paths alone.
    assert essence(tmp_path) == {"values.yaml": ["tag-used-elsewhere", "tag-used-elsewhere"]}
    (tmp_path / "charts/sub/templates/a.yaml").unlink()
    assert essence(tmp_path) == {"values.yaml": ["ghcr.io/acme/shop:v1", "ghcr.io/acme/sub:v2"]}


def test_the_registry_of_the_chart_is_missed_in_its_other_values(tmp_path: Path) -> None:  # D05
    short = "image: {repository: acme/shop, tag: v1}\n"
    write(tmp_path, {"Chart.yaml": "name: a\n", "values.yaml": "image: {registry: quay.io}\n", "values-x.yaml": short})
    assert essence(tmp_path)["values-x.yaml"] == ["ambiguous"]
    # Those of others beside it are not what the chart takes by itself.
    write(tmp_path, {"values.yaml": "image: {pullPolicy: Always}\n", "a-values.yaml": "image: {registry: quay.io}\n"})
    assert essence(tmp_path)["values-x.yaml"] == ["docker.io/acme/shop:v1"]


def test_what_cannot_be_read_of_a_chart_is_passed_over(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text(LABEL, encoding="utf-8")
    root = tmp_path / "tree"
    write(root, {"Chart.yaml": "name: a\n", "values.yaml": IMAGE, "templates/a.txt": LABEL})
    (root / "templates/b.yaml").write_bytes(b"\xff\xfe\xff" + LABEL.encode())
    (root / "templates/c.yaml").symlink_to(outside)
    (root / "templates/d.yaml").mkdir()
    assert essence(root) == {"values.yaml": ["ghcr.io/acme/shop:v1"]}


def test_a_chart_is_read_once_and_only_for_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    whole = Workspace.read

    def remember(self: Workspace, path: str) -> bytes:
        read.append(path)
        return whole(self, path)

    monkeypatch.setattr(Workspace, "read", remember)
    write(tmp_path, {"Chart.yaml": "name: a\n", "templates/_a.tpl": LABEL, "compose.yaml": "services: {}\n"})
    essence(tmp_path)
    assert "templates/_a.tpl" not in read
    write(tmp_path, {"values.yaml": IMAGE, "values-x.yaml": IMAGE})
    essence(tmp_path)
    assert read.count("templates/_a.tpl") == 1
