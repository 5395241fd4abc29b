from __future__ import annotations

import json
import marshal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from bench.inputs import commit

ROOT: Final = Path(__file__).parents[2]
POD: Final = (
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: a\n      image: nginx:1.27\n"
)
SERVICE: Final = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  ports:\n    - port: 80\n"
# The name of no format, though the text looks like one.
OTHER: Final = ("words.txt", POD)
FILES: Final = {
    "both.yaml": f"{SERVICE}---\n{POD}",
    "no-image.yaml": SERVICE,
    "Dockerfile": "FROM nginx:1.27\n",
    "compose.yaml": "services:\n  a:\n    image: redis:7\n",
    "pinner.toml": "version = 1\n",
    OTHER[0]: OTHER[1],
}


def _run(program: str, tree: Path, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, ROOT / "bench" / program, *arguments]
    return subprocess.run(command, cwd=tree, capture_output=True, check=True, env={"PYTHONPATH": str(ROOT)})


@pytest.fixture(name="tree")
def _tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    for name, text in FILES.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(text.encode())
    commit(tree)
    return tree


@pytest.fixture(name="told")
def _told(tree: Path, tmp_path: Path) -> Path:
    told = tmp_path / "told.bin"
    _run("recording.py", tree, told)
    return told


def _floor(tree: Path, told: Path, *arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(_run("floor.py", tree, told, *arguments).stdout)
    return answer


def test_the_floor_reads_the_files_that_pinner_reads(tree: Path, told: Path) -> None:
    recorded = marshal.loads(told.read_bytes())
    assert recorded.keys() == FILES.keys() - {OTHER[0]}
    answer = _floor(tree, told)
    assert answer["files"] == len(recorded)
    assert answer["read"] == sum(len(FILES[path]) for path in recorded)


def test_the_floor_parses_what_pinner_gave_to_libyaml_and_no_more(tree: Path, told: Path) -> None:
    texts = {
        path: [FILES[path][start:end] for start, end, _ in chunks] for path, (_, chunks) in _recorded(told).items()
    }
    assert texts == {
        "both.yaml": [f"---\n{POD}"],
        "compose.yaml": [FILES["compose.yaml"]],
        "no-image.yaml": [],
        "pinner.toml": [],
        "Dockerfile": [],
    }
    assert _floor(tree, told)["parsed"] == sum(len(text) for listed in texts.values() for text in listed)


def test_files_without_a_needle_are_read_and_not_looked_into(tree: Path, told: Path) -> None:
    needles, _ = _recorded(told)["no-image.yaml"]
    assert needles, "pinner looks for some"
    assert not any(needle in FILES["no-image.yaml"].encode() for needle in needles)
    assert _floor(tree, told)["wanted"] == len(FILES) - 3


def test_a_chunk_holds_an_image_where_pinner_found_one(tree: Path, tmp_path: Path) -> None:
    (tree / "words.yaml").write_text(f"{POD}---\nkind: Pod\napiVersion: v1\nspec:\n  image: no\n", encoding="ascii")
    commit(tree)
    told = tmp_path / "more.bin"
    _run("recording.py", tree, told)
    (first, *others) = _recorded(told)["words.yaml"][1]
    assert first == (0, len(POD), True)
    assert all(not holds for _, _, holds in others)
    everything, holding = _floor(tree, told), _floor(tree, told, "--holding")
    assert everything["parsed"] - holding["parsed"] == sum(end - start for start, end, _ in others)


def test_the_floor_loads_nothing_of_pinner(tree: Path, told: Path) -> None:
    show = "print(*(name for name in sys.modules if name.split('.')[0] == 'pinner'), file=sys.stderr)"
    script = f"import sys, runpy; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__'); {show}"
    command: list[str | Path] = [sys.executable, "-c", script, ROOT / "bench" / "floor.py", told]
    done = subprocess.run(command, cwd=tree, capture_output=True, check=True, env={"PYTHONPATH": str(ROOT)})
    assert done.stderr.split() == []


def _recorded(told: Path) -> dict[str, tuple[tuple[bytes, ...], list[tuple[int, int, bool]]]]:
    recorded: dict[str, tuple[tuple[bytes, ...], list[tuple[int, int, bool]]]] = marshal.loads(told.read_bytes())
    return recorded
