"""Inputs that are almost right: every run ends in words, with a code of the contract, and writes only what it may."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final

import pytest

from tests.support.program import run
from tests.support.sources import pin
from tests.support.trees import write_lock
from tests.torture.conftest import Note
from tests.torture.mutations import mutate
from tests.torture.scale import PATIENCE, chance, rounds
from tests.torture.settings import CONFIG, OF_THE_LOCK, OF_THE_USER, PLAIN, READS, WRITES, conflict
from tests.torture.trees import contents

pytestmark = pytest.mark.timeout(PATIENCE)

FIXTURES: Final = Path(__file__).parents[2] / "fixtures"
SHARDS: Final = rounds(quick=2, full=20)
INPUTS: Final = rounds(quick=800, full=5000)  # in each shard
CODES: Final = frozenset({0, 1, 2, 3, 4})
LOCK: Final = "tree/pinner.lock"
CONFIGS: Final = "tree/pinner.toml"


def fixture_texts() -> dict[str, bytes]:
    """Return the real name and the bytes of every case of every format."""
    return {
        path.relative_to(FIXTURES / "formats").as_posix(): path.read_bytes()
        for path in sorted((FIXTURES / "formats").rglob("*"))
        if path.is_file() and path.name != "expected.json"
    }


def locked(root: Path) -> bytes:
    """Write a lock that has the images most fixtures name."""
    names = ("nginx:1.27", "redis:7", "alpine:3.20", "busybox:latest", "python:3.12", "a:1", "postgres:16")
    return write_lock(root, *(pin(f"docker.io/library/{name}") for name in names)).encode()


class Bench:
    """A project, and what lies around it, in which one file after the other is mutated, run over, and taken away."""

    def __init__(self, around: Path, lock: bytes) -> None:
        self.around = around
        self.lock = lock
        self.seeds = fixture_texts()
        self.names = sorted(self.seeds)
        self.codes: Counter[int] = Counter()
        self.kinds: Counter[str] = Counter()

    def try_one(self, here: Random) -> None:
        """Run a verb over a project in which something was mutated."""
        name = here.choice(self.names)
        place = f"tree/deploy/{name}"
        kind = here.choice(("manifest", "manifest", "manifest", "lock", "configuration", "user's file"))
        verb = here.choice(here.choice((READS, WRITES)))
        files = self._right_files(here, place, self.seeds[name])
        others: Sequence[bytes] = tuple(files.values())
        target = {"manifest": place, "configuration": CONFIGS}.get(kind, LOCK)
        if kind == "manifest":
            others = tuple(self.seeds.values())
        elif kind == "lock" and here.random() < 0.5:
            verb = here.choice(OF_THE_LOCK)
            files[LOCK] = conflict(self.lock) if "resolve" in verb else self.lock
            target = here.choice([word.removeprefix("../") for word in verb if word.startswith("../")] + [LOCK])
        elif kind == "user's file":
            target = here.choice(sorted(OF_THE_USER))
            verb = here.choice(OF_THE_USER[target][1])
        files[target] = mutate(files[target], here, others)
        self.kinds[kind] += 1
        self._judge(verb, files, place)

    def _right_files(self, here: Random, place: str, manifest: bytes) -> dict[str, bytes]:
        return {
            **{path: text for path, (text, _) in OF_THE_USER.items()},
            CONFIGS: here.choice((CONFIG, PLAIN)),
            **dict.fromkeys((LOCK, "base.lock", "theirs.lock"), self.lock),
            place: manifest,
        }

    def _judge(self, verb: tuple[str, ...], files: Mapping[str, bytes], place: str) -> None:
        for path, content in files.items():
            file = self.around / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        ran = run(*verb, cwd=self.around / "tree", environ={"DOCKER_CONFIG": str(self.around / "docker")})
        self.codes[ran.code] += 1
        assert ran.code in CODES, (verb, ran, dict(files))
        assert "Traceback" not in ran.stderr, (verb, ran)
        assert ran.code == 0 or ran.stderr or ran.stdout, (verb, "it says why")
        if "json" in verb and ran.code < 2:
            json.loads(ran.out)
        after = contents(self.around)
        assert after.keys() == files.keys(), verb
        changed = {path for path in files if files[path] != after[path]}
        assert changed <= _writable(verb, place), (verb, changed)
        if place in changed and files[CONFIGS] == PLAIN and not _ODD.search(files[place]):
            assert _without_digests(after[place]) == files[place], (verb, after[place])
        shutil.rmtree(self.around)


def _writable(verb: tuple[str, ...], place: str) -> set[str]:
    """Return what a verb may change: the manifest, the lock, or nothing."""
    if verb[0] in {"pin", "update", "unpin"} and not {"--diff", "--check"} & set(verb):
        # Locks get their normal form when something is added, which nothing is without a registry.
        return {place}
    return {LOCK} if verb[0] == "lock" and "--check" not in verb else set()


# What pinning may rewrite: digests that stand there already, fields for them, and what takes no tag beside one, as
# Nomad's drivers.
_ODD: Final = re.compile(rb"sha256|sha:|pinner:|\0|digest|newTag|newName|docker://|driver *= *\"")


def _without_digests(content: bytes) -> bytes:
    """Return a text as it was before digests were added to it."""
    return re.sub(rb"@sha256:[0-9a-f]{64}", b"", content)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_what_is_almost_right_ends_in_words(tmp_path: Path, shard: int, note: Note) -> None:
    bench = Bench(tmp_path / "around", locked(tmp_path))
    for number in range(INPUTS):
        bench.try_one(chance("mutation", shard, number))
    note("mutated inputs", bench.kinds)
    note("mutated inputs ended with", {f"with {code}": count for code, count in bench.codes.items()})
    assert bench.codes.keys() >= {0, 1, 2}
    assert bench.codes[0] + bench.codes[1] > INPUTS / 2, "most inputs come as far as the formats"
