"""Formats that are tables: which values of a route are images."""

from __future__ import annotations

import json
import time

import pytest

from pinner.context import Context, Rule
from pinner.formats import load_format
from pinner.formats.base import Format, Found, Occurrence, Skipped, Unreadable
from pinner.formats.routed import Images, routed_format
from pinner.path_filter import PathFilter
from pinner.syntax.routes import parse_route
from pinner.text import Source
from tests.support import writing


def table(*places: str | Images, sections: frozenset[str] | None = None) -> Format:
    return routed_format(name="x", places=places, sections=sections)


def find(one: Format, text: str, context: Context | None = None) -> list[str]:
    return [_show(found) for found in one.find(Source("x.yml", text), context or Context())]


def _show(found: Found) -> str:
    return found.reference.written if isinstance(found, Occurrence) else f"{found.written}: {found.reason}"


def rule(route: str, *files: str) -> Context:
    return Context(rules=(Rule(paths=PathFilter(include=files or ("x.yml",)), route=parse_route(route)),))


def test_what_stands_elsewhere_is_left_alone() -> None:
    assert find(table("steps[].image"), "image: a:1\nsteps: {image: b:1}\nother: [{image: c:1}]\n") == []


def test_a_value_at_a_route_is_an_image() -> None:
    assert find(table("steps[].image"), "steps: [{image: a:1}, {image: $X}]\n") == ["a:1", "$X: variable"]


def test_a_collection_at_a_route_is_silent_unless_the_table_speaks() -> None:
    assert find(table("image"), "image: {name: a:1}\n") == []
    assert find(table(Images(route="image", collection="one string")), "image: {name: a:1}\n") == [
        "{name: a:1}: not-a-scalar"
    ]


def test_without_its_prefix_a_value_is_no_image() -> None:
    one = table(Images(route="uses[]", prefix="docker://"))
    assert find(one, "uses: [actions/checkout@v4, docker://a:1, 'docker://', \"docker://b:2\"]\n") == [
        "a:1",
        ": empty",
        "b:2",
    ]
    assert find(one, "uses: [{docker://a: 1}]\n") == []


def test_a_prefix_stays_where_it_is() -> None:
    source = Source("x.yml", "uses: 'docker://a:1' # c\n")
    (found,) = table(Images(route="uses", prefix="docker://")).find(source)
    assert isinstance(found, Occurrence)
    assert source.text[found.span.start : found.span.end] == "a:1"


def test_a_pattern_says_which_part_is_the_reference() -> None:
    one = table(Images(route="entry", pattern=r"(\S+)(?:\s.*)?"))
    assert find(one, "entry: a:1 --flag x\n") == ["a:1"]
    assert find(one, "entry: ' a:1'\n") == []


def test_the_first_place_that_leads_to_a_value_decides() -> None:
    shown = Images(route="matrix.*", verdict=Unreadable("matrix"))
    assert find(table(shown, "**.image"), "matrix: {image: a:1}\nimage: b:1\n") == ["a:1: matrix", "b:1"]


def test_a_table_may_look_at_what_stands_beside() -> None:
    used = Images(route="image", where=lambda document: lambda _: document.scalar_at(("using",)) == "docker")
    one = routed_format(name="x", places=(used,), keys=frozenset({"using"}))
    assert find(one, "using: node20\nimage: a:1\n") == []
    assert find(one, "using: docker\nimage: a:1\n") == ["a:1"]


def test_what_stands_under_a_section_that_means_nothing_is_a_template_c04() -> None:
    text = "defaults: &a {image: b:1}\njobs: {x: *a}\n"
    assert find(table("jobs.*.image"), text) == ["b:1: shared-anchor"]
    assert find(table("jobs.*.image", sections=frozenset({"jobs"})), text) == ["b:1"]
    assert find(table("jobs.*.image", sections=frozenset({"jobs", "defaults"})), text) == ["b:1: shared-anchor"]


def test_a_glob_as_last_key_finds_every_scalar_there() -> None:
    one = table("variables.*_IMAGE")
    text = "variables: {A_IMAGE: a:1, B: b:1, C_IMAGE: {x: c:1}, <<: {D_IMAGE: d:1}}\nE_IMAGE: e:1\n"
    assert find(one, text) == ["a:1", "d:1"]


def test_a_rule_for_other_files_changes_nothing() -> None:
    assert find(table("image"), "image: a:1\nother: b:1\n", rule("other", "y.yml")) == ["a:1"]


def test_a_rule_adds_its_places_in_the_order_of_the_file() -> None:
    text = "first: a:1\nimage: b:1\nlast: [{name: x, value: c:1}, {name: y, value: d:1}]\n"
    assert find(table("image"), text, rule("first")) == ["a:1", "b:1"]
    assert find(table("image"), text, rule("last[name=y].value")) == ["b:1", "d:1"]
    assert find(table("image"), text, rule("*")) == [
        "a:1",
        "b:1",
        "[{name: x, value: c:1}, {name: y, value: d:1}]: not-a-scalar",
    ]


