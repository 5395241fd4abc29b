"""Which format takes a file: by its name first, then by what stands in it."""

from __future__ import annotations

import pytest

from pinner.formats import candidates, detect, load_format
from pinner.formats.table import FORMATS
from pinner.text import Source

# What makes every format look into a file.
ANYTHING = "# container services docker:// docker_image docker steps entry\n"
POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: nginx:1}]}\n"


def names(path: str) -> list[str]:
    return [load_format(module).name for module in candidates(path)]


def taken(path: str, text: str) -> str | None:
    found = detect(Source(path, text))
    return found.name if found else None


@pytest.mark.parametrize(
    "path", ["README.md", "main.c", "yaml", "compose", "a.txt.j2", "notes.tpl", "gitlab-ci.txt", ""]
)
def test_other_files_are_taken_by_none(path: str) -> None:
    assert names(path) == []
    assert taken(path, POD) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("compose.yaml", "compose"),
        ("deploy/docker-compose.yml", "compose"),
        ("docker-compose.prod.yaml", "compose"),
        ("Compose.YAML", "compose"),
        ("a/b/podman-compose.yml", "compose"),
        ("shop.compose.yml", "compose"),
        ("compose-dev.yaml", "compose"),
        (".gitlab-ci.yml", "gitlab-ci"),
        ("ci/build.gitlab-ci.yml", "gitlab-ci"),
        (".gitlab/ci/test.yml", "gitlab-ci"),
        ("sub/.gitlab/ci/test.yaml", "gitlab-ci"),
        (".gitlab-ci/test.yaml", "gitlab-ci"),
        (".gitlab/ci/a/test.yml", "gitlab-ci"),
        ("sub/.gitlab/ci/a/b/c/test.yaml", "gitlab-ci"),
        (".gitlab-ci/a/b/test.yml", "gitlab-ci"),
        ("sub/.GitLab-CI/a/test.YAML", "gitlab-ci"),
        (".gitlab/a/ci/test.yml", "kubernetes"),
        (".gitlab/ci.yml", "kubernetes"),
        ("ci/.gitlab/test.yml", "kubernetes"),
        ("my.gitlab/ci/test.yml", "kubernetes"),
        (".gitlab-ci/test.json", "kubernetes"),
        (".github/workflows/ci.yml", "github-actions"),
        (".forgejo/workflows/ci.yaml", "github-actions"),
        (".github/workflows/deep/ci.yml", "kubernetes"),
        ("lint/action.yml", "github-actions"),
        ("action.json", "kubernetes"),
        (".circleci/config.yml", "circleci"),
        (".circleci/src/jobs/test.yml", "circleci"),
        ("azure-pipelines.yml", "azure-pipelines"),
        ("ci/azure-pipelines-pr.yaml", "azure-pipelines"),
        (".azuredevops/jobs/a/b.yml", "azure-pipelines"),
        ("bitbucket-pipelines.yml", "bitbucket-pipelines"),
        (".drone.yml", "drone"),
        (".woodpecker.yaml", "woodpecker"),
        (".woodpecker/a/test.yml", "woodpecker"),
        (".vela.yml", "vela"),
        ("cloudbuild.yaml", "cloud-build"),
        ("build/cloudbuild-pr.json", "cloud-build"),
        (".buildkite/pipeline.deploy.yml", "buildkite"),
        (".travis.yml", "travis"),
        (".pre-commit-config.yaml", "pre-commit"),
        (".pre-commit-hooks.yaml", "pre-commit"),
        ("pod.yaml", "kubernetes"),
        ("pod.json", "kubernetes"),
        ("decompose.yaml", "kubernetes"),
        ("gitlab/ci/test.yml", "kubernetes"),
    ],
)
def test_the_most_particular_name_comes_first(path: str, expected: str) -> None:
    # Some formats look at every YAML file before Kubernetes does, and take those that are theirs by their text.
    assert names(path)[0] == expected or expected == "kubernetes"
    assert taken(path, POD + ANYTHING) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("docker-compose.yml.j2", "compose"),
        ("deploy/Compose.YAML.Jinja2", "compose"),
        ("web-stack.yml.tmpl", "compose"),
        ("chart/values.yaml.tmpl", "helm-values"),
        ("pod.yaml.tpl", "kubernetes"),
        ("pod.yml.gotmpl", "kubernetes"),
        ("pod.json.erb", "kubernetes"),
        (".gitlab-ci.yml.template", "gitlab-ci"),
        ("web.nomad.tpl", "nomad"),
        ("main.tf.ctmpl", "terraform"),
        ("Dockerfile.j2", "dockerfile"),
        ("app.dockerfile.tmpl", "dockerfile"),
    ],
)
def test_a_template_is_of_the_format_of_its_product(path: str, expected: str) -> None:
    text = POD.replace("apiVersion: v1\n", "") if expected == "helm-values" else POD
    assert taken(path, text + ANYTHING + 'services: {}\njob "a" {}\n') == expected
    assert expected in names(path)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("compose.yaml", "services: {}\n"),
        (".gitlab-ci.yml", "stages: []\n"),
        ("pod.yaml", "apiVersion: v1\nkind: Pod\n"),
        ("settings.yaml", "image: nginx:1\n"),
        ("x.json", '{"image": "nginx:1"}'),
        ("main.py", "IMAGE = 'nginx:1'\n"),
        ("empty.yaml", ""),
    ],
)
def test_a_file_in_which_no_image_can_stand_is_taken_by_none(path: str, text: str) -> None:
    assert taken(path, text) is None


def test_an_object_in_a_file_with_a_compose_name_is_still_an_object() -> None:
    assert taken("compose.yaml", "apiVersion: v1\nkind: List\nmage: 1\n") == "kubernetes"


HEADER = "# a component\n---\nspec:\n  inputs: {image: {default: 'x:1'}}\n\n---\na: {image: '$[[ inputs.image ]]'}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (POD, "kubernetes"),
        (f"{POD}---\n{POD}", "kubernetes"),
        (f"{{{{- if .Values.x }}}}\n{POD}spec:\n  a: 1\n---\n{POD}", "kubernetes"),
        (f"spec:\n  a: 1\n{POD}---\nimage: x\n", "kubernetes"),
        (HEADER, "gitlab-ci"),
        (HEADER.replace("\n", "\r\n"), "gitlab-ci"),
        (f"\ufeff{HEADER}", "gitlab-ci"),
        ("spec: {inputs: {i: }} # x\n---\nimage: $[[ inputs.i ]]\n", "gitlab-ci"),
    ],
)
def test_g04_a_component_is_told_from_a_template_of_a_chart(text: str, expected: str) -> None:
    assert taken("templates/a.yml", text) == taken("x/templates/a/template.yaml", text) == expected


def test_a_file_without_an_api_version_is_no_object() -> None:
    assert taken("pod.yaml", POD.replace("apiVersion", "version")) is None


@pytest.mark.parametrize("module", FORMATS)
def test_a_format_is_loaded_once(module: str) -> None:
    assert load_format(module) is load_format(module)


def test_names_of_formats_are_unique() -> None:
    assert len({load_format(module).name for module in FORMATS}) == len(FORMATS)


def test_a_compose_file_with_nothing_but_an_inline_dockerfile_is_taken() -> None:
    assert taken("compose.yaml", "services: {a: {build: {dockerfile_inline: FROM x}}}\n") == "compose"
