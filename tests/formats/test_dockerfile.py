from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import EditError
from pinner.formats import detect
from pinner.formats.base import Change, Occurrence, Skipped, change_to, edits_for
from pinner.formats.dockerfile import FORMAT
from pinner.forms import Form
from pinner.oci.digest import Digest
from pinner.oci.reference import Reference
from pinner.text import Source, apply_edits
from tests.support import cases

_A = Digest("sha256", "a" * 64)
_B = Digest("sha256", "b" * 64)


def _source(text: str) -> Source:
    return Source("Dockerfile", text)


def _occurrences(source: Source) -> list[Occurrence]:
    return [one for one in FORMAT.find(source) if isinstance(one, Occurrence)]


def _skipped(text: str) -> list[tuple[str, str]]:
    return [(one.reason, one.detail) for one in FORMAT.find(_source(text)) if isinstance(one, Skipped)]


def _written(text: str) -> list[str]:
    return [one.reference.written for one in _occurrences(_source(text))]


def _changes(source: Source, digest: Digest = _A) -> list[Change]:
    return [
        change_to(one, one.reference.pinned_to(digest)) for one in _occurrences(source) if one.reference.digest is None
    ]


def _edited(source: Source, changes: list[Change]) -> Source:
    return source.with_text(apply_edits(source.text, edits_for(changes)))


def test_nothing_to_change_is_proven() -> None:
    source = _source("FROM scratch\nRUN <<EOF\nFROM a:1\nEOF\n")
    FORMAT.prove(source, source, [])


@pytest.mark.parametrize(
    ("path", "is_ours"),
    [
        ("Dockerfile", True),
        ("a/Dockerfile.dev", True),
        ("Containerfile", True),
        ("Dockerfile.dockerignore", False),
        ("Dockerfile.md", False),
        ("Dockerfile.py", True),
    ],
)
def test_files_beside_a_dockerfile_are_not_read(path: str, *, is_ours: bool) -> None:
    assert FORMAT.is_ours is not None
    assert FORMAT.is_ours(Source(path, "FROM a:1\n")) is is_ours


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("dockerfile.py", '"""Read them."""\nfrom a import b\n'),
        ("dockerfile_lexer.py", "from a import b, c\n"),
        ("dockerfile-parser.js", "import a from 'b'\n"),
        ("dockerfile.go", "package dockerfile\n"),
        ("dockerfile_test.sh", "cat <<EOF\nFROM a:1\n"),
        ("dockerfile-maven.xml", "<a/>\n"),
        ("dockerfile.json", ""),
    ],
)
def test_source_code_about_dockerfiles_is_none(path: str, text: str) -> None:
    assert detect(Source(path, text)) is not FORMAT


@pytest.mark.parametrize(
    "name", ["Dockerfile-prod", "Dockerfile_test", "a/Dockerfile-alpine", "Containerfile-x", "containerfile_x"]
)
def test_dockerfiles_have_names_with_dashes(name: str) -> None:
    assert detect(Source(name, "FROM a:1\n")) is FORMAT


@pytest.mark.parametrize("text", ["FROM a:1 AS b\n", "# a\nARG A=1\nFROM a:$A\n", "from a:1\n"])
def test_a_dockerfile_may_be_called_after_a_language(text: str) -> None:
    assert detect(Source("Dockerfile.py", text)) is FORMAT


