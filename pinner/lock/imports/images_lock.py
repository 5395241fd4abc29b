"""`Images.lock` beside a Helm chart (Distribution Tooling for Helm): the manifest of each platform, and no index.

Its entries are those that `pin --platform` makes.
"""

from __future__ import annotations

from collections.abc import Iterator

from pinner.lock.imports.base import Entry, ForeignFormat, read_digest, read_tables, read_text, refuse
from pinner.syntax.yaml_values import PlacedValue
from pinner.text import Source


def _read(source: Source, document: PlacedValue) -> Iterator[Entry]:
    for one in read_tables(source, document, "images"):
        image = read_text(source, one, "image")
        digests = read_tables(source, one, "digests")
        if not digests:
            yield refuse(source, one, image, "it has no digest")
        for at in digests:
            platform = read_text(source, at, "arch")
            if platform:
                yield read_digest(source, at, image, read_text(source, at, "digest"), platform=platform)
            else:
                yield refuse(source, at, image, "it names no platform")


FORMAT = ForeignFormat(name="Helm's Images.lock", version="v0", kinds=("ImagesLock",), read=_read)
