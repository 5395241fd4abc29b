"""Digests: registered algorithms, lowercase, of exactly the right length (image-spec, descriptor.md)."""

from __future__ import annotations

import hashlib

import pytest

from pinner.errors import InvalidDigestError
from pinner.oci.digest import Digest

F64 = "f" * 64
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("algorithm", "length"), [("sha256", 64), ("sha512", 128)])
def test_a_digest_of_a_registered_algorithm_reads_back_as_it_was_written_a10(algorithm: str, length: int) -> None:
    text = f"{algorithm}:{'0123456789abcdef' * (length // 16)}"
    digest = Digest.parse(text)
    assert str(digest) == text
    assert (digest.algorithm, len(digest.encoded)) == (algorithm, length)


def test_the_digest_of_nothing_is_known() -> None:
    assert str(Digest.of(b"")) == f"sha256:{EMPTY}"
    assert Digest.of(b"", "sha512").encoded == hashlib.sha512(b"").hexdigest()


def test_a_digest_matches_the_bytes_it_names_and_no_others() -> None:
    for algorithm in ("sha256", "sha512"):
        digest = Digest.of(b"body", algorithm)
        assert digest.matches(b"body")
        assert not digest.matches(b"body\n")


def test_equal_digests_are_equal_and_sort_by_text() -> None:
    assert Digest.parse(f"sha256:{EMPTY}") == Digest.of(b"")
    assert len({Digest.parse(f"sha256:{EMPTY}"), Digest.of(b"")}) == 1
    assert sorted([Digest("sha256", F64), Digest("sha256", EMPTY)]) == [Digest("sha256", EMPTY), Digest("sha256", F64)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "is not a digest", id="empty"),
        pytest.param("sha256", "is not a digest", id="algorithm alone"),
        pytest.param(F64, "is not a digest", id="no algorithm"),
        pytest.param(f"sha256:{'f' * 31}", "is not a digest", id="shorter than the grammar allows"),
        pytest.param(f"sha256:{'f' * 63}", "has 64 hexadecimal digits, this one has 63", id="63"),
        pytest.param(f"sha256:{'f' * 65}", "has 64 hexadecimal digits, this one has 65", id="65"),
        pytest.param(f"sha512:{F64}", "has 128 hexadecimal digits, this one has 64", id="sha512 of 64"),
        pytest.param(f"sha256:{'F' * 64}", "is not lowercase hexadecimal", id="uppercase"),
        pytest.param(f"sha256:{'f' * 63}F", "is not lowercase hexadecimal", id="one uppercase"),
        pytest.param(f"sha256:{'f' * 63}g", "is not a digest", id="not hexadecimal"),
        pytest.param(f"sha256:{F64}\n", "is not a digest", id="newline"),
        pytest.param(f" sha256:{F64}", "is not a digest", id="space"),
        pytest.param("sha256:" + "\N{FULLWIDTH DIGIT ONE}" * 64, "is not a digest", id="other digits"),
        pytest.param(f"sha256:sha256:{F64}", "is not a digest", id="A05 the algorithm twice"),
        pytest.param(f"SHA256:{F64}", "unknown digest algorithm 'SHA256'", id="uppercase algorithm"),
        pytest.param(f"sha384:{'f' * 96}", "unknown digest algorithm 'sha384'", id="A10 sha384"),
        pytest.param(f"md5:{'f' * 32}", "unknown digest algorithm 'md5'", id="A10 md5"),
        pytest.param(f"sha256+b64:{F64}", "unknown digest algorithm 'sha256+b64'", id="A10 compound"),
        pytest.param(f"sha256:../../{F64}", "is not a digest", id="SEC-12 a path"),
        pytest.param(f"sha256:{F64}\x1b[2J", "is not a digest", id="SEC-12 control characters"),
        pytest.param("x" * 10_000, "is not a digest", id="SEC-12 long"),
    ],
)
def test_what_is_no_digest_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(InvalidDigestError) as caught:
        Digest.parse(text)
    assert message in caught.value.message
    assert len(caught.value.message) < 300


def test_a_digest_cannot_be_made_around_the_parser() -> None:
    for algorithm, encoded in (("md5", "f" * 32), ("sha256", "F" * 64), ("sha256", ""), ("sha512", F64)):
        with pytest.raises(InvalidDigestError):
            Digest(algorithm, encoded)
    with pytest.raises(InvalidDigestError, match="unknown digest algorithm"):
        Digest.of(b"body", "md5")
