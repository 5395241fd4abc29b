"""The comment that remembers a tag: where it stands, how it is read back, and when there is no place for it."""

from __future__ import annotations

import pytest

from pinner.errors import FormError
from pinner.formats import detect
from pinner.formats.base import Occurrence, change_to, edits_for
from pinner.formats.notes import NoNote, Note, note_above, note_behind
from pinner.forms import Form
from pinner.oci.digest import Digest
from pinner.text import Source, Span, apply_edits

A, B = Digest("sha256", "a" * 64), Digest("sha256", "b" * 64)


def write(text: str, digest: Digest | None, form: Form, path: str = "compose.yaml") -> str:
    """Give every image of a file this digest, or none, and prove it."""
    source = Source(path, text)
    one = detect(source)
    assert one is not None
    changes = [
        change_to(found, found.reference.pinned_to(digest) if digest else found.reference.unpinned(), form)
        for found in one.find(source)
        if isinstance(found, Occurrence)
    ]
    after = source.with_text(apply_edits(text, edits_for(changes)))
    one.prove(source, after, changes)
    return after.text


def service(line: str) -> str:
    return f"services:\n  web:\n    {line}"


YAML = [
    pytest.param("image: nginx:1\n", "image: nginx@A  # pinner: tag=1\n", id="plain"),
    pytest.param("image: nginx:1", "image: nginx@A  # pinner: tag=1", id="no-newline"),
    pytest.param("image: nginx:1\r\n", "image: nginx@A  # pinner: tag=1\r\n", id="C02-CRLF"),
    pytest.param("image: nginx:1\r", "image: nginx@A  # pinner: tag=1\r", id="C02-CR"),
    pytest.param("image: nginx:1  \n", "image: nginx@A  # pinner: tag=1  \n", id="blanks"),
    pytest.param("image: 'nginx:1'\n", "image: 'nginx@A'  # pinner: tag=1\n", id="C05-quotes"),
    pytest.param("image: 'nginx:1' \t# c\n", "image: 'nginx@A' \t# c # pinner: tag=1\n", id="C03-comment"),
    pytest.param("image: nginx:1 # c  \n", "image: nginx@A # c # pinner: tag=1  \n", id="C03-comment-and-blanks"),
    pytest.param("image: nginx:1 #\n", "image: nginx@A # # pinner: tag=1\n", id="C03-empty-comment"),
    pytest.param('image: "nginx\\\n      :1"\n', 'image: "nginx\\\n      @A"  # pinner: tag=1\n', id="continuation"),
    pytest.param("<<: {image: nginx:1}\n", "<<: {image: nginx@A}  # pinner: tag=1\n", id="flow"),
    pytest.param("<<: {image: nginx:1, }\n", "<<: {image: nginx@A, }  # pinner: tag=1\n", id="flow-and-comma"),
    pytest.param("<<: {image: nginx:1,\n   x: y}\n", "<<: {image: nginx@A,  # pinner: tag=1\n   x: y}\n", id="lines"),
    pytest.param("image: nginx\n", "image: nginx@A\n", id="untagged"),
    pytest.param("image: &i nginx:1\n", "image: &i nginx@A  # pinner: tag=1\n", id="C04-anchor"),
]  # fmt: skip


def fill(text: str) -> str:
    return service(text.replace("A", str(A)))


@pytest.mark.parametrize(("text", "wanted"), YAML)
def test_the_tag_goes_into_a_comment_and_comes_back(text: str, wanted: str) -> None:
    text, wanted = fill(text), fill(wanted)
    assert write(text, A, Form.DIGEST) == wanted
    assert write(wanted, A, Form.DIGEST) == wanted
    assert write(wanted, None, Form.TAG_AND_DIGEST) == text
    both = write(text, A, Form.TAG_AND_DIGEST)
    assert write(both, A, Form.DIGEST) == wanted
    assert write(wanted, A, Form.TAG_AND_DIGEST) == both
    assert write(wanted, B, Form.DIGEST) == wanted.replace(str(A), str(B))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("<<: {image: nginx:1, x: y}\n", "something else stands behind the value on its line"),
        ("<<: {image: nginx:1}#\n", "something else stands behind the value on its line"),
        ("image: >-\n      nginx:1\n", "the value is a block of lines"),
        ('image: "nginx\\x3a1"\n', "the tag is written with escapes"),
        ('image: "nginx:\\\n      1"\n', "the tag is written with escapes"),
        ('image: nginx:1 # {"$imagepolicy": "a:b"}\n', "another program reads the comment"),
        ("image: nginx:1 # renovate: datasource=docker\n", "another program reads the comment"),
        ("image: nginx:1 # x-release-please-version\n", "another program reads the comment"),
        ("image: nginx:1 # ratchet:nginx:1\n", "another program reads the comment"),
    ],
)
def test_a_place_without_room_for_a_comment_is_refused_d08(line: str, message: str) -> None:
    with pytest.raises(FormError, match=message) as caught:
        write(service(line), A, Form.DIGEST)
    assert "the form 'digest' cannot be written here" in caught.value.message
    assert str(A) in write(service(line), A, Form.TAG_AND_DIGEST)


