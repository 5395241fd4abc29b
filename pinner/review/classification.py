"""Why a digest moved, concluded from what both sides are. Only what was read counts, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pinner.frozen import dataclass
from pinner.oci.contents import ImageContents
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.review.evidence import (
    MOST_PLATFORMS,
    Cause,
    Evidence,
    ImageFacts,
    Judgement,
    LabelFact,
    PlatformFacts,
    Setting,
    Unread,
)
from pinner.review.images import Build, judge_images
from pinner.review.labels import compare_labels, labels_of, link_between
from pinner.review.layers import count_shared
from pinner.review.published import MOST_READ, Pair, Published, choose, first_image, pair, platforms_to_read
from pinner.review.settings import changed_settings

# Platforms seldom differ in why they moved; of many reasons the first ones are told.
_MOST_REASONS: Final = 3


def classify(
    old: Published | Unread,
    new: Published | Unread,
    *,
    platforms: Sequence[Platform] = (),
    most: int = MOST_READ,
) -> Evidence:
    """Return all causes that show, each with what it was concluded from; the same digest on both sides has none.

    `platforms` are those that are run, or all; `most` says how many of them were read at most.
    """
    if isinstance(old, Unread) or isinstance(new, Unread):
        return _classify_one(old, new)
    if old.digest == new.digest:
        return Evidence()
    pairs = pair(old, new)
    chosen = choose(pairs, platforms_to_read(old, new, platforms), most=most)
    both = tuple(_looks(old, new, chosen or _pair_alone(old, new)))
    unread = (*old.unread, *new.unread, *_unread(old, new, chosen))
    judgements = [*_judge_lists(old, new, pairs), *_judge_pairs(both)]
    if unread:
        judgements.append(Judgement(cause=Cause.UNKNOWN, because="not everything could be read"))
    if not judgements:
        judgements.append(_judge_nothing(chosen))
    return Evidence(
        judgements=_merge(judgements),
        platforms=tuple(_facts(old, new, one) for one in pairs if not one.is_moved or one in chosen)[:MOST_PLATFORMS],
        left_out=sum(one.is_moved for one in pairs) - len(chosen),
        labels=both[0].labels if both else (),
        compare=next((link for one in both if (link := link_between(one.old.labels, one.new.labels))), None),
        settings=_settings(both),
        unread=unread,
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """A platform's image on both sides, both read."""

    platform: Platform | None
    old: Build
    new: Build

    @property
    def labels(self) -> tuple[LabelFact, ...]:
        return compare_labels(self.old.labels, self.new.labels)

    @property
    def platforms(self) -> tuple[Platform, ...]:
        return () if self.platform is None else (self.platform,)


def _classify_one(old: Published | Unread, new: Published | Unread) -> Evidence:
    """Return what is known where a side could not be read: what the other one says of itself."""
    unread = tuple(one for one in (old, new) if isinstance(one, Unread))
    sides = (_spoken(old), _spoken(new))
    because = " and ".join(f"{one.what} is gone" if one.is_gone else f"{one.what} could not be read" for one in unread)
    return Evidence(
        judgements=(Judgement(cause=Cause.UNKNOWN, because=because),),
        labels=compare_labels(*(({} if one is None else one.labels) for one in sides)),
        unread=unread,
    )


def _spoken(side: Published | Unread) -> Build | None:
    first = None if isinstance(side, Unread) else first_image(side)
    return None if isinstance(side, Unread) or first is None else _build(side, first.manifest)


def _judge_lists(old: Published, new: Published, pairs: Sequence[Pair]) -> Iterator[Judgement]:
    """Judge what an index says itself; what an index lacks that was not read in full, it may have."""
    if old.is_index != new.is_index:
        words = ["an index" if one.is_index else "a single manifest" for one in (old, new)]
        yield Judgement(cause=Cause.SHAPE_CHANGED, because=f"it was {words[0]}, is {words[1]}")
    if not new.unread:
        yield from _judge_missing(Cause.PLATFORM_REMOVED, [one.platform for one in pairs if one.new is None], new)
    if not old.unread:
        yield from _judge_missing(Cause.PLATFORM_ADDED, [one.platform for one in pairs if one.old is None], old)
    if not pairs and old.is_index == new.is_index and not (old.unread or new.unread):
        yield _judge_index(old, new)


def _judge_missing(cause: Cause, platforms: Sequence[Platform | None], side: Published) -> Iterator[Judgement]:
    """Judge what a side does not have, and may still have others of (Windows has several of one platform)."""
    if not platforms:
        return
    others = {None if one.platform is None else one.platform.normal for one in side.images}
    named = [_name_image(one, has_others=one in others) for one in platforms]
    more = len(named) - _MOST_REASONS
    because = ", ".join(named[:_MOST_REASONS]) + (f" and {more} more" if more > 0 else "")
    known = tuple(one for one in platforms if one is not None)
    yield Judgement(cause=cause, because=because, platforms=known[:MOST_PLATFORMS])


