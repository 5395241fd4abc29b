"""The lock that `kbld --lock-output` writes: overrides of images (carvel.dev/kbld, "Configuration", Overrides)."""

from __future__ import annotations

from collections.abc import Iterator

from pinner.lock.imports.base import Entry, ForeignFormat, read_replacement, read_tables, read_text
from pinner.syntax.yaml_values import PlacedValue
from pinner.text import Source


def _read(source: Source, document: PlacedValue) -> Iterator[Entry]:
    # A configuration of kbld may have other things alone.
    for one in read_tables(source, document, "overrides") if "overrides" in document.table else ():
        image, pinned = read_text(source, one, "image"), read_text(source, one, "newImage")
        yield read_replacement(source, one, image, pinned or image)


FORMAT = ForeignFormat(
    name="kbld's lock", group="kbld.k14s.io", version="v1alpha1", kinds=("Config", "ImageOverrides"), read=_read
)
