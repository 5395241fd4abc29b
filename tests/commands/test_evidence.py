"""Why digests moved, from end to end but for the network: what is read, how much of it, and what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from pinner.commands.evidence import MOST_INDEXES, gather_evidence
from pinner.commands.network import offline_reader
from pinner.errors import NotFoundError, RateLimitedError, ResolutionError
from pinner.lock.model import Pin
from pinner.oci.contents import Contents, ImageContents, IndexContents
from pinner.oci.digest import Digest
from pinner.oci.documents import Descriptor
from pinner.oci.media_types import OCI_INDEX, OCI_MANIFEST
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.review.evidence import Cause
from pinner.review.published import MOST_READ
from tests.review.published import AMD64, ARM64, BASE, Made, digest

KEY = "registry.example/app:1"
NEW_LAYERS = (BASE, ("app 2", "COPY app /"))


@dataclass
class Library:
    """A reader of values that writes down what it is asked for, step by step."""

    stored: dict[Digest, Contents | ResolutionError] = field(default_factory=dict)
    steps: list[list[Reference]] = field(default_factory=list)

    def add(self, *made: Made, nested: Iterable[Digest] = ()) -> Digest:
        images = [one.build() for one in made]
        index = IndexContents(
            digest=digest(f"{[str(one.digest) for one in images]}{list(map(str, nested))}"),
            images=tuple(
                Descriptor(digest=image.digest, media_type=OCI_MANIFEST, platform=Platform.parse(one.platform))
                for image, one in zip(images, made, strict=True)
            ),
            indexes=tuple(Descriptor(digest=one, media_type=OCI_INDEX) for one in nested),
        )
        self.stored |= {one.digest: one for one in images} | {index.digest: index}
        return index.digest

    def add_image(self, made: Made) -> Digest:
        image: ImageContents = made.build()
        self.stored[image.digest] = image
        return image.digest

    def read(self, references: Iterable[Reference]) -> tuple[Contents | ResolutionError, ...]:
        asked = list(references)
        self.steps.append(asked)
        return tuple(self.stored.get(one.digest, NotFoundError(f"{one} is not there")) for one in asked if one.digest)

    @contextmanager
    def open(self) -> Iterator[Library]:
        yield self


def move(old: Digest, new: Digest, key: str = KEY) -> tuple[Pin, Pin]:
    return Pin(key=key, digest=old), Pin(key=key, digest=new)


def variants(names: Iterable[str], layers: tuple[tuple[str, str], ...] = Made().layers) -> list[Made]:  # type: ignore[assignment] # a sequence of pairs
    return [Made(platform=name, layers=layers) for name in names]


def test_without_a_move_nobody_is_asked() -> None:
    def never() -> object:
        raise AssertionError

    open_reader: Callable[[], object] = never
    assert gather_evidence([], open_reader) == {}  # type: ignore[arg-type] # never called


def test_what_both_sides_share_is_not_read() -> None:
    library = Library()
    old = library.add(*variants([AMD64, ARM64]))
    new = library.add(Made(platform=AMD64), Made(platform=ARM64, layers=NEW_LAYERS))
    (evidence,) = gather_evidence([move(old, new)], library.open).values()
    assert evidence.causes == (Cause.CONTENT_CHANGED,)
    assert [str(one) for one in evidence.judgements[0].platforms] == [ARM64]
    assert [len(step) for step in library.steps] == [2, 2]
    assert {one.tagged for step in library.steps for one in step} == {KEY}


def test_a_single_manifest_is_read_once() -> None:
    library = Library()
    old, new = library.add_image(Made()), library.add_image(Made(layers=NEW_LAYERS))
    (evidence,) = gather_evidence([move(old, new)], library.open).values()
    assert (evidence.causes, [len(step) for step in library.steps]) == ((Cause.CONTENT_CHANGED,), [2])


def test_all_moves_are_read_in_the_same_steps() -> None:
    library = Library()
    pairs = [(library.add(Made()), library.add(Made(layers=((str(number), "x"),)))) for number in range(5)]
    moves = [move(old, new, f"registry.example/app:{number}") for number, (old, new) in enumerate(pairs)]
    found = gather_evidence(moves, library.open)
    assert list(found) == [f"registry.example/app:{number}" for number in range(5)]
    assert [len(step) for step in library.steps] == [10, 10]


def test_only_platforms_that_are_run_are_read() -> None:
    library = Library()
    names = [AMD64, ARM64, "linux/s390x"]
    old, new = library.add(*variants(names)), library.add(*variants(names, NEW_LAYERS))
    platforms = [Platform.parse(ARM64)]
    (evidence,) = gather_evidence([move(old, new)], library.open, platforms=platforms).values()
    assert ([str(one.platform) for one in evidence.platforms], evidence.left_out) == ([ARM64], 2)
    assert [len(step) for step in library.steps] == [2, 2]


def test_what_became_a_single_manifest_is_read_whatever_its_platform() -> None:
    library = Library()
    old, new = library.add(Made(platform=ARM64)), library.add_image(Made(platform=ARM64, layers=NEW_LAYERS))
    (evidence,) = gather_evidence([move(old, new)], library.open, platforms=[Platform.parse(AMD64)]).values()
    assert (evidence.causes, evidence.left_out) == ((Cause.CONTENT_CHANGED, Cause.SHAPE_CHANGED), 0)


def test_a_move_costs_a_bounded_number_of_requests_req_05() -> None:
    library = Library()
    names = [f"linux/a{number}" for number in range(40)]
    inner = [library.add(Made(platform=f"linux/b{number}")) for number in range(20)]
    old, new = library.add(*variants(names), nested=inner), library.add(*variants(names, NEW_LAYERS), nested=inner)
    (evidence,) = gather_evidence([move(old, new)], library.open).values()
    assert [len(step) for step in library.steps] == [2, 2 * MOST_INDEXES, 2 * MOST_READ]
    assert evidence.left_out == len(names) - MOST_READ
    # An image costs two, and what was not read is said.
    assert 2 + 2 * MOST_INDEXES + 2 * 2 * MOST_READ == 50
    assert [one.what for one in evidence.unread] == [f"the rest of the {side} index" for side in ("old", "new")]


def test_of_a_registry_that_counts_pulls_two_platforms_are_read_req_05() -> None:
    library = Library()
    names = [AMD64, ARM64, "linux/386", "linux/s390x"]
    old, new = library.add(*variants(names)), library.add(*variants(names, NEW_LAYERS))
    (evidence,) = gather_evidence([move(old, new, "docker.io/library/app:1")], library.open).values()
    assert ([str(one.platform) for one in evidence.platforms], evidence.left_out) == ([AMD64, ARM64], 2)
    assert [len(step) for step in library.steps] == [2, 4]


def test_indexes_inside_of_an_index_are_followed() -> None:  # RES-19
    library = Library()
    outer_old = library.add(nested=[library.add(*variants([AMD64, ARM64]))])
    outer_new = library.add(nested=[library.add(*variants([AMD64]))])
    (evidence,) = gather_evidence([move(outer_old, outer_new)], library.open).values()
    assert evidence.causes == (Cause.PLATFORM_REMOVED,)


def test_an_index_three_deep_is_not_followed_and_takes_no_platform_away() -> None:
    library = Library()
    deep = library.add(nested=[library.add(nested=[library.add(Made(platform=ARM64))])])
    (evidence,) = gather_evidence([move(library.add(Made(platform=ARM64)), deep)], library.open).values()
    assert (evidence.causes, [one.error.code for one in evidence.unread]) == ((Cause.UNKNOWN,), ["unsupported"])


def test_an_index_inside_that_is_gone_is_told_and_takes_no_platform_away_h07() -> None:
    library = Library()
    old = library.add(Made(), nested=[library.add(Made(platform=ARM64))])
    new = library.add(Made(), nested=[digest("nowhere")])
    (evidence,) = gather_evidence([move(old, new)], library.open).values()
    assert evidence.causes == (Cause.UNKNOWN,)
    assert [(one.side, one.what, one.is_gone) for one in evidence.unread] == [
        ("new", "an index inside of the new one", True)
    ]


@pytest.mark.parametrize("side", ["old", "new"])
def test_a_side_that_is_gone_leaves_what_the_other_one_says_h07(side: str) -> None:
    library = Library()
    known, absent = library.add(Made(labels={"org.opencontainers.image.version": "1"})), digest("absent")
    pins = move(absent, known) if side == "old" else move(known, absent)
    (evidence,) = gather_evidence([pins], library.open).values()
    assert [(one.side, one.what, one.is_gone) for one in evidence.unread] == [(side, f"the {side} digest", True)]
    assert [one.name.rpartition(".")[2] for one in evidence.labels] == ["version", "created"]
    assert [len(step) for step in library.steps] == [2, 1]


def test_an_image_that_cannot_be_read_is_named_with_its_platform() -> None:
    library = Library()
    names = [AMD64, ARM64]
    old, new = library.add(*variants(names)), library.add(*variants(names, NEW_LAYERS))
    lost = Made(platform=ARM64, layers=NEW_LAYERS).build().digest
    library.stored[lost] = RateLimitedError("too many")
    (evidence,) = gather_evidence([move(old, new)], library.open).values()
    assert evidence.causes == (Cause.CONTENT_CHANGED, Cause.UNKNOWN)
    assert [one.what for one in evidence.unread] == [f"the new image of {ARM64}"]


def test_one_move_that_cannot_be_read_hides_no_other_one() -> None:
    library = Library()
    old, new = library.add(Made()), library.add(Made(layers=NEW_LAYERS))
    gone = move(digest("a"), digest("b"), "registry.example/gone:1")
    found = gather_evidence([gone, move(old, new)], library.open)
    assert [one.causes for one in found.values()] == [(Cause.UNKNOWN,), (Cause.CONTENT_CHANGED,)]


def test_an_image_that_names_no_platform_is_read_too() -> None:
    library = Library()
    images = [made.build() for made in (Made(), Made(layers=NEW_LAYERS))]
    tops = [
        IndexContents(digest=digest(str(one.digest)), images=(Descriptor(digest=one.digest, media_type=OCI_MANIFEST),))
        for one in images
    ]
    library.stored.update({one.digest: one for one in images})
    library.stored.update({one.digest: one for one in tops})
    (evidence,) = gather_evidence([move(tops[0].digest, tops[1].digest)], library.open).values()
    assert evidence.causes == (Cause.CONTENT_CHANGED,)


def test_offline_every_move_is_unknown_and_says_so() -> None:
    (evidence,) = gather_evidence([move(digest("a"), digest("b"))], offline_reader).values()
    assert [one.error.code for one in evidence.unread] == ["offline", "offline"]


def test_the_pin_of_one_platform_is_read_under_its_tag() -> None:
    library = Library()
    key = f"{KEY}#{ARM64}"
    old, new = library.add_image(Made(platform=ARM64)), library.add_image(Made(platform=ARM64, layers=NEW_LAYERS))
    found: Mapping[str, object] = gather_evidence([move(old, new, key)], library.open)
    assert list(found) == [key]
    assert {one.tagged for one in library.steps[0]} == {KEY}
