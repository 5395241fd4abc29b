"""`python -m tests.fuzz` without fuzzing: what it says, and what it hands to libFuzzer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.fuzz import __main__ as runner
from tests.fuzz.mutation import mutations
from tests.fuzz.seeds import dictionary
from tests.fuzz.targets import target, target_names


def test_without_atheris_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runner, "find_spec", lambda _: None)
    assert runner.main(["--seconds", "1"]) == 2
    assert "pip install" in capsys.readouterr().err


def test_a_file_can_be_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "crash"
    file.write_bytes(b"\0\0image: nginx:1.27\n")
    assert runner.main(["yaml-editor", "--try", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: holds\n"


def test_what_does_not_hold_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "crash"
    file.write_bytes(b"\0\0FROM nginx:1.27\n")
    monkeypatch.setattr("tests.support.writing.pin", lambda one, source, form: source.with_text(source.text + "#"))
    with pytest.raises(AssertionError):
        runner.main(["dockerfile", "--try", str(file)])


@pytest.mark.parametrize("code", [0, 77])
def test_a_finding_ends_with_1_and_says_how_to_try_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: int
) -> None:
    def run(*_: object, **__: object) -> object:
        found = tmp_path / ".fuzz" / "drone" / "found"
        found.mkdir(parents=True)
        (found / "crash-1").write_bytes(b"x")
        return type("Done", (), {"returncode": code, "stdout": "", "stderr": "AssertionError"})

    monkeypatch.setattr(runner, "_ROOT", tmp_path)
    monkeypatch.setattr(runner, "_FOLDER", tmp_path / ".fuzz")
    monkeypatch.setattr(runner, "find_spec", lambda _: True)
    monkeypatch.setattr("subprocess.run", run)
    assert runner.main(["drone"]) == 1
    assert "-m tests.fuzz drone --try .fuzz/drone/found/crash-1" in capsys.readouterr().out


def test_every_word_comes_back_from_the_dictionary() -> None:
    chosen = target("yaml-editor").words
    lines = dictionary(chosen).splitlines()
    assert len(lines) == len(chosen)
    for word, line in zip(chosen, lines, strict=True):
        assert re.fullmatch(r'"(?:[ !#-\[\]-~]|\\x[0-9a-f]{2})+"', line)
        assert line[1:-1].encode().decode("unicode_escape").encode("latin-1").decode() == word


def test_mutations_are_the_same_every_time_and_no_seeds() -> None:
    one = target("compose")
    first, second = (list(mutations(one.seeds, one.words, seed="x", count=50)) for _ in range(2))
    assert first == second
    assert len(set(first) - set(one.seeds)) > 40


def test_every_target_has_seeds_and_words() -> None:
    assert [name for name in target_names() if not (target(name).seeds and target(name).words)] == []
