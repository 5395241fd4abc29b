"""Run `pinner images` once, and write down which files it read and which chunks of them libyaml was given.

Run as a program in the root of a tree, with the name of a file to write. This is what `bench/floor.py` is told, and is
never measured itself. It looks at three seams only: what is read, the needles of a name, and the parser.
"""

from __future__ import annotations

import json
import marshal
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import accumulate, islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from yaml._yaml import CParser

from pinner.cli import main as run_pinner
from pinner.commands import scanning
from pinner.workspace.tree import Workspace

# How many files may have been read between a file and its last chunk that is parsed.
_NEAR = 8
Chunk = tuple[int, int]
Told = tuple[tuple[bytes, ...], list[tuple[int, int, bool]]]


class Recorder:
    """What one run of pinner read and parsed."""

    def __init__(self) -> None:
        self.needles: dict[str, tuple[bytes, ...]] = {}
        self.parsed: dict[str, set[Chunk]] = defaultdict(set)
        self.unplaced: list[str] = []
        self._contents: dict[str, bytes] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Listen at each seam while the block runs."""
        read, parser, needles_of = Workspace.read, CParser, scanning._needles  # noqa: SLF001 - the seam between name and text

        def heard_read(workspace: Workspace, path: str) -> bytes:
            content = read(workspace, path)
            self._contents.pop(path, None)
            self._contents[path] = content
            return content

        def heard_needles(path: str, *more: Any) -> tuple[bytes, ...] | None:
            found = needles_of(path, *more)
            if found is not None:
                self.needles[path] = tuple(one for one in found if not any(o in one for o in set(found) - {one}))
            return found

        def heard_parser(text: str) -> Any:
            self._place(text)
            return parser(text)

        with (
            patch.object(Workspace, "read", heard_read),
            patch.object(scanning, "_needles", heard_needles),
            patch("yaml._yaml.CParser", heard_parser),
        ):
            yield

    def _place(self, text: str) -> None:
        """Find where a text stands; one that stands nowhere was made by pinner, as a template that is masked."""
        for path in islice(reversed(self._contents), _NEAR):
            start = self._contents[path].decode(errors="replace").find(text)
            if start >= 0:
                self.parsed[path].add((start, start + len(text)))
                return
        self.unplaced.append(text)

    def tell(self, inventory: dict[str, Any]) -> dict[str, Told]:
        """Return what the floor is told: needles and chunks by path, and whether something was found in each chunk."""
        found = dict(self._places_of(inventory))
        return {
            path: (
                self.needles.get(path, (b"",)),
                [
                    (start, end, any(start <= offset < end for offset in found.get(path, ())))
                    for start, end in sorted(self.parsed.get(path, ()))
                ],
            )
            for path in self._contents
        }

    def _places_of(self, inventory: dict[str, Any]) -> Iterator[tuple[str, list[int]]]:
        lines: dict[str, set[int]] = defaultdict(set)
        for one in (*inventory["images"], *inventory["skipped"]):
            lines[one["path"]].add(one["line"])
        for path, wanted in lines.items():
            if path in self._contents:
                text = self._contents[path].decode(errors="replace")
                starts = [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]
                yield path, [starts[min(number, len(starts)) - 1] for number in wanted]


def main() -> None:
    recorder = Recorder()
    with tempfile.NamedTemporaryFile() as report:
        command = ["pinner", "images", "--format", "json", "--output", report.name]
        # What another process reads would not be heard.
        alone = patch.dict(os.environ, PINNER_SCAN_JOBS="1")
        with recorder.watching(), patch.object(sys, "argv", command), alone, suppress(SystemExit):
            run_pinner()
        inventory = json.loads(Path(report.name).read_bytes())
    Path(sys.argv[1]).write_bytes(marshal.dumps(recorder.tell(inventory)))
    left_out = sum(map(len, recorder.unplaced))
    print(f"{len(recorder.unplaced)} texts of {left_out} letters stand in no file as they are", file=sys.stderr)


if __name__ == "__main__":
    main()
