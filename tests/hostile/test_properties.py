"""Whatever bytes a registry or a token server answers with, what comes back is a digest or an error of ours.

The answers go through a real socket. `PINNER_DEBUG` is set, so that a bug would be raised as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinner.errors import ResolutionError
from pinner.oci import media_types
from pinner.registry.resolver import RegistryResolver
from pinner.resolution import Resolved
from tests.hostile.answers import DIGEST, TYPE, bearer, reply, without_body
from tests.hostile.client import ALICE, assert_clean, exposure, keyring
from tests.hostile.sentinel import is_in
from tests.hostile.server import Origin, Talk
from tests.registry.fakes import INDEX, StillEvent, references

EXAMPLES: Final = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

NAMES: Final = st.sampled_from(
    [
        *("Content-Type", "Docker-Content-Digest", "Content-Encoding", "Location", "WWW-Authenticate", "Retry-After"),
        *("X-Retry-After", "Date", "Set-Cookie", "Link", "Warning", "Connection", "ETag", "RateLimit-Remaining", "X"),
    ]
)
WORDS: Final = st.sampled_from(
    [
        *(
            TYPE,
            DIGEST,
            "gzip",
            "identity",
            "/x",
            "//",
            "http://[",
            'Bearer realm="',
            'Basic realm="x"',
            "5",
            "-1",
            "9" * 30,
        ),
        *(
            "Mon, 32 Jan 2020 25:61:61 GMT",
            "0 jan",
            ", ",
            ";",
            "=",
            '"',
            "\\",
            "::",
            "%0A",
            "\t",
            "é",
            "\x1b",
            'rel="next"',
            "299 - ",
        ),
        *("close", "0;w=", "sha256:", "sha512:" + "0" * 128, "@", "#", "?"),
    ]
)
VALUES: Final = st.lists(WORDS | st.text(max_size=8), max_size=5).map("".join)
HEADERS: Final = st.lists(st.tuples(NAMES, VALUES), max_size=6)
STATUSES: Final = st.sampled_from(
    [200, 200, 200, 201, 204, 301, 304, 307, 400, 401, 403, 404, 405, 406, 429, 500, 503, 599]
)
LEAVES: Final = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from([10**400, TYPE, media_types.OCI_MANIFEST, DIGEST, "sha256:" + "0" * 64, "linux", "unknown", 2])
)  # fmt: skip
KEYS: Final = st.sampled_from(
    [
        *(
            "schemaVersion",
            "mediaType",
            "manifests",
            "config",
            "layers",
            "digest",
            "size",
            "platform",
            "os",
            "architecture",
        ),
        *(
            "variant",
            "annotations",
            "errors",
            "code",
            "message",
            "details",
            "token",
            "access_token",
            "expires_in",
            "issued_at",
        ),
    ]
)
TREES: Final = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS: Final = st.dictionaries(KEYS, TREES, max_size=5)
BENT: Final = st.builds(lambda changes: {**json.loads(INDEX), **changes}, DOCUMENTS)
BODIES: Final = (
    st.binary(max_size=40)
    | (TREES | DOCUMENTS | BENT).map(lambda document: json.dumps(document).encode())
    | st.builds(
        lambda depth, sign: sign[0] * depth + sign[1] * depth,
        st.integers(1, 2000),
        st.sampled_from([(b"[", b"]"), (b'{"a":', b"}")]),
    )
)


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    """One origin for all examples."""
    origin = Origin()
    yield origin
    origin.close()


def answer(status: int, headers: list[tuple[str, str]], body: bytes) -> bytes:
    lines = [f"{name}: {value}".replace("\r", "").replace("\n", "").encode(errors="replace") for name, value in headers]
    return reply(status, body, *lines)


def is_handled(origin: Origin, verb: str) -> None:
    """Ask, and check that what comes back is a value of ours without a secret."""
    with RegistryResolver(
        jobs=1, timeout=100.0, stop=StillEvent(), credentials=keyring(ALICE, origin.authority)
    ) as resolver:
        (result,) = getattr(resolver, verb)(references(f"{origin.authority}/app:1"))
        warnings = resolver.warnings
    if not isinstance(result, Resolved):
        assert isinstance(result.error, ResolutionError)
        assert result.error.exit_code != 70, result.error
        assert_clean_of_secrets(result.error.message)
        assert_clean_of_secrets(result.error.hint or "")
        assert not is_in(exposure(result.error))
    for warning in warnings:
        assert_clean(warning)


def assert_clean_of_secrets(text: str) -> None:
    assert text.isprintable()
    assert len(text) < 1200
    assert not is_in(text)


@EXAMPLES
@given(status=STATUSES, headers=HEADERS, body=BODIES, verb=st.sampled_from(["look_up", "describe"]))
def test_any_answer_is_a_digest_or_an_error_of_ours_sec_12_sec_16_sec_26(
    origin: Origin, status: int, headers: list[tuple[str, str]], body: bytes, verb: str
) -> None:
    whole = answer(status, headers, body)
    origin.routes["*"] = lambda talk: talk.send(without_body(whole) if talk.request.method == "HEAD" else whole)
    is_handled(origin, verb)


@EXAMPLES
@given(status=STATUSES, headers=HEADERS, body=BODIES)
def test_any_answer_of_a_token_server_is_a_token_or_an_error_of_ours_sec_18_sec_19(
    origin: Origin, status: int, headers: list[tuple[str, str]], body: bytes
) -> None:
    def ask_for_token(talk: Talk) -> None:
        good = reply(200, INDEX, f"Content-Type: {TYPE}", f"Docker-Content-Digest: {DIGEST}")
        shown = "authorization" in talk.request.headers
        whole = good if shown else reply(401, b"", f"WWW-Authenticate: {bearer('/token')}")
        talk.send(without_body(whole) if talk.request.method == "HEAD" else whole)

    origin.routes = {"/token": lambda talk: talk.send(answer(status, headers, body)), "*": ask_for_token}
    is_handled(origin, "look_up")


@EXAMPLES
@given(content=st.binary(max_size=200), cut=st.integers(0, 300))
def test_any_bytes_at_all_are_a_digest_or_an_error_of_ours_sec_16(origin: Origin, content: bytes, cut: int) -> None:
    def garble(talk: Talk) -> None:
        talk.send(reply(200, INDEX, f"Content-Type: {TYPE}")[:cut] + content)
        talk.hang_up()

    origin.routes = {"*": garble}
    is_handled(origin, "describe")
