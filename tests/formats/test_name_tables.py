"""Images of other systems that stand behind a name of their own file."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinner.formats import load_format
from pinner.formats.base import Occurrence
from pinner.text import Source
from tests.support import cases

X1 = "docker.io/library/x:1"
CIRCLE = "circleci"
JOB = "jobs: {{a: {{parameters: {{i: {}}}, docker: [{{image: {}}}]{}}}}}\n"
BUILD = "cloud_build"
GITHUB = "github_actions"


def images(module: str, text: str) -> dict[str, str]:
    return {
        one.locator: one.reference.tagged if isinstance(one, Occurrence) else one.reason
        for one in load_format(module).find(Source("x.yml", text))
    }


@pytest.mark.parametrize(
    ("module", "text", "expected"),
    [
        pytest.param(CIRCLE, JOB.format("{default: x:1}", "y:1", ""), {"jobs.a.docker[0].image": X1.replace("x", "y")}),
        pytest.param(
            CIRCLE,
            JOB.format("{default: x:1}", "<< parameters.i >>", ", steps: [run: echo << parameters.i >>]"),
            {"jobs.a.parameters.i.default": "used-elsewhere"},
        ),
        pytest.param(
            CIRCLE,
            JOB.format("{default: x:1, type: enum, enum: [x:1]}", "<< parameters.i >>", ""),
            {"jobs.a.parameters.i.default": "choice"},
        ),
        pytest.param(
            CIRCLE,
            JOB.format("{default: x:1}", "<< parameters.i >>", "")
            + "workflows: {w: {jobs: [{a: {i: y:1, requires: [b]}}]}}\n",
            {"jobs.a.parameters.i.default": "overridden", "workflows.w.jobs[0].a.i": "overridden"},
        ),
        pytest.param(
            CIRCLE,
            JOB.format("{type: string}", "<< parameters.i >>", "")
            + "workflows: {w: {jobs: [{a: {matrix: {parameters: {i: [x:1, y:1]}}}}]}}\n",
            {f"workflows.w.jobs[0].a.matrix.parameters.i[{at}]": "matrix" for at in (0, 1)},
            id="G07-matrix-of-a-workflow",
        ),
        pytest.param(
            CIRCLE,
            JOB.format("{default: x:1}", "<< parameters.other >>", ""),
            {"jobs.a.docker[0].image": "template-value"},
            id="A12-unknown-parameter",
        ),
        pytest.param(
            CIRCLE,
            "parameters: {i: {default: x:1}}\njobs: {a: {docker: [{image: << parameters.i >>}]}}\n",
            {"jobs.a.docker[0].image": "template-value"},
            id="a-parameter-of-something-else",
        ),
        pytest.param(
            BUILD,
            "steps: [{name: $_I, script: echo $_I}]\nsubstitutions: {_I: x:1}\n",
            {"substitutions._I": "used-elsewhere"},
        ),
        pytest.param(BUILD, "steps: [{name: $_J}]\nsubstitutions: {_I: x:1}\n", {"steps[0].name": "variable"}),
        pytest.param(
            GITHUB,
            "on: {workflow_call: {inputs: {i: {default: x:1}, j: {default: y:1}}}}\n"
            "jobs: {a: {container: '${{ inputs.i }}', services: {s: {image: '${{ env.J }}'}}}}\n",
            {"on.workflow_call.inputs.i.default": "input", "jobs.a.services.s.image": "variable"},
            id="G07-input",
        ),
        pytest.param(
            "woodpecker",
            "matrix: {I: [x:1, y:1], G: [1]}\nsteps: [{image: '${I}'}, {image: 'go:${G}'}]\n",
            {"matrix.I[0]": "matrix", "matrix.I[1]": "matrix", "steps[1].image": "variable"},
            id="G07-matrix",
        ),
        pytest.param(
            "woodpecker",
            "matrix: {include: [{I: x:1}, {I: y:1}]}\nsteps: [{image: '${I}'}]\n",
            {"matrix.include[0].I": "matrix", "matrix.include[1].I": "matrix"},
            id="G07-matrix-include",
        ),
    ],
)
def test_what_is_not_proven_is_left_alone_and_said(module: str, text: str, expected: dict[str, str]) -> None:
    assert images(module, text) == expected


@pytest.mark.parametrize(
    ("module", "text", "place"),
    [
        (CIRCLE, JOB.format("{default: x:1}", "<< parameters.i >>", ""), "jobs.a.parameters.i.default"),
        (CIRCLE, JOB.format("{default: '1'}", "x:<<parameters.i>>", ""), "jobs.a.parameters.i.default"),
        (
            CIRCLE,
            "executors: {e: {parameters: {i: {default: x:1}}, docker: [{image: << parameters.i >>}]}}\n",
            "executors.e.parameters.i.default",
        ),
        (
            CIRCLE,
            "parameters: {i: {default: x:1}}\njobs: {a: {docker: [{image: << pipeline.parameters.i >>}]}}\n",
            "parameters.i.default",
        ),
        (BUILD, "steps: [{name: $_I}, {name: '${_I}'}]\nsubstitutions: {_I: x:1}\n", "substitutions._I"),
        (BUILD, "steps: [{name: 'x:${_T}'}]\nsubstitutions: {_T: '1'}\n", "substitutions._T"),
    ],
)
def test_a_name_is_pinned_where_it_gets_its_value(module: str, text: str, place: str) -> None:
    assert images(module, text) == {place: X1}
    pinned = cases.pin(module, Source("x.yml", text))
    assert pinned.text.replace(f"@{cases.DIGEST}", "") == text != pinned.text
    assert cases.unpin(module, pinned).text == text


def test_two_jobs_may_have_parameters_of_one_name() -> None:
    other = "b: {parameters: {i: {default: y:1}}, docker: [{image: << parameters.i >>}], steps: [<< parameters.i >>]}"
    text = JOB.format("{default: x:1}", "<< parameters.i >>", f"}}, {other}").replace("]}}}", "]}}")
    assert images(CIRCLE, text) == {
        "jobs.a.parameters.i.default": X1,
        "jobs.b.parameters.i.default": "used-elsewhere",
    }


VALUES = st.sampled_from(
    (
        *("x:1", '"y"', "'docker://x:1'", "docker://y@sha256:" + "b" * 64, "${{ matrix.image }}", "${{ inputs.i }}"),
        *(
            "{image: x:1}",
            "{image: '${{ matrix.v.image }}', options: -x}",
            "",
            "1.2",
            "&a x:1",
            "*a",
            ">-\n        x:1",
        ),
        *("Dockerfile", "actions/checkout@v4", "[x:1]", "{db: {image: x:1}}", "{db: {image: &a z:1 }}  # why"),
    )
)
LINES = (
    *("    container: {}", "    services: {}", "    services:\n      db:\n        image: {}"),
    *("    steps: [{{uses: {}}}]", "    strategy: {{matrix: {{image: [{}, x:2]}}}}", "    env: {{A: {}}}"),
)


@st.composite
def workflows(draw: st.DrawFn) -> str:
    """Return workflows with odd values in all places that may hold images."""
    lines = ["on: {workflow_call: {inputs: {i: {default: x:1}}}}", "jobs:"]
    for at in range(draw(st.integers(1, 3))):
        lines.append(f"  j{at}:")
        lines += [line.format(draw(VALUES)) for line in draw(st.lists(st.sampled_from(LINES), unique=True))]
    return draw(st.sampled_from(("\n", "\r\n"))).join(lines) + draw(st.sampled_from(("\n", "", "  # end\n")))


@given(workflows())
@settings(max_examples=300)
def test_only_spans_of_a_workflow_change_and_unpinning_gives_all_bytes_back(text: str) -> None:
    source = Source(".github/workflows/x.yml", text)
    pinned = cases.pin(GITHUB, source)
    assert outside_spans(pinned) == outside_spans(source)
    assert cases.pin(GITHUB, pinned) == pinned
    assert cases.unpin(GITHUB, pinned) == cases.unpin(GITHUB, source)


def outside_spans(source: Source) -> str:
    spans = {one.span for one in load_format(GITHUB).find(source) if isinstance(one, Occurrence)}
    text = source.text
    for span in sorted(spans, reverse=True):
        text = text[: span.start] + "\0" + text[span.end :]
    return text
