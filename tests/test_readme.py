"""The README says what the program does."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pinner.formats import load_format
from pinner.formats.table import FORMATS
from pinner.policy.online_rules import ONLINE_RULES
from pinner.policy.rules import RULES
from tests.support.readme import README, true_readme

TEXT = README.read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("pinner") is None and shutil.which("sh") is None, reason="needs a shell")
def test_the_consoles_of_the_readme_show_what_the_program_prints(tmp_path: Path) -> None:
    assert true_readme(tmp_path) == TEXT


def test_the_readme_has_consoles_that_are_run() -> None:
    assert TEXT.count("<!-- run in the sample project -->") >= 3


def test_the_readme_names_the_exit_codes_of_the_errors() -> None:
    codes = set(map(int, re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)))
    assert codes == {0, 1, 2, 3, 4, 70, 130}


@pytest.mark.parametrize("module", FORMATS)
def test_the_readme_names_every_format(module: str) -> None:
    assert f"`{load_format(module).name}`" in TEXT


@pytest.mark.parametrize("rule", [*(rule.id for rule in RULES), *ONLINE_RULES])
def test_the_readme_names_every_rule(rule: str) -> None:
    assert f"`{rule}`" in TEXT


@pytest.mark.parametrize("path", ["README.md", "docs/verify.md"])
def test_the_rules_of_verify_are_told_with_their_weight(path: str) -> None:
    text = (README.parent / path).read_text(encoding="utf-8")
    weights = {rule: severity.word for rule, (severity, _) in ONLINE_RULES.items()}
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (error|warning|note) \|", text, re.MULTILINE))
    assert weights.items() <= rows.items()


def test_files_that_the_readme_links_are_there() -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", TEXT):
        assert (README.parent / target).exists(), target
