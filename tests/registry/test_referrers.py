"""What refers to an image: by the API, or by the tag where there is none (RES-25 to RES-27)."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from pinner.errors import BlockedError, DeniedError, IntegrityError, NotFoundError, ResolutionError, UnsupportedError
from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.documents import MAXIMUM_DESCRIPTORS
from pinner.oci.reference import Reference
from pinner.oci.referrers import TITLE, ReferrerList, fallback_tag
from pinner.registry import referrers as referrers_module
from pinner.registry.browsing import RegistryBrowser
from tests.registry.fakes import INDEX, Respond, World, failure, image

HOST = "registry.example"
SUBJECT = Digest.of(INDEX)
APP = Reference.parse(f"{HOST}/app:1")
SIGNATURE, SBOM = "application/vnd.example.signature", "application/spdx+json"
API = f"/v2/app/referrers/{SUBJECT}"
TAG = f"/v2/app/manifests/{fallback_tag(str(SUBJECT))}"
ONE, TWO = Digest.of(b"one"), Digest.of(b"two")


def entry(digest: Digest = ONE, artifact_type: str | None = SIGNATURE, **fields: object) -> dict[str, object]:
    kind = {} if artifact_type is None else {"artifactType": artifact_type}
    return {"mediaType": media_types.OCI_MANIFEST, "digest": str(digest), "size": 3, **kind, **fields}


def index(*entries: object, **headers: str) -> httpx.Response:
    document = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": list(entries)}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(200, json=document, headers={"content-type": media_types.OCI_INDEX, **named})


def serving(**paths: httpx.Response | Respond) -> Respond:
    """Serve the image, and what is given for `api` and `tag`; everything else is missing."""

    def respond(request: httpx.Request) -> httpx.Response:
        name = {API: "api", TAG: "tag"}.get(request.url.path, "image")
        if name == "image" and name not in paths:
            return image()
        answer = paths.get(name, failure(404))
        return answer if isinstance(answer, httpx.Response) else answer(request)

    return respond


def browse(world: World, **settings: Any) -> RegistryBrowser:
    return RegistryBrowser(transport_factory=lambda: httpx.MockTransport(world.respond), stop=world.stop, **settings)


def list_referrers(
    respond: Respond, reference: Reference = APP, artifact_type: str | None = None
) -> tuple[ReferrerList, World]:
    world = World(hosts={HOST: respond})
    with browse(world) as browser:
        return browser.list_referrers(reference, artifact_type=artifact_type), world


def digests(found: ReferrerList) -> list[Digest]:
    return [one.digest for one in found.referrers]


def test_nothing_refers_to_most_images() -> None:
    found, world = list_referrers(serving(api=index()))
    assert found == ReferrerList(subject=SUBJECT, referrers=(), via="api")
    assert [(one.method, one.path) for one in world.seen] == [("HEAD", "/v2/app/manifests/1"), ("GET", API)]
    assert world.seen[1].headers["accept"] == media_types.OCI_INDEX


def test_the_api_says_what_refers_to_the_digest_of_a_tag_res_25() -> None:
    found, _ = list_referrers(serving(api=index(entry(ONE), entry(TWO, SBOM))))
    assert (digests(found), found.via, found.is_complete) == ([ONE, TWO], "api", True)
    assert [(one.artifact_type, one.size) for one in found.referrers] == [(SIGNATURE, 3), (SBOM, 3)]


def test_a_digest_is_asked_about_as_it_is_ref_07() -> None:
    found, world = list_referrers(serving(api=index(entry())), APP.pinned_to(SUBJECT))
    assert (found.subject, digests(found)) == (SUBJECT, [ONE])
    assert world.seen[0].path == f"/v2/app/manifests/{SUBJECT}"


def test_of_an_image_that_is_not_there_it_is_not_said_that_nothing_refers_to_it() -> None:
    with pytest.raises(NotFoundError, match=r"^registry\.example/app:1: registry\.example has no such tag"):
        list_referrers(serving(image=failure(404), api=index()))


@pytest.mark.parametrize(
    "api",
    [
        pytest.param(failure(404), id="404"),
        pytest.param(httpx.Response(404, text="404 page not found"), id="404 of docker-registry"),
        pytest.param(failure(400), id="400"),
        pytest.param(failure(405), id="405"),
        pytest.param(failure(406), id="406"),
        pytest.param(httpx.Response(200, text="<html>"), id="200 of a portal"),
        pytest.param(httpx.Response(200, json={"manifests": []}), id="200 and another type"),
        pytest.param(image(INDEX, media_types.DOCKER_LIST), id="200 and a list"),
    ],
)
def test_without_the_api_the_tag_is_asked_res_25(api: httpx.Response) -> None:
    found, world = list_referrers(serving(api=api, tag=index(entry(TWO))))
    assert (digests(found), found.via) == ([TWO], "tag")
    assert [one.path for one in world.seen][1:] == [API, TAG]
    assert world.seen[2].headers["accept"] == media_types.ACCEPT


def test_without_the_tag_nothing_refers_res_26() -> None:
    found, _ = list_referrers(serving())
    assert found == ReferrerList(subject=SUBJECT, referrers=(), via="tag")


def test_a_repository_without_the_api_is_asked_for_it_once_res_25() -> None:
    world = World(hosts={HOST: serving(tag=index(entry()))})
    with browse(world) as browser:
        assert digests(browser.list_referrers(APP)) == [ONE]
        assert digests(browser.list_referrers(APP)) == [ONE]
    assert [one.path for one in world.seen].count(API) == 1


def test_what_was_learned_of_one_repository_does_not_count_for_another_res_25() -> None:
    world = World(hosts={HOST: serving(tag=index(entry()))})
    with browse(world) as browser:
        browser.list_referrers(APP)
        browser.list_referrers(Reference.parse(f"{HOST}/other:1"))
    assert f"/v2/other/referrers/{SUBJECT}" in [one.path for one in world.seen]


@pytest.mark.parametrize(
    ("paths", "kind"),
    [
        pytest.param({"api": failure(403, "DENIED")}, DeniedError, id="403 of the API"),
        pytest.param({"tag": failure(403, "DENIED")}, DeniedError, id="403 of the tag"),
        pytest.param({"api": index({"digest": "sha256:00"})}, IntegrityError, id="SEC-12 no digest"),
        pytest.param({"api": index(*[entry()] * (MAXIMUM_DESCRIPTORS + 1))}, IntegrityError, id="RES-12 too many"),
        pytest.param({"tag": image(b'{"schemaVersion": 1}', "application/json")}, UnsupportedError, id="RES-15"),
    ],
)
def test_what_goes_wrong_is_an_error_with_the_name(
    paths: dict[str, httpx.Response], kind: type[ResolutionError]
) -> None:
    with pytest.raises(kind, match=r"^registry\.example/app:1: registry\.example"):
        list_referrers(serving(**paths))


def test_one_artifact_type_is_asked_for_and_chosen_here_too_res_27() -> None:
    found, world = list_referrers(serving(api=index(entry(ONE), entry(TWO, SBOM), entry(TWO, None))), APP, SBOM)
    assert digests(found) == [TWO]
    assert world.seen[1].query == {"artifactType": SBOM}
    assert "artifactType=application%2Fspdx%2Bjson" in world.seen[1].url


@pytest.mark.parametrize(
    ("headers", "count"),
    [
        ({"oci_filters_applied": "artifactType"}, 2),
        ({"oci_filters_applied": "x, artifactType"}, 2),
        ({"oci_filters_applied": "annotations"}, 0),
        ({"oci_filters_applied": "artifactTypes"}, 0),
        ({}, 0),
    ],
)
def test_a_registry_that_says_it_has_chosen_is_believed_res_27(headers: dict[str, str], count: int) -> None:
    found, _ = list_referrers(serving(api=index(entry(ONE, None), entry(TWO, None), **headers)), APP, SBOM)
    assert len(found.referrers) == count


def test_the_entries_of_a_tag_are_chosen_here_res_27() -> None:
    found, _ = list_referrers(
        serving(tag=index(entry(ONE), entry(TWO, SBOM), oci_filters_applied="artifactType")), APP, SBOM
    )
    assert digests(found) == [TWO]


def test_pages_are_followed_and_doubles_are_one_res_27() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if "token" in request.url.params:
            return index(entry(TWO), entry(ONE))
        return index(entry(ONE), link=f'<{API}?token=2>; rel="next"')

    found, world = list_referrers(serving(api=respond))
    assert (digests(found), found.is_complete) == ([ONE, TWO], True)
    assert [one.query for one in world.seen] == [{}, {}, {"token": "2"}]


@pytest.mark.parametrize("answer", [failure(404), httpx.Response(200, text="<html>")])
def test_a_second_page_that_fails_is_an_error_and_no_shorter_list(answer: httpx.Response) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        return answer if "token" in request.url.params else index(entry(), link="<?token=2>; rel=next")

    with pytest.raises(ResolutionError):
        list_referrers(serving(api=respond, tag=index()))


def test_a_link_to_other_referrers_is_refused_sec_14() -> None:
    link = f"</v2/app/referrers/{ONE}?token=2>; rel=next"
    with pytest.raises(BlockedError):
        list_referrers(serving(api=index(entry(), link=link)))


def test_too_many_referrers_are_cut_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert referrers_module.MAXIMUM_REFERRERS == 10_000
    monkeypatch.setattr(referrers_module, "MAXIMUM_REFERRERS", 1)
    found, _ = list_referrers(serving(api=index(entry(ONE), link="<?token=2>; rel=next")))
    assert (digests(found), found.is_complete) == ([ONE], False)


def test_words_of_the_registry_are_cleaned_sec_15() -> None:
    title = {TITLE: "evil\x1b[31m\nname" + "x" * 1000}
    found, _ = list_referrers(serving(api=index(entry(ONE, "a\u202eb\n", annotations=title, mediaType="m\x07"))))
    (one,) = found.referrers
    assert (one.artifact_type, one.media_type) == ("ab", "m")
    assert one.annotations[TITLE].startswith("evil[31m name")
    assert len(one.annotations[TITLE]) == 512


def manifest_of(subject: Digest | None, marker: str) -> bytes:
    named = {} if subject is None else {"subject": {"digest": str(subject)}}
    return json.dumps({"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "x": marker, **named}).encode()


class ShortTag:
    """A registry without the API, where a sha512 image shares its cut tag with another one."""

    def __init__(self) -> None:
        self.subject = Digest.of(INDEX, "sha512")
        other = Digest("sha512", self.subject.encoded[:64] + "0" * 64)
        manifests = [manifest_of(self.subject, "ours"), manifest_of(other, "theirs"), manifest_of(None, "nobody's")]
        self.stored = {str(Digest.of(one)): one for one in manifests}
        self.ours = Digest.of(manifests[0])
        self.entries = [entry(Digest.parse(one)) for one in self.stored]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        what = request.url.path.rpartition("/")[2]
        if "/referrers/" in request.url.path:
            return failure(404)
        if what == fallback_tag(str(self.subject)):
            return index(*self.entries)
        if what in self.stored:
            return image(self.stored[what], media_types.OCI_MANIFEST)
        return image(docker_content_digest=str(self.subject))


def test_a_cut_tag_is_checked_by_the_subject_of_each_entry_res_26() -> None:
    registry = ShortTag()
    found, world = list_referrers(registry, APP.pinned_to(registry.subject))
    assert (found.subject, digests(found), found.via) == (registry.subject, [registry.ours], "tag")
    assert world.count("GET") == 5


def test_an_entry_with_other_bytes_is_an_integrity_error_sec_10() -> None:
    registry = ShortTag()
    registry.stored[str(registry.ours)] += b" "
    with pytest.raises(IntegrityError, match="sent something else"):
        list_referrers(registry, APP.pinned_to(registry.subject))


def test_too_many_entries_of_a_cut_tag_are_not_all_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(referrers_module, "MAXIMUM_CHECKED", 2)
    registry = ShortTag()
    with pytest.raises(UnsupportedError, match="3 entries under"):
        list_referrers(registry, APP.pinned_to(registry.subject))


def test_legacy_tags_of_signatures_are_not_asked_for() -> None:
    _, world = list_referrers(serving())
    assert not any(one.path.endswith((".sig", ".att", ".sbom")) for one in world.seen)
