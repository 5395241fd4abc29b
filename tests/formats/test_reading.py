"""How a text in the place of an image is read (REF-12)."""

from __future__ import annotations

import pytest

from pinner.formats.base import Occurrence, ScannedFile, Skipped, Unreadable, read_reference
from pinner.formats.slots import WholeReference
from pinner.oci.reference import Reference
from pinner.text import Source, Span

B = "b" * 64


@pytest.mark.parametrize(
    "text",
    [
        "nginx",
        "nginx:1.27",
        "localhost:5000/a/b",
        "registry.example:5000/team/app:V1_2.3-rc.4",
        f"nginx@sha256:{B}",
        f"nginx:1.27@sha256:{B}",
        f"nginx@sha512:{B}{B}",
        "latest",
        "nginx:1.10",
        "nginx:0123",
        "nginx:2024-01-01",
        "sha256:1",
    ],
)
def test_a_reference_is_read_and_kept_as_written(text: str) -> None:
    reference = read_reference(text)
    assert isinstance(reference, Reference)
    assert reference.written == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "empty", id="REF-12-empty"),
        *(
            pytest.param(text, "variable", id=f"A11-{text}")
            for text in (
                *("$V", "${V}", "${V:-nginx:1}", "${V-nginx}", "${V:?e}", "${A:-${B}}", "$$V", "nginx:${TAG:-1}"),
                *("$(params.image)", "nginx:$(VERSION)", "$CI_REGISTRY_IMAGE/x:1"),
                *("$[[ inputs.x ]]", "ghcr.io/$OWNER/api", "${{ matrix.image }}"),
            )
        ),
        *(
            pytest.param(text, "template-value", id=f"A12-{text}")
            for text in (
                *("{{ .Values.image }}", "nginx:{{ .Values.tag }}", "{% if x %}a", "<% image %>", "<%= image %>"),
                *("<<IMAGE>>", "%{image}", "nginx:{{tag}}-${X}"),
            )
        ),
        *(
            pytest.param(text, "placeholder", id=f"placeholder-{text}")
            for text in ("<your-image>", "<IMAGE>:1", "ghcr.io/<owner>/api", "%s", "nginx:%s", "nginx:%v")
        ),
        pytest.param(B, "image-id", id="REF-12-image-id"),
        pytest.param(f"sha256:{B}", "image-id", id="REF-12-image-id-with-algorithm"),
        *(
            pytest.param(text, "not-a-reference", id=f"{name}-{text[:20]!r}")
            for name, text in (
                ("A07", "https://ghcr.io/acme/api:1"),
                ("A07", "nginx:1 "),
                ("A07", " nginx"),
                ("A07", "nginx\n"),
                ("A07", "docker://nginx"),
                ("A09", "Nginx:1"),
                ("A09", "nginx:" + "a" * 129),
                ("A09", "nginx@sha256:abc"),
                ("A09", f"nginx@sha256:{'B' * 64}"),
                ("A10", f"nginx@md5:{'b' * 32}"),
                ("A05", f"nginx@sha256:sha256:{B}"),
                ("A04", "nginx:1+2"),
                ("REF-12", "two words"),
                ("REF-12", "\xe9/x"),
            )
        ),
    ],
)
def test_what_is_no_reference_has_a_reason(text: str, reason: str) -> None:
    reading = read_reference(text)
    assert isinstance(reading, Unreadable)
    assert reading.reason == reason
    assert reading.detail


def test_a07_a_scheme_is_explained() -> None:
    reading = read_reference("https://ghcr.io/acme/api:1")
    assert isinstance(reading, Unreadable)
    assert "no scheme" in reading.detail


def test_a_digest_that_is_wrong_is_explained() -> None:
    reading = read_reference("nginx@sha256:" + "b" * 63)
    assert isinstance(reading, Unreadable)
    assert "sha256" in reading.detail


def test_a_scanned_file_knows_what_was_read_and_what_was_not() -> None:
    occurrence = Occurrence(
        path="x", span=Span(0, 1), reference=Reference.parse("a"), locator="a", slot=WholeReference("a", range(2))
    )
    skipped = Skipped(path="x", span=Span(2, 3), locator="b", written="$", reason="variable")
    scanned = ScannedFile(source=Source("x", "a $"), format=None, found=(skipped, occurrence))
    assert (scanned.occurrences, scanned.skipped) == ((occurrence,), (skipped,))
