"""What pipelines of several systems read in another way than their neighbours."""

from __future__ import annotations

import pytest

from pinner.formats import detect, load_format
from pinner.formats.base import Occurrence
from pinner.text import Source

X1 = "docker.io/library/x:1"
BUILD = "cloudbuild.yaml"
HOOKS = ".pre-commit-config.yaml"
BUILDKITE = ".buildkite/pipeline.yml"
ENTRY = "repos: [{{repo: r, hooks: [{{id: i, entry: {}}}]}}]\n"
STEPS = "steps: [{{name: bash, args: [-c, '{}']}}, {{name: {}}}]\n"
WORKFLOW = ".github/workflows/a.yml"


def images(path: str, text: str) -> dict[str, str]:
    """Return what the format of a file finds at which place: the reference in full, or why it is left alone."""
    source = Source(path, text)
    one = detect(source)
    assert one is not None
    return {
        found.locator: found.reference.tagged if isinstance(found, Occurrence) else found.reason
        for found in one.find(source)
    }


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param(
            WORKFLOW,
            "jobs: {a: {services: {b: x:1, c: {ports: [1]}}}}\n",
            {"jobs.a.services.b": X1},
            id="short-service",
        ),
        pytest.param(
            WORKFLOW,
            "jobs: {a: {strategy: {matrix: {i: [x:1]}}, services: {b: '${{ matrix.i }}'}}}\n",
            {"jobs.a.strategy.matrix.i[0]": "matrix", "jobs.a.services.b": "variable"},
            id="G07-short-service-of-a-matrix",
        ),
        pytest.param(
            ".woodpecker.yml", "labels: {backend: local}\nsteps: [{image: bash}]\n", {"steps[0].image": "shell"}
        ),
        pytest.param(".woodpecker.yml", "labels: {backend: docker}\nsteps: [{image: x:1}]\n", {"steps[0].image": X1}),
        pytest.param(
            BUILDKITE,
            "steps: [{plugins: [{acme/scan#v1: {image: x:1}}, {docker#v5: {image: x:1}}]}]\n",
            {"steps[0].plugins[0].acme/scan#v1.image": "ambiguous", "steps[0].plugins[1].docker#v5.image": X1},
            id="plugin-of-somebody",
        ),
        pytest.param(
            BUILDKITE,
            "common: &c {docker#v5: {image: x:1}}\nsteps: [{plugins: [*c]}]\n",
            {"steps[0].plugins[0].docker#v5.image": X1},
            id="C04-anchor-under-another-key",
        ),
        pytest.param(".travis.yml", "script: docker pull --platform linux/arm64 x:1\n", {"script": "script"}),
    ],
)
def test_images_are_told_from_what_stands_beside_them(path: str, text: str, expected: dict[str, str]) -> None:
    assert images(path, text) == expected


def test_travis_shows_the_image_and_not_the_platform() -> None:
    source = Source(".travis.yml", "script: docker pull --platform linux/arm64 -q x:1\n")
    assert [source.text[one.span.start : one.span.end] for one in load_format("travis").find(source)] == ["x:1"]


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("docker build -t acme/app:1 .", "acme/app:1"),
        ("docker build -t=acme/app .", "acme/app:latest"),
        ("docker build -t acme/app:latest . && docker push acme/app", "acme/app"),
        ("--destination=gcr.io/acme/app:1", "gcr.io/acme/app:1"),
    ],
)
def test_what_a_command_of_the_build_names_is_not_looked_up(command: str, name: str) -> None:
    assert images(BUILD, STEPS.format(command, name))["steps[1].name"] == "build"
    assert (
        images(BUILD, f"steps: [{{name: bash, script: '{command}'}}, {{name: {name}}}]\n")["steps[1].name"] == "build"
    )


@pytest.mark.parametrize(
    ("command", "name"),
    [("docker build -t acme/app:1 .", "docker"), ("docker build -t acme/app:1 .", "acme/app:2"), ("run", "x:1")],
)
def test_what_no_command_of_the_build_names_is_an_image(command: str, name: str) -> None:
    assert images(BUILD, STEPS.format(command, name))["steps[1].name"] not in ("build", "")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("hadolint/hadolint:v2 hadolint", {"repos[0].hooks[0].entry": "ambiguous"}),
        ("-e A=b localhost:5000/lint:1", {"repos[0].hooks[0].entry": "ambiguous"}),
        ("hadolint", {}),
        ("tools/lint.sh", {}),
        ("python -m a.b x/y:1", {}),
        ("x/y:1, language: system", {}),
    ],
)
def test_g08_a_hook_that_another_repository_knows_is_said_if_it_looks_like_an_image(
    entry: str, expected: dict[str, str]
) -> None:
    assert images(HOOKS, ENTRY.format(entry)) == expected
