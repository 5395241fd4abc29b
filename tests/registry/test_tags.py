"""Lists of tags, page by page (RES-21, RES-22)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from pinner.credentials.base import Credential
from pinner.errors import (
    BlockedError,
    DeniedError,
    IntegrityError,
    NotFoundError,
    RateLimitedError,
    ResolutionError,
    UnreachableError,
)
from pinner.oci.reference import Reference
from pinner.oci.tags import TagList
from pinner.registry import pages
from pinner.registry import tags as tags_module
from pinner.registry.browsing import RegistryBrowser
from pinner.registry.endpoint import Endpoint
from pinner.registry.places import Place
from pinner.registry.settings import Registries, parse_registries
from tests.registry.fakes import Keyring, Respond, World, failure, token_registry

HOST = "registry.example"
API = Reference.parse(f"{HOST}/acme/api")


def browse(world: World, **settings: Any) -> RegistryBrowser:
    return RegistryBrowser(transport_factory=lambda: httpx.MockTransport(world.respond), stop=world.stop, **settings)


def list_tags(respond: Respond, **settings: Any) -> tuple[TagList, World]:
    world = World(hosts={HOST: respond})
    with browse(world, **settings) as browser:
        return browser.list_tags(API), world


def page(*tags: object, following: str = "", **headers: str) -> httpx.Response:
    link = {"link": f'<{following}>; rel="next"'} if following else {}
    return httpx.Response(200, json={"name": "acme/api", "tags": list(tags)}, headers={**link, **headers})


def paged(*numbers: int) -> Respond:
    """Serve pages of one tag each, linked by `last`, as docker-registry 3 does."""

    def respond(request: httpx.Request) -> httpx.Response:
        at = int(request.url.params.get("last", "0"))
        more = at + 1 < len(numbers)
        return page(f"v{numbers[at]}", following=f"/v2/acme/api/tags/list?last={at + 1}&n=1" if more else "")

    return respond


def test_one_page_is_one_request_for_json_res_04() -> None:
    found, world = list_tags(lambda _: page("b", "a"))
    assert found == TagList(tags=("b", "a"))
    (seen,) = world.seen
    assert (seen.method, seen.path, seen.query) == ("GET", "/v2/acme/api/tags/list", {"n": "1000"})
    assert (seen.headers["accept"], seen.headers["accept-encoding"]) == ("application/json", "identity")


def test_pages_are_followed_to_the_last_one_res_21() -> None:
    found, world = list_tags(paged(3, 1, 2))
    assert found == TagList(tags=("v3", "v1", "v2"))
    assert [one.query for one in world.seen] == [{"n": "1000"}, {"last": "1", "n": "1"}, {"last": "2", "n": "1"}]


def test_a_short_page_is_not_taken_for_the_last_one_res_22() -> None:
    found, _ = list_tags(paged(*range(20)))
    assert len(found.tags) == 20


def test_artifactory_leaves_its_repository_out_and_is_followed_res_21() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if "last" in request.url.params:
            return page("b")
        return page("a", following="/v2/api/tags/list?last=a&n=1000")

    found, world = list_tags(respond)
    assert found.tags == ("a", "b")
    assert [one.path for one in world.seen] == ["/v2/acme/api/tags/list"] * 2


@pytest.mark.parametrize(
    ("following", "requests"),
    [
        pytest.param("/v2/acme/api/tags/list?n=1000", 1, id="itself"),
        pytest.param("/v2/acme/api/tags/list?last=a&n=1000", 2, id="the same last for ever"),
        pytest.param("/v2/acme/api/tags/list?token=x", 2, id="the same token for ever"),
    ],
)
def test_a_page_that_comes_again_ends_the_list_and_it_is_said_res_21(following: str, requests: int) -> None:
    found, world = list_tags(lambda _: page("a", following=following))
    assert found == TagList(tags=("a",), is_complete=False)
    assert len(world.seen) == requests


def test_a_changed_size_does_not_hide_that_last_comes_again_res_21() -> None:
    sizes = iter(range(1, 100))
    _, world = list_tags(lambda _: page("a", following=f"/v2/acme/api/tags/list?last=a&n={next(sizes)}"))
    assert len(world.seen) == 2


def test_an_empty_page_ends_the_list_res_21() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        at = int(request.url.params.get("last", "0"))
        return page(*(["a"] if at == 0 else []), following=f"/v2/acme/api/tags/list?last={at + 1}")

    found, world = list_tags(respond)
    assert (found, len(world.seen)) == (TagList(tags=("a",), is_complete=False), 2)
    assert list_tags(lambda _: page())[0] == TagList(tags=())


def test_pages_without_end_are_cut_and_it_is_said_res_21(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pages.MAXIMUM_PAGES == 1000
    monkeypatch.setattr(pages, "MAXIMUM_PAGES", 5)
    found, world = list_tags(paged(*range(100)))
    assert (len(found.tags), found.is_complete, len(world.seen)) == (5, False, 5)
    assert list_tags(paged(*range(5)))[0].is_complete


def test_more_than_a_million_tags_are_cut_and_it_is_said_res_21(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tags_module.MAXIMUM_TAGS == 1_000_000
    monkeypatch.setattr(tags_module, "MAXIMUM_TAGS", 3)
    assert list_tags(lambda _: page("a", "b", "c"))[0] == TagList(tags=("a", "b", "c"))
    assert list_tags(lambda _: page("a", "b", "c", "d"))[0] == TagList(tags=("a", "b", "c"), is_complete=False)
    found, world = list_tags(paged(*range(100)))
    assert (len(found.tags), found.is_complete, len(world.seen)) == (3, False, 3)


@pytest.mark.parametrize("status", [400, 405])
def test_a_registry_that_takes_no_page_size_is_asked_without_res_22(status: int) -> None:
    found, world = list_tags(lambda one: failure(status) if "n" in one.url.params else page("a"))
    assert (found.tags, [one.query for one in world.seen]) == (("a",), [{"n": "1000"}, {}])


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(failure(404, "NAME_UNKNOWN"), NotFoundError, id="404"),
        pytest.param(httpx.Response(404, text="404 page not found"), NotFoundError, id="404 without a code"),
        pytest.param(failure(400), UnreachableError, id="400 to both"),
        pytest.param(failure(403, "DENIED"), DeniedError, id="403"),
        pytest.param(failure(429, retry_after="9999"), RateLimitedError, id="429"),
        pytest.param(httpx.Response(200, text="<html>"), IntegrityError, id="a page of a portal"),
        pytest.param(httpx.Response(200, json={"errors": []}), IntegrityError, id="no tags"),
        pytest.param(httpx.Response(200, content=b" " * (8 * 1024**2 + 1)), IntegrityError, id="SEC-07 9 MiB"),
    ],
)
def test_what_is_no_list_is_an_error_with_the_name(answer: httpx.Response, kind: type[ResolutionError]) -> None:
    with pytest.raises(kind) as caught:
        list_tags(lambda _: answer)
    assert type(caught.value) is kind
    assert caught.value.message.startswith(f"{HOST}/acme/api: {HOST}")


@pytest.mark.parametrize(
    "target", ["https://evil.example/v2/acme/api/tags/list?last=a", "/v2/acme/secret/tags/list?last=a"]
)
def test_a_link_that_leads_away_is_refused_and_nobody_is_asked_sec_14(target: str) -> None:
    world = World(hosts={HOST: lambda _: page("a", following=target), "evil.example": lambda _: page("b")})
    with browse(world) as browser, pytest.raises(BlockedError, match="links the next page to"):
        browser.list_tags(API)
    assert [one.path for one in world.seen] == ["/v2/acme/api/tags/list"]


def test_a_second_page_that_fails_is_an_error_and_no_shorter_list() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        return failure(403) if "last" in request.url.params else page("a", following="?last=a")

    with pytest.raises(DeniedError):
        list_tags(respond)


def test_the_list_is_read_with_the_login_and_for_pulling_only_auth_11() -> None:
    login = Credential(username="ada", secret="sentinel", source="keyring")
    world = World(hosts={HOST: token_registry(inside=lambda _: page("a"))})
    with browse(world, credentials=Keyring({HOST: login})) as browser:
        assert browser.list_tags(API).tags == ("a",)
    (token,) = [one for one in world.seen if one.path == "/token"]
    assert (token.query["scope"], token.query["account"]) == ("repository:acme/api:pull", "ada")
    assert browser.stats.counts == {"tags": 2, "token": 1}


def test_mirrors_are_not_asked_because_they_know_a_part_only() -> None:
    settings = parse_registries(f'[registries."{HOST}"]\nmirrors = ["https://mirror.example"]\n', "registries.toml")
    found, world = list_tags(lambda _: page("a"), registries=settings)
    assert (found.tags, {one.host for one in world.seen}) == (("a",), {HOST})


def test_a_registry_that_may_not_be_asked_is_not_asked() -> None:
    settings = parse_registries(
        f'[registries."{HOST}"]\nblocked = true\nmirrors = ["https://mirror.example"]\n', "registries.toml"
    )
    world = World()
    with browse(world, registries=settings) as browser, pytest.raises(BlockedError, match="may not be asked") as caught:
        browser.list_tags(API)
    assert (world.seen, "registries.toml" in (caught.value.hint or "")) == ([], True)


def test_a_place_of_its_own_name_and_namespace_is_asked_there() -> None:
    place = Place(host="proxy.example", prefix="copies", root="/api/v2", namespace=HOST)
    endpoint = Endpoint(place, Registries())
    assert endpoint.ask("tags", f"{endpoint.repository('app')}/tags/list?n=2").url == (
        f"https://proxy.example/api/v2/copies/app/tags/list?n=2&ns={HOST}"
    )
    assert endpoint.ask("head", "copies/app/manifests/1").url.endswith(f"/manifests/1?ns={HOST}")


def test_docker_hub_is_asked_at_its_api_and_under_its_whole_name() -> None:
    world = World(hosts={"registry-1.docker.io": lambda _: page("1.27")})
    with browse(world) as browser:
        assert browser.list_tags(Reference.parse("nginx")).tags == ("1.27",)
    assert world.seen[0].path == "/v2/library/nginx/tags/list"
