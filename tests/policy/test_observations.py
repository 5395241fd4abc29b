"""What `verify` makes of what hosts say: decided from values."""

from __future__ import annotations

import pytest

from pinner.errors import DeniedError, NotFoundError, ResolutionError, UnreachableError, UnsupportedError
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.documents import Descriptor
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.policy.claims import Claim, Spot
from pinner.policy.findings import Finding, Severity
from pinner.policy.observations import Evidence, Observation, unknowns_of
from pinner.policy.online_rules import ONLINE_RULES, judge
from pinner.resolution import Resolution, Resolved, Sighting, Unresolved
from tests.support.resolvers import digest_of, resolved

OLD, NEW = digest_of("old"), digest_of("new")
NGINX = Reference.parse("nginx:1.27")
SPOT = Spot("compose.yaml", 3, 12, 3, 99, "services.web.image")
GONE = NotFoundError("there is none")
DOWN = UnreachableError("it does not answer")


def has(digest: Digest = OLD) -> Resolution:
    return resolved("nginx:1.27", digest, how="head")


def no(error: ResolutionError = GONE) -> Resolution:
    return Unresolved(reference=NGINX, error=error)


def seen(
    *sightings: Sighting,
    tag: Resolution | None = None,
    evidence: Evidence | None = None,
    written: str = "nginx:1.27",
) -> Observation:
    claim = Claim(reference=Reference.parse(written), digest=OLD, spots=(SPOT,))
    return Observation(
        claim=claim,
        sightings=sightings or (Sighting(answer=has()),),
        meaning=has() if tag is None else tag,
        evidence=evidence or Evidence(),
    )


def rules(observation: Observation) -> list[str]:
    return [one.rule for one in judge(observation)]


def only(observation: Observation) -> Finding:
    (found,) = judge(observation)
    return found


def at(mirror: str | None, answer: Resolution) -> Sighting:
    return Sighting(mirror=mirror, answer=answer)


def test_what_is_as_it_was_pinned_is_no_finding() -> None:
    observation = seen(at(None, has()), at("m", has()))
    assert judge(observation) == ()
    assert unknowns_of(observation) == ()


def test_a_digest_that_the_registry_lacks_is_an_error_with_the_way_out() -> None:  # H07
    found = only(seen(at(None, no())))
    assert (found.rule, found.severity, found.path, found.line) == ("digest-missing", Severity.ERROR, "compose.yaml", 3)
    assert found.message == f"docker.io does not have {OLD.encoded[:12]}… of 'nginx:1.27'"
    assert found.hint == "run `pinner update --image 'docker.io/library/nginx:1.27'`: it takes what the tag means now"


def test_a_tag_that_is_gone_too_or_not_known_gives_another_way_out() -> None:  # H07
    hints = [judge(seen(at(None, no()), tag=tag))[0].hint for tag in (no(), no(DOWN), has(NEW))]
    assert hints[0] == "the tag gives no other one: push the image again, or choose another tag"
    assert hints[1] == hints[2]
    assert hints[2].startswith("run `pinner update --image")


@pytest.mark.parametrize(
    ("sightings", "expected"),
    [
        ([(None, has()), ("m", no())], ["digest-missing-mirror"]),
        ([(None, has()), ("m", no()), ("n", no())], ["digest-missing-mirror"] * 2),
        ([(None, no()), ("m", has())], ["digest-missing"]),
        ([(None, no()), ("m", no())], ["digest-missing"]),
        # The registry may not be asked: what one of its mirrors has can be pulled.
        ([("m", no()), ("n", has())], ["digest-missing-mirror"]),
        ([("m", no()), ("n", no())], ["digest-missing"]),
        # Nobody knows whether the registry has it.
        ([(None, no(DOWN)), ("m", no())], ["digest-missing-mirror"]),
    ],
)
def test_who_lacks_a_digest_decides_what_it_weighs(  # RES-32
    sightings: list[tuple[str | None, Resolution]], expected: list[str]
) -> None:
    assert rules(seen(*(at(mirror, answer) for mirror, answer in sightings))) == expected


def test_a_mirror_that_still_has_what_the_registry_lost_is_named() -> None:
    assert only(seen(at(None, no()), at("m.example/hub", has()))).message.endswith(
        "; mirror m.example/hub still has it"
    )


def test_what_is_no_image_is_an_error_and_no_unknown() -> None:
    observation = seen(at(None, no(UnsupportedError("schema 1", hint="push it again"))))
    found = only(observation)
    assert (found.rule, found.message, found.hint) == ("not-an-image", "schema 1", "push it again")
    assert unknowns_of(observation) == ()


@pytest.mark.parametrize("error", [DOWN, DeniedError("no")])
def test_what_a_host_does_not_say_is_unknown_and_no_finding(error: ResolutionError) -> None:
    for observation in (
        seen(at(None, no(error))),
        seen(at(None, has()), at("m", no(error))),
        seen(tag=no(error)),
    ):
        assert judge(observation) == ()
        assert unknowns_of(observation) == (error,)


