"""Images in parts: what they mean together, and where the digest goes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pinner.errors import FormError, UnknownTagError
from pinner.formats.base import Found, Occurrence, Skipped, change_to, edits_for
from pinner.formats.places import Parts
from pinner.formats.yaml_places import find_images, prove
from pinner.forms import Form
from pinner.oci.digest import Digest
from pinner.syntax import yaml_proof, yaml_scan
from pinner.syntax.yaml_nodes import Document, Node, Path
from pinner.text import Source, apply_edits

A, B = Digest("sha256", "a" * 64), Digest("sha256", "b" * 64)
NUMBER = Digest("sha256", "1" * 64)
KEYS = frozenset({"registry", "repository", "tag", "digest", "sha"})


def every_part(document: Document) -> Iterator[Parts]:
    nodes: dict[Path, dict[str, Node]] = {}
    for node in document.nodes:
        nodes.setdefault(node.path[:-1], {})[str(node.path[-1])] = node
    for part in nodes.values():
        if "repository" in part:
            yield Parts(
                repository=part["repository"],
                registry=part.get("registry"),
                tag=part.get("tag"),
                digest=part.get("digest", part.get("sha")),
                digest_style="hex" if "sha" in part else "prefixed",
            )


def find(text: str) -> tuple[Found, ...]:
    return find_images(Source("values.yaml", text), every_part, keys=KEYS)


def write(text: str, digest: Digest | None, form: Form = Form.TAG_AND_DIGEST) -> str:
    """Give every image this digest, or none, and prove it; the second time nothing changes."""
    after = _write(text, digest, form)
    assert _write(after, digest, form) == after
    return after


def _write(text: str, digest: Digest | None, form: Form) -> str:
    changes = [
        change_to(one, one.reference.pinned_to(digest) if digest else one.reference.unpinned(), form)
        for one in find(text)
        if isinstance(one, Occurrence)
    ]
    after = apply_edits(text, edits_for(changes))
    prove(Source("x", text), Source("x", after), changes)
    return after


@pytest.fixture(params=["libyaml", "ruamel"], autouse=True)
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name: str = request.param
    monkeypatch.setattr(yaml_scan, "BACKENDS", (name,))
    monkeypatch.setattr(yaml_proof, "BACKENDS", (name,))
    return name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("repository: nginx\ntag: 1.10\n", "non-string", id="row-85-A08-float"),
        pytest.param("repository: nginx\ntag: 16\n", "non-string", id="row-85-A08-int"),
        pytest.param("repository: nginx\ntag: null\n", "non-string", id="row-85-null"),
        pytest.param("repository: nginx\ntag: ~\n", "non-string", id="row-85-tilde"),
        pytest.param(
            "repository: nginx\ntag: 1.10\ndigest: ''\n", "non-string", id="row-85-number-beside-a-digest-key"
        ),
        pytest.param("repository: nginx\ntag:\n", "app-version", id="D05-tag-empty"),
        pytest.param("repository: nginx\ntag: ''\ndigest: ''\n", "app-version", id="D05-tag-in-empty-quotes"),
        pytest.param("repository: nginx\n", "app-version", id="D05-no-tag"),
        pytest.param("repository:\ntag: v1\n", "empty", id="no-repository"),
        pytest.param("repository: ''\ntag: v1\n", "empty", id="empty-repository"),
        pytest.param("repository: 1\ntag: v1\n", "non-string", id="number-as-repository"),
        pytest.param("repository: nginx\nregistry: 1\ntag: v1\n", "non-string", id="number-as-registry"),
        pytest.param("repository: nginx\ntag: '{{ .v }}'\n", "template-value", id="A12-template"),
        pytest.param("repository: nginx\ntag: $TAG\n", "variable", id="A11-variable"),
        pytest.param("repository: nginx\ntag: v1\ndigest: '{{ .d }}'\n", "template-value", id="A12-digest"),
        pytest.param("repository: nginx\ntag: v1\ndigest: abc\n", "not-a-reference", id="A09-no-digest"),
        pytest.param("repository: nginx\ntag: [v1]\n", "not-a-scalar", id="C10-list"),
        pytest.param("repository: nginx:1\ntag: v1\n", "not-a-reference", id="two-tags"),
        pytest.param(f"repository: nginx\ntag: v1@{A}\ndigest: {B}\n", "ambiguous-digest", id="two-digests"),
        pytest.param("repository: *x\ntag: v1\n", "alias-to-non-scalar", id="undefined-alias"),
        pytest.param("repository: nginx\ntag: 'v\n  1'\n", "not-a-reference", id="folded-tag"),
        pytest.param("x: {tag: &t v1}\nrepository: nginx\ntag: *t\nl: *t\n", "shared-anchor", id="C04-elsewhere"),
        pytest.param(
            "a: {repository: a, tag: &t v1}\nb: {repository: b, tag: *t}\n", "shared-anchor", id="C04-two-images"
        ),
    ],
)
def test_what_nobody_knows_is_left_alone(text: str, reason: str) -> None:
    found = find(text)
    assert {one.reason for one in found if isinstance(one, Skipped)} == {reason}
    assert not any(isinstance(one, Occurrence) for one in found)


def test_a_digest_that_is_folded_is_left_alone(backend: str) -> None:
    text = f"repository: nginx\ntag: v1\ndigest: >-\n  {A}\n"
    assert [one.reason for one in find(text) if isinstance(one, Skipped)] == ["unsupported-scalar-form"], backend


@pytest.mark.parametrize(
    ("text", "name", "shown"),
    [
        ("repository: nginx\ntag: v1\n", "docker.io/library/nginx:v1", "v1"),
        ("registry: quay.io\nrepository: a/b\ntag: 'v1'\n", "quay.io/a/b:v1", "v1"),
        ("registry: ''\nrepository: quay.io/a/b\ntag: v1\n", "quay.io/a/b:v1", "v1"),
        ("registry: ~\nrepository: a/b\ntag: v1\n", "docker.io/a/b:v1", "v1"),
        ("repository: localhost:5000/a\ntag: v1\n", "localhost:5000/a:v1", "v1"),
        ("repository: quay.io/a/b:v1\n", "quay.io/a/b:v1", "quay.io/a/b:v1"),
        ("registry: quay.io\nrepository: a/b:v1\ntag: ''\n", "quay.io/a/b:v1", "a/b:v1"),
    ],
)
def test_parts_are_read_together(text: str, name: str, shown: str) -> None:  # D05
    (one,) = find(f"image:\n  {text.strip().replace(chr(10), chr(10) + '  ')}\n")
    assert isinstance(one, Occurrence)
    assert (one.reference.tagged, one.locator) == (name, "image")
    (same,) = find(text)
    assert text[same.span.start : same.span.end] == shown


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("tag: v1 # c\n", "tag: v1@A # c\n", id="tag"),
        pytest.param('tag: "1.10"\n', 'tag: "1.10@A"\n', id="A08-quoted-number"),
        pytest.param('tag: v1\ndigest: ""   # c\n', 'tag: v1\ndigest: "A"   # c\n', id="row-84-double-quotes"),
        pytest.param("tag: v1\ndigest: ''\n", "tag: v1\ndigest: 'A'\n", id="row-84-single-quotes"),
        pytest.param("tag: v1\ndigest:\n", "tag: v1\ndigest: A\n", id="row-84-plain"),
        pytest.param("tag: v1\ndigest:   # c\n", "tag: v1\ndigest: A   # c\n", id="row-84-plain-and-a-comment"),
        pytest.param("digest:\n# c: d\n\ntag: v1\n", "digest: A\n# c: d\n\ntag: v1\n", id="row-84-plain-first"),
        pytest.param("tag: v1\ndigest:", "tag: v1\ndigest: A", id="row-84-plain-at-the-end"),
        pytest.param("tag: v1\r\ndigest:\r\nx: 1\r\n", "tag: v1\r\ndigest: A\r\nx: 1\r\n", id="row-84-CRLF"),
        pytest.param("tag: v1\nsha: ''\n", "tag: v1\nsha: 'HEX'\n", id="sha-is-hex"),
        pytest.param("tag: v1\nsha:\n", "tag: v1\nsha: HEX\n", id="sha-plain"),
        pytest.param("tag: v1\ndigest: ~\n", "tag: v1@A\ndigest: ~\n", id="null-is-no-field"),
        pytest.param("tag: v1\ndigest: &d\n", "tag: v1@A\ndigest: &d\n", id="an-anchor-is-no-field"),
        pytest.param("tag: v1@B\ndigest: ''\n", "tag: v1@A\ndigest: ''\n", id="stays-behind-the-tag"),
        pytest.param("tag: v1\ndigest: B\n", "tag: v1\ndigest: A\n", id="stays-under-its-key"),
        pytest.param("tag: v1@B\ndigest: B\n", "tag: v1\ndigest: A\n", id="never-both"),
        pytest.param("tag: ''\ndigest: B\n", "tag: ''\ndigest: A\n", id="digest-alone"),
    ],
)
def test_a_digest_is_written_once(text: str, wanted: str) -> None:  # D05
    text, wanted = (
        "repository: nginx\n" + one.replace("A", str(A)).replace("B", str(B)).replace("HEX", A.encoded)
        for one in (text, wanted)
    )
    assert write(text, A) == wanted
    if "sha256:b" not in text:
        assert write(wanted, None) == text


def test_a_flow_mapping_is_written_in_place() -> None:
    text = "image: {repository: nginx, tag: v1, digest: }\n"
    assert write(text, A) == f"image: {{repository: nginx, tag: v1, digest: {A} }}\n"


def test_a_digest_that_ends_a_flow_mapping_leaves_a_blank_behind() -> None:
    text = f"image: {{repository: nginx, tag: v1, digest: {A}}}\n"
    assert write(text, None) == "image: {repository: nginx, tag: v1, digest: }\n"


def test_a_tag_in_the_repository_stays_there() -> None:  # D05
    text = "repository: nginx:1.27 # v1\ndigest: ''\n"
    assert write(text, A) == text.replace("''", f"'{A}'")


def test_an_anchor_that_two_equal_images_share_is_written_once() -> None:  # C04
    text = "a: {repository: a, tag: &t v1}\nb: {repository: a, tag: *t}\n"
    assert write(text, A) == text.replace("v1", f"v1@{A}")


def test_a_tag_that_others_use_does_no_harm_beside_a_digest_key() -> None:  # C04
    text = "a: {repository: a, tag: &t v1, digest: ''}\nb: {label: *t}\n"
    assert write(text, A) == text.replace("''", f"'{A}'")


# --- forms


def test_the_form_digest_key_moves_the_digest_to_its_key() -> None:
    text = f"repository: nginx\ntag: v1@{B}\ndigest: ''\n"
    assert write(text, A, Form.DIGEST_KEY) == f"repository: nginx\ntag: v1\ndigest: '{A}'\n"


@pytest.mark.parametrize(
    ("text", "digest", "form", "message"),
    [
        ("tag: v1\n", A, Form.DIGEST_KEY, "no empty digest key that takes it stands beside the tag"),
        ("tag: v1\ndigest: ~\n", A, Form.DIGEST_KEY, "no empty digest key that takes it stands beside the tag"),
        ("tag: v1\ndigest: ''\n", A, Form.DIGEST, "an image in parts keeps its tag"),
        ("tag: v1\nsha:\n", NUMBER, Form.TAG_AND_DIGEST, "YAML would read these digits as a number"),
        ("tag: v1\nsha: ''\n", Digest("sha512", "a" * 128), Form.TAG_AND_DIGEST, "the field holds sha256 alone"),
    ],
)
def test_what_cannot_be_written_in_a_form_is_refused(text: str, digest: Digest, form: Form, message: str) -> None:
    with pytest.raises(FormError, match=message) as caught:
        write(f"repository: nginx\n{text}", digest, form)
    assert caught.value.hint == "choose another form for this path in [[forms]]"


def test_a_digest_without_a_tag_cannot_be_taken_away() -> None:
    with pytest.raises(UnknownTagError, match="only the digest says which image it is"):
        write(f"repository: nginx\ndigest: {B}\n", None)


def test_the_reason_of_a_number_says_what_to_do() -> None:  # A08 and row 85
    (one,) = find("repository: nginx\ntag: 1.10\n")
    assert isinstance(one, Skipped)
    assert one.detail == "YAML reads this tag as no string, and 1.10 becomes 1.1; put it in quotes to have it pinned"
