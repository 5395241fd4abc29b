"""What the tables know of Kubernetes objects whose images stand elsewhere than in containers."""

from __future__ import annotations

import pkgutil
from dataclasses import replace

import pytest

import pinner.formats.known_kinds
from pinner.errors import FormError
from pinner.formats.api_objects import read_groups
from pinner.formats.base import Found, Occurrence, change_to, edits_for
from pinner.formats.known_kinds.entries import Kinds
from pinner.formats.known_kinds.lookup import BUILT_IN, TABLES, KnownKinds, Line, all_kinds, known_in
from pinner.formats.kubernetes import find
from pinner.forms import Form
from pinner.syntax.yaml_nodes import Document
from pinner.syntax.yaml_scan import scan
from pinner.text import Source, apply_edits
from tests.support.cases import DIGEST, ROOT, read_case
from tests.support.yaml_editor import reasons

KINDS = tuple(line.kinds for line in all_kinds().lines)
PROMETHEUS = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec:\n"
TASK_RUN = "apiVersion: tekton.dev/v1\nkind: TaskRun\nspec:\n"


def look(text: str) -> tuple[Found, ...]:
    return find(Source("x.yaml", text))


def written(text: str) -> list[str]:
    return [one.reference.written for one in look(text) if isinstance(one, Occurrence)]


def pin(text: str, form: Form = Form.TAG_AND_DIGEST) -> str:
    changes = [
        change_to(one, one.reference.pinned_to(DIGEST), form) for one in look(text) if isinstance(one, Occurrence)
    ]
    return apply_edits(text, edits_for(changes))


# --- the tables


def test_every_table_is_looked_into() -> None:
    modules = {module.name for module in pkgutil.iter_modules(pinner.formats.known_kinds.__path__)}
    assert modules - {"entries", "lookup"} == set(TABLES)


@pytest.mark.parametrize("entry", KINDS, ids=lambda entry: f"{entry.groups}{entry.names}{entry.needle}")
def test_a_line_of_a_table_can_be_found(entry: Kinds) -> None:
    assert bool(entry.groups) is not bool(entry.needle)
    assert entry.places
    # What has no group is told from the objects of Kubernetes by its kind.
    assert "" not in entry.groups or entry.names
    assert entry.groups == ("",) or not BUILT_IN.intersection(entry.groups) - {""}


def places_met(document: Document, known: KnownKinds) -> set[tuple[Kinds, int]]:
    """Return the lines of the tables that say something of a node of this document."""
    kinds = {node.path[:-1]: node.value for node in document.nodes if node.path[-1:] == ("kind",)}
    met = set()
    for node in document.nodes:
        if node.path[-1:] == ("apiVersion",) and node.path[:-1] in kinds:
            root, group = node.path[:-1], node.value.rpartition("/")[0]
            for entry in (line.kinds for line in known.lines):
                for at, place in enumerate(entry.places):
                    one = KnownKinds((Line(replace(entry, places=(place,))),))
                    read = one.reader(document, root, group, kinds[root])
                    inside = (node for node in document.nodes if node.path[: len(root)] == root)
                    if any(read(node) is not None for node in inside):
                        met.add((entry, at))
    return met


def test_every_line_of_every_table_stands_in_a_fixture() -> None:
    met = set()
    for folder in sorted((ROOT / "kubernetes").iterdir()):
        source = read_case(folder).source
        known = known_in(source.text, read_groups(source.text))
        for document in scan(source.text, None):
            if isinstance(document, Document):
                met |= places_met(document, known)
    missing = [
        (entry.groups, entry.names, entry.places[at])
        for entry in KINDS
        for at in range(len(entry.places))
        if (entry, at) not in met
    ]
    assert missing == []


