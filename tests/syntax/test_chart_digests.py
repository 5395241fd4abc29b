"""How the templates of a chart write digests (D05)."""

from __future__ import annotations

import pytest

from pinner.syntax.chart_digests import find_digest_uses
from pinner.syntax.chart_templates import Templates
from pinner.syntax.charts import Chart
from pinner.text import Source

PATH = ("image", "digest")


def is_bare(*texts: str, path: tuple[str, ...] = PATH) -> bool | None:
    templates = Templates(Source(f"{name}.yaml", text) for name, text in zip("ab", texts, strict=False))
    return Chart(digest_uses=find_digest_uses(templates)).is_bare_digest(path)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("image: nginx\n", id="no-digest"),
        pytest.param("{{ if .Values.image.digest }}\n{{ end }}\n", id="a-test"),
        pytest.param("x: {{ .Values.image.digest }}\n", id="somewhere-else"),
        pytest.param("image: a@{{ .Values.image.sha }}\n", id="another-key"),
        pytest.param("image: a@{{ .Values.other.digest }}\n", id="another-image"),
        pytest.param("image: a@{{ .Values.image.digest }}\nx: a@sha256:{{ .Values.image.digest }}\n", id="both"),
        pytest.param("a: {{ include `x` . | sha256sum }}\n", id="a-checksum"),
    ],
)
def test_what_does_not_tell_is_not_guessed(text: str) -> None:  # D05
    assert is_bare(text) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('image: "a@{{ .Values.image.digest }}"\n', id="joined"),
        pytest.param("image: a:{{ .tag }}{{ if .digest }}@{{ .digest }}{{ end }}\n", id="in-a-mapping"),
        pytest.param('image: {{ printf "%s@%s" .Values.image.repository .Values.image.digest }}\n', id="printf"),
        pytest.param('image: a{{ print "@" .Values.image.digest }}\n', id="print"),
        pytest.param("{{ $d := .Values.image.digest }}\nimage: a@{{ $d }}\n", id="variable"),
        pytest.param(
            '{{ if hasPrefix "sha256:" .Values.image.digest }}a@{{ .Values.image.digest }}{{ end }}\n', id="looked-for"
        ),
        pytest.param('image: a@{{ index .Values.image "digest" }}\n', id="by-index"),
    ],
)
def test_a_chart_that_writes_an_at_sign_wants_the_algorithm(text: str) -> None:  # D05
    assert is_bare(text) is False


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('image: "a@sha256:{{ .Values.image.digest }}"\n', id="joined"),
        pytest.param('{{ $x := printf "@sha256:%s" .Values.image.digest }}\nimage: a{{ $x }}\n', id="printf"),
        pytest.param("{{ $d := .Values.image.digest }}\nimage: a@sha256:{{ $d }}\n", id="variable"),
        pytest.param('image: a{{ print "@sha256:" .Values.image.digest }}\n', id="print"),
        pytest.param('image: a@sha256:{{ trimPrefix "sha256:" .Values.image.digest }}\n', id="either-would-do"),
    ],
)
def test_a_chart_that_writes_the_algorithm_wants_the_rest(text: str) -> None:  # D05
    assert is_bare(text) is True


def test_a_digest_is_followed_through_named_templates() -> None:  # D05
    helper = '{{ define "a.digest" }}\n{{ .Values.image.digest }}\n{{ end }}\n'
    assert is_bare(helper, 'image: a@sha256:{{ include "a.digest" . }}\n') is True
    assert is_bare(helper, 'image: a@{{ include "a.digest" . }}\n') is False


def test_what_names_the_whole_path_goes_before_what_is_for_any_image() -> None:  # D05
    helper = '{{ define "a" }}\n{{ printf "%s@%s" .repository .digest }}\n{{ end }}\n'
    whole = "image: a@sha256:{{ .Values.image.digest }}\n"
    assert is_bare(helper, whole) is True
    assert is_bare(helper, whole, path=("other", "digest")) is False


def test_a_flat_digest_is_found_under_its_key() -> None:  # D05
    assert is_bare("image: a@sha256:{{ .Values.imageDigest }}\n", path=("imageDigest",)) is True
