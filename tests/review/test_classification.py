"""Why a digest moved: every cause, with what it is concluded from, and what must not be concluded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import NotFoundError, UnreachableError
from pinner.oci.labels import BASE_DIGEST, BASE_NAME, CREATED, REVISION, SOURCE, VERSION
from pinner.oci.platform import Platform
from pinner.review.classification import classify
from pinner.review.evidence import Cause, Evidence, Unread
from pinner.review.published import MOST_READ, Published
from tests.review.published import AMD64, ARM64, BASE, Made, digest, index, single

ONE, TWO = "1" * 40, "2" * 40
SAME = Made()
NEW_LAYER = replace(SAME, layers=(BASE, ("app 2", "COPY app /")))
GONE = Unread(side="old", what="the old index", error=NotFoundError("it is not there"))
DOWN = Unread(side="new", what="the new index", error=UnreachableError("no answer"))
S390X = replace(SAME, platform="linux/s390x")


def of(made: Made, **labels: str) -> Made:
    names = {"source": SOURCE, "revision": REVISION, "base": BASE_DIGEST, "base_name": BASE_NAME}
    return replace(made, labels={names[name]: text for name, text in labels.items()})


def judged(old: Published, new: Published) -> dict[Cause, str]:
    return {one.cause: one.because for one in classify(old, new).judgements}


# --- nothing, or nothing that can be said ----------------------------------------------------------------------------


@pytest.mark.parametrize("side", [single(SAME), index(SAME), index(SAME, S390X, attestations="a")])
def test_the_same_digest_has_no_cause(side: Published) -> None:
    assert classify(side, side) == Evidence()


def test_a_side_that_is_gone_is_unknown_and_said_so_h07() -> None:
    found = classify(GONE, index(of(SAME, revision=TWO)))
    assert (found.causes, found.unread) == ((Cause.UNKNOWN,), (GONE,))
    assert found.judgements[0].because == "the old index is gone"
    assert next((one.name, one.old, one.new) for one in found.labels) == (REVISION, None, TWO)
    assert classify(GONE, DOWN).judgements[0].because == "the old index is gone and the new index could not be read"


def test_an_image_that_cannot_be_read_hides_no_other_one() -> None:
    old, new = index(SAME, S390X), index(NEW_LAYER, replace(NEW_LAYER, platform="linux/s390x"))
    lost = replace(DOWN, what="the new image of linux/s390x")
    broken = replace(new, contents={**new.contents, new.images[1].manifest: lost})
    found = classify(old, broken)
    assert (found.causes, found.unread) == ((Cause.CONTENT_CHANGED, Cause.UNKNOWN), (lost,))
    assert [one.new and one.new.config for one in found.platforms][1] is None


def test_an_index_inside_that_cannot_be_read_takes_no_platform_away() -> None:
    found = classify(index(SAME, S390X), replace(index(SAME), unread=(DOWN,)))
    assert found.causes == (Cause.UNKNOWN,)
    assert classify(replace(index(SAME, attestations="a"), unread=(GONE,)), index(SAME)).causes == (Cause.UNKNOWN,)


def test_images_that_were_never_read_are_no_finding() -> None:
    assert classify(replace(index(SAME), contents={}), index(NEW_LAYER)).causes == (Cause.UNKNOWN,)


# --- what an index says -----------------------------------------------------------------------------------------------


def test_platforms_come_and_go_b11() -> None:
    two, one = index(SAME, S390X), index(SAME)
    assert judged(one, two) == {Cause.PLATFORM_ADDED: "linux/s390x"}
    assert judged(two, one) == {Cause.PLATFORM_REMOVED: "linux/s390x"}
    (facts,) = classify(one, two).platforms
    assert (str(facts.platform), facts.old, facts.new is None) == ("linux/s390x", None, False)


def test_other_attestations_of_the_same_images_are_no_other_image_b10() -> None:
    assert judged(index(SAME, attestations="a"), index(SAME, attestations="b")) == {
        Cause.ATTESTATION_ONLY: "the images are the same, their attestations differ"
    }
    assert "are gone" in judged(index(SAME, attestations="a"), index(SAME))[Cause.ATTESTATION_ONLY]
    assert "are new" in judged(index(SAME), index(SAME, attestations="a"))[Cause.ATTESTATION_ONLY]
    # Where an image differs too, its attestation cannot but differ.
    rebuilt = judged(index(SAME, attestations="a"), index(NEW_LAYER, attestations="b"))
    assert list(rebuilt) == [Cause.CONTENT_CHANGED]


def test_an_index_of_the_same_manifests_is_no_other_image() -> None:
    one = index(SAME)
    assert judged(one, replace(one, digest=digest("other spaces"))) == {
        Cause.INDEX_ONLY: "the same manifests in an index of other bytes"
    }
    assert judged(one, index(SAME, others="x")) == {Cause.INDEX_ONLY: "entries that are no images"}
    annotated = index(SAME, annotations={VERSION: "2"})
    assert list(judged(one, annotated)) == [Cause.METADATA_ONLY]


def test_an_index_that_becomes_a_manifest_is_told() -> None:
    assert judged(index(SAME), single(SAME)) == {Cause.SHAPE_CHANGED: "it was an index, is a single manifest"}
    assert list(judged(single(SAME), index(NEW_LAYER, S390X))) == [
        *(Cause.CONTENT_CHANGED, Cause.PLATFORM_ADDED, Cause.SHAPE_CHANGED)
    ]


def test_several_images_of_one_platform_are_told_apart() -> None:
    windows = [replace(SAME, platform="windows/amd64", labels={VERSION: version}) for version in "123"]
    assert judged(index(*windows), index(windows[0], windows[2])) == {
        Cause.PLATFORM_REMOVED: "an image of windows/amd64"
    }


def test_of_many_platforms_that_came_some_are_named() -> None:
    many = [replace(SAME, platform=f"linux/a{number}") for number in range(6)]
    assert judged(index(SAME), index(SAME, *many)) == {Cause.PLATFORM_ADDED: "linux/a0, linux/a1, linux/a2 and 3 more"}


# --- what images say --------------------------------------------------------------------------------------------------


def test_a_build_of_the_same_revision_is_rebuilt() -> None:
    assert judged(single(of(SAME, revision=ONE)), single(of(NEW_LAYER, revision=ONE))) == {
        Cause.REBUILT: f"1 of 2 layers differ, and both sides carry revision {ONE}"
    }


@pytest.mark.parametrize(
    ("layers", "because"),
    [
        (SAME.layers[:1], "1 of 2 layers is gone"),
        ((), "2 of 2 layers are gone"),
        (SAME.layers[::-1], "the same layers in another order"),
    ],
)
def test_layers_that_only_went_or_changed_places_are_told_as_that(
    layers: Sequence[tuple[str, str]], because: str
) -> None:
    found = judged(single(SAME), single(replace(SAME, layers=layers)))
    assert found[Cause.CONTENT_CHANGED] == f"{because}, and no label on both sides names the revision"


@pytest.mark.parametrize("revisions", [("", ""), (ONE, ""), ("", ONE)])
def test_without_two_revisions_nothing_is_said_of_them(revisions: tuple[str, str]) -> None:
    old, new = (of(made, revision=one) if one else made for made, one in zip((SAME, NEW_LAYER), revisions, strict=True))
    assert list(judged(single(old), single(new))) == [Cause.CONTENT_CHANGED]


def test_another_revision_is_told_with_an_address_to_compare() -> None:
    source = "https://github.com/acme/api"
    old, new = of(SAME, revision=ONE, source=source), of(NEW_LAYER, revision=TWO, source=f"{source}.git")
    found = classify(single(old), single(new))
    assert found.causes == (Cause.NEW_REVISION,)
    assert found.compare == f"https://github.com/acme/api/compare/{ONE}...{TWO}"
    assert [one.name for one in found.labels] == [SOURCE, REVISION, CREATED]


def test_another_source_is_told_and_never_compared() -> None:
    old = of(SAME, revision=ONE, source="https://github.com/acme/api")
    new = of(NEW_LAYER, revision=TWO, source="https://github.com/evil/api")
    found = classify(single(old), single(new))
    assert (found.causes, found.compare) == ((Cause.SOURCE_CHANGED, Cause.NEW_REVISION), None)


def test_what_differs_where_it_cannot_be_shown_is_said_so_sec_41() -> None:
    old, new = (of(SAME, source=f"https://u:{login}@git.example/x", base_name=f"https://{login}@b") for login in "ab")
    found = judged(single(old), single(replace(new, layers=NEW_LAYER.layers)))
    assert found[Cause.SOURCE_CHANGED] == "the source changed where it cannot be shown: https://git.example/x"
    assert found[Cause.BASE_CHANGED] == "the label of the base's name changed where it cannot be shown: https://b"


def test_labels_go_before_annotations_and_a_manifest_before_its_index() -> None:
    old = replace(SAME, annotations={REVISION: ONE})
    new = replace(NEW_LAYER, labels={REVISION: TWO}, annotations={REVISION: ONE})
    assert list(judged(index(old), index(new))) == [Cause.NEW_REVISION]
    far = {REVISION: TWO}
    assert list(judged(index(SAME, annotations=far), index(NEW_LAYER, annotations=far))) == [Cause.REBUILT]
    assert list(judged(index(old, annotations=far), index(NEW_LAYER, annotations=far))) == [Cause.NEW_REVISION]


def test_a_date_of_reproducible_builds_is_no_date_h04() -> None:
    old, new = replace(SAME, created="1970-01-01T00:00:00Z"), replace(NEW_LAYER, created="0001-01-01T00:00:00Z")
    assert classify(single(old), single(new)).labels == ()


NEW_BASE = replace(SAME, layers=(("rootfs 2", "ADD rootfs / # 2"), ("app 2", "COPY app /")))


def test_another_base_is_told_from_its_label() -> None:
    found = judged(single(of(SAME, base="sha256:1")), single(of(NEW_LAYER, base="sha256:2")))
    assert found[Cause.BASE_CHANGED] == "the label of the base's digest was sha256:1, is sha256:2"
    found = judged(single(of(SAME, base_name="a:1")), single(of(NEW_LAYER, base_name="a:2")))
    assert found[Cause.BASE_CHANGED] == "the label of the base's name was a:1, is a:2"


def test_another_base_is_told_from_layers_where_no_label_says_it() -> None:
    found = judged(single(SAME), single(NEW_BASE))
    assert list(found) == [Cause.BASE_CHANGED, Cause.CONTENT_CHANGED]
    assert found[Cause.BASE_CHANGED] == (
        "no label names the base; the lowest layer differs, and the commands above are the same"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(of(SAME, base="sha256:1"), of(NEW_BASE, base="sha256:1"), id="the label says the same"),
        pytest.param(SAME, NEW_LAYER, id="the lowest layer is the same"),
        pytest.param(SAME, replace(NEW_BASE, layers=(("rootfs 2", BASE[1]), ("app 2", "COPY app /"))), id="no cache"),
        pytest.param(SAME, replace(NEW_BASE, layers=(("x", "ADD x"), ("y", "ADD y"))), id="nothing is the same"),
        pytest.param(replace(SAME, layers=(BASE,)), replace(SAME, layers=(("x", "ADD x"),)), id="a base itself"),
        pytest.param(SAME, replace(NEW_BASE, is_artifact=True), id="an artifact"),
        pytest.param(SAME, replace(SAME, layers=(("rootfs", "ADD x"), ("app 2", "COPY app /"))), id="the same files"),
    ],
)
def test_what_is_no_sign_of_another_base(old: Made, new: Made) -> None:
    assert Cause.BASE_CHANGED not in judged(single(old), single(new))


def test_another_way_to_run_is_told_beside_the_rest() -> None:
    new = replace(SAME, run={"User": "root", "Entrypoint": ["/bin/sh"], "Env": ["A=b"]})
    found = classify(single(SAME), single(new))
    assert found.causes == (Cause.CONFIGURATION_CHANGED,)
    assert found.judgements[0].because == "user, entry point, environment"
    assert [one.field for one in found.settings] == ["user", "entry-point", "environment"]
    assert [str(one) for one in found.settings[0].platforms] == [AMD64]
    both = classify(single(SAME), single(replace(new, layers=NEW_LAYER.layers)))
    assert both.causes == (Cause.CONFIGURATION_CHANGED, Cause.CONTENT_CHANGED)


def test_layers_packed_in_another_way_are_the_same_files() -> None:
    found = classify(single(SAME), single(replace(SAME, packing="zstd")))
    assert (found.causes, found.platforms[0].shared_layers) == ((Cause.RECOMPRESSED,), 0)


def test_of_an_artifact_nobody_knows_what_its_layers_unpack_to() -> None:
    old, new = replace(SAME, is_artifact=True), replace(NEW_LAYER, is_artifact=True)
    assert list(judged(single(old), single(new))) == [Cause.CONTENT_CHANGED]


@pytest.mark.parametrize(
    ("new", "because"),
    [
        (replace(SAME, annotations={VERSION: "2"}), "layers and settings are the same, the manifest differs"),
        (replace(SAME, labels={VERSION: "2"}), "layers and settings are the same, labels, dates or annotations differ"),
        (replace(SAME, created="2026-02-02"), "layers and settings are the same, labels, dates or annotations differ"),
    ],
)
def test_what_changes_neither_files_nor_settings_is_metadata(new: Made, because: str) -> None:
    assert judged(single(SAME), single(new)) == {Cause.METADATA_ONLY: because}


def test_sizes_and_shared_layers_are_counted_per_platform() -> None:
    new = replace(NEW_LAYER, layers=(*NEW_LAYER.layers, ("more", "RUN more")))
    (facts,) = classify(single(SAME), single(new)).platforms
    assert facts.old is not None
    assert facts.new is not None
    assert (facts.shared_layers, len(facts.old.layers or ()), len(facts.new.layers or ())) == (1, 2, 3)
    assert facts.size_delta == len(f"more {AMD64} gzip")


# --- which platforms count --------------------------------------------------------------------------------------------


def test_platforms_that_nobody_runs_are_left_out_and_counted() -> None:
    old = index(SAME, S390X, replace(SAME, platform=ARM64))
    new = index(SAME, replace(NEW_LAYER, platform="linux/s390x"), replace(NEW_LAYER, platform=ARM64))
    found = classify(old, new, platforms=[Platform.parse(ARM64)])
    assert ([str(one.platform) for one in found.platforms], found.left_out) == ([ARM64], 1)
    other = classify(old, new, platforms=[Platform.parse(AMD64)])
    assert (other.causes, other.left_out, other.platforms) == ((Cause.OTHER_PLATFORMS_ONLY,), 2, ())


def test_a_single_manifest_is_what_everybody_gets_whatever_its_platform() -> None:
    old, new = replace(SAME, platform=ARM64), replace(SAME, platform=ARM64, run={"User": "root"})
    for one, other in ((single(old), single(new)), (index(old), single(new)), (single(old), index(new))):
        found = classify(one, other, platforms=[Platform.parse(AMD64)])
        assert (Cause.CONFIGURATION_CHANGED in found.causes, found.left_out) == (True, 0)


def test_another_platform_of_a_single_manifest_hides_nothing_else() -> None:
    new = of(replace(NEW_LAYER, platform=ARM64, run={"User": "root"}), source="https://git.example/x")
    found = classify(single(SAME), single(new))
    assert {Cause.PLATFORM_REMOVED, Cause.PLATFORM_ADDED, Cause.CONFIGURATION_CHANGED} < set(found.causes)
    assert [one.sentence for one in found.settings] == ["user was not set, is root"]
    assert SOURCE in {one.name for one in found.labels}


@pytest.mark.parametrize(("wanted", "left_out"), [("linux/arm", 0), ("linux/arm/v6", 0), ("linux/arm/v7", 1)])
def test_a_platform_that_is_run_without_a_variant_means_all_of_them(wanted: str, left_out: int) -> None:
    old, new = (index(replace(made, platform="linux/arm/v6")) for made in (SAME, NEW_LAYER))
    assert classify(old, new, platforms=[Platform.parse(wanted)]).left_out == left_out


def test_of_many_platforms_the_usual_ones_are_looked_into() -> None:
    names = [*(f"linux/a{number}" for number in range(12)), ARM64, AMD64]
    old = index(*(replace(SAME, platform=name) for name in names))
    new = index(*(replace(NEW_LAYER, platform=name) for name in names))
    found = classify(old, new)
    assert [str(one.platform) for one in found.platforms][:2] == [AMD64, ARM64]
    assert (len(found.platforms), found.left_out) == (MOST_READ, len(names) - MOST_READ)


def test_one_cause_on_many_platforms_is_told_once_with_few_reasons() -> None:
    names = [f"linux/a{number}" for number in range(5)]
    old = index(*(of(replace(SAME, platform=name), revision=f"{name} 1") for name in names))
    new = index(*(of(replace(SAME, platform=name), revision=f"{name} 2") for name in names))
    (judgement,) = classify(old, new).judgements
    assert judgement.because.endswith("; and 2 more")
    assert len(judgement.platforms) == 5


# --- for any two sides ------------------------------------------------------------------------------------------------

_MADE = st.builds(
    Made,
    platform=st.sampled_from([AMD64, ARM64, "linux/s390x"]),
    layers=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=3),
    labels=st.dictionaries(st.sampled_from([SOURCE, REVISION, BASE_DIGEST]), st.sampled_from([ONE, TWO])),
    run=st.dictionaries(st.sampled_from(["User", "Entrypoint"]), st.sampled_from(["a", "b"])),
    packing=st.sampled_from(["gzip", "zstd"]),
)
_SIDES = st.one_of(
    st.builds(single, _MADE),
    st.lists(_MADE, max_size=4, unique_by=lambda one: one.platform).flatmap(
        lambda made: st.builds(lambda letters: index(*made, attestations=letters), st.text("ab", max_size=2))
    ),
)
_MIRRORED = {Cause.PLATFORM_ADDED: Cause.PLATFORM_REMOVED, Cause.PLATFORM_REMOVED: Cause.PLATFORM_ADDED}


@given(_SIDES)
def test_nothing_moved_has_no_cause(side: Published) -> None:
    assert classify(side, side).causes == ()


@given(_SIDES, _SIDES)
def test_the_other_way_round_what_came_has_gone(old: Published, new: Published) -> None:
    there, back = classify(old, new), classify(new, old)
    assert {_MIRRORED.get(one, one) for one in there.causes} == set(back.causes)
    assert (there.left_out, len(there.platforms)) == (back.left_out, len(back.platforms))


@given(_SIDES, _SIDES)
def test_another_digest_has_a_cause_and_none_twice(old: Published, new: Published) -> None:
    causes = classify(old, new).causes
    assert bool(causes) is (old.digest != new.digest)
    assert list(causes) == [one for one in Cause if one in causes]


@given(st.text(), st.text())
def test_every_text_is_a_short_line_without_signs_that_nobody_sees_sec_15(one: str, other: str) -> None:
    old, new = (
        replace(
            layers,
            labels=dict.fromkeys((SOURCE, REVISION, BASE_NAME, VERSION), text),
            run={"User": text, "Cmd": [text], "ExposedPorts": {text: {}}, "Env": [f"{text}=secret"]},
            created=text,
        )
        for layers, text in ((SAME, one), (NEW_LAYER, other))
    )
    found = classify(single(old), single(new))
    texts = [one.because for one in found.judgements] + [one.sentence for one in found.settings]
    texts += [text for label in found.labels for text in (label.old, label.new) if text]
    # Lists of what came, went and changed have eight names of 60 letters each.
    assert all(len(text) <= 1600 for text in texts)
    unseen = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
    assert unseen.isdisjoint(category(letter) for text in texts for letter in text)
    assert not any("\n" in text or "secret" in text for text in texts if "secret" not in one + other)