# --- which lines a file needs


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("apiVersion: v1\nkind: Pod\n", id="core"),
        pytest.param("apiVersion: apps/v1\nkind: Deployment\n---\napiVersion: batch/v1\nkind: Job\n", id="groups"),
        pytest.param('{"apiVersion":"apps/v1","kind":"Deployment"}', id="json"),
        pytest.param("apiVersion: acme.example/v1\nkind: Task\n", id="unknown-group"),
        pytest.param("apiVersion: argoproj.io/v1alpha1\nkind: Application\n", id="unknown-kind"),
    ],
)
def test_a_file_without_known_kinds_needs_no_line(text: str) -> None:
    assert known_in(text, read_groups(text)).lines == ()


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("apiVersion: tekton.dev/v1\nkind: TaskRun", id="plain"),
        pytest.param('"apiVersion": "tekton.dev/v1"\n"kind": "TaskRun"', id="quoted"),
        pytest.param("apiVersion:   'tekton.dev/v1'   # c\nkind: TaskRun", id="blanks"),
        pytest.param("apiVersion:\n  tekton.dev/v1\nkind: TaskRun", id="next-line"),
        pytest.param("apiVersion: &v tekton.dev/v1\nkind: &k TaskRun", id="C04-anchor"),
        pytest.param("apiVersion: !!str tekton.dev/v1\nkind: TaskRun", id="C09-tag"),
        pytest.param("apiVersion: >-\n  tekton.dev/v1\nkind: TaskRun", id="C06-folded"),
        pytest.param('apiVersion: "tekton\\x2edev/v1"\nkind: TaskRun', id="C05-escaped"),
        pytest.param('apiVersion: tekton.dev/v1\nkind: "\\x54askRun"', id="C05-escaped-kind"),
        pytest.param("apiVersion: # c\n  tekton.dev/v1\nkind: TaskRun", id="C03-comment-between"),
        pytest.param("? apiVersion\n# c\n: tekton.dev/v1\nkind: TaskRun", id="C05-explicit-key"),
    ],
)
def test_odd_spellings_of_a_kind_lose_nothing(head: str) -> None:
    assert written(f"{head}\nspec:\n  taskRef:\n    bundle: gcr.io/acme/tasks:1\n") == ["gcr.io/acme/tasks:1"]


def test_an_alias_may_bring_the_group() -> None:
    text = "apiVersion: v1\nkind: List\nmetadata: {name: &v tekton.dev/v1}\nitems:\n- apiVersion: *v\n  kind: TaskRun\n"
    assert written(f"{text}  spec: {{taskRef: {{bundle: 'a:1'}}}}\n") == ["a:1"]


# --- what is written


@pytest.mark.parametrize(
    ("parts", "pinned"),
    [
        pytest.param("sha: ''", "sha: '" + "a" * 64 + "'", id="D04-empty-key"),
        pytest.param("sha:", "sha: " + "a" * 64, id="D04-no-value"),
    ],
)
def test_prometheus_takes_the_digest_under_its_own_key(parts: str, pinned: str) -> None:
    text = f"{PROMETHEUS}  baseImage: quay.io/a/b\n  tag: v1\n  {parts}\n"
    assert pin(text) == f"{PROMETHEUS}  baseImage: quay.io/a/b\n  tag: v1\n  {pinned}\n"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        pytest.param("baseImage: a/b\n  tag: v1", "no-digest-key", id="D04-tag"),
        pytest.param("baseImage: a/b\n  version: v1", "no-digest-key", id="D04-version"),
        pytest.param("baseImage: a/b", "app-version", id="D04-own-version"),
        pytest.param("baseImage: a/b\n  sha: ''", "app-version", id="D04-own-version-with-key"),
        pytest.param("baseImage: a/b\n  tag: v1\n  sha: ~", "no-digest-key", id="D04-key-with-null"),
        pytest.param("baseImage: a/b\n  tag: v1\n  image: ${IMAGE}", "unused variable", id="D04-overridden"),
    ],
)
def test_no_digest_goes_where_prometheus_would_refuse_it(parts: str, reason: str) -> None:
    assert reasons(look(f"{PROMETHEUS}  {parts}\n")) == reason.split()


def test_a_disk_takes_the_digest_alone() -> None:
    text = "apiVersion: cdi.kubevirt.io/v1beta1\nkind: DataVolume\nspec: {source: {registry: {url: 'docker://a.io/b:1'}}}\n"
    with pytest.raises(FormError, match="a tag or a digest"):
        pin(text)
    pinned = pin(text.replace("b:1'}}}", "b:1'\n}}}"), Form.DIGEST)
    assert f"'docker://a.io/b@{DIGEST}'  # pinner: tag=1\n" in pinned


