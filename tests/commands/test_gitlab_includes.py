"""What a pipeline of GitLab takes in from elsewhere, and what it gives to others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from pinner.commands.scanning import scan_tree
from pinner.formats import gitlab_ci, gitlab_names
from pinner.formats.base import Occurrence, Skipped
from pinner.formats.gitlab_names import _mentions, read_names
from pinner.formats.names import Name
from pinner.text import Source
from tests.support.trees import project_at

USE = "a: {image: '$[[ inputs.i ]]'}\n"


def found(root: Path, **files: str) -> dict[str, str]:
    """Return what is found at which place of a tree with `.gitlab-ci.yml` and files in `ci/`."""
    (root / "ci").mkdir(exist_ok=True)
    for name, text in files.items():
        (root / (".gitlab-ci.yml" if name == "main" else f"ci/{name}.yml")).write_text(text)
    return {
        f"{one.source.path} {each.locator}": each.reference.tagged if isinstance(each, Occurrence) else each.reason
        for one in scan_tree(project_at(root), ())
        for each in one.found
    }


@pytest.mark.parametrize(
    ("include", "places"),
    [
        ("include: [{remote: 'https://x.example/y.yml'}]\n", ["include[0].remote"]),
        ("include: 'https://x.example/y.yml'\n", ["include"]),
        ("include: ['https://x.example/y.yml', {template: X.gitlab-ci.yml}]\n", ["include[0]", "include[1].template"]),
        ("include: {project: a/b, file: [x.yml]}\n", ["include.project"]),
        ("include: [{component: x.example/a/b@1}]\n", ["include[0].component"]),
        ("include: [{local: $X/b.yml}]\n", ["include[0].local"]),
        ("t: {trigger: {include: [{artifact: x.yml, job: b}]}}\n", ["t.trigger.include[0].artifact"]),
        ("include: [{local: ci/b.yml}]\n", []),
        ("a: {script: [{include: {remote: x}}], project: a/b}\n", []),
    ],
)
def test_g04_what_comes_from_elsewhere_is_said_once_each(tmp_path: Path, include: str, places: list[str]) -> None:
    assert found(tmp_path, main=include) == {f".gitlab-ci.yml {place}": "remote-include" for place in places}


@pytest.mark.parametrize(
    "address", ["https://x.example/a.yml?private_token=secret", "https://me:secret@x.example/a.yml#secret"]
)
def test_of_an_address_only_what_is_public_is_shown(address: str) -> None:
    (one,) = gitlab_ci.find(Source(".gitlab-ci.yml", f"include: {{remote: '{address}'}}\n"))
    assert isinstance(one, Skipped)
    assert one.written == "x.example/a.yml"
    assert "secret" not in repr(one)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("{image: node}", ["image"]),
        ("{runner-Image: x:1, other: x/y:1}", ["runner-Image", "other"]),
        ("{stage: test, n: 1.5, url: 'https://x.example/y:1', image: $X, file: a/b.txt}", []),
    ],
)
def test_g04_images_that_are_given_to_others_are_said(tmp_path: Path, inputs: str, expected: list[str]) -> None:
    assert found(tmp_path, main=f"include: [{{component: c/a@1, inputs: {inputs}}}]\n") == {
        ".gitlab-ci.yml include[0].component": "remote-include",
        **{f".gitlab-ci.yml include[0].inputs.{name}": "input" for name in expected},
    }


def test_g04_images_that_are_given_to_several_files_are_said(tmp_path: Path) -> None:
    main = "include: [{local: 'ci/*.yml', inputs: {i: x:1}}]\n"
    assert found(tmp_path, main=main) == {".gitlab-ci.yml include[0].inputs.i": "input"}


def test_g04_an_input_that_one_include_gives_is_pinned_there(tmp_path: Path) -> None:
    main = "include: [{local: /ci/b.yml, inputs: {i: x:1, other: y:1}}]\n"
    assert found(tmp_path, main=main, b="spec: {inputs: {i: }}\n---\n" + USE) == {
        ".gitlab-ci.yml include[0].inputs.i": "docker.io/library/x:1"
    }


def test_g04_an_input_that_an_include_gives_instead_of_its_default_is_left_alone(tmp_path: Path) -> None:
    main = "include: [{local: ci/b.yml, inputs: {i: x:1}}]\n"
    assert found(tmp_path, main=main, b="spec: {inputs: {i: {default: y:1}}}\n---\n" + USE) == {
        ".gitlab-ci.yml include[0].inputs.i": "overridden",
        "ci/b.yml spec.inputs.i.default": "overridden",
    }


def test_g03_a_whole_image_is_pinned_whatever_is_included(tmp_path: Path) -> None:
    text = "include: [{project: a/b, file: x.yml}]\nvariables: {I: x:1}\na: {image: $I}\n"
    assert found(tmp_path, main=text)[".gitlab-ci.yml variables.I"] == "docker.io/library/x:1"


def test_the_words_of_files_are_looked_at_only_where_an_image_has_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(source: Source, names: frozenset[Name]) -> Mapping[Name, Iterable[tuple[int, int]]]:
        asked.append(f"{source.path}: {sorted(name for _, name in names)}")
        return _mentions(source, names)

    monkeypatch.setattr(gitlab_names, "_mentions", counted)
    main = "include: ci/*.yml\nvariables: {I: x:1, J: y}\n"
    found(tmp_path, main=main, b="a: {image: x:1, script: [echo $I $J $K]}\n")
    assert asked == []
    found(tmp_path, main=main, b="a: {image: $I-$K, script: [echo $J]}\n")
    assert asked == [".gitlab-ci.yml: ['I']", "ci/b.yml: ['I']"]


@pytest.mark.parametrize("word", ["$I", "'$I'", '"$\\x49"', "I", ">-\n      a\n      I"])
def test_g03_a_name_that_another_file_mentions_is_no_image_alone(tmp_path: Path, word: str) -> None:
    main = "include: ci/*.yml\nvariables: {I: x:1}\na: {image: $I}\n"
    text = f"b:\n  script:\n    - {word}\n"
    assert found(tmp_path, main=main, b=text) == {".gitlab-ci.yml variables.I": "used-elsewhere"}
    assert found(tmp_path, main=main, b="b: {script: [$II]}\n") == {
        ".gitlab-ci.yml variables.I": "docker.io/library/x:1"
    }


def test_files_of_a_large_pipeline_are_read_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 200
    read: list[str] = []

    def counted(source, *others):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN202 - passes all on
        read.append(source.path)
        return read_names(source, *others)

    monkeypatch.setattr(gitlab_ci, "read_names", counted)
    files = {f"f{number}": f"j{number}: {{image: $I}}\n" for number in range(count)}
    places = found(tmp_path, main="include: ci/*.yml\nvariables: {I: x:1}\n", **files)
    assert places == {".gitlab-ci.yml variables.I": "docker.io/library/x:1"}
    assert len(read) == count + 1
