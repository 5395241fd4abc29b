"""What pinner writes into the values of a chart is what Helm renders, and nothing else changes (D04, D05).

Skipped where Helm is not installed; `PINNER_HELM` names the program.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from pinner.commands.scanning import scan_tree
from pinner.formats.base import Occurrence, change_to, edits_for
from pinner.oci.reference import Reference
from pinner.text import apply_edits
from tests.support.cases import DIGEST, with_digest
from tests.support.trees import project_at

PROGRAM: Final = os.environ.get("PINNER_HELM") or shutil.which("helm")
CORPUS: Final = os.environ.get("PINNER_CORPUS")
ENOUGH_CHARTS: Final = 5
IMAGE_LINE: Final = re.compile(r"""([ -]*[\w./-]*image: ["']?|.*-image=)([\w.:/@-]+)(["']?)""")
DEPENDENCIES: Final = re.compile(r"(?ms)^dependencies:\n(?:[ -][^\n]*\n?)*")
NAMED: Final = re.compile(r'(?:include|template)\s+"([^"]+)"')
DEFINED: Final = re.compile(r'define\s+"([^"]+)"')
pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="Helm is not installed"),
    pytest.mark.timeout(900),
]

VALUES: Final = """\
global:
  imageRegistry: ""
image: # in parts
  registry: quay.io
  repository: acme/shop
  tag: "1.10"
worker: {image: {repository: ghcr.io/acme/worker, tag: v2, digest: ""}}
exporter:
  image:
    repository: quay.io/acme/exporter
    tag: v3
    sha: ''
hook:
  image: {repository: registry.example:5000/acme/hook, tag: v4, digest: }
cron: {image: {repository: ghcr.io/acme/cron, tag: v5, sha: "", digest: ""}}
labelled: {image: {repository: ghcr.io/acme/labelled, tag: v6}}
slotted: {image: {repository: ghcr.io/acme/slotted, tag: v7, digest: ""}}
own: {image: {repository: ghcr.io/acme/own, tag: ""}}
number: {image: {repository: ghcr.io/acme/number, tag: 1.10}}
wholeImage: ghcr.io/acme/whole:v8
imageName: ghcr.io/acme/flat
imageTag: v9
extraImages: [ghcr.io/acme/extra:v10]
sub:
  image: {registry: quay.io, repository: acme/sub, tag: v11, digest: ""}
sidecars:
- name: log
  image: busybox:1.36
"""
HELPERS: Final = """\
{{- define "shop.registry" -}}
{{- .Values.global.imageRegistry | default .Values.image.registry -}}
{{- end -}}
{{- define "shop.reference" -}}
{{- if .digest -}}
{{- printf "%s:%s@%s" .repository .tag .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository .tag -}}
{{- end -}}
{{- end -}}
"""
TEMPLATE: Final = """\
{{- $hookDigest := .Values.hook.image.digest }}
kind: Images
version: {{ .Values.labelled.image.tag }}
labels:
  slotted: {{ .Values.slotted.image.tag | quote }}
images:
- image: "{{ include "shop.registry" . }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}"
- image: {{ include "shop.reference" .Values.worker.image }}
- image: {{ .Values.exporter.image.repository }}:{{ .Values.exporter.image.tag }}
  {{- with .Values.exporter.image.sha }}@sha256:{{ . }}{{ end }}
{{- with .Values.hook.image }}
- image: {{ .repository }}{{ if $hookDigest }}@sha256:{{ $hookDigest }}{{ else }}:{{ .tag }}{{ end }}
{{- end }}
- image: {{ include "shop.reference" .Values.cron.image }}
- image: "{{ .Values.labelled.image.repository }}:{{ .Values.labelled.image.tag }}"
- image: {{ include "shop.reference" .Values.slotted.image }}
- image: {{ .Values.own.image.repository }}:{{ .Values.own.image.tag | default .Chart.AppVersion }}
- image: {{ .Values.number.image.repository }}:{{ .Values.number.image.tag }}
- image: {{ .Values.wholeImage | quote }}
- image: {{ .Values.imageName }}:{{ .Values.imageTag }}
{{- range .Values.extraImages }}
- image: {{ . }}
{{- end }}
{{ toYaml .Values.sidecars }}
"""
SUBCHART: Final = """\
kind: Images
images:
{{- with .Values.image }}
- image: {{ .registry }}/{{ .repository }}:{{ .tag }}{{ with .digest }}@{{ . }}{{ end }}
{{- end }}
"""
CHART: Final = """\
apiVersion: v2
name: shop
version: 1.0.0
appVersion: v0
dependencies: [{name: sub, version: 1.0.0}]
"""
FILES: Final = {
    "Chart.yaml": CHART,
    "values.yaml": VALUES,
    "templates/_helpers.tpl": HELPERS,
    "templates/images.yaml": TEMPLATE,
    "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    "charts/sub/values.yaml": "image: {registry: quay.io, repository: acme/sub, tag: v0}\n",
    "charts/sub/templates/images.yaml": SUBCHART,
}
UNPINNED: Final = ["ghcr.io/acme/labelled:v6", "ghcr.io/acme/own:v0", "ghcr.io/acme/number:1.1"]


