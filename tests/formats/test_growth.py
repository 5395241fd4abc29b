"""Files of four times the size take four times the steps: lines of the program are counted, not seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest

import pinner
from pinner.context import Context, Family
from pinner.formats import detect
from pinner.formats.base import Occurrence, change_to, edits_for
from pinner.oci.digest import Digest
from pinner.text import Source, apply_edits

ROOT = pinner.__file__.removesuffix("__init__.py")
DIGEST = Digest.parse(f"sha256:{'a' * 64}")
FEW, MANY = 40, 160
# Four times, and some room.
MOST = 4.4


def count_steps(task: Callable[[], object]) -> int:
    """Return how many lines of pinner a task runs."""
    steps = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal steps
        if not frame.f_code.co_filename.startswith(ROOT):
            return None
        steps += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        task()
    finally:
        sys.settrace(before)
    return steps


def assert_linear(run: Callable[[int], None]) -> None:
    # What is loaded and compiled once counts for neither.
    run(1)
    few, many = (count_steps(partial(run, size)) for size in (FEW, MANY))
    assert many <= few * MOST


def find_and_prove(path: str, text: str) -> None:
    source = Source(path, text)
    taken = detect(source)
    assert taken is not None
    found = taken.find(source)
    assert found
    pinned = ((one, one.reference.pinned_to(DIGEST)) for one in found if isinstance(one, Occurrence))
    changes = [change_to(one, reference) for one, reference in pinned]
    taken.prove(source, source.with_text(apply_edits(source.text, edits_for(changes))), changes)


@pytest.mark.parametrize(
    ("path", "head", "part"),
    [
        pytest.param("compose.yaml", "services:\n", "  s{i}: {{image: a:1, extends: s{j}}}\n", id="chain-of-extends"),
        pytest.param(
            ".gitlab-ci.yml",
            "",
            "j{i}: {{variables: {{IMG: 'a:{i}'}}, image: $IMG, script: [echo $IMG]}}\n",
            id="variable-of-many-jobs",
        ),
        pytest.param(
            ".gitlab-ci.yml",
            "",
            ".a{i}: {{image: 'a:1'}}\nj{i}: {{image: !reference [.a{i}, image]}}\n",
            id="reference",
        ),
        pytest.param(
            ".gitlab-ci.yml",
            "",
            "j{i}: {{image: $IMG, parallel: {{matrix: [{{IMG: ['a:1', 'b:1']}}]}}}}\n",
            id="matrix",
        ),
        pytest.param(".gitlab-ci.yml", "", "variables: {{P{i}: q.io/a}}\nj{i}: {{image: $P{i}/x:1}}\n", id="prefixes"),
        pytest.param(
            "main.tf",
            "",
            'locals {{\n v{i} = "a:1"\n}}\nresource "docker_container" "c{i}" {{\n image = local.v{i}\n}}\n',
            id="locals",
        ),
        pytest.param(
            "main.tf",
            'resource "docker_image" "a" {\n  name = "a:1"\n}\n',
            'locals {{\n # pinner: image\n v{i} = "a:1"\n}}\n',
            id="marks-in-hcl",
        ),
        pytest.param(
            "docker-bake.hcl",
            "",
            'target "t{i}" {{\n dockerfile-inline = "FROM a:1"\n contexts = {{ c{i} = "x" }}\n}}\n',
            id="inline-dockerfiles",
        ),
        pytest.param(
            "helmfile.yaml",
            "releases:\n",
            "- {{name: r{i}, values: [{{image: {{repository: q.io/a, tag: v1}}}}]}}\n",
            id="releases",
        ),
        pytest.param(
            "fleet.yaml",
            "targetCustomizations:\n",
            "- {{name: r{i}, helm: {{values: {{image: {{repository: q.io/a, tag: v1}}}}}}}}\n",
            id="customizations",
        ),
        pytest.param("a.container", "[Container]\n", "Image=q.io/a:{i}\n", id="settings"),
        pytest.param("Dockerfile", "", "ARG B{i}=q.io/a:{i}\nFROM $B{i} AS s{i}\nCOPY --from=s{i} a b\n", id="stages"),
    ],
)
def test_the_steps_grow_like_the_file(path: str, head: str, part: str) -> None:
    def run(size: int) -> None:
        find_and_prove(path, head + "".join(part.format(i=i, j=i + 1) for i in range(size)))

    assert_linear(run)


def test_a_pipeline_is_followed_once_and_not_once_for_each_of_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    hash_source = Source.__hash__

    def count_and_hash(source: Source) -> int:
        hashed.append(source.path)
        return hash_source(source)

    monkeypatch.setattr(Source, "__hash__", count_and_hash)
    text = "variables: {{V{i}: 'a:1'}}\nj{i}: {{image: $V{i}}}\n"
    sources = tuple(Source(f".gitlab/ci/{i}.yml", text.format(i=i)) for i in range(MANY))
    context = Context(families=(Family("gitlab_ci", sources),))
    for one in sources:
        taken = detect(one, context)
        assert taken is not None
        assert [type(found) for found in taken.find(one, context)] == [Occurrence]
    assert len(hashed) <= MOST * MANY
