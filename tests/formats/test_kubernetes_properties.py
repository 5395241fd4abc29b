"""Random Kubernetes documents: known and unknown kinds, Lists, anchors, several documents (row 108)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinner.formats import kubernetes
from pinner.formats.base import Found, Occurrence
from pinner.formats.known_kinds.lookup import all_kinds
from pinner.formats.yaml_places import find_images
from pinner.syntax.routes import AnyDepth, Element, ElementWhere, Key, Step, parse_route
from pinner.syntax.routes import Text as RouteText
from pinner.text import Source
from tests.support import cases

VALUES = (
    *("nginx:1", '"nginx:1"', "'redis:7'", "alpine", "quay.io/a/b:1@sha256:" + "b" * 64, "localhost:5000/a"),
    *("docker://a.io/b:1", "oci://a.io/b:1", "${IMAGE}", '"{{x}}"', '""', "", "~", "1.25", "DockerImage", "bundles"),
    *("&i redis:7", "*i", "&j a.io/b:2", "*j", '"ng\\x69nx:1"', ">-\n{}folded:1", "|\n{}block:1"),
    *("[nginx:1]", "{name: x, tag: v1}", "debian-cloud/debian-12", "logo.png"),
)
# What may stand beside an image and decide about it.
OTHERS = ("kind", "resolver", "type", "tag", "sha", "version", "image", "tagSelection", "name", "value", "x")
LINES = tuple(line.kinds for line in all_kinds().lines)
HEADS = (
    *((group, name) for kinds in LINES for group in kinds.groups or ("apps",) for name in kinds.names or ("Thing",)),
    *(("", "Pod"), ("apps", "Deployment"), ("acme.example", "Thing")),
)
ROUTES = tuple(
    parse_route(place if isinstance(place, str) else place.route) for kinds in LINES for place in kinds.places
)
PODS = tuple(map(parse_route, ("spec.containers[].image", "spec.volumes[].image.reference", "spec.sidecar.image")))


def put(tree: dict[str, Any], steps: tuple[Step, ...], value: str, words: list[str]) -> None:
    """Let a value stand where a route leads; globs take the next of `words`."""
    if not steps:
        return
    step, *rest = steps
    if isinstance(step, AnyDepth):
        inner = tree.setdefault(words[0], {}) if words[0] != "x" else tree
        put(inner if isinstance(inner, dict) else {}, tuple(rest), value, words)
    elif isinstance(step, Key):
        key = step.name.written.replace("*", words[0])
        put_under(tree, key, tuple(rest), value, words)


def put_under(tree: dict[str, Any], key: str, rest: tuple[Step, ...], value: str, words: list[str]) -> None:
    if not rest:
        tree[key] = value
    elif isinstance(rest[0], Element | ElementWhere):
        items = tree.get(key)
        items = tree[key] = items if isinstance(items, list) else []
        if len(rest) == 1:
            items.append(value)
            return
        item: dict[str, Any] = {}
        if isinstance(rest[0], ElementWhere):
            item[rest[0].key] = rest[0].value.written.replace("*", "A")
        items.append(item)
        put(item, rest[1:], value, words)
    else:
        inner = tree.get(key)
        inner = tree[key] = inner if isinstance(inner, dict) else {}
        put(inner, rest, value, words)


def write(tree: Any, indent: str) -> Iterator[str]:
    """Write a tree in block style; scalars stand as they are."""
    for key, value in tree.items():
        name = f'"{key}"' if "/" in key else key
        if isinstance(value, dict) and value:
            yield f"{indent}{name}:"
            yield from write(value, indent + "  ")
        elif isinstance(value, list) and value:
            yield f"{indent}{name}:"
            for item in value:
                if isinstance(item, dict):
                    lines = list(write(item, indent + "  "))
                    yield f"{indent}- {lines[0].lstrip()}" if lines else f"{indent}- {{}}"
                    yield from lines[1:]
                else:
                    yield (
                        f"{indent}- {item}".replace("{}", indent + "    ", 1) if "\n{}" in item else f"{indent}- {item}"
                    )
        else:
            text = value if isinstance(value, str) else "{}"
            yield f"{indent}{name}: " + (text.replace("{}", indent + "  ", 1) if "\n{}" in text else text)


@st.composite
def objects(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an object of a kind that is known, or one of none, with some values where images may stand."""
    group, kind = draw(st.sampled_from(HEADS))
    version = f"{group}/v1" if group else "v1"
    tree: dict[str, Any] = {"apiVersion": draw(st.sampled_from((version, f'"{version}"'))), "kind": kind}
    known = [
        parse_route(place if isinstance(place, str) else place.route)
        for kinds in LINES
        if (not kinds.groups or group in kinds.groups) and (not kinds.names or kind in kinds.names)
        for place in kinds.places
    ]
    for route in draw(st.lists(st.sampled_from((*known, *PODS, *ROUTES[:8])), max_size=4)):
        words = draw(st.lists(st.sampled_from(("x", "a", "metadata", "spec")), min_size=1, max_size=1))
        put(tree, route.steps, draw(st.sampled_from(VALUES)), words)
        if draw(st.booleans()) and isinstance(route.steps[-1], Key):
            beside = (*route.steps[:-1], Key(RouteText(draw(st.sampled_from(OTHERS)))))
            put(tree, beside, draw(st.sampled_from(VALUES)), words)
    return tree


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Draw some documents, one of which may be a List of the others."""
    trees = draw(st.lists(objects(), min_size=1, max_size=3))
    if draw(st.booleans()):
        trees = [{"apiVersion": "v1", "kind": "List", "items": trees}, *trees[:1]]
    end = draw(st.sampled_from(("\n", "\r\n")))
    return f"---{end}".join("".join(f"{line}\n" for line in write(tree, "")).replace("\n", end) for tree in trees)


def essence(found: tuple[Found, ...]) -> list[tuple[object, ...]]:
    """Return what matters: a filter may lose a text that nobody would have edited, and a key without a value."""
    return [
        (one.span, one.locator, one.reference) if isinstance(one, Occurrence) else (one.locator, one.reason)
        for one in found
        if isinstance(one, Occurrence) or (one.written and one.reason not in ("templated", "invalid-yaml"))
    ]


@given(texts())
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_documents_are_pinned_once_proven_and_restored(text: str) -> None:
    source = Source("x.yaml", text)
    for form in cases.WRITTEN_FORMS:
        once = cases.pin("kubernetes", source, form)
        assert cases.changes("kubernetes", once, cases.with_digest, form) == ()
        assert cases.unpin("kubernetes", once) == cases.unpin("kubernetes", source)


@given(texts())
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_what_a_file_seems_not_to_need_changes_nothing(text: str) -> None:
    source = Source("x.yaml", text)
    everything = find_images(source, lambda document: kubernetes.classify(document, all_kinds()), keys=None)
    assert essence(kubernetes.find(source)) == essence(everything)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_route_leads_somewhere(route: Any) -> None:
    tree: dict[str, Any] = {}
    put(tree, route.steps, "nginx:1", ["x"])
    assert "nginx:1" in "\n".join(write(tree, ""))
