"""Fuzz the targets with atheris: `python -m tests.fuzz --seconds 60 [NAME]…`.

Each target runs in a process of its own, for libFuzzer ends the one it runs in. What it learns stays in `.fuzz/`, so
that the next run begins there. Exit 0: nothing was found. 1: something was, and how to try it again is said. 2: there
is no atheris here.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
_FOLDER: Final = _ROOT / ".fuzz"
_NO_ATHERIS: Final = """\
atheris is not installed: it has wheels for Linux on x86_64 and aarch64 only, and for some versions of Python.
Where it can be had: pip install --editable '.[fuzz]'. Without it, `pytest tests/fuzz` runs the targets on fewer inputs.
"""
# In bytes: the cases are smaller, and what is found in a short text is read more easily.
_LONGEST: Final = 4096
# In seconds and MiB, for one input; a busy machine makes a short one slow.
_PATIENCE: Final = 60
_MEMORY: Final = 2048


def main(arguments: Sequence[str]) -> int:
    """Fuzz, or try single files again."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz what reads and edits files.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="targets; without one, all of them")
    parser.add_argument("--seconds", type=int, default=60, help="how long each target runs (60)")
    parser.add_argument(
        "--try", dest="files", action="append", type=Path, metavar="FILE", help="run one target on FILE"
    )
    parser.add_argument("--list", action="store_true", help="list the targets")
    chosen = parser.parse_args(arguments)
    if chosen.files or chosen.list:
        return _try(chosen.names[0], chosen.files) if chosen.files and chosen.names else _list()
    if find_spec("atheris") is None:
        sys.stderr.write(_NO_ATHERIS)
        return 2
    names = chosen.names or _target_names()
    failed = [name for name in names if not _fuzz_apart(name, chosen.seconds)]
    _say(f"{len(names)} targets, {chosen.seconds} s each: {len(failed)} with findings {' '.join(failed)}".rstrip())
    return 1 if failed else 0


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one target in this process; libFuzzer ends it."""
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=["pinner"]):
        targets = import_module("tests.fuzz.targets")
    from tests.fuzz.seeds import dictionary

    target = targets.target(name)
    learned = _folder(name, "learned")
    for seed in target.seeds:
        (learned / sha256(seed).hexdigest()[:16]).write_bytes(seed)
    words = _FOLDER / name / "words"
    words.write_text(dictionary(target.words), encoding="utf-8")
    options = {
        "max_total_time": seconds,
        "dict": words,
        "artifact_prefix": f"{_folder(name, 'found')}/",
        "max_len": _LONGEST,
        "timeout": _PATIENCE,
        "rss_limit_mb": _MEMORY,
        "verbosity": 0,
    }
    atheris.Setup([name, *(f"-{key}={value}" for key, value in options.items()), str(learned)], target.hold)
    atheris.Fuzz()


def _fuzz_apart(name: str, seconds: int) -> bool:
    """Fuzz one target in another process; return whether nothing was found."""
    shutil.rmtree(_FOLDER / name / "found", ignore_errors=True)
    code = f"from tests.fuzz.__main__ import fuzz; fuzz({name!r}, {seconds})"
    done = subprocess.run([sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, check=False)
    found = sorted(_folder(name, "found").iterdir())
    if done.returncode == 0 and not found:
        _say(f"{name}: nothing found in {seconds} s")
        return True
    _say(f"{name}: exit {done.returncode}\n{done.stdout}{done.stderr}".rstrip())
    for path in found:
        _say(f"try it again: {sys.executable} -m tests.fuzz {name} --try {path.relative_to(_ROOT)}")
    return False


def _try(name: str, files: Sequence[Path]) -> int:
    """Run one target on files; what does not hold is raised."""
    from tests.fuzz.targets import target

    for path in files:
        target(name).hold(path.read_bytes())
        _say(f"{path}: holds")
    return 0


def _list() -> int:
    _say("\n".join(_target_names()))
    return 0


def _target_names() -> tuple[str, ...]:
    from tests.fuzz.targets import target_names

    return target_names()


def _folder(name: str, kind: str) -> Path:
    folder = _FOLDER / name / kind
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
