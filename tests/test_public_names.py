from __future__ import annotations

import subprocess
import sys

import pytest

import pinner
from tests.support.program import ROOT

NAMES = ["Digest", "Lock", "PinnerError", "Platform", "Reference", "__version__", "parse_lock", "render_lock"]


def test_the_public_names_are_these() -> None:
    assert sorted(pinner.__all__) == sorted(NAMES)
    assert set(NAMES) <= set(dir(pinner))


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_can_be_had(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    first = getattr(pinner, name)
    if name != "__version__":
        monkeypatch.delitem(vars(pinner), name)  # as in a new process
    assert getattr(pinner, name) is first


def test_the_names_do_what_they_say() -> None:
    digest = pinner.Digest.of(b"x")
    reference = pinner.Reference.parse("nginx:1.27").pinned_to(digest)
    assert str(reference) == f"nginx:1.27@{digest}"
    text = pinner.render_lock(pinner.Lock.empty())
    assert pinner.parse_lock(text, "pinner.lock") == pinner.Lock.empty()
    with pytest.raises(pinner.PinnerError, match="is not a platform"):
        pinner.Platform.parse("arm")


def test_a_name_that_is_not_there_is_said_as_python_says_it() -> None:
    with pytest.raises(AttributeError, match="module 'pinner' has no attribute 'nothing'"):
        _ = pinner.nothing


def test_the_import_alone_loads_nothing() -> None:
    code = "import sys; import pinner; print([name for name in sys.modules if name.startswith('pinner.')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
