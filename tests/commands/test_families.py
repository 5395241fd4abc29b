"""Files of any name that a pipeline takes in are read as parts of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinner.commands.files import explain_files
from pinner.commands.scanning import scan_tree
from pinner.formats.base import Occurrence
from tests.support.trees import project_at

JOB = "a: {image: x:1}\n"


def tree(root: Path, **files: str) -> Path:
    """Write files; `__` stands for a slash, and `_` at the end of a name for nothing."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("DOT", ".").replace("_yml", ".yml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def found(root: Path, *paths: Path) -> dict[str, list[str]]:
    """Return the images of each file, and why others are left alone."""
    return {
        one.source.path: [
            f"{each.locator} {each.reference.tagged if isinstance(each, Occurrence) else each.reason}"
            for each in one.found
        ]
        for one in scan_tree(project_at(root), paths)
    }


def test_g04_a_file_that_nobody_includes_is_none(tmp_path: Path) -> None:
    tree(tmp_path, **{"DOTgitlab-ci_yml": JOB, "ci__b_yml": JOB})
    assert list(found(tmp_path)) == [".gitlab-ci.yml"]


@pytest.mark.parametrize(
    "include",
    [
        "include: ci/b.yml\n",
        "include: /ci/b.yml\n",
        "include: [ci/b.yml]\n",
        "include: {local: ci/b.yml}\n",
        "include: [{local: /ci/b.yml, rules: [{if: $X}]}, {remote: 'https://x/y.yml'}]\n",
        "include: 'ci/*.yml'\n",
        "include: [{local: 'ci/**.yml'}]\n",
        "include: '**/*.yml'\n",
        "c: {trigger: {include: ci/b.yml}}\n",
        "c: {trigger: {include: [{local: ci/b.yml}, {artifact: b.yml, job: x}]}}\n",
    ],
)
def test_g04_a_file_that_is_included_belongs_to_the_pipeline(tmp_path: Path, include: str) -> None:
    tree(tmp_path, **{"DOTgitlab-ci_yml": include, "ci__b_yml": JOB, "other__c_txt": JOB})
    assert found(tmp_path)["ci/b.yml"] == ["a.image docker.io/library/x:1"]
    assert found(tmp_path, tmp_path / "ci" / "b.yml") == {"ci/b.yml": found(tmp_path)["ci/b.yml"]}
    fates = {one.path: one.format for one in explain_files(project_at(tmp_path))}
    assert fates["ci/b.yml"] == "gitlab-ci"


@pytest.mark.parametrize(
    "include",
    [
        "include: [{project: a/b, file: ci/b.yml}, {template: ci/b.yml}, {component: 'x/ci/b.yml'}]\n",
        "include: 'https://example.com/ci/b.yml'\n",
        "include: $X/ci/b.yml\n",
        "include: [{local: [ci/b.yml]}, {}, ~, '', nowhere.yml, ../ci/b.yml, 'c*.yml']\n",
        "a: {include: ci/b.yml, script: [{include: ci/b.yml}]}\n",
        "x: &x [*x]\ninclude: *x\n",
        "include: [\n",
    ],
)
def test_g04_what_is_not_in_the_tree_is_not_followed(tmp_path: Path, include: str) -> None:
    tree(tmp_path, **{"DOTgitlab-ci_yml": include, "ci__b_yml": JOB})
    assert "ci/b.yml" not in found(tmp_path)


def test_g04_a_circle_of_files_ends(tmp_path: Path) -> None:
    tree(tmp_path, **{"DOTgitlab-ci_yml": "include: [b.yml]\n", "b_yml": "include: [c.yml, b.yml]\n" + JOB})
    tree(tmp_path, c_yml="include: [b.yml, .gitlab-ci.yml]\n" + JOB)
    assert list(found(tmp_path)) == ["b.yml", "c.yml"]


def test_g04_a_file_that_cannot_be_read_is_said_and_the_others_are_followed(tmp_path: Path) -> None:
    tree(tmp_path, **{"DOTgitlab-ci_yml": "include: [b.yml, c.yml]\n", "c_yml": JOB})
    (tmp_path / "b.yml").write_bytes(b"a: {image: \xe9}\n")
    assert found(tmp_path) == {"b.yml": [" not-utf8"], "c.yml": ["a.image docker.io/library/x:1"]}


def test_g03_a_variable_is_pinned_in_the_file_that_gives_it_a_value(tmp_path: Path) -> None:
    tree(tmp_path, **{"DOTgitlab-ci_yml": "include: b.yml\nvariables: {I: x:1}\n", "b_yml": "a: {image: $I}\n"})
    assert found(tmp_path) == {".gitlab-ci.yml": ["variables.I docker.io/library/x:1"]}
    assert found(tmp_path, tmp_path / ".gitlab-ci.yml") == found(tmp_path)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("c: {script: [echo $I]}\n", {".gitlab-ci.yml": ["variables.I used-elsewhere"]}),
        ("variables: {I: y:1}\n", {".gitlab-ci.yml": ["variables.I overridden"], "b.yml": ["variables.I overridden"]}),
    ],
)
def test_g03_what_another_file_does_with_a_variable_counts(
    tmp_path: Path, other: str, expected: dict[str, list[str]]
) -> None:
    tree(tmp_path, **{"DOTgitlab-ci_yml": "include: b.yml\nvariables: {I: x:1}\na: {image: $I}\n", "b_yml": other})
    assert found(tmp_path) == expected
    assert found(tmp_path, tmp_path / ".gitlab-ci.yml") == {".gitlab-ci.yml": expected[".gitlab-ci.yml"]}


def test_an_input_is_known_in_its_own_file_alone(tmp_path: Path) -> None:
    header = "spec: {inputs: {i: {default: x:1}}}\n---\n"
    use = "a: {image: '$[[ inputs.i ]]'}\n"
    tree(tmp_path, **{"DOTgitlab-ci_yml": "include: b.yml\nb: {script: '$[[ inputs.i ]]'}\n", "b_yml": header + use})
    assert found(tmp_path) == {"b.yml": ["spec.inputs.i.default docker.io/library/x:1"]}
