from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from pinner.demo.registry import DemoRegistry
from pinner.demo.story import tell
from pinner.errors import UsageError
from pinner.lock.reading import parse_lock

pytestmark = pytest.mark.enable_socket
FILES = ("Dockerfile", "compose.yaml", "deploy/api.yaml", ".gitlab-ci.yml")


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that temporary files go to."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_the_story_shows_the_main_job_and_leaves_nothing_behind(scratch: Path) -> None:
    written: list[str] = []
    assert tell(written.append) == 0
    text = "".join(written)
    for path in FILES:
        patch = text[text.index(f"+++ b/{path}\n") :]
        assert "@sha256:" in patch[: patch.index("\ndiff ") if "\ndiff " in patch else None]
    assert '\n[images."docker.io/library/nginx:1.27"]\ndigest = "sha256:' in text
    assert "A second `pinner pin` changes 0 files and sends 0 requests." in text
    assert "moved    docker.io/library/nginx:1.27\n" in text
    assert "left 3 alone (1 build, 2 variable)" in text
    assert "\x1b" not in text
    assert list(scratch.iterdir()) == []


def test_every_line_of_the_story_can_be_coloured(scratch: Path) -> None:
    written: list[str] = []
    tell(written.append, paint=lambda text, colour: f"<{colour}>{text}</>")
    text = "".join(written)
    assert "<green>+  image: golang:1.24@sha256:" in text
    assert "<red>-  image: golang:1.24</>" in text


def test_the_project_can_be_kept(scratch: Path, tmp_path: Path) -> None:
    written: list[str] = []
    assert tell(written.append, keep=tmp_path / "kept") == 0
    assert written[-1] == f"\nThe sample project stays in {tmp_path / 'kept'}\n"
    assert all("@sha256:" in (tmp_path / "kept" / path).read_text() for path in FILES)
    assert parse_lock((tmp_path / "kept/pinner.lock").read_text(), "pinner.lock").pins
    assert list(scratch.iterdir()) == []


def test_a_folder_that_exists_is_refused(scratch: Path, tmp_path: Path) -> None:
    written: list[str] = []
    with pytest.raises(UsageError, match="exists"):
        tell(written.append, keep=tmp_path)
    assert (written, list(scratch.iterdir())) == ([], [])


def test_a_story_that_goes_wrong_is_no_success(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def move_nothing(*_: object, **__: object) -> None:
        """Lose what was to be pushed."""

    monkeypatch.setattr(DemoRegistry, "move_tag", move_nothing)
    written: list[str] = []
    assert tell(written.append) == 1
    assert "moved    " not in "".join(written)
