"""Which nodes of a compose file are images."""

from __future__ import annotations

import pytest

from pinner.formats import detect
from pinner.formats.base import Occurrence, Skipped
from pinner.formats.compose import FORMAT, find
from pinner.text import Source
from tests.support.yaml_editor import reasons


def locators(text: str) -> list[str]:
    return [one.locator for one in find(Source("compose.yaml", text)) if isinstance(one, Occurrence)]


def said(text: str) -> list[str]:
    found = find(Source("compose.yaml", text))
    return [f"{one.reason} {one.written}" for one in found if isinstance(one, Skipped)]


def why(text: str) -> list[str]:
    return reasons(find(Source("compose.yaml", text)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("services:\n", id="F01-no-services"),
        pytest.param("services: {a: {command: x}}\n", id="F01-no-image"),
        pytest.param("services: {a: {labels: {image: x:1}}}\n", id="C10-label"),
        pytest.param("services: {a: {x-notes: {image: x:1}}}\n", id="F02-extension-in-a-service"),
        pytest.param("volumes: {image: {x: y}}\nnetworks: {image: n}\n", id="C10-a-volume-of-that-name"),
        pytest.param("x-base: {image: x, a: {b: {image: x:1}}}\n", id="F02-other-extensions"),
        pytest.param("services: {a: {build: {args: {A: x, B: 'db:5432', C: 3:4, D: {e: x:1}}}}}\n", id="F03-arguments"),
        pytest.param("services: {image: {command: x}}\n", id="C10-a-service-of-that-name"),
        pytest.param("services: [{image: {x: 1}}]\n", id="C10-list"),
        pytest.param("- image: nginx:1\n", id="C10-list-at-the-top"),
        pytest.param("services: {a: {build: {dockerfile_inline: 'FROM scratch'}}}\n", id="F03-nothing-but-scratch"),
        pytest.param(
            "services: {a: {build: {dockerfile_inline: 'FROM --platform=x scratch'}}}\n", id="F03-scratch-of-a-platform"
        ),
        pytest.param("services: {a: {build: {dockerfile_inline: {a: FROM x}}}}\n", id="F03-no-text"),
        pytest.param("services: {a: {build: {additional_contexts: {x: ../x, y: 'service:b'}}}}\n", id="F03-folders"),
        pytest.param("services: {a: {build: {additional_contexts: [x=../x]}}}\n", id="F03-folders-in-a-list"),
        pytest.param("services: {a: {environment: {X: 'docker-image://a:1'}}}\n", id="F03-a-variable"),
        pytest.param("services: {a: {volumes: [{type: bind, source: a:1}, 'a:/b']}}\n", id="F03-other-volumes"),
        pytest.param("services: {a: {volumes: [{type: image, target: /b}]}}\n", id="F03-volume-without-source"),
        pytest.param("volumes: {a: {type: image, source: a:1}}\nservices: {}\n", id="F03-named-volume"),
        pytest.param("x-a: {volumes: [{type: image, source: a:1}]}\nservices: {}\n", id="F03-unused-template"),
    ],
)
def test_what_is_no_service_image_is_left_alone(text: str) -> None:
    assert (locators(text), why(text)) == ([], [])


def test_the_image_of_every_service_is_found() -> None:
    assert locators("services: {a: {image: x:1}, 'b.c': {image: z}}\n") == ["services.a.image", "services.b.c.image"]


def test_a_file_without_services_has_them_at_the_top() -> None:
    assert locators("web: {image: x:1}\nvolumes: {image: x:1}\n") == ["web.image"]


def test_each_document_has_a_form_of_its_own() -> None:
    assert locators("services: {a: {image: x:1}}\n---\nweb: {image: x:1}\n") == ["services.a.image", "web.image"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("services: {a: {build: ., image: x:1}}\n", id="F01-short"),
        pytest.param("services: {a: {image: x:1, build: {context: .}}}\n", id="F01-long"),
        pytest.param("x: &b {build: .}\nservices: {a: {<<: *b, image: x:1}}\n", id="F02-merged"),
        pytest.param(
            "services: {a: {image: x:1, build: &b {context: .}}, b: {image: y:1, build: *b}}\n", id="F01-alias"
        ),
        pytest.param("a: {image: x:1, build: .}\n", id="F01-legacy"),
    ],
)
def test_f01_what_is_built_is_not_pinned(text: str) -> None:
    assert locators(text) == []
    assert set(why(text)) == {"build"}


