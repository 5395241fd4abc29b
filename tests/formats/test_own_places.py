"""What a project says itself of its places: rules and marks, in YAML and in any other text."""

from __future__ import annotations

import pytest

from pinner.context import Context, Rule
from pinner.errors import EditError
from pinner.formats import detect, load_format
from pinner.formats.base import Found, Occurrence, change_to, edits_for
from pinner.oci.digest import Digest
from pinner.path_filter import PathFilter
from pinner.syntax import line_patterns
from pinner.syntax.line_patterns import parse_pattern
from pinner.syntax.routes import parse_route
from pinner.text import Source, apply_edits

DIGEST = Digest("sha256", "a" * 64)
PINNED = f"@{DIGEST}"


def rule(*files: str, route: str = "", pattern: str = "") -> Rule:
    return Rule(
        paths=PathFilter(include=files),
        route=parse_route(route) if route else None,
        pattern=parse_pattern(pattern) if pattern else None,
        name="rules[0]",
    )


def found(source: Source, *rules: Rule) -> tuple[Found, ...]:
    context = Context(rules=rules)
    taken = detect(source, context)
    return () if taken is None else taken.find(source, context)


def show(path: str, text: str, *rules: Rule) -> list[str]:
    return [
        one.reference.written if isinstance(one, Occurrence) else f"{one.written}: {one.reason}"
        for one in found(Source(path, text), *rules)
    ]


def pin(path: str, text: str, *rules: Rule) -> str:
    source = Source(path, text)
    context = Context(rules=rules)
    taken = detect(source, context)
    assert taken is not None
    changes = [
        change_to(one, one.reference.pinned_to(DIGEST))
        for one in taken.find(source, context)
        if isinstance(one, Occurrence)
    ]
    after = source.with_text(apply_edits(text, edits_for(changes)))
    taken.prove(source, after, changes)
    return after.text


ARGS = "args:\n- --image=a:1\n- --other=b:1\n- '--images=c:1 --image=d:1' # e\n"


def test_without_a_rule_or_a_mark_nothing_is_found() -> None:
    assert show("settings.yaml", "image: a:1\n") == []
    assert show("settings.yaml", "image: a:1\n", rule("other.yaml", route="image")) == []
    assert show("notes.txt", "# pinner: image\na:1\n") == []


def test_a_rule_takes_a_file_that_no_format_takes() -> None:
    assert show("config/app.yaml", "sidecar: {image: a:1}\n", rule("config/*.yaml", route="sidecar.image")) == ["a:1"]
    assert show("app.json", '{"x": "a:1"}', rule("*.json", route="x")) == ["a:1"]
    assert show("app.conf", "image a:1\nimage b:1 # c\n", rule("*.conf", pattern=r"^image (\S+)")) == ["a:1", "b:1"]


def test_a_rule_with_a_pattern_means_parts_of_the_values_at_its_route() -> None:
    one = rule("a.yaml", route="args[]", pattern=r"--image=(\S+)")
    assert show("a.yaml", ARGS, one) == ["a:1", "d:1"]
    assert pin("a.yaml", ARGS, one) == ARGS.replace("a:1", f"a:1{PINNED}").replace("d:1", f"d:1{PINNED}")


def test_a_pattern_means_its_own_place_of_equal_texts_in_a_block_c07() -> None:
    text = "script: |\n  # a:1 a:1\n  run a:1 --image=a:1\n  run --image=a:1 a:1\n"
    one = rule("a.yaml", route="script", pattern=r"--image=(\S+)")
    assert pin("a.yaml", text, one) == text.replace("--image=a:1", f"--image=a:1{PINNED}")


def test_a_rule_works_beside_the_format_that_takes_the_file() -> None:
    text = "services:\n  a:\n    image: b:1\n    command: [--sidecar=c:1]\nx-tool: d:1\n"
    rules = (
        rule("compose.yaml", route="x-tool"),
        rule("*.yaml", route="services.*.command[]", pattern="--sidecar=(.+)"),
    )
    assert show("compose.yaml", text, *rules) == ["b:1", "c:1", "d:1"]
    assert pin("compose.yaml", text, *rules).count(PINNED) == 3


def test_a_rule_goes_before_what_a_format_would_leave_alone() -> None:
    text = "services: {a: {build: ., image: b:1}}\n"
    assert show("compose.yaml", text) == ["b:1: build"]
    assert show("compose.yaml", text, rule("compose.yaml", route="services.a.image")) == ["b:1"]


def test_a_rule_that_leads_to_no_string_says_so() -> None:
    one = rule("a.yaml", route="x.*")
    assert show("a.yaml", "x:\n  a: [b]\n  c: ~\n  d: 1.5\n", one) == [
        "[b]: not-a-scalar",
        "~: non-string",
        "1.5: non-string",
    ]


def test_a_rule_with_a_route_reads_any_file_as_yaml_and_says_where_it_is_none() -> None:
    assert show("a.txt", "x: a:1\n", rule("*.txt", route="x")) == ["a:1"]
    assert show("a.txt", "x: [\n", rule("*.txt", route="x")) == [": invalid-yaml"]
    assert show("a.txt", "x: {{ y }}\n  z\n", rule("*.txt", route="x")) == ["{{ y }}: templated"]


def test_a_rule_without_a_route_says_that_it_does_nothing_in_yaml() -> None:
    lines = rule("*.yaml", pattern=r"--image=(\S+)")
    assert show("compose.yaml", "services: {a: {image: b:1}}\n", lines) == [r"--image=(\S+): rule-without-route", "b:1"]
    both = (rule("a.yaml", route="x"), lines)
    (remark, _) = found(Source("a.yaml", "x: a:1\n"), *both)
    assert not isinstance(remark, Occurrence)
    assert remark.detail == "rules[0] searches lines, and this file is YAML: give the rule a route"


