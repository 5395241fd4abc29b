"""The floor of a scan: list and read the files, filter, and let libyaml parse what is left into nothing.

Run as a program in the root of a tree. Whoever finds images in these files with libyaml does at least this; the
filters are those of pinner, so that the same chunks are parsed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from yaml import YAMLError
from yaml.cyaml import CParser

from pinner.syntax.yaml_scan import candidate, chunks

YAML = (".yaml", ".yml")
KEYS = frozenset({"image"})


def main() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True).stdout
    pattern = candidate(KEYS)
    files = read = parsed = 0
    for path in listed.decode().split("\0"):
        is_yaml = path.endswith(YAML)
        if not is_yaml and "ockerfile" not in path:
            continue
        content = Path(path).read_bytes()
        files, read = files + 1, read + len(content)
        if not is_yaml or b"image" not in content:
            continue
        text = content.decode(errors="replace")
        for chunk in chunks(text):
            if pattern.search(text, chunk.start, chunk.end):
                parsed += parse(text[chunk.start : chunk.end])
    print(f"{files} files, {read} bytes read, {parsed} letters parsed", file=sys.stderr)


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
