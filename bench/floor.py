"""The floor of a scan: list, read, search and let libyaml parse, and nothing else.

Run as a program in the root of a tree, with what `bench/recording.py` wrote there: the files that pinner reads, the
texts of which one must stand in a file, and the chunks that pinner has parsed. They are told, not worked out, so that
this does no more than whoever finds images with libyaml does at least. With `--holding` only the chunks in which
something was found are parsed: as if it were known where the images are. Prints what was done as JSON.

Nothing of pinner is imported here, as its start-up would count.
"""

from __future__ import annotations

import json
import marshal
import subprocess
import sys
import time
from pathlib import Path

from yaml import YAMLError
from yaml._yaml import CParser


def main() -> None:
    recorded = marshal.loads(Path(sys.argv[1]).read_bytes())
    only_holding = "--holding" in sys.argv
    read = searched = parsed = 0
    clock = time.perf_counter
    spent = {"list": 0.0, "read": 0.0, "search": 0.0, "parse": 0.0}
    begun = clock()
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True).stdout
    spent["list"] = clock() - begun
    for path in listed.decode().split("\0"):
        if path not in recorded:
            continue
        needles, chunks = recorded[path]
        begun = clock()
        with open(path, "rb") as file:  # noqa: PTH123 - a Path costs more than the reading
            content = file.read()
        read += len(content)
        done = clock()
        spent["read"] += done - begun
        is_wanted = any(needle in content for needle in needles)
        begun = clock()
        spent["search"] += begun - done
        if not is_wanted:
            continue
        searched += 1
        if chunks:
            text = content.decode(errors="replace")
            for start, end, holds in chunks:
                if holds or not only_holding:
                    parsed += parse(text[start:end])
        spent["parse"] += clock() - begun
    print(json.dumps({"files": len(recorded), "read": read, "wanted": searched, "parsed": parsed, "seconds": spent}))


def parse(text: str) -> int:
    """Let libyaml parse a text without making an object of what it says; return how long it is."""
    parser = CParser(text)
    try:
        parser.raw_parse()
    except YAMLError:
        return 0
    finally:
        parser.dispose()
    return len(text)


if __name__ == "__main__":
    main()
