"""`docker-lock.json` (docker-lock): by kind and path, the images of a file in their order."""

from __future__ import annotations

from collections.abc import Iterator

from pinner.errors import UnknownTagError
from pinner.lock.imports.base import (
    Entry,
    ForeignFormat,
    Refusal,
    problem,
    read_digest,
    read_table,
    read_tables,
    read_text,
)
from pinner.oci.digest import HEX_LENGTHS
from pinner.syntax.yaml_values import PlacedValue
from pinner.text import Source

_KINDS = ("dockerfiles", "composefiles", "kubernetesfiles")
_NO_IMAGE = "scratch"


def _read(source: Source, document: PlacedValue) -> Iterator[Entry]:
    for kind in _KINDS:
        if kind in document.table:
            files = read_table(source, document.table[kind], kind)
            for path in files.table:
                for one in read_tables(source, files, path):
                    yield from _read_image(source, one)


def _read_image(source: Source, one: PlacedValue) -> Iterator[Entry]:
    name, tag, encoded = (read_text(source, one, key) for key in ("name", "tag", "digest"))
    if not name:
        raise problem(source, one, "name is missing")
    if (name, encoded) == (_NO_IMAGE, ""):
        return
    digest = f"sha256:{encoded}" if len(encoded) == HEX_LENGTHS["sha256"] else encoded
    if encoded and not tag:
        # With --exclude-tags it leaves them out.
        error = UnknownTagError(f"nobody knows the tag of {name!r}; it was not adopted")
        yield Refusal(image=name, place=source.place(one.start), error=error)
    else:
        yield read_digest(source, one, f"{name}:{tag}" if tag else name, digest)


FORMAT = ForeignFormat(name="docker-lock.json", keys=_KINDS, read=_read)