def test_a_tag_that_means_no_image_now_is_not_passed_over() -> None:
    odd = UnsupportedError("schema 1")
    assert unknowns_of(seen(tag=no(odd))) == (odd,)
    # Where the digest is none either, that is a finding.
    assert unknowns_of(seen(at(None, no(odd)), tag=no(odd))) == ()


def test_a_registry_that_is_down_is_told_once() -> None:
    assert unknowns_of(seen(at(None, no(DOWN)), tag=no(UnreachableError("the tag neither")))) == (DOWN,)


def test_a_silent_mirror_hides_nothing_of_the_registry() -> None:
    denied = DeniedError("no")
    assert unknowns_of(seen(at(None, has()), at("m", no(DOWN)), tag=no(denied))) == (DOWN, denied)


def test_a_mirror_in_place_of_the_registry_does_not_settle_what_a_tag_means() -> None:  # RES-28
    for digest in (OLD, NEW):
        answer = has(digest)
        assert isinstance(answer, Resolved)
        stale = Resolved(reference=NGINX, descriptor=answer.descriptor, how="head", mirror="https://m", instead_of=DOWN)
        observation = seen(tag=stale)
        assert judge(observation) == ()
        assert unknowns_of(observation) == (DOWN,)


def test_a_tag_that_moved_on_is_a_note() -> None:
    found = only(seen(tag=has(NEW)))
    assert (found.rule, found.severity) == ("tag-moved", Severity.NOTE)
    assert found.message == (
        f"'nginx:1.27' means {NEW.encoded[:12]}… now, not {OLD.encoded[:12]}…; "
        f"whether it ever meant {OLD.encoded[:12]}… is not known"
    )


def test_a_release_that_means_something_else_is_a_warning() -> None:
    found = only(seen(tag=has(NEW), evidence=Evidence(promise="a full version")))
    assert (found.rule, found.severity) == ("tag-republished", Severity.WARNING)
    assert ", though it is a full version; " in found.message


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence(), "tag-moved"),
        (Evidence(tags=("1.27.3",)), "tag-moved"),
        (Evidence(tags=("latest", "57")), "tag-moved"),
        (Evidence(tags=("1.26",)), "tag-mismatch"),
        (Evidence(locked=("1.26.2",)), "tag-mismatch"),
        (Evidence(label="1.26.2"), "tag-mismatch"),
        (Evidence(label="1.27.1", locked=("1.26.2",)), "tag-moved"),
        # A witness for it weighs more than one against it.
        (Evidence(tags=("1.26", "1.27.3")), "tag-moved"),
    ],
)
def test_only_another_version_makes_a_tag_a_wrong_one(evidence: Evidence, expected: str) -> None:  # RES-33
    assert rules(seen(tag=has(NEW), evidence=evidence)) == [expected]


def test_a_tag_that_means_the_digest_is_right_whatever_else_does() -> None:
    assert rules(seen(evidence=Evidence(tags=("1.26",)))) == []


def test_a_missing_tag_may_be_a_wrong_one() -> None:
    assert rules(seen(tag=no())) == ["tag-missing"]
    assert rules(seen(tag=no(), evidence=Evidence(tags=("1.26",)))) == ["tag-mismatch"]


def test_what_is_known_of_the_digest_is_told() -> None:
    short = f"{OLD.encoded[:12]}…"
    message = only(seen(tag=has(NEW), evidence=Evidence(tags=("1.27.3", "latest"), recorded="commit abc1234"))).message
    assert message.endswith(
        f" now, not {short}; {short} is what '1.27.3' and 'latest' mean now; commit abc1234 recorded it for this tag"
    )


def test_an_entry_of_the_index_is_one_platform_of_it() -> None:
    entry = Descriptor(digest=OLD, media_type=media_types.OCI_MANIFEST, platform=Platform("linux", "arm64", "v8"))
    answer = has(NEW)
    assert isinstance(answer, Resolved)
    parent = Resolved(reference=NGINX, descriptor=answer.descriptor, how="get", images=(entry,))
    found = only(seen(tag=has(NEW), evidence=Evidence(parent=parent)))
    assert found.rule == "platform-digest"
    assert "'nginx:1.27' is pinned to linux/arm64 alone" in found.message


def test_every_place_of_a_claim_has_its_finding() -> None:
    spots = (SPOT, Spot("second.yaml", 1, 2, 1, 9, "image"))
    claim = Claim(reference=NGINX, digest=OLD, spots=spots)
    found = judge(Observation(claim=claim, sightings=(at(None, no()),)))
    assert [(one.path, one.line, one.column) for one in found] == [("compose.yaml", 3, 12), ("second.yaml", 1, 2)]


def test_a_digest_without_a_tag_needs_one_to_be_replaced() -> None:
    claim = Claim(reference=Reference.parse("nginx"), digest=OLD, spots=(SPOT,))
    found = only(Observation(claim=claim, sightings=(at(None, no()),)))
    assert found.hint == "write the tag in front of the digest, then run `pinner update`"


def test_every_rule_says_what_holds_without_it() -> None:
    assert all(summary and summary[0].islower() and not summary.endswith(".") for _, summary in ONLINE_RULES.values())