def test_a_rule_goes_before_the_verdict_of_a_format() -> None:
    one = table(Images(route="image", verdict=Unreadable("ambiguous")))
    assert find(one, "image: b:1\n") == ["b:1: ambiguous"]
    assert find(one, "image: b:1\n", rule("image")) == ["b:1"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("$CI_REGISTRY_IMAGE/app:1", "variable"),
        ("$CI_REGISTRY-x/app:1", "variable"),
        ("x/$CI_REGISTRY/app:1", "variable"),
        ("$CI_REGISTRY/app:$TAG", "variable"),
        ("$CI_REGISTRY", "variable"),
        ("$CI_REGISTRY:1", "variable"),
        ("$IMAGE", "ghcr.io/acme/app:latest"),
        ("$CI_REGISTRY/app:1", "registry.example.com/app:1"),
        ("$PROXY/alpine:3", "docker.io/library/alpine:3"),
        ("$IMAGE:2", "ghcr.io/acme/app:2"),
    ],
)
def test_an_alias_in_front_is_read_as_what_it_means_and_stays_g02(written: str, expected: str) -> None:
    aliases = {"$CI_REGISTRY": "registry.example.com", "$PROXY": "docker.io", "$IMAGE": "ghcr.io/acme/app"}
    (found,) = table("image").find(Source("x.yml", f"image: {written}\n"), Context(aliases=aliases))
    if isinstance(found, Skipped):
        assert found.reason == expected
    else:
        assert (found.reference.tagged, found.reference.written) == (expected, written)


def of_format(module: str, path: str, text: str) -> list[str]:
    return [_show(found) for found in load_format(module).find(Source(path, text))]


def test_a_matrix_is_shown_only_where_a_container_is_its_value_g07() -> None:
    job = "strategy: {matrix: {image: [a:1], os: [b:1]}}"
    path = ".github/workflows/x.yml"
    assert of_format("github_actions", path, f"jobs: {{x: {{{job}, container: 'c:${{{{ matrix.os }}}}'}}}}\n") == [
        "c:${{ matrix.os }}: variable"
    ]
    found = of_format(
        "github_actions", path, f"jobs: {{x: {{{job}, container: '${{{{matrix.image}}}}'}}, y: {{{job}}}}}\n"
    )
    assert found == ["a:1: matrix", "${{matrix.image}}: variable"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("a:1", "a:1"),
        ("  a:1   sh -c x", "a:1"),
        ("--entrypoint x a:1 b:1", "a:1"),
        ("--entrypoint=x a:1", "a:1"),
        ("-it --rm --read-only a:1", "a:1"),
        ("-v x:/y -e 'A=b c' --env=\"D=e f\" a:1", "a:1"),
        ("-u 1000 --init a:1 --init", "a:1"),
        ("--entrypoint x", "--entrypoint x: unclear-options"),
        ("--init", "--init: unclear-options"),
        ("-e 'A=b c a:1", "-e 'A=b c a:1: unclear-options"),
        ("'a:1'", "'a:1': unclear-options"),
        ("", ": unclear-options"),
    ],
)
def test_the_image_of_a_hook_follows_its_options_g08(entry: str, expected: str) -> None:
    text = f"repos: [{{hooks: [{{entry: {json.dumps(entry)}, language: docker_image}}]}}]\n"
    assert of_format("pre_commit", ".pre-commit-config.yaml", text) == [expected]


def test_options_made_to_be_slow_are_not() -> None:
    start = time.process_time()
    for piece in ("-i a ", "--x ", "-i ", "-e 'a' ", "--x=y "):
        text = f"repos: [{{hooks: [{{entry: {json.dumps(piece * 5000 + chr(39))}, language: docker_image}}]}}]\n"
        assert len(of_format("pre_commit", ".pre-commit-config.yaml", text)) == 1
    assert time.process_time() - start < 20


def test_row_88_and_g06_all_images_of_a_workflow_keep_their_tags() -> None:
    """Runner hooks refuse a digest without a tag, so the form that is the default keeps both."""
    steps = "steps: [{uses: docker://alpine:3}, {uses: actions/checkout@v4}]"
    text = f"jobs:\n  a: {{container: node:20, {steps}}}\n  b: {{container: {{image: node:20}}}}\n"
    source = Source(".github/workflows/x.yml", text)
    pinned = writing.pin(load_format("github_actions"), source).text
    assert pinned.count(f"node:20@{writing.DIGEST}") == 2
    assert pinned.count(f"docker://alpine:3@{writing.DIGEST}") == 1
    assert pinned.replace(f"@{writing.DIGEST}", "") == text