def test_f02_a_template_is_found_in_every_service_that_merges_it() -> None:
    text = "x-b: &b {image: x:1}\nservices: {a: {<<: *b}, b: {<<: [*b], image: y:2}}\n"
    assert locators(text) == ["services.a.image", "services.b.image", "services.b.image"]


def test_an_image_that_also_names_a_build_is_left_alone() -> None:
    text = "services:\n  a: {image: &i x:1, build: .}\n  b: {image: *i}\n"
    assert why(text) == ["build", "build"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("services: {a: {<<: {image: x:1}}}\n", ["services.a.image"], id="service"),
        pytest.param("services: {<<: {a: {image: x:1}}}\n", ["services.a.image"], id="services"),
        pytest.param("<<: {services: {a: {image: x:1}}}\n", ["services.a.image"], id="top"),
        pytest.param("a: {<<: {image: x:1}}\n", ["a.image"], id="legacy"),
        pytest.param(
            "services: {a: {<<: &z {image: x:1}}, b: {<<: *z}}\n", ["services.a.image", "services.b.image"], id="anchor"
        ),
        pytest.param(
            "x-a: &a {image: y:1}\nservices: {a: {<<: [{image: x:1}, *a]}}\n",
            ["services.a.image", "services.a.image"],
            id="list",
        ),
    ],
)
def test_f02_an_inline_merge_is_found(text: str, expected: list[str]) -> None:
    assert (locators(text), why(text)) == (expected, [])


def test_f02_a_quoted_merge_key_is_a_key_like_any_other() -> None:
    assert locators("services: {a: {'<<': {image: x:1}}}\n") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("services: {a: {build: ., image: x:1}, b: {image: x:1}}\n", ["build", "build"], id="F01-used"),
        pytest.param("a: {build: ., image: x:1}\nb: {image: x:1}\n", ["build", "build"], id="F01-legacy"),
        pytest.param("services: {a: {build: ., image: x:1}, b: {image: x:2}}\n", ["build"], id="F01-another-tag"),
        pytest.param(
            "services: {a: {build: ., image: x}, b: {image: 'docker.io/library/x:latest'}}\n",
            ["build", "build"],
            id="F01-spelled-otherwise",
        ),
        pytest.param("services: {a: {build: {tags: [y, x:1]}}, b: {image: x:1}}\n", ["build"], id="F01-more-tags"),
        pytest.param(
            "services: {a: {build: ., image: '${I:-x:1}'}, b: {image: x:1}}\n", ["build", "build"], id="F01-default"
        ),
        pytest.param(
            "services: {a: {build: ., image: x:1}, b: {image: '${I:-x:1}'}}\n", ["build", "build"], id="F01-in-default"
        ),
        pytest.param(
            "services: {a: {build: ., image: 'x:${T}'}, b: {image: 'x:${T}'}}\n", ["build", "build"], id="F01-variable"
        ),
        pytest.param(
            "services:\n  a: {build: ., image: x:1}\n"
            "  b: {build: {dockerfile_inline: FROM x:1, additional_contexts: {c: docker-image://x:1}}}\n",
            ["build", "build", "build"],
            id="F03-begins-with-a-result",
        ),
        pytest.param("services: {a: {build: !reset null, image: x:1}, b: {image: x:1}}\n", [], id="F02-build-dropped"),
        pytest.param(
            f"services: {{a: {{build: ., image: x:1}}, b: {{image: 'x:1@sha256:{'b' * 64}'}}}}\n",
            ["build", "build"],
            id="F01-pinned-by-hand",
        ),
        pytest.param(
            f"services: {{a: {{build: ., image: 'x@sha256:{'b' * 64}'}}, b: {{image: 'x@sha256:{'b' * 64}'}}}}\n",
            ["build"],
            id="F01-no-build-has-a-digest",
        ),
        pytest.param(
            "services:\n  a: {build: ., image: x:1}\n"
            "  b: {volumes: [{type: image, source: x:1}], pre_start: [{image: x:1}]}\n",
            ["build", "build", "build"],
            id="F04-used-in-hooks-and-volumes",
        ),
    ],
)
def test_f01_what_one_service_builds_others_only_use(text: str, expected: list[str]) -> None:
    assert why(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: {build: .}, b: {extends: a, image: x:1}", ["build"], id="short"),
        pytest.param("a: {build: .}, b: {extends: {service: a}, image: x:1}", ["build"], id="long"),
        pytest.param("a: {build: .}, b: {extends: a}, c: {extends: b, image: x:1}", ["build"], id="chain"),
        pytest.param("a: {image: y:1}, b: {extends: a, image: x:1}", [], id="not-built"),
        pytest.param("b: {extends: nobody, image: x:1}", [], id="nobody"),
        pytest.param("a: {extends: b, image: x:1}, b: {extends: a, image: y:1}", [], id="circle"),
        pytest.param("b: {extends: {file: o.yml, service: a}, image: x:1}", ["extends"], id="file"),
        pytest.param("b: {extends: {file: o.yml, service: a}}", [], id="file-without-image"),
        pytest.param("b: {extends: {file: o.yml}, image: x:1}", ["extends"], id="file-alone"),
        pytest.param("b: {extends: {file: o.yml, service: a}, build: ., image: x:1}", ["build"], id="file-and-build"),
        pytest.param(
            "a: {extends: {file: o.yml, service: z}}, b: {extends: a, image: x:1}", ["extends"], id="chain-to-a-file"
        ),
        pytest.param("b: {extends: [a], image: x:1}", [], id="list"),
    ],
)
def test_f02_a_service_is_built_where_the_one_that_it_extends_is(text: str, expected: list[str]) -> None:
    assert why(f"services: {{{text}}}\n") == expected