@pytest.mark.parametrize(
    ("text", "reason", "detail"),
    [
        ("ARG V=20\nFROM node:${V}-slim", "variable", "ARG V on line 1 has the default '20'"),
        ("\n\nARG A=1 \\\n  V='a b'\nFROM x:$V", "variable", "ARG V on line 4 has the default 'a b'"),
        (
            "ARG V=1\nARG V=2\nARG V\nFROM x:$V",
            "variable",
            "ARG V on line 2 has the default '2', but it is declared more than once",
        ),
        ("ARG V\nFROM x:$V", "variable", "ARG V on line 1 has no default"),
        ("ARG V=\nFROM x$V", "variable", "ARG V on line 1 has the default ''"),
        ("ARG V=a:1@sha256\nFROM $V", "variable", "ARG V on line 1 has the default 'a:1@sha256'"),
        ("FROM x:$V", "variable", "no ARG V stands before the first FROM"),
        ("FROM scratch\nARG V=1\nFROM x:$V", "variable", "no ARG V stands before the first FROM"),
        ("ARG 'V=1\nFROM x:$V", "variable", "no ARG V stands before the first FROM"),
        ("FROM x:$TARGETARCH", "variable", "TARGETARCH is set by the builder"),
        (
            "ARG V=1\nFROM $R/x:${V:-2}$V",
            "variable",
            "no ARG R stands before the first FROM; ARG V on line 1 has the default '1'",
        ),
        ("FROM x:$(tag)", "variable", "the value is a variable, or holds one"),
        ("FROM $V/x:1@" + str(_B), "variable", "no ARG V stands before the first FROM"),
        (
            "FROM x:${V:-a/b}@" + str(_B),
            "digest-after-variable",
            "the digest decides, whatever the variable says: no ARG V stands before the first FROM",
        ),
        (
            "COPY --from=$V /a /a",
            "variable",
            "no variable is expanded here; give the image a stage of its own",
        ),
        (
            "FROM a:1 # x",
            "invalid-instruction",
            "FROM takes an image, or an image AS a name, not 3 words; a comment has a line of its own",
        ),
        ("FROM a b", "invalid-instruction", "FROM takes an image, or an image AS a name, not 2 words"),
        ("FROM 'a", "invalid-instruction", "the image is not one word, or its quotes are not closed"),
        ("FROM a\\\n:1", "split-word", "a line continuation splits the image; write it on one line"),
        (
            "ONBUILD COPY --from=tools /a /a",
            "ambiguous-stage",
            "'tools' may be a stage of the Dockerfile that builds on this image; an image is written tools:latest",
        ),
        ("RUN --mount='\"from=a:1' x", "invalid-instruction", "the mount is not a comma-separated list"),
    ],
)
def test_what_is_passed_over_is_explained(text: str, reason: str, detail: str) -> None:  # E02, E03
    assert _skipped(text) == [(reason, detail)]


@pytest.mark.parametrize("text", ["RUN --mount='\"type=cache' x", "RUN --mount=type=cache,target=/a x", "ARG V\n"])
def test_what_names_no_image_is_not_mentioned(text: str) -> None:
    assert FORMAT.find(_source(text)) == ()


def test_e01_a_stage_is_known_to_later_bases_and_to_every_copy() -> None:
    text = "FROM base\nCOPY --from=LATE /a /a\nFROM a:1 AS Base\nFROM BASE AS late\nFROM b AS b\nFROM b\n"
    assert _written(text) == ["base", "a:1", "b"]


def test_e04_a_platform_is_no_image() -> None:
    assert _written("FROM --platform=linux/amd64 a:1\nFROM --platform=$BUILDPLATFORM b:1") == ["a:1", "b:1"]


def test_a01_a_port_is_no_tag() -> None:
    (occurrence,) = _occurrences(_source("FROM localhost:5000/x"))
    assert (occurrence.reference.name, occurrence.reference.tag) == ("localhost:5000/x", None)


def test_a05_a_digest_is_replaced_and_never_doubled() -> None:
    source = _source(f"FROM a:1@{_B} AS b")
    (occurrence,) = _occurrences(source)
    change = change_to(occurrence, occurrence.reference.pinned_to(_A))
    assert _edited(source, [change]).text == f"FROM a:1@{_A} AS b"


def test_the_same_locator_gets_a_number() -> None:
    found = FORMAT.find(_source("FROM a:1 AS x\nFROM b:$V AS x\nCOPY --from=c:1 /a /a"))
    assert [one.locator for one in found] == ["stage x", "stage x (2)", "stage x: COPY --from"]


def test_instructions_before_the_first_stage_have_no_stage_in_their_locator() -> None:
    (found,) = FORMAT.find(_source("RUN --mount=from=a:1,target=/a x"))
    assert found.locator == "RUN --mount from"


def _change(text: str, written: str) -> tuple[Source, Change]:
    source = _source(text)
    (occurrence,) = _occurrences(source)
    return source, change_to(occurrence, Reference.parse(written))


