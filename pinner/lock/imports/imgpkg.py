"""The images of a bundle, `.imgpkg/images.yml` (carvel.dev/imgpkg, "Resources", ImagesLock configuration).

What an image was called before it was resolved stands in an annotation that kbld writes.
"""

from __future__ import annotations

from collections.abc import Iterator

from pinner.lock.imports.base import Entry, ForeignFormat, read_replacement, read_table, read_tables, read_text
from pinner.syntax.yaml_values import PlacedValue
from pinner.text import Source

_CALLED = "kbld.carvel.dev/id"


def _read(source: Source, document: PlacedValue) -> Iterator[Entry]:
    for one in read_tables(source, document, "images"):
        pinned = read_text(source, one, "image")
        annotations = one.table.get("annotations")
        called = (
            "" if annotations is None else read_text(source, read_table(source, annotations, "annotations"), _CALLED)
        )
        yield read_replacement(source, one, called or pinned, pinned)


FORMAT = ForeignFormat(
    name="imgpkg's ImagesLock", group="imgpkg.carvel.dev", version="v1alpha1", kinds=("ImagesLock",), read=_read
)
