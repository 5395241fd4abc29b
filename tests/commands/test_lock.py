from __future__ import annotations

from pathlib import Path

import pytest

from pinner.commands.lock import format_lock
from pinner.errors import UsageError
from tests.support.program import tree_hash
from tests.support.sources import pin
from tests.support.trees import project_at, write, write_lock


def test_a_lock_in_normal_form_stays(tmp_path: Path) -> None:
    write_lock(tmp_path, pin("a.io/b:1"))
    project = project_at(tmp_path)
    before = tree_hash(tmp_path)
    result = format_lock(project)
    assert (result.would_change, result.patch, tree_hash(tmp_path)) == (False, "", before)


def test_a_lock_in_another_form_is_rewritten(tmp_path: Path) -> None:
    normal = write_lock(tmp_path, pin("a.io/b:1"))
    write(tmp_path, pinner_lock=normal.replace("\n", "\r\n").replace(" = ", "="))
    assert format_lock(project_at(tmp_path)).would_change
    assert (tmp_path / "pinner.lock").read_bytes() == normal.encode()


def test_without_writing_the_patch_is_shown(tmp_path: Path) -> None:
    normal = write_lock(tmp_path, pin("a.io/b:1"))
    write(tmp_path, pinner_lock=normal.replace("# end\n", ""))
    result = format_lock(project_at(tmp_path), writes=False)
    assert result.patch.endswith("+# end\n")
    assert (tmp_path / "pinner.lock").read_text() != normal


def test_where_there_is_none_the_way_to_one_is_shown(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^pinner\.lock does not exist$") as raised:
        format_lock(project_at(tmp_path))
    assert raised.value.hint == "run `pinner pin` to make it"