def test_f02_included_files_and_profiles_do_no_harm() -> None:
    text = "include: [{path: [a.yml, image: b]}, c.yml]\nservices: {a: {profiles: [image], image: x:1}}\n"
    assert (locators(text), why(text)) == (["services.a.image"], [])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("services: {a: {provider: {type: model, options: {model: ai/smollm2}}}}\n", id="F04-provider"),
        pytest.param("models: {m: {model: ai/smollm2}}\nservices: {a: {models: [m]}}\n", id="F04-models"),
        pytest.param("models: {image: {model: ai/smollm2}}\n", id="F04-only-models"),
        pytest.param("services: {a: {devices: [vendor.example/gpu=image:1]}}\n", id="F04-devices"),
        pytest.param(
            "services: {a: {configs: [{source: image:1}]}}\nconfigs: {c: {content: 'image: x:1'}}\n", id="F04"
        ),
        pytest.param("services: {a: {deploy: {labels: {image: x:1}, placement: {image: y:1}}}}\n", id="F04-deploy"),
        pytest.param("services: {a: {pre_start: [{command: x}], post_start: {image: x:1}}}\n", id="F04-hooks"),
    ],
)
def test_f04_what_only_looks_like_an_image_is_left_alone(text: str) -> None:
    assert (locators(text), why(text)) == ([], [])


@pytest.mark.parametrize(
    ("text", "locator"),
    [
        pytest.param("volumes: [a:/a, {type: image, source: x:1, target: /x}]", "volumes[1].source", id="volume"),
        pytest.param("pre_start: [{image: x:1, command: y}]", "pre_start[0].image", id="before-start"),
        pytest.param("post_start: [{command: y}, {image: x:1}]", "post_start[1].image", id="after-start"),
        pytest.param("pre_stop: [{image: x:1}]", "pre_stop[0].image", id="before-stop"),
        pytest.param(
            "build: {additional_contexts: {b: docker-image://x:1, c: ../c}}",
            "build.additional_contexts.b",
            id="context",
        ),
        pytest.param(
            "build: {additional_contexts: [c=../c, b=docker-image://x:1]}",
            "build.additional_contexts[1]",
            id="context-in-a-list",
        ),
        pytest.param("build: {x-bake: {contexts: {b: docker-image://x:1}}}", "build.x-bake.contexts.b", id="bake"),
    ],
)
def test_f04_other_images_of_a_service_are_found(text: str, locator: str) -> None:
    for prefix in ("services: {a: {", "a: {"):
        closing = "}" * prefix.count("{")
        where = locators(f"{prefix}{text}{closing}\n")
        assert where == [("services." if "services" in prefix else "") + f"a.{locator}"]


