"""Small pure tables: origins, reach, proxies, waiting, wording."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import ConfigError, MisconfiguredError
from pinner.oci.hosts import host_identity
from pinner.oci.words import sanitised
from pinner.registry.origin import Origin, is_local_name, is_loopback, split_port
from pinner.registry.proxies import Proxies
from pinner.registry.reach import Reach, reach_of
from pinner.registry.waiting import asked_wait, is_quota_used_up, is_throttled
from pinner.registry.wording import error_codes, error_text

DATE = "Sat, 21 Nov 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("foo.localhost", True),
        ("A.B.LocalHost", True),
        ("localhost", False),
        ("xlocalhost", False),
        ("x.localhost.io", False),
    ],
)
def test_a_local_name_ends_with_localhost(host: str, expected: bool) -> None:  # noqa: FBT001 - a table  # NET-06
    assert is_local_name(host) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("foo.localhost", False),
        ("10.0.0.5", False),
        ("127.1", False),
        ("localhost.evil.com", False),
    ],
)
def test_loopback_is_what_is_written_so(host: str, expected: bool) -> None:  # noqa: FBT001 - a table  # NET-06
    assert is_loopback(host) is expected


def test_hosts_are_compared_without_case_and_default_port() -> None:  # REF-02, REF-05
    assert host_identity("GHCR.io:443") == "ghcr.io"
    assert host_identity("registry.hub.docker.com") == "docker.io"
    assert host_identity("ghcr.io:444") == "ghcr.io:444"
    assert split_port("[::1]") == ("[::1]", None)
    assert split_port("[::1]:5000") == ("[::1]", 5000)
    assert str(Origin.of("https://[::1]:443/x")) == "https://[::1]"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", Reach.PUBLIC),
        ("2606:4700::1111", Reach.PUBLIC),
        ("10.0.0.5", Reach.PRIVATE),
        ("192.168.1.1", Reach.PRIVATE),
        ("100.64.1.1", Reach.PRIVATE),
        ("fd12::1", Reach.PRIVATE),
        ("127.0.0.1", Reach.LOOPBACK),
        ("::1", Reach.LOOPBACK),
        ("::ffff:127.0.0.1", Reach.LOOPBACK),
        ("64:ff9b::7f00:1", Reach.LOOPBACK),
        ("2002:7f00:1::", Reach.LOOPBACK),
        ("169.254.169.254", Reach.FORBIDDEN),
        ("fe80::1%eth0", Reach.FORBIDDEN),
        ("fd00:ec2::254", Reach.FORBIDDEN),
        ("0.0.0.0", Reach.FORBIDDEN),
        ("224.0.0.1", Reach.FORBIDDEN),
        ("240.0.0.1", Reach.PRIVATE),
        ("4000::1", Reach.FORBIDDEN),
    ],
)
def test_addresses_are_classified_through_every_disguise(address: str, expected: Reach) -> None:  # SEC-02
    assert reach_of(address) is expected


def _before(environ: dict[str, str], url: str) -> str | None:
    proxy = Proxies.of(environ).before(Origin.of(url))
    return proxy.url if proxy else None


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_direct"),
    [
        ("", "https://a.example", False),
        ("*", "https://a.example", True),
        ("example", "https://a.example", True),
        (".a.example", "https://a.example", True),
        ("*.a.example", "https://b.a.example", True),
        ("b.example", "https://ab.example", False),
        ("a.example:443", "https://a.example", True),
        ("a.example:5000", "https://a.example", False),
        ("10.0.0.0/8", "https://10.1.2.3", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("10.0.0.0/8", "https://a.example", False),
        ("10.0.0.0/8", "https://[fd00::1]", False),
        ("fd00::/8", "https://[fd00::1]:5000", True),
        ("fd00::/8", "https://[fe00::1]", False),
        ("A.Example", "https://a.example", True),
        (".example", "https://notexample", False),
        ("10.1.2.3:443", "https://10.1.2.3", True),
        ("10.1.2.3:444", "https://10.1.2.3", False),
        ("fd00::1", "https://[fd00::1]", True),
        ("nonsense/8", "https://10.1.2.3", False),
        ("10.1.2.3", "https://10.1.2.3", True),
        ("[fd00::1]", "https://[fd00::1]:5000", True),
        ("[fd00::1]:5001", "https://[fd00::1]:5000", False),
        ("x, 10.1.2.4", "https://10.1.2.3", False),
    ],
)
def test_no_proxy_is_read_as_go_reads_it(no_proxy: str, url: str, is_direct: bool) -> None:  # noqa: FBT001 - a table
    assert (_before({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": no_proxy}, url) is None) is is_direct  # NET-08


def test_proxies_are_chosen_by_scheme_and_never_for_loopback() -> None:  # NET-08
    environ = {"https_proxy": "http://u:p%40@proxy:3128", "HTTP_PROXY": "plain", "ALL_PROXY": "http://all"}
    assert _before(environ, "https://a.example") == "http://proxy:3128"
    assert _before(environ, "http://a.example") == "http://plain:80"
    assert _before({"ALL_PROXY": "https://[fd00::1]"}, "https://a.example") == "https://[fd00::1]:443"
    assert _before(environ, "http://127.0.0.1:5000") is None
    assert _before(environ, "https://foo.localhost:5000") is None
    assert _before({}, "https://a.example") is None
    proxy = Proxies.of(environ).before(Origin.of("https://a.example"))
    assert proxy is not None
    assert proxy.login == ("u", "p@")
    assert "p@" not in repr(proxy)


def test_a_header_of_a_stranger_is_not_taken_for_a_proxy() -> None:
    assert _before({"HTTP_PROXY": "http://evil", "REQUEST_METHOD": "GET"}, "http://a.example") is None


def test_a_proxy_that_refuses_is_not_asked_again_and_its_login_not_shown() -> None:  # NET-08
    proxies = Proxies.of({"HTTPS_PROXY": "http://u:s3cret@proxy:3128", "HTTP_PROXY": "http://other"})
    proxy = proxies.before(Origin.of("https://a.example"))
    assert proxy is not None
    refusal = proxies.refusal(proxy)
    assert refusal.exit_code == 2
    assert str(refusal) == "the proxy http://proxy:3128 that HTTPS_PROXY names refuses its login (407)"
    with pytest.raises(MisconfiguredError, match="refuses its login"):
        proxies.before(Origin.of("https://b.example"))
    assert proxies.before(Origin.of("http://b.example")) is not None
    assert "s3cret" not in repr(proxy) + str(refusal) + str(refusal.hint)


@pytest.mark.parametrize("value", ["socks5://x", "http://x:99999", "http://"])
def test_a_proxy_that_is_none_is_named(value: str) -> None:
    with pytest.raises(ConfigError, match="HTTPS_PROXY does not hold"):
        Proxies.of({"HTTPS_PROXY": value})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({}, None, id="nothing said"),
        pytest.param({"retry-after": "3"}, 3, id="seconds"),
        pytest.param({"retry-after": "0"}, 0, id="zero"),
        pytest.param({"retry-after": "1.5"}, 1.5, id="decimals"),
        pytest.param({"retry-after": "Sat, 21 Nov 2026 09:00:07 GMT", "date": DATE}, 7, id="IMF date"),
        pytest.param({"retry-after": "Saturday, 21-Nov-26 09:00:07 GMT", "date": DATE}, 7, id="RFC 850 date"),
        pytest.param({"retry-after": "Sat Nov 21 09:00:07 2026", "date": DATE}, 7, id="asctime"),
        pytest.param({"retry-after": "Sat, 21 Nov 2026 08:00:00 GMT", "date": DATE}, None, id="past"),
        pytest.param({"retry-after": "-5"}, None, id="negative"),
        pytest.param({"retry-after": "soon"}, None, id="a word"),
        pytest.param({"retry-after": "9" * 10}, 86_400, id="SEC-24 years"),
        pytest.param({"retry-after": "9" * 30}, None, id="SEC-24 absurd"),
        pytest.param({"x-retry-after": "1795251630", "date": DATE}, 30, id="Hub's epoch"),
        pytest.param(
            {"retry-after": "soon", "x-retry-after": "1795251630", "date": DATE}, 30, id="a word, then an epoch"
        ),
        pytest.param({"x-retry-after": "1795251500", "date": DATE}, None, id="an epoch in the past"),
        pytest.param({"x-retry-after": "9999999999", "date": DATE}, 86_400, id="SEC-24 an epoch far away"),
        pytest.param(
            {"retry-after": "Sat, 21 Nov 2099 09:00:07 GMT", "date": DATE}, 86_400, id="SEC-24 a date far away"
        ),
        pytest.param({"retry-after": "5, 5"}, None, id="two values"),
        pytest.param({"retry-after": "Sat, 21 Nov 2026 09:00:07 GMT"}, None, id="no Date: our clock"),
    ],
)
def test_the_asked_wait_is_understood(headers: dict[str, str], expected: float | None) -> None:  # RATE-02
    if "date" not in headers and expected is None and "GMT" in headers.get("retry-after", ""):
        assert asked_wait(headers) != 7
        return
    assert asked_wait(headers) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"TOOMANYREQUESTS: retry-after: 880.092\xc2\xb5s, allowed: 44000/minute", pytest.approx(0.000880092)),
        (b"retry-after: 1m2s", 62),
        (b"retry-after: 1.2.3s", None),
        (b"nothing", None),
    ],
)
def test_ghcr_says_it_in_the_body(body: bytes, expected: float | None) -> None:  # RATE-02
    assert asked_wait({}, body) == expected


def test_throttling_is_known_behind_other_statuses() -> None:  # RATE-17
    assert is_throttled(429, b"")
    assert is_throttled(403, b"You have exceeded a secondary rate limit")
    assert is_throttled(400, b"ThrottlingException: Rate exceeded")
    assert not is_throttled(403, b"denied")
    assert not is_throttled(404, b"rate exceeded")
    assert is_quota_used_up(429, b"You have reached your pull rate limit")
    assert not is_quota_used_up(429, b"slow down")


@given(st.text(max_size=4000))
def test_what_a_registry_says_is_shown_as_one_short_visible_line(text: str) -> None:  # SEC-15
    shown = sanitised(text)
    assert len(shown) <= 512
    assert not any(unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} for letter in shown)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"errors": [{"code": "DENIED", "message": "no\\u001b[31m\\n way\\u202e"}]}', "DENIED: no[31m way"),
        (b'{"errors": [{"code": "A"}, {"message": "b"}, 7]}', "A; b"),
        (b'{"details": "incorrect username or password"}', "incorrect username or password"),
        (b'{"other": 1}', ""),
        (b"<html>", ""),
        (b"[]", ""),
        (b"[" * 100_000, ""),
    ],
)
def test_error_documents_are_read_with_care(body: bytes, expected: str) -> None:  # SEC-15, SEC-26
    assert error_text(body) == expected


def test_error_codes_are_listed() -> None:
    assert error_codes(b'{"errors": [{"code": "NAME_UNKNOWN"}]}') == ("NAME_UNKNOWN",)
