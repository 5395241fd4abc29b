"""The sweep itself: it finds each kind of leak, and nothing where there is none."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from tests.hostile import sentinel

LEAKS = """
import base64, logging, subprocess, sys, urllib.parse
import pytest
from tests.hostile.sentinel import SENTINEL, is_in
from tests.hostile.sweep import SWEEP
from tests.support.program import Ran

def test_leak_on_standard_output(): print(SENTINEL)
def test_leak_on_standard_error(): sys.stderr.write(f"x{SENTINEL}x")
def test_leak_from_a_process_of_its_own():
    subprocess.run([sys.executable, "-c", f"print({SENTINEL!r})"], check=True)
def test_leak_in_a_result(): Ran(0, SENTINEL.encode(), "")
def test_leak_in_a_message(): Ran(0, b"", f"a {SENTINEL}")
def test_leak_in_a_log(): logging.getLogger("httpcore").warning("got %r", SENTINEL)
def test_leak_in_a_debug_log(caplog):
    caplog.set_level(logging.DEBUG, logger="pinner")
    logging.getLogger("pinner").debug(SENTINEL)
def test_leak_in_a_file(tmp_path): (tmp_path / "pinner.lock").write_text(f"a = {SENTINEL!r}")
def test_leak_deep_in_a_file(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "cache").write_bytes(b"\\0" * 100_000 + SENTINEL.encode())
def test_leak_in_a_name(tmp_path): (tmp_path / SENTINEL.replace("/", "_")).touch()
def test_leak_in_another_file(tmp_path):
    SWEEP.keep(tmp_path / "config.json")
    (tmp_path / "report.json").write_text(SENTINEL)
def test_leak_percent_encoded(): print(urllib.parse.quote(SENTINEL, safe=""))
def test_leak_as_a_repr(): print(repr(SENTINEL.encode()))
def test_leak_in_half(): print(SENTINEL.partition(":")[0])
def test_leak_in_hexadecimal(): print(SENTINEL.encode().hex())
@pytest.mark.parametrize("user", ["a", "ab", "abc", "abcd"])
def test_leak_in_base64(user): print(base64.b64encode(f"{user}:{SENTINEL}".encode()).decode())
def test_leak_in_base64_of_addresses(): print(base64.urlsafe_b64encode(SENTINEL.encode()).decode())
def test_leak_in_an_error(): raise ValueError(SENTINEL)
@pytest.fixture
def late():
    yield
    print(SENTINEL)
def test_leak_at_the_end(late): pass
@pytest.fixture
def early(): print(SENTINEL)
def test_leak_at_the_start(early): pass
"""
CLEAN = """
import logging
from tests.hostile.sentinel import SENTINEL, is_in
from tests.hostile.sweep import SWEEP
from tests.support.program import Ran

def test_clean(tmp_path):
    print("nothing"); logging.getLogger("httpx").warning("nothing"); Ran(0, b"nothing", "")
    (tmp_path / "pinner.lock").write_text("nothing")
def test_clean_with_a_file_for_it(tmp_path):
    SWEEP.keep(tmp_path / "config.json")
    (tmp_path / "config.json").write_text(SENTINEL)
def test_clean_after_a_leak(): assert is_in(SENTINEL) and not is_in("nothing")
"""


@pytest.mark.parametrize("workers", [0, 2])
def test_every_leak_fails_its_test_and_no_other_sec_29(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    monkeypatch.delenv(sentinel.VARIABLE)  # what leaks in there is not what must not leak out here
    monkeypatch.setenv("PYTHONPATH", str(sentinel.ROOT))
    pytester.makepyfile(test_leaks=LEAKS, test_clean=CLEAN)
    ran = pytester.runpytest_subprocess("-p", "tests.hostile.sweep", "-q", "-rA", "-n", str(workers))
    outcomes = [line.split()[:2] for line in ran.outlines if line.startswith(("PASSED ", "FAILED ", "ERROR "))]
    passed = {name.partition("::")[2] for outcome, name in outcomes if outcome == "PASSED"}
    failed = {name.partition("::")[2] for outcome, name in outcomes if outcome != "PASSED"}
    assert {name for name in passed - failed if "leak_" in name} == set()
    assert {name for name in failed if "clean" in name} == set()
    assert len(failed) == LEAKS.count("def test_leak") + 3
    assert len(passed - failed) == CLEAN.count("def test_clean")
    assert ran.ret == pytest.ExitCode.TESTS_FAILED
    assert "let the sentinel out" in ran.stdout.str()


@pytest.mark.parametrize("before", ["", "a", "alice:", "Bearer x", "\xff"])
@pytest.mark.parametrize("after", ["", "z", ":zz", "\0\0\0"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_the_sentinel_is_found_at_every_place_in_base64(
    before: str, after: str, encode: Callable[[bytes], bytes]
) -> None:
    assert sentinel.is_in(encode(f"{before}{sentinel.SENTINEL}{after}".encode()))
    assert not sentinel.is_in(encode(f"{before}{'0' * len(sentinel.SENTINEL)}{after}".encode()))
