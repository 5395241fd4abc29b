"""Images of GitLab that stand behind a name: pinned where the name gets its value, or left alone with the reason."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinner.context import Context
from pinner.formats.base import Occurrence
from pinner.formats.gitlab_ci import find
from pinner.text import Source
from tests.support import cases

PATH = ".gitlab-ci.yml"
PINNED = f"@{cases.DIGEST}"


def images(text: str, context: Context | None = None) -> dict[str, str]:
    """Return what is found at which place: the reference in full, or why it is left alone."""
    return {
        one.locator: one.reference.tagged if isinstance(one, Occurrence) else one.reason
        for one in find(Source(PATH, text), context or Context())
    }


def pin(text: str) -> str:
    return cases.pin("gitlab_ci", Source(PATH, text)).text


SPEC = "spec: {{inputs: {{i: {}}}}}\n---\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("variables: {I: x:1}\n", id="G03-never-used"),
        pytest.param("variables: {I: x:1}\na: {script: $I}\n", id="G03-used-by-a-script-alone"),
        pytest.param("variables: {I: x:1}\na: {image: !reference [.b, image]}\n", id="G03-reference"),
        pytest.param("variables: {I: x:1}\na: {environment: {name: $I}}\n", id="G03-environment"),
        pytest.param(SPEC.format("{default: x:1}") + "a: {script: '$[[ inputs.i ]]'}\n", id="G04-input-of-a-script"),
    ],
)
def test_names_that_are_no_image_are_left_alone(text: str) -> None:
    assert images(text) == {}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("variables: {I: x:1}\na: {image: $I}\n", "variables.I", id="G03-global"),
        pytest.param("variables: {I: x:1}\nimage: ${I}\n", "variables.I", id="G03-braces"),
        pytest.param("variables: {I: x:1}\ndefault: {image: {name: $I}}\n", "variables.I", id="G03-default"),
        pytest.param("a: {variables: {I: x:1}, services: [{name: $I, alias: y}]}\n", "a.variables.I", id="G03-job"),
        pytest.param(
            "variables: {I: {value: x:1, description: I is it}}\na: {image: $I}\n", "variables.I.value", id="G03-map"
        ),
        pytest.param("variables: {J: $I, I: x:1}\na: {image: $J}\n", "variables.I", id="G03-through-another"),
        pytest.param("variables: {I: x:1}\n.a: {image: $I}\nb: {extends: .a}\n", "variables.I", id="G04-extends"),
        pytest.param(
            SPEC.format("{default: x:1}") + "a: {image: '$[[ inputs.i ]]'}\n", "spec.inputs.i.default", id="G04-input"
        ),
        pytest.param(
            SPEC.format("{default: x:1}") + "variables: {I: '$[[inputs.i]]'}\na: {image: $I}\n",
            "spec.inputs.i.default",
            id="G04-input-of-a-variable",
        ),
        pytest.param(
            SPEC.format("{default: '1'}") + "a: {image: 'x:$[[ inputs.i ]]'}\n",
            "spec.inputs.i.default",
            id="G04-tag",
        ),
    ],
)
def test_g03_a_name_is_pinned_where_it_gets_its_value(text: str, place: str) -> None:
    assert images(text) == {place: "docker.io/library/x:1"}
    pinned = pin(text)
    assert pinned.count(PINNED) == 1
    assert pinned.replace(PINNED, "") == text
    assert images(pinned) == {place: "docker.io/library/x:1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "variables: {I: x:1}\na: {image: $I, script: [echo $I]}\n", {"variables.I": "used-elsewhere"}, id="script"
        ),
        pytest.param(
            "variables: {I: x:1}\na: {image: $I, script: [docker build --build-arg I .]}\n",
            {"variables.I": "used-elsewhere"},
            id="a-script-that-names-it",
        ),
        pytest.param(
            "variables: {I: x:1}\na: {image: $I, rules: [{if: '$I == \"x\"'}]}\n",
            {"variables.I": "used-elsewhere"},
            id="rule",
        ),
        pytest.param(
            "variables: {I: x:1}\na: {image: $I, services: [$I-slim]}\n",
            {"variables.I": "used-elsewhere", "a.services[0]": "variable"},
            id="a-part-of-another-image",
        ),
        pytest.param(
            "variables: {I: x:1, J: $I}\na: {image: $I, script: [echo $J]}\n",
            {"variables.I": "used-elsewhere"},
            id="another-variable",
        ),
        pytest.param(
            "variables: {I: x:1}\na: {variables: {I: y:1}, image: $I}\n",
            {"variables.I": "overridden", "a.variables.I": "overridden"},
            id="G03-overridden",
        ),
        pytest.param(
            "variables: {I: x:1}\nworkflow: {rules: [{variables: {I: y:1}}]}\na: {image: $I}\n",
            {"variables.I": "overridden", "workflow.rules[0].variables.I": "overridden"},
            id="G03-overridden-by-a-rule",
        ),
        pytest.param(
            "variables: {I: x:1}\na: {variables: {I: y:1}, image: $I}\nb: {image: $I}\n",
            {"variables.I": "overridden", "a.variables.I": "overridden"},
            id="G03-overridden-and-used-twice",
        ),
        pytest.param(
            "variables: {I: {value: x:1, options: [x:1, y:1]}}\na: {image: $I}\n",
            {"variables.I.value": "choice"},
            id="G03-options",
        ),
        pytest.param(
            SPEC.format("{default: x:1, options: [x:1]}") + "a: {image: '$[[ inputs.i ]]'}\n",
            {"spec.inputs.i.default": "choice"},
            id="G04-options",
        ),
        pytest.param(
            SPEC.format("{default: x:1, regex: ^x}") + "a: {image: '$[[ inputs.i ]]'}\n",
            {"spec.inputs.i.default": "choice"},
            id="G04-regex",
        ),
        pytest.param(
            SPEC.format("{default: x:1}") + "'a-$[[ inputs.i ]]': {image: '$[[ inputs.i ]]'}\n",
            {"spec.inputs.i.default": "used-elsewhere"},
            id="G04-in-a-job's-name",
        ),
        pytest.param(
            SPEC.format("{default: x:1}") + "a: {image: '$[[ inputs.i | expand_vars ]]'}\n",
            {"a.image": "variable"},
            id="G04-function",
        ),
        pytest.param(
            "a: {parallel: {matrix: [{I: [x:1, y:1]}, {I: z:1}]}, image: $I}\n",
            {f"a.parallel.matrix[{at}": "matrix" for at in ("0].I[0]", "0].I[1]", "1].I")},
            id="G07-matrix",
        ),
        pytest.param("variables: {V: '1'}\na: {image: 'x:$V-slim'}\n", {"a.image": "variable"}, id="G03-middle"),
        pytest.param(
            "variables: {V: x}\na: {image: '$V'}\n", {"variables.V": "docker.io/library/x:latest"}, id="no-tag"
        ),
        pytest.param("variables: {V: slim}\na: {image: 'x:1-$V'}\n", {"a.image": "variable"}, id="G03-end-of-a-tag"),
        pytest.param("variables: {V: x}\na: {image: 'y/$V'}\n", {"a.image": "variable"}, id="G03-end-of-a-name"),
        pytest.param("variables: {V: x}\na: {image: '$V:1'}\n", {"a.image": "variable"}, id="E03-name"),
        pytest.param(
            "variables: {T: '1'}\na: {image: 'x:$T'}\nb: {image: 'y:$T'}\n",
            {"a.image": "variable", "b.image": "variable"},
            id="G03-a-tag-of-two",
        ),
        # Programs of the job have the variable in their environment, and want a bare tag.
        pytest.param("variables: {T: '1'}\na: {image: 'x:$T'}\n", {"a.image": "variable"}, id="G03-exported-tag"),
        pytest.param(
            "variables: {R: x, T: '1', I: '$R:$T'}\na: {image: $I}\n",
            {"variables.I": "variable"},
            id="G03-exported-composed",
        ),
        # Whoever takes the component may give another registry, where the digest would be a stranger's.
        pytest.param(
            SPEC.format("{default: r.example}") + "a: {image: '$[[ inputs.i ]]/x:1'}\n",
            {"a.image": "variable"},
            id="G04-registry-of-the-caller",
        ),
        pytest.param(
            SPEC.format("{default: 1.10}") + "a: {image: 'x:$[[ inputs.i ]]'}\n",
            {"spec.inputs.i.default": "non-string"},
            id="A08-number",
        ),
        pytest.param("variables: {T: }\na: {image: 'x:$T'}\n", {"a.image": "variable"}, id="no-tag-yet"),
        pytest.param("variables: {T: a/b}\na: {image: 'x:$T'}\n", {"a.image": "variable"}, id="no-tag-at-all"),
        pytest.param("variables: {T: '1'}\na: {image: '$R:$T'}\n", {"a.image": "variable"}, id="unknown-name"),
        pytest.param("variables: {A: $B, B: $A}\na: {image: $A}\n", {"variables.A": "used-elsewhere"}, id="circle"),
        pytest.param("variables: {A: !reference [.b]}\na: {image: $A}\n", {"a.image": "variable"}, id="reference"),
        pytest.param("variables: {I: x:1}\na: {image: $$I}\n", {"a.image": "variable"}, id="A11-escaped"),
    ],
)
def test_g03_what_is_not_proven_is_left_alone_and_said(text: str, expected: dict[str, str]) -> None:
    assert images(text) == expected


def test_g02_the_prefixes_of_gitlab_are_read_as_what_they_mean() -> None:
    text = (
        "a: {image: $CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/x:1}\n"
        "b: {image: '${CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX}/acme/x:1'}\n"
        "c: {image: '${CI_TEMPLATE_REGISTRY_HOST}/x:1'}\n"
    )
    assert images(text) == {
        "a.image": "docker.io/library/x:1",
        "b.image": "docker.io/acme/x:1",
        "c.image": "registry.gitlab.com/x:1",
    }
    assert pin(text).replace(PINNED, "") == text


def test_g02_an_alias_of_the_user_goes_before_the_one_that_is_built_in() -> None:
    aliases = {"$CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX": "mirror.example.com", "$CI_REGISTRY": "r.example.com"}
    text = "a: {image: $CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/x:1, services: [$CI_REGISTRY/y:1]}\n"
    assert images(text, Context(aliases=aliases)) == {
        "a.image": "mirror.example.com/x:1",
        "a.services[0]": "r.example.com/y:1",
    }


def test_g02_a_registry_that_the_file_names_is_read_as_what_it_means() -> None:
    text = "variables: {R: ghcr.io/acme}\na: {image: $R/x:1}\n"
    assert images(text) == {"a.image": "ghcr.io/acme/x:1"}
    assert images(f"{text}b: {{variables: {{R: quay.io}}}}\n") == {"a.image": "variable"}


def test_a_second_run_reads_the_digest_that_the_first_one_wrote() -> None:
    for text in (
        "variables: {I: x:1}\na: {image: $I}\n",
        SPEC.format("{default: '1'}") + "a: {image: 'x:$[[ inputs.i ]]'}\n",
    ):
        (found,) = find(Source(PATH, pin(text)))
        assert isinstance(found, Occurrence)
        assert found.reference.digest == cases.DIGEST


def test_a_long_chain_of_names_costs_no_more_than_its_length() -> None:
    chain = "".join(f"  A{at}: $A{at + 1}\n" for at in range(3000))
    assert images(f"variables:\n{chain}  A3000: x:1\na: {{image: $A0}}\n") == {
        "variables.A3000": "docker.io/library/x:1"
    }


NAMES = st.sampled_from(("A", "B", "T"))
VALUES = st.sampled_from(
    ("x:1", "y", "'1'", "$A", "${B}", "'x:$T'", "'$B:$T'", "'$B/x:1'", "", "1.2", "[x:1]", "*i", "&i z:1")
)
PLACES = (
    "image: {}",
    "services: [{}, w:1]",
    "image: {{name: {}}}",
    "script: [{}]",
    "variables: {{A: {}}}",
    "tags: [{}]",
)


@st.composite
def pipelines(draw: st.DrawFn) -> str:
    """Return pipelines in which names are given values and used, in any way that comes to mind."""
    lines = ["variables:"]
    lines += [f"  {name}: {draw(VALUES)}" for name in draw(st.lists(NAMES, unique=True))]
    for at in range(draw(st.integers(1, 3))):
        lines.append(f"j{at}:")
        lines += [f"  {place.format(draw(VALUES))}" for place in draw(st.lists(st.sampled_from(PLACES), unique=True))]
    return "\n".join(lines) + draw(st.sampled_from(("\n", "", "  # end\n")))


@given(pipelines())
@settings(max_examples=300)
def test_only_spans_change_and_unpinning_gives_all_bytes_back(text: str) -> None:
    source = Source(PATH, text)
    pinned = cases.pin("gitlab_ci", source)
    spans = [one.span for one in find(source) if isinstance(one, Occurrence)]
    outside = _without(text, [(one.start, one.end) for one in spans])
    again = [one.span for one in find(pinned) if isinstance(one, Occurrence)]
    assert _without(pinned.text, [(one.start, one.end) for one in again]) == outside
    assert cases.pin("gitlab_ci", pinned) == pinned
    assert cases.unpin("gitlab_ci", pinned) == source


def _without(text: str, extents: list[tuple[int, int]]) -> str:
    for start, end in sorted(set(extents), reverse=True):
        text = text[:start] + "\0" + text[end:]
    return text


@given(pipelines())
@settings(max_examples=200)
def test_a_value_that_is_pinned_is_mentioned_by_images_only(text: str) -> None:
    """Whoever reads the pinned value, reads it as an image, or behind one name as a tag."""
    for one in find(Source(PATH, text)):
        if isinstance(one, Occurrence) and ".variables." in f".{one.locator}":
            name = one.locator.rpartition(".")[2]
            readers = [line for line in text.splitlines() if f"${name}" in line or f"${{{name}}}" in line]
            assert readers
            assert not any(line.lstrip().startswith(("script:", "tags:")) for line in readers)