def test_f04_what_an_alias_brings_is_found_too() -> None:
    text = (
        "x-c: &c {x: docker-image://a:1}\nx-s: &s docker-image://b:1\nx-v: &v {type: image, source: c:1}\n"
        "x-b: &b {dockerfile_inline: FROM d}\nservices:\n"
        "  a: {build: {additional_contexts: *c}}\n  b: {build: {additional_contexts: {y: *s}}}\n"
        "  c: {volumes: [*v]}\n  d: {build: *b}\n"
    )
    assert why(text) == []
    assert locators(text) == [
        "services.a.build.additional_contexts.x",
        "services.b.build.additional_contexts.y",
        "services.c.volumes[0].source",
        "services.d.build.dockerfile_inline: stage 0",
    ]


def test_f04_an_image_that_is_also_a_volume_is_pinned_once() -> None:
    text = "services: {a: {image: &i x:1, volumes: [{type: image, source: *i}]}}\n"
    assert locators(text) == ["services.a.image", "services.a.volumes[0].source"]


@pytest.mark.parametrize(
    ("path", "is_taken"),
    [
        ("notes.yaml", False),
        ("compose.yaml", True),
        ("ops/docker-compose.prod.yml", True),
        ("ops/prod.docker-compose.yml", True),
        ("docker-compose-override.yaml", True),
        ("docker-stack.yml", True),
        ("docker-swarm.prod.yaml", True),
        ("podman-compose.yml", True),
        ("web.compose.yaml", True),
        ("stack.yml", True),
        ("swarm/web-stack.yaml", True),
        ("stack.prod.yml", True),
        ("swarm.yml", True),
        ("docker_compose.yml", True),
        ("compose_dev.yml", True),
        ("dev-compose.yml", True),
    ],
)
def test_files_are_taken_by_their_names(path: str, *, is_taken: bool) -> None:
    assert (detect(Source(path, "services: {a: {image: x:1}}\n")) is FORMAT) is is_taken


@pytest.mark.parametrize("path", ["stack.yaml", "web-stack.yml", "swarm.yml", "dev-compose.yml"])
@pytest.mark.parametrize(
    "text", ["resolver: lts-22\ndocker: {image: x:1}\n", "http:\n  services: {a: {image: x:1}}\n", "a: {image: x:1}\n"]
)
def test_names_that_others_use_too_need_services(path: str, text: str) -> None:
    assert detect(Source(path, text)) is not FORMAT


def test_a_file_of_the_old_form_is_taken_by_its_name() -> None:
    assert detect(Source("docker-compose.yml", "a: {image: x:1}\n")) is FORMAT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("services: {}\nx-base: {image: x:1}\n", ["unused-template x:1"]),
        ("x-base: {image: x:1}\n", ["unused-template x:1"]),
        ("x-all: {a: {image: x:1}}\nservices: {}\n", ["unused-template x:1"]),
        ("x-a: &a {image: x:1}\nservices: {b: {<<: *a}}\n", []),
        ("x-a: &a {image: x:1}\nservices: {b: *a}\n", []),
        ("x-a: {image: &i x:1}\nservices: {b: {image: *i}}\n", []),
    ],
)
def test_f02_the_image_of_a_template_that_no_service_uses_is_said(text: str, expected: list[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("{BASE: node:20, N: 20}", ["build-argument node:20"]),
        ("{BASE: 'ghcr.io/a/b@sha256:%s'}" % ("a" * 64), ["build-argument ghcr.io/a/b@sha256:" + "a" * 64]),
        ("[BASE=node:20, N, M=1]", ["build-argument node:20"]),
        ("{BASE: '${BASE:-node:20}'}", ["build-argument node:20"]),
        ("{URL: 'http://a:80', HOST: 'db:5432', IP: '1.2.3.4:80'}", []),
    ],
)
def test_f03_arguments_of_builds_that_look_like_images_are_said(args: str, expected: list[str]) -> None:
    text = f"services: {{a: {{build: {{args: {args}}}}}}}\n"
    assert detect(Source("compose.yaml", text)) is FORMAT
    assert said(text) == expected
    assert locators(text) == []