def test_a_disk_without_a_tag_is_pinned_in_every_form() -> None:
    text = (
        "apiVersion: cdi.kubevirt.io/v1beta1\nkind: DataVolume\nspec:\n  source: {registry: {url: 'docker://a.io/b'}}\n"
    )
    assert f"docker://a.io/b@{DIGEST}" in pin(text)


def test_a_database_keeps_the_tag_that_its_operator_reads() -> None:
    text = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nspec:\n  imageName: ghcr.io/a/postgresql:16.4\n"
    assert f"imageName: ghcr.io/a/postgresql:16.4@{DIGEST}\n" in pin(text)
    with pytest.raises(FormError, match="from the tag"):
        pin(text, Form.DIGEST)


# --- what is left alone


@pytest.mark.parametrize(
    "params",
    [
        pytest.param("taskRef: {resolver: git, params: [{name: bundle, value: 'a/b:1'}]}", id="C10-another-resolver"),
        pytest.param("taskRef: {params: [{name: bundle, value: 'a/b:1'}]}", id="C10-no-resolver"),
        pytest.param("params: [{name: bundle, value: 'a/b:1'}]", id="C10-a-parameter-of-that-name"),
        pytest.param("taskRef: {resolver: bundles, params: [{name: name, value: 'a/b:1'}]}", id="C10-name"),
        pytest.param("bundle: a/b:1", id="C10-no-task"),
    ],
)
def test_what_only_looks_like_a_bundle_is_none(params: str) -> None:
    assert look(f"{TASK_RUN}  {params}\n") == ()


def test_the_same_keys_in_other_kinds_mean_nothing() -> None:
    places = (
        "{package: 'a/b:1', imageName: 'a/b:1', baseImage: 'a/b', url: 'oci://a/b:1', imageTag: v1, bundle: 'a/b:1'}"
    )
    assert look(f"apiVersion: acme.example/v1\nkind: Provider\nspec: {places}\n") == ()


def test_a_kind_of_another_group_is_another_kind() -> None:
    spec = "kind: Provider\nspec: {package: 'a/b:1'}\n"
    texts = (f"apiVersion: {group}/v1\n{spec}" for group in ("pkg.crossplane.io", "acme.example"))
    assert written("---\n".join(texts)) == ["a/b:1"]


def test_d02_routes_begin_at_the_object_in_a_list() -> None:
    params = "params: [{name: other, value: 'a:1'}, {name: bundle, value: 'b:1'}]"
    item = f"apiVersion: tekton.dev/v1\n  kind: TaskRun\n  spec: {{taskRef: {{resolver: bundles, {params}}}}}\n"
    assert written(f"apiVersion: v1\nkind: List\nitems:\n- {item}- {item}") == ["b:1", "b:1"]


def test_an_image_stream_is_no_image() -> None:
    text = "apiVersion: build.openshift.io/v1\nkind: BuildConfig\nspec: {strategy: {sourceStrategy: {from: {%s}}}}\n"
    assert look(text % "kind: ImageStreamTag, name: 'a:1'") == ()
    assert written(text % "kind: DockerImage, name: 'a:1'") == ["a:1"]


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        pytest.param("sidecarImage: a.io/b:1", ["unknown-key"], id="C10-whole"),
        pytest.param("sidecarImage: a.io/b@sha256:" + "a" * 64, ["unknown-key"], id="C10-digest"),
        pytest.param("'init_Image': a/b:1", ["unknown-key"], id="C10-quoted-key"),
        pytest.param("sidecarImage: a.io/b", [], id="C10-no-tag"),
        pytest.param("sidecarImage: nginx:1", [], id="C10-no-folder"),
        pytest.param("sidecarImage: https://a.io/b:1", [], id="C10-address"),
        pytest.param("logoImage: pictures/logo.png", [], id="C10-picture"),
        pytest.param("sidecarImage: {repository: a/b, tag: v1}", [], id="C10-mapping"),
    ],
)
def test_a_key_that_only_sounds_like_an_image_is_said_where_its_value_is_a_whole_one(
    spec: str, reason: list[str]
) -> None:
    text = f"kind: Thing\nspec:\n  {spec}\n"
    assert reasons(look(f"apiVersion: acme.example/v1\n{text}")) == reason
    assert look(f"apiVersion: v1\n{text}") == ()


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        pytest.param("{image: a/b, tag: v1}", "ambiguous", id="A02-tag-beside"),
        pytest.param("{image: a/b, version: '16'}", "ambiguous", id="A02-version-beside"),
        pytest.param("{image: 'a.io:5000/b', version: 16}", "ambiguous", id="A01-port-is-no-tag"),
        pytest.param("{image: 'a/b:1', repository: c.io/d}", "ambiguous", id="A02-repository-beside"),
        pytest.param("{forProvider: {image: 'debian-cloud/debian-12'}}", "ambiguous", id="C10-cloud"),
        pytest.param("{bootDisk: {initializeParams: [{image: a/b}]}}", "ambiguous", id="C10-boot-disk"),
    ],
)
def test_a_name_that_may_be_a_part_is_no_image(spec: str, reason: str) -> None:
    assert reasons(look(f"apiVersion: acme.example/v1\nkind: Database\nspec: {spec}\n")) == [reason]


