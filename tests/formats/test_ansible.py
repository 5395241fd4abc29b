"""Modules of Ansible, and what their authors say of digests (A12, C10, H08)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinner.errors import FormError
from pinner.formats import detect, load_format
from pinner.formats.base import Occurrence, Skipped, change_to
from pinner.forms import Form
from pinner.text import Source
from tests.support import cases

ANSIBLE = load_format("ansible")
KUBERNETES = load_format("kubernetes")


def essence(text: str) -> list[str]:
    """Return the reason or the reference of each place."""
    found = ANSIBLE.find(Source("tasks.yml", text))
    return [one.reason if isinstance(one, Skipped) else one.reference.written for one in found]


# --- which files


@pytest.mark.parametrize("head", ["", "---\n", "# c\n\n--- # d\n", "\ufeff", "---\r\n"])
def test_a_list_with_a_module_is_one_of_tasks(head: str) -> None:
    assert detect(Source("any.yml", f"{head}- docker_container: {{image: a:1}}\n")) is ANSIBLE


def test_an_object_that_speaks_of_a_module_is_none() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  tasks: |\n    - docker_container: {image: a:1}\n"
    assert detect(Source("any.yml", text)) is KUBERNETES


# --- modules


@pytest.mark.parametrize(
    "module", ["podman_container", "containers.podman.podman_container", "community.docker.docker_swarm_service"]
)
def test_a_module_is_known_by_its_full_name_and_by_its_last_word(module: str) -> None:
    assert essence(f"- {module}: {{image: nginx:1}}\n") == ["nginx:1"]


@pytest.mark.parametrize("module", ["acme.tools.docker_container", "docker_container_info", "ec2_instance", "debug"])
def test_other_modules_are_not(module: str) -> None:  # C10
    assert essence(f"- {module}: {{image: nginx:1}}\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "- hosts: all\n  tasks:\n  - block:\n    - podman_container: {image: nginx:1}\n",
        "- hosts: all\n  handlers:\n  - podman_container: {image: nginx:1}\n",
        "- block: []\n  rescue:\n  - podman_container: {image: nginx:1}\n",
        "- podman_container: name=a image=nginx:1 state=started\n",
        "- podman_container: image=nginx:1\n",
        "- podman_image: {name: nginx:1}\n",
        "- k8s: {definition: {spec: {containers: [{image: nginx:1}]}}}\n",
        "- k8s: {resource_definition: '{spec: {containers: [{image: nginx:1}]}}'}\n",
        "- docker_compose_v2: {definition: {services: {a: {image: nginx:1}}}}\n",
    ],
)
def test_tasks_stand_at_any_depth_and_in_any_form(text: str) -> None:
    assert essence(text) == ["nginx:1"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("docker_image: {name: nginx:1, source: pull}", "no-digest"),
        ("docker_image: {name: nginx:1, source: build}", "build"),
        ("docker_image: name=nginx:1", "no-digest"),
        ("docker_image_pull: {name: nginx, tag: v1}", "tag-apart"),
        ("podman_image: {name: nginx, tag: v1}", "tag-apart"),
        ("podman_image: {name: nginx:1, path: .}", "build"),
        ("docker_swarm_service: {image: nginx:1, resolve_image: true}", "resolved"),
        ('podman_container: {image: "{{ image }}"}', "template-value"),  # A12
        ('podman_container: {image: "nginx:{{ tag }}"}', "template-value"),
    ],
)
def test_what_takes_no_digest_is_left_alone(options: str, reason: str) -> None:
    assert essence(f"- {options}\n") == [reason]


def test_values_of_variables_are_found_where_they_become_images() -> None:
    text = """\
- hosts: all
  vars: {web: nginx:1, other: redis:7}
  tasks:
  - podman_container: {image: "{{ web }}"}
  - podman_container: {image: "{{ item }}"}
    loop: [alpine:3]
"""
    assert essence(text) == ["template-value", "template-value", "ansible-variable", "ansible-variable"]


# --- forms


@pytest.mark.parametrize("module", ["docker_container", "docker_image_pull"])
def test_no_tag_stands_beside_a_digest_where_the_module_would_lose_the_image(module: str) -> None:  # H08
    key = "name" if module == "docker_image_pull" else "image"
    source = Source("tasks.yml", f"- {module}:\n    {key}: nginx:1\n")
    (one,) = ANSIBLE.find(source)
    assert isinstance(one, Occurrence)
    with pytest.raises(FormError, match="a digest stands alone") as refused:
        change_to(one, one.reference.pinned_to(cases.DIGEST))
    assert "[[forms]]" in str(refused.value.hint)
    assert cases.pin("ansible", source, Form.DIGEST).text == source.text.replace(
        "nginx:1", f"nginx@{cases.DIGEST}  # pinner: tag=1"
    )


# --- any text

MODULES = st.sampled_from(["docker_container", "podman_container", "docker_image", "k8s", "community.docker.docker_x"])
KEYS = st.sampled_from(["image", "name", "tag", "definition", "state"])
VALUES = st.sampled_from(
    ["nginx:1", '"a:1"', "'{{ x }}'", "[]", "{image: b:1}", "~", "1.10", "|-\n      c:1", "&a d:1", "*a"]
)
TASKS = st.lists(
    st.tuples(MODULES, st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=3, unique_by=lambda o: o[0]))
)


@given(TASKS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_tasks_come_back_after_pinning(tasks: list[tuple[str, list[tuple[str, str]]]]) -> None:  # C12, row 108
    text = "".join(f"- {name}:\n" + "".join(f"    {k}: {v}\n" for k, v in options) for name, options in tasks)
    source = Source("tasks.yml", text)
    for form in cases.WRITTEN_FORMS:
        once = cases.pin("ansible", source, form)
        assert cases.changes("ansible", once, cases.with_digest, form) == ()
        assert cases.unpin("ansible", once) == cases.unpin("ansible", source)