def test_what_a_pattern_cannot_be_searched_for_is_said() -> None:
    long = "a" * (line_patterns.LINE_EFFORT + 1)
    assert show("a.txt", f"x{long}\nxb:1\n", rule("a.txt", pattern=r"x(\S+)")) == [
        f"{f'x{long}'[:200]}: pattern-limit",
        "b:1",
    ]
    one = rule("a.yaml", route="x", pattern=r"y(\S+)")
    assert show("a.yaml", f"x: y{long}\n", one) == [f"{f'y{long}'[:200]}: pattern-limit"]


def test_several_rules_may_speak_of_one_value() -> None:
    rules = (rule("a.yaml", route="x[]", pattern=r"--b=(\S+)"), rule("a.yaml", route="x[]", pattern=r"--a=(\S+)"))
    assert show("a.yaml", "x: [--a=a:1 --b=b:1, --b=c:1, d:1]\n", *rules) == ["a:1", "b:1", "c:1"]
    whole = rule("a.yaml", route="x[2]")
    assert show("a.yaml", "x: [--a=a:1, --b=b:1, d:1]\n", *rules, whole) == ["a:1", "b:1", "d:1"]


def test_of_two_patterns_that_meet_the_first_decides() -> None:
    text = "x=a:1 y\nz=b:1\n"
    rules = (rule("a.txt", pattern=r"x=(\S+)"), rule("a.txt", pattern=r"=(.+)"))
    assert show("a.txt", text, *rules) == ["a:1", "b:1"]
    assert show("a.txt", text, *reversed(rules)) == ["a:1 y: not-a-reference", "b:1"]


def test_a_mark_above_what_a_pattern_means_adds_nothing() -> None:
    text = "# pinner: image\nx=a:1\n# pinner: image\ny=b:1\n"
    assert show("a.cfg", text, rule("a.cfg", pattern=r"x=(\S+)")) == ["a:1", "b:1"]


def test_two_patterns_that_mean_one_place_mean_it_once() -> None:
    rules = (rule("a.txt", pattern=r"x=(\S+)"), rule("a.txt", pattern=r"=(\S+)"))
    assert show("a.txt", "x=a:1\ny=b:1\n", *rules) == ["a:1", "b:1"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: b:1\n", []),
        ("# pinner: images\na: b:1\n", []),
        ("# pinner:image\na: b:1\n", []),
        ("// pinner: image\na: b:1\n", []),
        ("# pinner: image\na: b:1\n", ["b:1"]),
        ("\ufeff# pinner: image\r\na: b:1\r\n", ["b:1"]),
        ("  #  pinner: image  \n\n# more\na: b:1\n", ["b:1"]),
        ("# pinner: image\n- b:1\n", ["b:1"]),
        ("# pinner: image\n'a b': !!str &x b:1\n", ["b:1"]),
        ("x:\n  # pinner: image\n  a: b:1\n", ["b:1"]),
        ("# pinner: image\n? a\n: b:1\n", ["# pinner: image: misplaced-mark"]),
        ("# pinner: image\na: {b: {c: d:1}}\n", ["d:1"]),
        ("# pinner: image\na:\n  b: c:1\n", ["# pinner: image: misplaced-mark"]),
        ("# pinner: image\na: *x\nb: c:1\n", ["# pinner: image: misplaced-mark"]),
        ("a: b:1 # pinner: image\n", ["# pinner: image: misplaced-mark"]),
        ("a: |\n  # pinner: image\n  b:1\n", ["# pinner: image: misplaced-mark"]),
        ("# pinner: image\na: &x b:1\nc: *x\n", ["b:1: shared-anchor"]),
        ("a: b:1 # pinner: image\nc: d:1\n", ["# pinner: image: misplaced-mark"]),
        ("a: |\n  # pinner: image\nb: c:1\n", ["# pinner: image: misplaced-mark"]),
        ("a: b:1\n# pinner: image\n", ["# pinner: image: misplaced-mark"]),
        ("# pinner: image\na: b:1\n--- \n# pinner: image\nc: d:1\n", ["b:1", "d:1"]),
        ("%YAML 1.2\n--- \n# pinner: image\na: b:1\n...\n%YAML 1.2\n---\n# pinner: image\nc: d:1\n", ["b:1", "d:1"]),
        ("# pinner: image\na: [\n", [": invalid-yaml"]),
    ],
)
def test_a_mark_means_the_value_below_it(text: str, expected: list[str]) -> None:
    assert show("any.yaml", text) == expected


def test_a_mark_works_beside_the_format_that_takes_the_file() -> None:
    text = "services:\n  a:\n    image: b:1\n    # pinner: image\n    x-tool: c:1\n  d: {image: e:1}\n"
    assert show("compose.yaml", text) == ["b:1", "c:1", "e:1"]


def test_a_mark_on_what_the_format_knows_changes_nothing() -> None:
    assert show("compose.yaml", "services:\n  a:\n    # pinner: image\n    image: b:1\n") == ["b:1"]


def test_the_proof_refuses_a_text_that_is_changed_beside_its_references() -> None:
    text = load_format("plain_text")
    source = Source("Makefile", "# pinner: image\nA = b:1\n")
    (one,) = text.find(source)
    assert isinstance(one, Occurrence)
    change = change_to(one, one.reference.pinned_to(DIGEST))
    text.prove(source, source.with_text(f"# pinner: image\nA = b:1{PINNED}\n"), [change])
    with pytest.raises(EditError, match="outside the references"):
        text.prove(source, source.with_text(f"# pinner: image\nB = b:1{PINNED}\n"), [change])
