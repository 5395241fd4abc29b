"""Two images of one platform, compared: which causes show, and what they were concluded from."""

from __future__ import annotations

from collections.abc import Iterator

from pinner.frozen import dataclass
from pinner.oci.contents import ImageContents
from pinner.oci.labels import REVISION, SOURCE
from pinner.review.compare_links import is_same_source
from pinner.review.evidence import Cause
from pinner.review.labels import Labels
from pinner.review.layers import describe_layers, find_base_change, is_same_stored, is_same_unpacked
from pinner.review.settings import changed_settings
from pinner.review.words import compared, shortened

Ground = tuple[Cause, str]


@dataclass(frozen=True, slots=True)
class Build:
    """An image, and what is said of it."""

    image: ImageContents
    labels: Labels


def judge_images(old: Build, new: Build) -> Iterator[Ground]:
    """Yield the causes behind two manifests that differ, and why each is one; there is always one."""
    found = (*_judge_source(old, new), *_judge_layers(old, new), *_judge_settings(old, new))
    yield from found
    if not found:
        has_same_config = old.image.config == new.image.config
        what = "the manifest differs" if has_same_config else "labels, dates or annotations differ"
        yield Cause.METADATA_ONLY, f"layers and settings are the same, {what}"


def _judge_source(old: Build, new: Build) -> Iterator[Ground]:
    was, now = old.labels.get(SOURCE), new.labels.get(SOURCE)
    if was is not None and now is not None and not is_same_source(was, now):
        yield Cause.SOURCE_CHANGED, f"the source {compared(was, now)}"
    was, now = old.labels.get(REVISION), new.labels.get(REVISION)
    if was is not None and now is not None and was != now:
        yield Cause.NEW_REVISION, f"the revision {compared(was, now)}"


def _judge_layers(old: Build, new: Build) -> Iterator[Ground]:
    if is_same_stored(old.image, new.image):
        return
    if is_same_unpacked(old.image, new.image):
        yield Cause.RECOMPRESSED, "the layers unpack to the same archives"
        return
    base = find_base_change(old.image, new.image, old.labels, new.labels)
    if base is not None:
        yield Cause.BASE_CHANGED, base
    layers = describe_layers(old.image, new.image)
    was, now = old.labels.get(REVISION), new.labels.get(REVISION)
    if was is None or now is None:
        yield Cause.CONTENT_CHANGED, f"{layers}, and no label on both sides names the revision"
    elif was == now:
        yield Cause.REBUILT, f"{layers}, and both sides carry revision {shortened(now)}"


def _judge_settings(old: Build, new: Build) -> Iterator[Ground]:
    before, after = old.image.configuration, new.image.configuration
    if before is None or after is None:
        return
    fields = [name.replace("-", " ") for name, _ in changed_settings(before, after)]
    if fields:
        yield Cause.CONFIGURATION_CHANGED, ", ".join(fields)
