"""References: what they mean, and that their spelling survives pinning and unpinning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import InputError, InvalidDigestError, InvalidReferenceError
from pinner.oci.digest import Digest
from pinner.oci.reference import Reference, is_tag

F64 = "f" * 64
PIN = Digest("sha256", "0123456789abcdef" * 4)

_COMPONENTS = st.from_regex(r"[a-z0-9]{1,6}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,6}){0,2}", fullmatch=True)
_HOSTS = st.sampled_from(
    ["docker.io", "index.docker.io", "localhost", "localhost:5000", "GHCR.io", "[::1]:5000", "a.b-c.d"]
)
_TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
_DIGESTS = st.binary(max_size=8).flatmap(
    lambda content: st.sampled_from(["sha256", "sha512"]).map(lambda algorithm: str(Digest.of(content, algorithm)))
)


@st.composite
def references(draw: st.DrawFn) -> str:
    """Draw a valid reference as people may write it."""
    host = draw(st.none() | _HOSTS)
    components = draw(st.lists(_COMPONENTS, min_size=1, max_size=3))
    if host is None and len(components) > 1:
        components[0] = components[0].replace(".", "-")  # a dot would make it a host
    path = "/".join(components)
    tag = draw(st.none() | _TAGS)
    digest = draw(st.none() | _DIGESTS)
    return (f"{host}/" if host else "") + path + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


# --- spelling -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("nginx", id="A03 short"),
        pytest.param("nginx:1.27", id="A03 short with tag"),
        pytest.param("index.docker.io/nginx:1", id="A03 old name of the hub"),
        pytest.param("docker.io/library/nginx:1", id="A03 long"),
        pytest.param("ghcr.io/owner/app:V1", id="REF-06 tag in capitals"),
        pytest.param("EXAMPLE.com/app", id="REF-05 host in capitals"),
        pytest.param("registry.example.com:443/app:1", id="REF-05 default port"),
        pytest.param("quay.io/org/app:v1.2.3_build.5", id="A04 plus written as underscore"),
        pytest.param("app:_odd", id="A04 underscore first"),
    ],
)
def test_pinning_only_appends_and_unpinning_takes_it_away_again(text: str) -> None:
    reference = Reference.parse(text)
    pinned = reference.pinned_to(PIN)
    assert str(pinned) == f"{text}@{PIN}"
    assert (pinned.name, pinned.tag, pinned.digest) == (reference.name, reference.tag, PIN)
    assert pinned.unpinned() == reference


def test_pinning_a_pinned_reference_replaces_its_digest_a05() -> None:
    reference = Reference.parse(f"nginx:1.27@sha256:{F64}")
    assert (reference.tag, str(reference.digest)) == ("1.27", f"sha256:{F64}")
    assert str(reference.pinned_to(PIN)) == f"nginx:1.27@{PIN}"


def test_pinning_to_the_same_digest_changes_nothing() -> None:
    reference = Reference.parse(f"nginx:1.27@{PIN}")
    assert reference.pinned_to(PIN) == reference


def test_a_digest_alone_has_no_tag_to_look_up_a06() -> None:
    reference = Reference.parse(f"nginx@sha256:{F64}")
    assert reference.is_digest_only
    assert reference.tag is None
    assert str(reference.unpinned()) == "nginx"
    assert not Reference.parse("nginx").is_digest_only
    assert not Reference.parse(f"nginx:1@sha256:{F64}").is_digest_only


@pytest.mark.parametrize(
    "tag", ["1.10", "1e3", "0123", "0o17", "2024-01-01", "20230101", "1_000", "0x1F", "true", "null"]
)
def test_a_tag_that_looks_like_a_number_is_text_a08(tag: str) -> None:
    reference = Reference.parse(f"app:{tag}")
    assert reference.tag == tag
    assert str(reference.pinned_to(PIN)) == f"app:{tag}@{PIN}"


def test_the_canonical_reference_to_another_tag_has_no_digest() -> None:
    reference = Reference.parse(f"nginx:1.27@{PIN}")
    assert str(reference.with_tag("1.28")) == "docker.io/library/nginx:1.28"
    assert str(reference.with_tag(None)) == "docker.io/library/nginx"
    assert Reference.parse(str(reference.with_tag("1.28"))) == reference.with_tag("1.28")


@given(references())
def test_reading_what_was_printed_gives_the_same_reference(text: str) -> None:
    reference = Reference.parse(text)
    assert Reference.parse(str(reference)) == reference
    assert str(reference) == text


@given(references(), st.binary(max_size=8))
def test_pinned_to_keeps_the_spelling_and_unpinned_is_its_inverse(text: str, content: bytes) -> None:
    reference = Reference.parse(text)
    digest = Digest.of(content)
    pinned = reference.pinned_to(digest)
    assert str(pinned) == f"{text.partition('@')[0]}@{digest}"
    assert Reference.parse(str(pinned)) == pinned
    assert pinned.unpinned() == reference.unpinned()
    assert Reference.parse(str(pinned.unpinned())) == pinned.unpinned()
    assert pinned.tagged == reference.tagged


@given(
    st.text(max_size=80)
    | references().flatmap(lambda text: st.sampled_from([f"{text}\n", f" {text}", f"{text}/", f"{text}@"]))
)
def test_any_text_is_a_reference_or_a_clear_refusal(text: str) -> None:
    try:
        reference = Reference.parse(text)
    except InputError:
        return
    assert str(reference) == text
    assert text.isascii()
    assert text == text.strip()


# --- meaning ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "tag"),
    [
        pytest.param("localhost:5000/x", "localhost:5000/x", None, id="A01 port, no tag"),
        pytest.param("reg:5000/a/b", "reg:5000/a/b", None, id="A01 port, path, no tag"),
        pytest.param("reg:5000/a/b:5000", "reg:5000/a/b", "5000", id="A01 port and tag"),
        pytest.param("foo/bar", "docker.io/foo/bar", None, id="A02 hub"),
        pytest.param("foo.local/bar", "foo.local/bar", None, id="A02 dot"),
        pytest.param("localhost/bar", "localhost/bar", None, id="A02 localhost"),
        pytest.param("foo:80/bar", "foo:80/bar", None, id="A02 port"),
        pytest.param("Foo/bar", "Foo/bar", None, id="REF-01 capitals"),
        pytest.param("localhost:5000", "docker.io/library/localhost", "5000", id="REF-01 one component"),
        pytest.param("registry-1.docker.io/library/a", "registry-1.docker.io/library/a", None, id="REF-02 stays apart"),
        pytest.param("docker.io:443/a", "docker.io:443/a", None, id="REF-02 port stays"),
        pytest.param("DOCKER.IO/a", "DOCKER.IO/a", None, id="REF-02 capitals stay"),
        pytest.param("index.docker.io/a", "docker.io/library/a", None, id="REF-04 library is implied"),
        pytest.param("docker.io/a/b", "docker.io/a/b", None, id="REF-04 two components"),
        pytest.param("[2001:db8::1]:5000/a", "[2001:db8::1]:5000/a", None, id="REF-13 bracketed"),
        pytest.param("ghcr.io.evil.com/a", "ghcr.io.evil.com/a", None, id="SEC-21 a host that looks like another"),
        pytest.param("ghcr.io:443/a", "ghcr.io:443/a", None, id="SEC-21 the default port stays"),
        pytest.param("xn--n3h.com/a", "xn--n3h.com/a", None, id="REF-14 punycode"),
    ],
)
def test_a_name_means_what_docker_makes_of_it(text: str, name: str, tag: str | None) -> None:
    reference = Reference.parse(text)
    assert (reference.name, reference.tag) == (name, tag)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        (f"nginx:1.27@sha256:{F64}", "docker.io/library/nginx:1.27"),
        ("ghcr.io/acme/api", "ghcr.io/acme/api:latest"),
    ],
)
def test_the_key_of_the_lockfile_is_canonical_and_tagged(text: str, key: str) -> None:
    assert Reference.parse(text).tagged == key


def test_the_digest_decides_and_the_tag_is_kept_ref_07() -> None:
    reference = Reference.parse(f"nginx:1.27@sha256:{F64}")
    assert (reference.tag, str(reference.digest)) == ("1.27", f"sha256:{F64}")


def test_sha512_is_legal_ref_08_a10() -> None:
    assert str(Reference.parse(f"app@sha512:{'f' * 128}").digest) == f"sha512:{'f' * 128}"


@pytest.mark.parametrize(
    ("length", "is_legal"),
    [(255, True), (256, False)],
)
def test_a_repository_has_at_most_255_letters_ref_11(length: int, is_legal: bool) -> None:  # noqa: FBT001 - a table
    text = f"example.com/{'a' * length}"
    if is_legal:
        assert len(Reference.parse(text).repository) == length
    else:
        with pytest.raises(InvalidReferenceError, match="more than 255 letters"):
            Reference.parse(text)


@pytest.mark.parametrize("port", ["1", "80", "65535"])
def test_a_port_from_1_to_65535_is_a_port_ref_10(port: str) -> None:
    assert Reference.parse(f"host:{port}/foo").registry == f"host:{port}"


@pytest.mark.parametrize("port", ["0", "00000199999", "0080", "65536", "99999", "199999", "9" * 5000])
def test_another_number_is_no_port_ref_10(port: str) -> None:
    with pytest.raises(InvalidReferenceError, match="is not a port"):
        Reference.parse(f"host:{port}/foo")


# --- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        pytest.param("", "the reference is empty", "", id="REF-12 empty"),
        pytest.param("nginx:1 ", "white space around", "", id="A07 trailing space"),
        pytest.param("nginx:1\n", "white space around", "", id="A07 trailing newline"),
        pytest.param("https://docker.io/nginx", "invalid reference", "has no scheme", id="A07 address"),
        pytest.param("docker://nginx", "invalid reference", "has no scheme", id="REF-12 transport"),
        pytest.param("Owner/App:1", "must be lowercase", "", id="A09 capitals"),
        pytest.param("nginx:" + "a" * 129, "invalid reference", "", id="A09 long tag"),
        pytest.param("app:1.2+build", "invalid reference", "cannot hold '+'", id="REF-06 plus"),
        pytest.param("foo_bar.com/baz", "'foo_bar.com' is not a registry host", "", id="REF-09 underscore in host"),
        pytest.param(F64, "is an image id", "local to one machine", id="REF-12 image id"),
        pytest.param("[fe80::1%eth0]/a", "invalid reference", "", id="REF-13 zone"),
        pytest.param("[::192.0.2.33]/a", "invalid reference", "", id="REF-13 dotted"),
        pytest.param("::1/a", "invalid reference", "", id="REF-13 no brackets"),
        pytest.param("\N{SNOWMAN}.com/a", "only ASCII letters", "xn--", id="REF-14 snowman"),
        pytest.param("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}/a", "only ASCII letters", "xn--", id="REF-14 dotted I"),
        pytest.param("ghcr.io@evil.com/a", "invalid reference", "", id="SEC-21 user information"),
        pytest.param("ghcr.io./a", "invalid reference", "", id="SEC-21 trailing dot"),
        pytest.param("a/../b", "invalid reference", "", id="a way up"),
        pytest.param("a//b", "invalid reference", "", id="an empty component"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(text: str, message: str, hint: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        Reference.parse(text)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_the_hint_for_capitals_is_the_name_that_registries_know_a09() -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        Reference.parse("ghcr.io/Owner/App:V1")
    assert "'owner/app'" in (caught.value.hint or "")


@pytest.mark.parametrize("digest", [f"sha256:{'f' * 63}", f"sha256:{'F' * 64}", f"md5:{'f' * 32}"])
def test_a_bad_digest_is_an_error_and_never_passed_through_a09(digest: str) -> None:
    with pytest.raises(InvalidDigestError):
        Reference.parse(f"nginx:1@{digest}")


@pytest.mark.parametrize(
    "text", ["a-" * 50_000, "a." * 50_000 + "/b", "a:" * 50_000, "a/" * 50_000 + "A", "[" + ":" * 100_000]
)
def test_a_long_hostile_text_is_refused_at_once(text: str) -> None:
    with pytest.raises(InputError):
        Reference.parse(text)


@pytest.mark.parametrize(("text", "expected"), [("1.27", True), ("_a", True), ("a" * 128, True)])
def test_a_tag_is_known_by_its_grammar(text: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert is_tag(text) is expected


@pytest.mark.parametrize(
    "text", ["", ".a", "-a", "a+b", "a" * 129, "a\n", "\N{LATIN SMALL LETTER U WITH DIAERESIS}", "a/b", "a:b"]
)
def test_what_is_no_tag_is_known_too(text: str) -> None:
    assert not is_tag(text)