def test_text_beside_the_reference_is_no_part_of_the_edit() -> None:
    source, change = _change("FROM a:1\n", f"a:1@{_A}")
    after = _edited(source, [change])
    with pytest.raises(EditError, match="text outside the references changed"):
        FORMAT.prove(source, after.with_text(after.text + "\n"), [change])


def test_an_edit_of_another_place_is_refused() -> None:
    source, change = _change("RUN x\nFROM a:1\n", f"a:1@{_A}")
    elsewhere = change_to(_occurrences(_source("\nFROM  a:1\n"))[0], change.reference)
    with pytest.raises(EditError, match="the file names other images"):
        FORMAT.prove(source, _edited(source, [elsewhere]), [elsewhere])


def test_an_edit_that_becomes_another_instruction_is_refused() -> None:
    source, change = _change("FROM a:1\n", "a:1")
    broken = change_to(change.occurrence, replace(change.reference, written="a:1\nFROM b:1"))
    with pytest.raises(EditError, match="an instruction changed"):
        FORMAT.prove(source, _edited(source, [broken]), [broken])


def test_an_edit_that_names_a_stage_is_refused() -> None:
    source, change = _change("FROM scratch AS base\nFROM a:1\n", "base")
    with pytest.raises(EditError, match="names other images"):
        FORMAT.prove(source, _edited(source, [change]), [change])


def test_an_edit_of_a_file_that_cannot_be_read_is_refused() -> None:
    source, change = _change("FROM a:1\n", f"a:1@{_A}")
    broken = source.with_text("FROM a:1\nRUN <<EOF\n")
    with pytest.raises(EditError, match="cannot be read as a Dockerfile"):
        FORMAT.prove(broken, _edited(broken, [change]), [change])


PIECES = [
    *("\n", "\r\n", "\r", "\t", " ", "#", "\\", "`", '"', "'", "$", "<<", "=", ",", "&&", "\ufeff", "é", "\x85"),
    *("FROM ", "\nFROM a:1 AS b\n", "\nfrom localhost:5000/x", " AS b", "scratch", "${V}", "{{ x }}", f"@{_B}"),
    *("\nCOPY --from=", "\nCOPY --from='c:1' /a /b\n", "b /a /b\n", '--from="d', "\nADD "),
    *("\nRUN --mount=from=e:1,target=/a x\n", '--mount="type=bind,""from=f:1"""', "\nRUN ", "\nONBUILD "),
    *(
        "<<EOF",
        "\nEOF\n",
        "# syntax=s:1\n",
        "# escape=`\n",
        "\\\n",
        "`\n",
        "# x\n",
        "# pinner: tag=3\n",
        "\nARG V=1\n",
        "a:1",
        "g\\:1",
    ),
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text_is_pinned_without_touching_another_letter(text: str) -> None:
    source = _source(text)
    for one in FORMAT.find(source):
        assert 0 <= one.span.start < one.span.end <= len(text)
    changes = _changes(source)
    after = _edited(source, changes)
    FORMAT.prove(source, after, changes)
    # A tag that a comment remembers beside another one is taken away.
    assert "# pinner: tag=" in text or after.text.replace(f"@{_A}", "") == text
    assert _changes(after) == []


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_tags_above_the_instructions_of_any_text_come_back(text: str) -> None:
    source = _source(text)
    once = cases.pin("dockerfile", source, Form.DIGEST)
    assert cases.pin("dockerfile", once, Form.DIGEST) == once
    assert cases.unpin("dockerfile", once) == cases.unpin("dockerfile", source)
    assert [one.reference.tagged for one in _occurrences(once)] == [
        one.reference.tagged for one in _occurrences(source)
    ]


def test_a_file_that_cannot_be_read_is_passed_over_as_a_whole() -> None:
    (skipped,) = FORMAT.find(_source("FROM a:1\nRUN <<EOF\n"))
    assert isinstance(skipped, Skipped)
    assert (skipped.locator, skipped.written, skipped.reason) == ("line 2", "RUN <<EOF", "unterminated-heredoc")
