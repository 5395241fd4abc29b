"""Templates: said once a file, or with `best-effort` edited where they are literal (section 5 of the editor's rows)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pinner.context import Context, Templates
from pinner.errors import EditError
from pinner.formats import detect, load_format
from pinner.formats.base import Change, Found, Occurrence, Skipped, change_to, edits_for
from pinner.oci.digest import Digest
from pinner.syntax import yaml_proof, yaml_scan
from pinner.syntax.rewrites import ValueRewrite
from pinner.text import Edit, Source, Span, apply_edits

A = Digest("sha256", "a" * 64)
BEST_EFFORT = Context(templates=Templates.BEST_EFFORT)
KUBERNETES, VALUES = load_format("kubernetes"), load_format("helm_values")

JOB = """\
{{- if .Values.tests.enabled }}
apiVersion: {{ include "shop.batch" . }}
kind: Job
metadata:
  name: {{ include "shop.fullname" . }}-test
  labels:
    {{- include "shop.labels" . | nindent 4 }}
spec:
  template:
    spec:
      containers:
        - name: wait
          image: busybox:1.36 # literal
        - name: app
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
          {{- with .Values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
        - name: half
          image: quay.io/acme/half:{{ .Chart.AppVersion }}
      initContainers:
        {{- range .Values.hosts }}
        - name: {{ . }}
          image: "quay.io/acme/probe:v1"
        {{- end }}
{{- end }}
"""


def pin(text: str, context: Context = BEST_EFFORT) -> tuple[str, list[str]]:
    """Return a text with its images pinned and proven, and what was left alone; a second run changes nothing."""
    after, skipped = _pin(text, context)
    assert _pin(after, context) == (after, skipped)
    return after, skipped


def _pin(text: str, context: Context) -> tuple[str, list[str]]:
    source = Source("templates/job.yaml", text)
    found = KUBERNETES.find(source, context)
    changes = changes_of(found)
    after = apply_edits(text, edits_for(changes))
    KUBERNETES.prove(source, source.with_text(after), changes)
    return after, [f"{one.reason} {one.written}".strip() for one in found if isinstance(one, Skipped)]


def changes_of(found: tuple[Found, ...]) -> list[Change]:
    return [
        change_to(one, one.reference.pinned_to(A))
        for one in found
        if isinstance(one, Occurrence) and one.reference.digest is None
    ]


@pytest.fixture(params=["libyaml", "ruamel"], autouse=True)
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name: str = request.param
    monkeypatch.setattr(yaml_scan, "BACKENDS", (name,))
    monkeypatch.setattr(yaml_proof, "BACKENDS", (name,))
    return name


# --- without best effort


def test_a_template_is_left_alone_and_said_once_a_file() -> None:  # row 62
    text = f"{JOB}---\n{JOB}---\napiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: 'redis:7'}}]}}\n"
    after, skipped = pin(text, Context())
    assert after == text.replace("redis:7", f"redis:7@{A}")
    assert skipped == ["templated {{- if .Values.tests.enabled }}"]


def test_the_one_word_about_a_template_counts_all_of_it_and_stands_where_it_begins() -> None:  # row 101
    pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'redis:7'}]}\n"
    source = Source("a.yaml", f"{pod}---\n{JOB}---\n{pod}---\n{JOB}")
    found = KUBERNETES.find(source)
    (skipped,) = (one for one in found if isinstance(one, Skipped))
    assert source.position(skipped.span.start).line == 5
    assert skipped.detail == (
        "a template that is no YAML before it is rendered (8 image lines, 4 of them literal)"
        "; --templates best-effort reads what is literal"
    )
    assert len(changes_of(found)) == 2


JINJA = """\
services:
{% for one in shops %}
  {{ one }}:
    image: redis:7
{% endfor %}
  web: {image: "{{ web_image }}"}
"""


def test_a_template_with_the_name_of_its_product_is_said_once_and_edited_with_best_effort() -> None:
    source = Source("docker-compose.yml.j2", JINJA)
    compose = detect(source)
    assert compose is not None
    (said,) = compose.find(source)
    assert isinstance(said, Skipped)
    assert (said.reason, said.path) == ("templated", "docker-compose.yml.j2")
    assert "(1 image line, 1 of them literal)" in said.detail
    found = compose.find(source, BEST_EFFORT)
    changes = changes_of(found)
    after = source.with_text(apply_edits(JINJA, edits_for(changes)))
    compose.prove(source, after, changes)
    assert after.text == JINJA.replace("redis:7", f"redis:7@{A}")


def test_a_template_of_a_nomad_job_is_said_once_with_its_counts() -> None:
    source = Source("web.nomad.tpl", 'job "a" {\n{{ range x }}\n  image = "redis:7"\n{{ end }}\n}\n')
    nomad = detect(source)
    assert nomad is not None
    (said,) = nomad.find(source, BEST_EFFORT)
    assert isinstance(said, Skipped)
    assert said.detail.endswith("(1 image line)")


def test_no_advice_is_given_where_nothing_is_literal() -> None:
    (one,) = KUBERNETES.find(Source("a.yaml", "apiVersion: v1\n{{ if }}\nspec: {image: {{ x }}}\nimage: {{ x }}\n"))
    assert isinstance(one, Skipped)
    assert one.detail.endswith("rendered (1 image line)")


# --- with best effort


def test_what_is_literal_in_a_template_is_pinned() -> None:  # row 107
    after, skipped = pin(JOB)
    assert after == JOB.replace("busybox:1.36", f"busybox:1.36@{A}").replace("probe:v1", f"probe:v1@{A}")
    assert skipped == [
        "template-value {{ .Values.image.repository }}:{{ .Values.image.tag }}",
        "template-value quay.io/acme/half:{{ .Chart.AppVersion }}",
    ]


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_marks_of_templates_stay(ending: str, mark: str) -> None:  # C02
    text = mark + JOB.replace("\n", ending)
    assert pin(text)[0] == text.replace("busybox:1.36", f"busybox:1.36@{A}").replace("probe:v1", f"probe:v1@{A}")


@pytest.mark.parametrize(
    "image",
    [
        pytest.param("image: busybox:1.36{{ .suffix }}", id="behind"),
        pytest.param("image: {{ .registry }}/busybox:1.36", id="in-front"),
        pytest.param("image: busybox:1.36 {{- .suffix }}", id="joined"),
        pytest.param("image: busybox:1.36\n      {{- .suffix }}", id="joined-over-lines"),
        pytest.param(
            "image:\n      {{- if .x }}\n      busybox:1\n      {{- else }}\n      redis:7\n      {{- end }}", id="if"
        ),
        pytest.param("image: {{ if .x }}busybox:1{{ else }}redis:7{{ end }}", id="if-in-a-line"),
        pytest.param("image:\n      {{ .image }}", id="on-its-own-line"),
        pytest.param("image: >-\n      busybox:1\n      {{- .suffix }}", id="folded"),
        pytest.param('image: "busybox:1\\\n      {{ .suffix }}"', id="quoted-over-lines"),
    ],
)
def test_what_a_template_may_change_is_left_alone(image: str) -> None:
    text = (
        f"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  {{{{- range .all }}}}\n    - {image}\n  {{{{- end }}}}\n"
    )
    after, skipped = pin(text)
    assert after == text
    assert [one.partition(" ")[0] for one in skipped] in (["template-value"], ["templated"])


def test_a_key_that_a_template_fills_later_is_no_empty_one() -> None:  # D05
    text = "{{- if .x }}\nimage:\n  repository: ghcr.io/a/b\n  tag: v1\n  digest:\n    {{ .digest }}\n{{- end }}\n"
    (one,) = VALUES.find(Source("values.yaml.gotmpl", text), BEST_EFFORT)
    assert isinstance(one, Skipped)
    assert (one.reason, one.locator) == ("template-value", "image")


KUSTOMIZE = load_format("kustomize")


@pytest.mark.parametrize(
    "entry",
    [
        "- name: shop\n  {{- if .x }}\n  newName: ghcr.io/acme/other\n  {{- end }}\n  newTag: v1\n",
        "- {{- if .x }}\n  newName: ghcr.io/acme/other\n  {{- end }}\n  name: shop\n  newTag: v1\n",
        "- name: shop\n  newTag: v1\n  {{- toYaml .more | nindent 2 }}\n",
        "- name: shop\n  newTag: v1\n  {{- if .x }}\n  newName: ghcr.io/acme/other\n  {{- end }}\n",
        "- {{- with .x }}\n  tagSuffix: a\n  {{- end }}\n  name: shop\n  newTag: v1\n",
    ],
)
def test_parts_of_which_a_template_may_change_one_are_left_alone(entry: str) -> None:
    found = KUSTOMIZE.find(Source("kustomization.yaml", f"images:\n{entry}- name: {{{{ .y }}}}\n"), BEST_EFFORT)
    assert {one.reason for one in found if isinstance(one, Skipped)} <= {"template-value", "templated", "no-tag"}
    assert not [one for one in found if isinstance(one, Occurrence)]


def test_parts_that_a_template_takes_or_leaves_as_a_whole_are_pinned() -> None:
    text = """images:
{{- if .x }}
- name: shop
  newTag: v1
{{- end }}
- name: {{ .y }}
  newTag: v2
- name: cart
  # {{ a comment }}
- newTag: v3
  name: till
{{- range .z }}
"""
    found = KUSTOMIZE.find(Source("kustomization.yaml", text), BEST_EFFORT)
    pinned = [one.reference.written for one in found if isinstance(one, Occurrence)]
    assert pinned == ["shop:v1", "till:v3"]


def test_a_template_that_is_all_comment_holds_nothing() -> None:
    assert pin("{{/*\napiVersion: v1\nkind: Pod\nimage: nginx:1\n*/}}\n")[1] == []


def test_a_template_that_stays_unreadable_is_said_without_advice() -> None:
    text = "apiVersion: v1\n{{ if }}\n  a: b: c\nimage: nginx:1\n"
    (one,) = KUBERNETES.find(Source("a.yaml", text), BEST_EFFORT)
    assert isinstance(one, Skipped)
    assert one.detail.endswith("(1 image line, 1 of them literal)")


# --- the proof


def test_an_edit_in_an_action_is_refused() -> None:
    at = JOB.index("Values.image.repository")
    (change, *_) = changes_of(KUBERNETES.find(Source("a.yaml", JOB), BEST_EFFORT))
    edit = Edit(Span(at, at + 6), "Chart.")
    forged = replace(change, rewrites=(ValueRewrite(edit=edit, at=0, old="Values", new="Chart."),))
    after = apply_edits(JOB, forged.edits)
    with pytest.raises(EditError, match="reaches into a template"):
        KUBERNETES.prove(Source("a.yaml", JOB), Source("a.yaml", after), [forged])


def test_an_edit_that_replaces_an_action_is_refused() -> None:
    at = JOB.index("{{ . }}")
    (change, *_) = changes_of(KUBERNETES.find(Source("a.yaml", JOB), BEST_EFFORT))
    rewrite = ValueRewrite(edit=Edit(Span(at, at + 7), "literal"), at=0, old="xxxxxxx", new="literal")
    forged = replace(change, rewrites=(rewrite,))
    with pytest.raises(EditError, match="reaches into a template"):
        KUBERNETES.prove(Source("a.yaml", JOB), Source("a.yaml", apply_edits(JOB, forged.edits)), [forged])


def test_a_change_that_no_edit_accounts_for_is_refused() -> None:
    changes = changes_of(KUBERNETES.find(Source("a.yaml", JOB), BEST_EFFORT))
    after = apply_edits(JOB, edits_for(changes)).replace(".Values.hosts", ".Values.names")
    with pytest.raises(EditError, match="reaches into a template"):
        KUBERNETES.prove(Source("a.yaml", JOB), Source("a.yaml", after), changes)