def _name_image(platform: Platform | None, *, has_others: bool) -> str:
    if platform is None:
        return "an image without a platform"
    return f"an image of {platform}" if has_others else str(platform)


def _judge_index(old: Published, new: Published) -> Judgement:
    """Judge two indexes that list the same images."""
    if old.attestations != new.attestations:
        differ = "differ" if old.attestations and new.attestations else "are gone" if old.attestations else "are new"
        return Judgement(cause=Cause.ATTESTATION_ONLY, because=f"the images are the same, their attestations {differ}")
    if old.annotations != new.annotations:
        return Judgement(cause=Cause.METADATA_ONLY, because="the images are the same, annotations of the index differ")
    what = "the same manifests in an index of other bytes" if old.others == new.others else "entries that are no images"
    return Judgement(cause=Cause.INDEX_ONLY, because=what)


def _judge_nothing(chosen: Sequence[Pair]) -> Judgement:
    if chosen:
        return Judgement(cause=Cause.UNKNOWN, because="the images that differ were not read")
    why = "what differs is for platforms that are not run here"
    return Judgement(cause=Cause.OTHER_PLATFORMS_ONLY, because=why)


def _judge_pairs(both: Iterable[_Look]) -> Iterator[Judgement]:
    for one in both:
        for cause, because in judge_images(one.old, one.new):
            yield Judgement(cause=cause, because=because, platforms=one.platforms)


def _merge(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """Return one judgement a cause, the weightiest first."""
    grouped: dict[Cause, list[Judgement]] = {}
    for one in judgements:
        grouped.setdefault(one.cause, []).append(one)
    return tuple(_merge_group(cause, grouped[cause]) for cause in Cause if cause in grouped)


def _merge_group(cause: Cause, group: Sequence[Judgement]) -> Judgement:
    reasons = tuple(dict.fromkeys(one.because for one in group))
    platforms = dict.fromkeys(platform for one in group for platform in one.platforms)
    more = len(reasons) - _MOST_REASONS
    because = "; ".join(reasons[:_MOST_REASONS]) + (f"; and {more} more" if more > 0 else "")
    return Judgement(cause=cause, because=because, platforms=tuple(platforms))


def _settings(both: Iterable[_Look]) -> tuple[Setting, ...]:
    """Return the sentences, each once, with the platforms that it is true for."""
    found: dict[tuple[str, str], dict[Platform, None]] = {}
    for one in both:
        before, after = one.old.image.configuration, one.new.image.configuration
        if before is not None and after is not None:
            for setting in changed_settings(before, after):
                found.setdefault(setting, {}).update(dict.fromkeys(one.platforms))
    return tuple(
        Setting(field=name, sentence=sentence, platforms=tuple(platforms))
        for (name, sentence), platforms in found.items()
    )


def _looks(old: Published, new: Published, chosen: Iterable[Pair]) -> Iterator[_Look]:
    for one in chosen:
        before, after = _build(old, one.old), _build(new, one.new)
        if before is not None and after is not None:
            yield _Look(one.platform, before, after)


def _pair_alone(old: Published, new: Published) -> tuple[Pair, ...]:
    """Return two manifests that stand alone as a pair: of another platform, too, one took the place of the other."""
    if old.is_index or new.is_index:
        return ()
    (before,), (after,) = old.images, new.images
    return (Pair(platform=after.platform, old=before.manifest, new=after.manifest),)


def _build(side: Published, manifest: Digest | None) -> Build | None:
    image = None if manifest is None else side.contents.get(manifest)
    return Build(image, labels_of(image, side.annotations)) if isinstance(image, ImageContents) else None


def _unread(old: Published, new: Published, chosen: Iterable[Pair]) -> Iterator[Unread]:
    for one in chosen:
        for side, manifest in ((old, one.old), (new, one.new)):
            found = None if manifest is None else side.contents.get(manifest)
            if isinstance(found, Unread):
                yield found


def _facts(old: Published, new: Published, one: Pair) -> PlatformFacts:
    before, after = (_build(side, manifest) for side, manifest in ((old, one.old), (new, one.new)))
    return PlatformFacts(
        platform=one.platform,
        old=_image_facts(one.old, before),
        new=_image_facts(one.new, after),
        shared_layers=None if before is None or after is None else count_shared(before.image, after.image),
    )


def _image_facts(manifest: Digest | None, build: Build | None) -> ImageFacts | None:
    if manifest is None:
        return None
    if build is None:
        return ImageFacts(manifest=manifest)
    image = build.image
    layers = tuple(one.digest for one in image.layers)
    return ImageFacts(manifest=manifest, config=image.config, layers=layers, size=image.size)