@pytest.mark.parametrize(
    "spec",
    [
        "{image: 'a/b:1', version: 2}",
        "{image: 'a/b@sha256:" + "a" * 64 + "', tag: x}",
        "{container: {image: a, tag: x}}",
    ],
)
def test_a_whole_reference_stays_one_beside_a_version(spec: str) -> None:
    assert len(written(f"apiVersion: acme.example/v1\nkind: Database\nspec: {spec}\n")) == 1


def test_images_in_a_list_are_told_where_nothing_else_is_one() -> None:
    text = "apiVersion: operator.openshift.io/v1\nkind: ImageContentSourcePolicy\nmirrors:\n- nginx:1\n"
    assert reasons(look(text)) == ["mirror"]


# --- D03: images in variables and annotations


@pytest.mark.parametrize(
    "variable",
    [
        pytest.param("{name: SIDECAR_IMAGE, value: 'a/b:1'}", id="D03-another-name"),
        pytest.param("{name: MY_RELATED_IMAGE_A, value: 'a/b:1'}", id="D03-prefix"),
        pytest.param("{name: RELATED_IMAGE_A, valueFrom: {fieldRef: {fieldPath: x}}}", id="D03-value-from"),
    ],
)
def test_d03_other_variables_are_left_alone(variable: str) -> None:
    assert look(f"apiVersion: v1\nkind: Pod\nspec: {{containers: [{{env: [{variable}]}}]}}\n") == ()


def test_d03_a_variable_may_be_given_by_an_alias_and_by_json() -> None:
    pod = (
        '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"env":[{"name":"RELATED_IMAGE_A","value":"a/b:1"}]}]}}'
    )
    assert written(pod) == ["a/b:1"]
    spec = "spec:\n  containers:\n  - env: &e [{name: RELATED_IMAGE_A, value: 'a/b:1'}]\n  - env: *e\n"
    text = f"apiVersion: v1\nkind: Pod\n{spec}"
    assert written(text) == ["a/b:1", "a/b:1"]
    assert pin(text).count(f"@{DIGEST}") == 1


def test_d03_a_container_that_openshift_fills_is_told_where_nothing_else_in_the_file_is_openshifts() -> None:
    text = (
        "apiVersion: v1\nkind: DeploymentConfig\nspec:\n  triggers: [{imageChangeParams: {containerNames: [a]}}]\n"
        "  template: {spec: {containers: [{name: a, image: 'app:latest'}]}}\n"
    )
    assert (written(text), reasons(look(text))) == ([], ["image-stream"])


def test_c10_what_a_controller_tells_of_a_known_kind_is_no_image() -> None:
    text = "apiVersion: tekton.dev/v1\nkind: TaskRun\nstatus: {taskSpec: {steps: [{image: 'a/b:1'}]}}\n"
    assert (written(text), reasons(look(text))) == ([], [])


def test_d03_a_container_filled_by_a_trigger_is_told_by_list_and_index() -> None:
    field = "spec.template.spec.initContainers[0].image"
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  annotations:\n"
        f'    image.openshift.io/triggers: \'[{{"from": {{"kind": "ImageStreamTag"}}, "fieldPath": "{field}"}}]\'\n'
        "spec: {template: {spec: {initContainers: [{image: 'a:1'}, {image: 'b:1'}], containers: [{image: 'c:1'}]}}}\n"
    )
    assert written(text) == ["b:1", "c:1"]
    assert reasons(look(text)) == ["image-stream"]
