"""Every shape in which a Dockerfile names an image, one a row: what is found, and what is passed over and why."""

from __future__ import annotations

import pytest

from pinner.formats.base import Occurrence
from pinner.formats.dockerfile import FORMAT
from pinner.oci.digest import Digest
from pinner.text import Source

_B = Digest("sha256", "b" * 64)

ROWS = [
    pytest.param("FROM a:1\n", ["a:1"], id="plain-row-1"),
    pytest.param("from a:1 as b\n", ["a:1"], id="E05-lowercase-row-2"),
    pytest.param("FROM --platform=linux/amd64 a:1\n", ["a:1"], id="E04-platform-row-3"),
    pytest.param("FROM --platform=$BUILDPLATFORM a:1\n", ["a:1"], id="E04-platform-of-the-builder-row-4"),
    pytest.param("FROM scratch\n", [], id="E01-scratch-row-5"),
    pytest.param("FROM a:1 AS Base\nFROM base\nCOPY --from=BASE /a /a\n", ["a:1"], id="E01-stage-in-any-case-row-6"),
    pytest.param("FROM a:1\nCOPY --from=0 /a /a\n", ["a:1"], id="E01-stage-by-its-number-row-7"),
    pytest.param(
        "COPY --chown=1:1 --from=busybox:1.36 --chmod=755 /a /a\n", ["busybox:1.36"], id="E08-copy-between-flags-row-8"
    ),
    pytest.param('COPY --from="busybox:1.36" /a /a\n', ["busybox:1.36"], id="E08-copy-quoted-row-9"),
    pytest.param(
        "RUN --mount=from=a:1,target=/a --mount=type=bind,from=b:2,target=/b x\n",
        ["a:1", "b:2"],
        id="E08-two-mounts-row-10",
    ),
    pytest.param('RUN --mount=type=bind,"from=a:1","target=/b,c" x\n', ["a:1"], id="E08-quoted-mount-row-11"),
    pytest.param("FROM a:1 AS s\nRUN --mount=from=s,target=/a x\n", ["a:1"], id="E08-mount-of-a-stage-row-12"),
    pytest.param("ARG V=3\nFROM a:$V\n", ["a:3"], id="E02-argument-is-the-tag-row-13"),
    pytest.param("ARG V=3\nFROM a:$V-x\n", ["a:$V-x variable"], id="E03-argument-is-part-of-the-tag"),
    pytest.param("ARG B=a:1\nFROM ${B}\n", ["a:1"], id="E02-argument-is-the-reference-row-14"),
    pytest.param('ARG B="a:1"\nFROM ${B}\n', ["a:1"], id="E02-quoted-argument-row-15"),
    pytest.param('ARG "B=a:1"\nFROM ${B}\n', ["${B} variable"], id="E02-quoted-name"),
    pytest.param("ARG \\B=a:1\nFROM ${B}\n", ["${B} variable"], id="E02-escaped-name"),
    pytest.param(
        "FROM a:1\nARG V=3\nFROM b:$V\n", ["a:1", "b:$V variable"], id="E02-argument-behind-the-first-stage-row-16"
    ),
    pytest.param(f"FROM a:$V@{_B}\n", [f"a:$V@{_B} digest-after-variable"], id="E03-digest-behind-a-variable"),
    pytest.param("FROM \\\n  a:1 \\\n  AS b\n", ["a:1"], id="E05-continuation-row-17"),
    pytest.param("FROM \\\n# a comment\n  a:1\n", ["a:1"], id="E05-comment-in-a-continuation-row-18"),
    pytest.param("FROM \\\n\n  a:1\n", ["a:1"], id="E05-empty-line-in-a-continuation-row-19"),
    pytest.param("FROM a\\\n:1\n", ["a:1 split-word"], id="E05-split-word-row-20"),
    pytest.param("# escape=`\nFROM a:1\nCOPY x C:\\\nFROM b:1\n", ["a:1", "b:1"], id="E05-escape-is-a-backtick-row-21"),
    pytest.param("FROM a:1\r\nRUN x \\\r\n  y\r\nFROM b:1\r\n", ["a:1", "b:1"], id="E05-CRLF-row-22"),
    pytest.param("\ufeffFROM a:1\n", ["a:1"], id="E05-mark-row-23"),
    pytest.param(f"# syntax=d/f:1@{_B}\nFROM a:1\n", [f"d/f:1@{_B}", "a:1"], id="E07-syntax-with-a-digest-row-24"),
    pytest.param("# a comment\n# syntax=d/f:1\nFROM a:1\n", ["a:1"], id="E07-syntax-behind-a-comment-row-25"),
    pytest.param("RUN <<E\nFROM a:1\nCOPY --from=b:1 /a /a\nE\nFROM c:1\n", ["c:1"], id="E06-here-document-row-26"),
    pytest.param("COPY <<A <<B /d/\nFROM a:1\nA\nFROM b:1\nB\nFROM c:1\n", ["c:1"], id="E06-two-here-documents-row-27"),
    pytest.param('RUN ["cat", "<<E"]\nFROM a:1\n', ["a:1"], id="E06-exec-form-row-28"),
    pytest.param("RUN echo $((1<<2))\nFROM a:1\n", ["a:1"], id="E06-arithmetic-row-29"),
    pytest.param("ONBUILD COPY --from=a:1 /a /a\n", ["a:1"], id="E08-trigger-row-30"),
    pytest.param("ONBUILD RUN --mount=from=a:1,target=/a x\n", ["a:1"], id="E08-trigger-with-a-mount"),
    pytest.param("ONBUILD COPY --from=a /a /a\n", ["a ambiguous-stage"], id="E08-trigger-of-a-stage"),
    pytest.param("ONBUILD FROM a:1\n", ["a:1 invalid-instruction"], id="E08-trigger-that-is-a-base"),
    pytest.param("ONBUILD FROM\n", ["FROM invalid-instruction"], id="E08-trigger-without-a-base"),
    pytest.param(
        "ONBUILD ONBUILD COPY --from=a:1 /a /a\n",
        ["COPY --from=a:1 /a /a invalid-instruction"],
        id="E08-trigger-of-a-trigger",
    ),
    pytest.param("ONBUILD ONBUILD RUN x\n", [], id="E08-trigger-without-an-image"),
    pytest.param("ONBUILD\n", [], id="E08-empty-trigger"),
    pytest.param("# escape=`\nONBUILD COPY --from=a\\:1 /a /a\n", ["a:1"], id="E08-trigger-forgets-the-escape"),
    pytest.param("RUN --mount=from=0,target=/a x\n", ["0 ambiguous-stage"], id="E01-mount-of-a-number"),
    pytest.param("FROM a:1", ["a:1"], id="C02-no-final-newline-row-31"),
    pytest.param("FROM\ta:1\tAS\tb\n", ["a:1"], id="E05-tabs-row-32"),
    pytest.param("FROM a:1\x85\n", ["a:1"], id="E05-wide-blank-at-the-end"),
    pytest.param("FROM a:1\x85 AS b\n", ["a:1\x85 invalid-instruction"], id="E05-wide-blank"),
    pytest.param("FROM localhost:5000/a/b\n", ["localhost:5000/a/b"], id="A01-port-row-33"),
    pytest.param("FROM a:1\nRUN <<E${V:-x}\nFROM b:1\n", ["a:1", "b:1"], id="E06-no-here-document-of-an-expansion"),
    pytest.param("FROM a:1 # x\n", ["a:1 # x invalid-instruction"], id="E05-comment-behind-row-34"),
    pytest.param('RUN <<-"E O"\nFROM a:1\n\tE O\nFROM b:1\n', ["b:1"], id="E06-here-document-word-with-blanks-row-35"),
    pytest.param("FROM a:1\nFROM 0\n", ["a:1", "0"], id="E01-a-number-is-no-stage-in-FROM-row-37"),
    pytest.param(
        "FROM a:1\nRUN <<E\nx\n", ["RUN <<E unterminated-heredoc"], id="E06-unterminated-here-document-row-36"
    ),
]


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_a_row_names_these_images(text: str, expected: list[str]) -> None:
    source = Source("Dockerfile", text)
    found = [
        one.reference.written if isinstance(one, Occurrence) else f"{one.written} {one.reason}"
        for one in FORMAT.find(source)
    ]
    assert found == expected
