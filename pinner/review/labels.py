"""What both sides say of themselves: labels of the configuration, or else annotations of the manifest or the index."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pinner.oci.contents import ImageContents
from pinner.oci.labels import CREATED, KNOWN_LABELS, REVISION, SOURCE
from pinner.review.compare_links import compare_link, is_same_source
from pinner.review.evidence import LabelFact
from pinner.review.words import shown

# What reproducible builds write says nothing of when they were built (H04).
_NO_DATES: Final = ("0001-01-01", "1970-01-01", "1980-01-01")

Labels = Mapping[str, str]


def labels_of(image: ImageContents, index: Labels) -> Labels:
    """Return what is said of an image, by the nearest document; `index` has the annotations of the index above it."""
    configuration = image.configuration
    dated = {} if configuration is None or not configuration.created else {CREATED: configuration.created}
    nearest = {} if configuration is None else configuration.labels
    found = {**dated, **index, **image.annotations, **nearest}
    if found.get(CREATED, "").startswith(_NO_DATES):
        del found[CREATED]
    return MappingProxyType(found)


def compare_labels(old: Labels, new: Labels) -> tuple[LabelFact, ...]:
    """Return what either side says, in a fixed order, ready to be shown."""
    return tuple(
        LabelFact(name=name, old=_shown(old.get(name)), new=_shown(new.get(name)))
        for name in KNOWN_LABELS
        if name in old or name in new
    )


def link_between(old: Labels, new: Labels) -> str | None:
    """Return an address that shows what lies between both, where both name one source and each its revision."""
    source = new.get(SOURCE, "")
    if not source or not is_same_source(old.get(SOURCE, ""), source):
        return None
    return compare_link(source, old.get(REVISION, ""), new.get(REVISION, ""))


def _shown(text: str | None) -> str | None:
    return None if text is None else shown(text)
