"""Where the templates of a chart use a tag outside of image references (D04)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pinner.syntax.chart_files import read_chart
from pinner.syntax.chart_tags import find_tag_uses
from pinner.syntax.chart_templates import Action, Template, Templates
from pinner.text import Source

IMAGE = ("image", "tag")


def uses(*texts: str) -> list[tuple[tuple[str, ...], str]]:
    """Return the tags that are used elsewhere, each with its place; the templates are a.yaml, b.yaml and so on."""
    templates = [Source(f"{name}.yaml", text) for name, text in zip("abc", texts, strict=False)]
    return [(one.tag.names, one.place) for one in find_tag_uses(Templates(templates))]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"\n', id="image"),
        pytest.param('- image: {{ printf "%s:%s" .Values.image.repository .Values.image.tag }}\n', id="printf"),
        pytest.param('  sidecarImage: "{{ .repo }}:{{ .tag }}"\n', id="another-image-key"),
        pytest.param('  value: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"\n', id="a-variable"),
        pytest.param("  - --image={{ .Values.image.repository }}:{{ .Values.image.tag }}\n", id="an-argument"),
        pytest.param("{{- if .Values.image.tag }}\n{{- else if eq .Values.image.tag `x` }}\n{{- end }}\n", id="a-test"),
        pytest.param("{{/* version: {{ .Values.image.tag }} */}}\n", id="a-comment"),
        pytest.param("# version: {{ .Values.image.tag }}\n", id="a-comment-of-yaml"),
        pytest.param('x: {{ index .labels "version" }}\n', id="the-name-of-a-label"),
        pytest.param("version: {{ .Chart.Version }} {{ .Capabilities.KubeVersion.Version }}\n", id="other-versions"),
        pytest.param("tag: v1\nversion: .Values.image.tag\n", id="no-action"),
        pytest.param("stage: {{ .Values.stage }} {{ .Values.tags }} {{ .Values.image.tagged }}\n", id="other-keys"),
        pytest.param(
            "{{ $tag := .Values.image.tag }}\nimage: {{ .Values.image.repository }}:{{ $tag }}\n", id="follow"
        ),
        pytest.param("{{ $tag := .Values.image.tag }}\nversion: {{ $tagged }} {{ $tag.x }}\n", id="other-variables"),
        pytest.param(
            '{{ $image := printf "%s:%s" .Values.image.repository .Values.image.tag }}\nx: {{ $image }}\n',
            id="assigned",
        ),
        pytest.param('{{ define "a.tag" }}\n{{ .Values.image.tag }}\n{{ end }}\n', id="a-template-nobody-uses"),
    ],
)
def test_image_references_and_tests_are_no_other_use(text: str) -> None:  # D04
    assert uses(text) == []


@pytest.mark.parametrize(
    ("text", "names", "line"),
    [
        pytest.param("a: 1\napp.kubernetes.io/version: {{ .Values.image.tag | quote }}\n", IMAGE, 2, id="label"),
        pytest.param("name: migrate-{{ .Values.image.tag }}\n", IMAGE, 1, id="name"),
        pytest.param("x: {{ $.Values.image.tag }}\n", IMAGE, 1, id="from-the-top"),
        pytest.param("x: {{ .root.Values.image.tag }}\n", IMAGE, 1, id="through-a-mapping"),
        pytest.param("x: {{ .Values.a.imageTag }}\n", ("a", "imageTag"), 1, id="flat"),
        pytest.param("x: {{ .Values.image.version }}\n", ("image", "version"), 1, id="version"),
        pytest.param("{{ with .Values.image }}\nx: {{ .tag }}\n{{ end }}\n", ("tag",), 2, id="within"),
        pytest.param('x: {{ index .Values "image" "tag" }}\n', ("tag",), 1, id="by-index"),
        pytest.param("{{ if semverCompare `>1` .Values.image.tag }}\n{{ end }}\n", IMAGE, 1, id="compared"),
        pytest.param("{{ $v := semver .Values.image.tag }}\n", IMAGE, 1, id="read-as-a-version"),
        pytest.param("{{ with .Values.image.tag }}\nx: {{ . }}\n{{ end }}\n", IMAGE, 1, id="with"),
        pytest.param("{{ $t := .Values.image.tag }}\nx: {{ $t }}\n", IMAGE, 2, id="variable"),
        pytest.param("{{ $t := .Values.image.tag }}\n{{ $u := $t }}\nx: {{ $u }}\n", IMAGE, 3, id="two-variables"),
        pytest.param("x: {{ default\n  .Chart.AppVersion\n  .Values.image.tag }}\n", IMAGE, 1, id="over-lines"),
        pytest.param("x: {{ .Values.image.repository }} {{ .Values.image.tag }}\n", IMAGE, 1, id="not-joined"),
    ],
)
def test_every_other_use_is_found(text: str, names: tuple[str, ...], line: int) -> None:  # D04
    assert uses(text) == [(names, f"a.yaml:{line}")]


def test_a_named_template_is_followed_to_where_it_is_used() -> None:  # D04
    helpers = '{{ define "a.tag" -}}\n{{ .Values.image.tag | default .Chart.AppVersion }}\n{{- end }}\n'
    labels = '{{ define "a.labels" }}\n{{ $tag := include "a.tag" . }}\nversion: {{ $tag }}\n{{ end }}\n'
    image = 'image: "{{ .Values.image.repository }}:{{ include "a.tag" . }}"\n'
    assert uses(helpers, image) == []
    assert uses(helpers, labels, image) == [(IMAGE, "b.yaml:3")]


def test_templates_that_use_each_other_are_read_once() -> None:
    loop = '{{ define "a" }}\n{{ include "b" . }}{{ .Values.image.tag }}\n{{ end }}\n'
    other = '{{ define "b" }}\n{{ include "a" . }}\n{{ end }}\n'
    assert uses(loop, other, 'x: {{ include "a" . }}\n') == [(IMAGE, "c.yaml:1")]


def test_a_variable_belongs_to_its_file() -> None:
    assert uses("{{ $t := .Values.image.tag }}\n", "x: {{ $t }}\n") == []


def test_what_is_not_closed_is_no_action() -> None:
    assert uses("{{ end }}{{ end }}\nx: {{ .Values.image.tag\n" * 2 + "{{ 'x\n") == [(IMAGE, "a.yaml:2")]
    assert uses("{{ end }}{{ end }}\nx: {{ .Values.image.tag\n") == []


def test_what_stands_far_away_on_a_line_is_not_looked_at() -> None:
    image = "{{ .Values.image.repository }}:"
    far = "-" * 2_000
    assert uses(f"{image}{{{{ .Values.image.tag }}}}{far}\n") == []
    assert uses(f"{image}{far}{{{{ .Values.image.tag }}}}\n") == [(IMAGE, "a.yaml:1")]
    (first, *_) = Templates([Source("a.yaml", "{{ .Values.image.tag }} " * 1_000)]).files[0].telling
    assert len(first.line) < len(far)


def test_actions_that_name_no_tag_are_looked_at_only_where_one_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def read_actions(template: Template) -> Iterator[Action]:
        asked.append(template.source.path)
        return iter(())

    monkeypatch.setattr(Template, "actions", property(read_actions))
    image = "x: {{ .Release.Name }}\nimage: a:{{ .Values.image.tag }}\n"
    assert uses(image, "y: {{ .Values.image.tag }}\n") == [(IMAGE, "b.yaml:1")]
    assert asked == []
    assert uses("{{ $tag := .Values.image.tag }}\n", image) == []
    assert asked == ["a.yaml"]


def test_a_use_means_tags_by_their_whole_path_or_by_its_end() -> None:  # D04
    templates = Templates([Source("a", "x: {{ .Values.image.tag }}")])
    whole, inner = (find_tag_uses(templates, is_subchart=one)[0].tag for one in (False, True))
    assert whole.means(("image", "tag"))
    assert not whole.means(("sub", "image", "tag"))
    assert inner.means(("sub", "image", "tag"))
    assert not inner.means(("sub", "image", "version"))


def test_a_chart_is_read_from_its_files() -> None:  # D05
    chart = read_chart(
        [Source("Chart.yaml", "name: shop\ndependencies: [{name: redis, alias: cache}, {name: x}]\n")],
        [
            Source("values.yaml", "image: {registry: quay.io}\na: {image: {registry: ''}, x: {hub: y}}\n---\n- 1\n"),
            Source("values.yml", "global: {imageRegistry: m.example}\nb: {registry: ~}\n{{ broken\n"),
        ],
        [Source("templates/a.yaml", "x: {{ .Values.image.tag }}\n")],
        [Source("charts/sub/templates/a.yaml", "x: {{ .Values.image.tag }}\n")],
    )
    assert chart.dependencies == {"redis", "cache", "x"}
    assert chart.registries == {("image",), ("a", "x")}
    assert [(one.tag.is_whole, one.place) for one in chart.tag_uses] == [
        (True, "templates/a.yaml:1"),
        (False, "charts/sub/templates/a.yaml:1"),
    ]
    assert not chart.knows(("cache", "image"))
    assert chart.knows(("image",))
    assert chart.has_registry_for(("image",))


def test_a_global_registry_of_a_chart_is_for_all_its_images() -> None:  # D05
    chart = read_chart([], [Source("values.yaml", "global: {image: {registry: m.example}}\n")], [])
    assert chart.has_registry_for(("any", "image"))