def render(chart: Path) -> list[str] | None:
    """Return the lines that Helm renders, or None where it does not."""
    arguments = (str(PROGRAM), "template", "x", str(chart), "--kube-version", "1.33.0")
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else None


def pin_values(chart: Path) -> list[Reference]:
    """Pin the values of a chart where they stand; return what was pinned."""
    pinned: list[Reference] = []
    for file in scan_tree(project_at(chart)):
        if file.source.path == "values.yaml":
            changes = [change_to(one, with_digest(one.reference)) for one in file.found if isinstance(one, Occurrence)]
            (chart / "values.yaml").write_bytes(
                file.source.with_text(apply_edits(file.source.text, edits_for(changes))).encode()
            )
            pinned += (change.reference for change in changes if change.rewrites)
    return pinned


def changed_images(before: list[str], after: list[str]) -> Iterator[Reference]:
    """Yield the references that changed; nothing else may, and these only by a digest."""
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        if old != new:
            was, now = IMAGE_LINE.fullmatch(old), IMAGE_LINE.fullmatch(new)
            assert was is not None, (old, new)
            assert now is not None, (old, new)
            assert (was[1], was[3]) == (now[1], now[3])
            one, other = Reference.parse(was[2]), Reference.parse(now[2])
            assert (other.name, other.digest) == (one.name, DIGEST)
            # Some charts write the digest alone.
            assert other.tag in (one.tag, None)
            yield other


def test_a_chart_renders_its_images_with_digests_and_the_rest_as_before(tmp_path: Path) -> None:  # D04 and D05
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    before = render(tmp_path)
    pinned = pin_values(tmp_path)
    after = render(tmp_path)
    assert before is not None
    assert after is not None
    changed = list(changed_images(before, after))
    assert sorted(one.name for one in changed) == sorted(one.name for one in pinned)
    rendered = [line.rpartition("image: ")[2].strip('"') for line in after if "image: " in line]
    assert [one for one in rendered if "@" not in one] == UNPINNED


def complete(chart: Path) -> None:
    """Make a chart of the corpus whole: charts that are not there go, and templates that are not there write a word."""
    description = chart / "Chart.yaml"
    description.write_text(DEPENDENCIES.sub("", description.read_text("utf-8")), "utf-8")
    for name in ("requirements.yaml", "requirements.lock", "Chart.lock"):
        (chart / name).unlink(missing_ok=True)
    templates = chart / "templates"
    templates.mkdir(exist_ok=True)
    text = "".join(path.read_text("utf-8") for path in templates.rglob("*") if path.is_file())
    missing = sorted(set(NAMED.findall(text)) - set(DEFINED.findall(text)))
    words = ("a: label" if re.search("abel|nnotation", name) else "word" for name in missing)
    stubs = (f'{{{{- define "{name}" -}}}}{word}{{{{- end }}}}\n' for name, word in zip(missing, words, strict=True))
    (templates / "_missing.tpl").write_text("".join(stubs), "utf-8")


@pytest.mark.corpus
@pytest.mark.skipif(CORPUS is None, reason="PINNER_CORPUS names no folder of real manifests")
def test_charts_of_the_corpus_render_as_before_but_for_digests(tmp_path: Path) -> None:  # D04 and D05
    charts = 0
    for number, description in enumerate(sorted(Path(CORPUS or "").rglob("Chart.yaml"))):
        chart = tmp_path / str(number)
        shutil.copytree(description.parent, chart)
        complete(chart)
        before = render(chart)
        if before is not None and pin_values(chart):
            after = render(chart)
            assert after is not None, description
            charts += any(changed_images(before, after))
    assert charts >= ENOUGH_CHARTS