def test_json_has_no_comments() -> None:
    text = '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image":\n"nginx:1"\n}]}}'
    with pytest.raises(FormError, match="JSON has no comments, so that no comment can remember the tag"):
        write(text, A, Form.DIGEST, "pod.json")


def test_a_reference_without_a_tag_needs_no_comment() -> None:
    text = service("image: >-\n      nginx\n")
    assert write(text, A, Form.DIGEST) == text.replace("nginx", f"nginx@{A}")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (f"nginx:2@{B}  # pinner: tag=1", f"nginx:2@{A}"),
        ("nginx  # pinner: tag=1", f"nginx@{A}"),
        ("nginx:2  # pinner: tag=1", f"nginx:2@{A}"),
    ],
)
def test_a_comment_that_nothing_needs_is_taken_away(line: str, wanted: str) -> None:
    assert write(service(f"image: {line}\n"), A, Form.TAG_AND_DIGEST) == service(f"image: {wanted}\n")


@pytest.mark.parametrize(
    "comment", ["# pinner: tag=", "# pinner: tag=a b", "# pinner: tag=+", "#pinner tag=1", "# pinner: tag=1 # more"]
)
def test_a_comment_of_another_kind_is_no_tag(comment: str) -> None:
    text = service(f"image: nginx@{A} {comment}\n")
    assert write(text, B, Form.DIGEST) == text.replace(str(A), str(B))


def test_no_form_but_digest_wants_a_field_or_a_comment() -> None:
    with pytest.raises(FormError, match="no field for the digest alone stands here"):
        write(service("image: nginx:1\n"), A, Form.DIGEST_KEY)


# --- above


DOCKERFILE = [
    pytest.param("FROM a:1 AS b\n", "# pinner: tag=1\nFROM a@A AS b\n", id="E01-first-line"),
    pytest.param("\ufeffFROM a:1\n", "\ufeff# pinner: tag=1\nFROM a@A\n", id="C02-mark"),
    pytest.param("FROM a:1", "# pinner: tag=1\nFROM a@A", id="no-newline"),
    pytest.param("# c\r\nFROM a:1", "# c\r\n# pinner: tag=1\r\nFROM a@A", id="C02-CRLF-no-newline"),
    pytest.param("FROM a:1\r\nRUN x\r\n", "# pinner: tag=1\r\nFROM a@A\r\nRUN x\r\n", id="C02-CRLF"),
    pytest.param("# c\n  FROM a:1\n", "# c\n  # pinner: tag=1\n  FROM a@A\n", id="C03-indented"),
    pytest.param("# escape=`\nFROM a:1\n", "# escape=`\n# pinner: tag=1\nFROM a@A\n", id="E05-directive"),
    pytest.param("FROM \\\n  a:1\n", "# pinner: tag=1\nFROM \\\n  a@A\n", id="E05-continuation"),
    pytest.param(
        "RUN <<E\nFROM x\nE\nCOPY --from=a:1 /a /b\n",
        "RUN <<E\nFROM x\nE\n# pinner: tag=1\nCOPY --from=a@A /a /b\n",
        id="E06-heredoc",
    ),
]


@pytest.mark.parametrize(("text", "wanted"), DOCKERFILE)
def test_the_tag_goes_above_an_instruction_and_comes_back(text: str, wanted: str) -> None:
    wanted = wanted.replace("A", str(A)).replace(f"{A}S", "AS")
    assert write(text, A, Form.DIGEST, "Dockerfile") == wanted
    assert write(wanted, None, Form.TAG_AND_DIGEST, "Dockerfile") == text
    assert write(wanted, B, Form.DIGEST, "Dockerfile") == wanted.replace(str(A), str(B))


@pytest.mark.parametrize("text", ["# syntax=a:1\nFROM scratch\n", "RUN --mount=from=a:1 --mount=from=b:1 x\n"])
def test_a_directive_and_several_images_have_no_room_above_e07(text: str) -> None:
    with pytest.raises(FormError, match="its line is a directive, or names several images"):
        write(text, A, Form.DIGEST, "Dockerfile")


def test_what_follows_other_text_has_no_line_of_its_own() -> None:
    assert note_above("a b", 2) == NoNote("something else stands before it on its line")


def test_places_count_from_the_whole_text() -> None:
    assert note_behind("é: a  # pinner: tag=1\nb", 4) == Note(span=Span(4, 21), tag="1", before="  ")
    assert note_above("é\n # pinner: tag=1\n b", 20) == Note(span=Span(2, 19), tag="1", before=" ", after="\n")
