"""podman's registries.conf: which table a name belongs to, who is asked, what is said about the rest (NET-04)."""

from __future__ import annotations

import pytest

from pinner.errors import ConfigError
from pinner.registry.places import Directions, Place
from pinner.registry.registries_conf import RegistriesConf, parse_registries_conf

PATH = "/etc/containers/registries.conf"


def parse(*texts: str) -> RegistriesConf:
    return parse_registries_conf((f"{PATH}.d/{number}" if number else PATH, text) for number, text in enumerate(texts))


def directions(conf: RegistriesConf, name: str) -> Directions | None:
    registry, _, repository = name.partition("/")
    return conf.directions(registry, repository)


def asked(conf: RegistriesConf, name: str, wanted: str = "1") -> list[str]:
    """Return `host/repository` of everybody who is asked for a tag or digest of `name`, in order."""
    found = directions(conf, name)
    assert found is not None
    return [f"{place.host}/{place.repository(name.partition('/')[2])}" for place in found.order(wanted)]


def warned(conf: RegistriesConf) -> list[str]:
    return list(conf.warnings)


REWRITTEN = """
[[registry]]
prefix = "registry.example/team"
location = "other.example:5000/copies/team"
[[registry]]
location = "registry.example"
[[registry]]
prefix = "registry.example/team/secret"
location = "vault.example"
"""


def test_without_tables_nothing_is_said() -> None:
    conf = parse("")
    assert directions(conf, "docker.io/library/nginx") is None
    assert warned(conf) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("registry.example/app", "registry.example/app"),
        ("registry.example/teams/app", "registry.example/teams/app"),
        ("registry.example/team/app", "other.example:5000/copies/team/app"),
        ("registry.example/team", "other.example:5000/copies/team"),
        ("registry.example/team/secret", "vault.example/"),
        ("registry.example/team/secret/app", "vault.example/app"),
    ],
)
def test_the_longest_prefix_decides_and_its_location_takes_its_place(name: str, expected: str) -> None:
    assert asked(parse(REWRITTEN), name) == [expected]


@pytest.mark.parametrize("name", ["registry.example:5000/app", "notregistry.example/app", "example/app"])
def test_another_host_is_not_meant(name: str) -> None:
    assert directions(parse(REWRITTEN), name) is None


PATTERN = '[[registry]]\nprefix = "*.corp.example"\n[[registry.mirror]]\nlocation = "mirror.example/all"\n'


@pytest.mark.parametrize("host", ["a.corp.example", "a.b.corp.example", "a.corp.example:5000"])
def test_a_pattern_means_all_hosts_of_a_domain(host: str) -> None:
    conf = parse(PATTERN)
    assert asked(conf, f"{host}/app") == [f"{host}/app", "mirror.example/all/app"]


@pytest.mark.parametrize("host", ["corp.example", "acorp.example", "a.corp.example.evil"])
def test_a_pattern_means_no_other_host(host: str) -> None:
    assert directions(parse(PATTERN), f"{host}/app") is None


def test_a_longer_prefix_goes_before_a_pattern() -> None:
    conf = parse(PATTERN, '[[registry]]\nlocation = "a.corp.example"\nblocked = true\n')
    assert directions(conf, "a.corp.example/app") == Directions(registry=None, source=f"{PATH}.d/1")
    assert asked(conf, "b.corp.example/app")[0] == "b.corp.example/app"


MIRRORED = """
[[registry]]
location = "docker.io"
mirror-by-digest-only = {0}
[[registry.mirror]]
location = "all.example"
{1}
[[registry.mirror]]
location = "other.example/hub"
"""
DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("only", "line", "for_tag", "for_digest"),
    [
        ("false", "", ["docker.io", "all.example", "other.example"], ["all.example", "other.example", "docker.io"]),
        ("true", "", ["docker.io"], ["all.example", "other.example", "docker.io"]),
        (
            *("false", 'pull-from-mirror = "digest-only"'),
            ["docker.io", "other.example"],
            ["all.example", "other.example", "docker.io"],
        ),
        (
            *("false", 'pull-from-mirror = "tag-only"'),
            ["docker.io", "all.example", "other.example"],
            ["other.example", "docker.io"],
        ),
    ],
)
def test_a_mirror_is_asked_for_what_it_is_for(only: str, line: str, for_tag: list[str], for_digest: list[str]) -> None:
    conf = parse(MIRRORED.format(only, line))
    name = "docker.io/library/nginx"
    assert [one.partition("/")[0] for one in asked(conf, name)] == for_tag  # RES-28: the registry goes first
    assert [one.partition("/")[0] for one in asked(conf, name, DIGEST)] == for_digest
    assert asked(conf, name, DIGEST)[-2] == "other.example/hub/library/nginx"


def test_all_names_of_docker_hub_are_one() -> None:
    conf = parse('[[registry]]\nlocation = "index.docker.io/library"\n')
    assert asked(conf, "docker.io/library/nginx") == ["docker.io/library/nginx"]


def test_a_blocked_registry_and_its_mirrors_are_not_asked() -> None:
    conf = parse('[[registry]]\nlocation = "a.example"\nblocked = true\n[[registry.mirror]]\nlocation = "m.example"\n')
    assert asked(conf, "a.example/app") == []


def test_an_insecure_registry_may_be_asked_in_the_clear_and_that_is_said() -> None:
    conf = parse(
        '[[registry]]\nlocation = "a.example:5000"\ninsecure = true\n'
        '[[registry.mirror]]\nlocation = "m.example"\ninsecure = true\n'
        '[[registry]]\nlocation = "b.example"\n'
    )
    assert warned(conf) == []
    found = directions(conf, "a.example:5000/app")
    assert found is not None
    assert found.registry == Place(host="a.example:5000", scheme="either", prefix="")
    assert [one.scheme for one in found.mirrors] == ["either"]
    assert [one.partition(" is insecure")[0] for one in warned(conf)] == [
        f"{PATH}: a.example:5000",
        f"{PATH}: m.example",
    ]
    found = directions(conf, "b.example/app")
    assert found == Directions(registry=Place(host="b.example"), source=PATH)


def test_a_later_file_replaces_the_table_of_the_same_prefix() -> None:
    conf = parse(MIRRORED.format("false", ""), '[[registry]]\nprefix = "docker.io"\nlocation = "hub.example"\n')
    assert asked(conf, "docker.io/library/nginx") == ["hub.example/library/nginx"]


def test_what_podman_would_read_into_a_short_name_is_said_where_it_differs() -> None:
    aliases = '[aliases]\n"fedora" = "registry.fedoraproject.org/fedora"\n"nginx" = "docker.io/library/nginx"\n'
    conf = parse(f'unqualified-search-registries = ["quay.io", "docker.io"]\n{aliases}')
    assert conf.directions("ghcr.io", "fedora") is None
    assert warned(conf) == []
    conf.directions("docker.io", "library/nginx")
    conf.directions("docker.io", "library/fedora")
    searched, alias = warned(conf)
    assert searched.startswith(f"{PATH}: unqualified-search-registries is not used")
    assert alias == (
        f"{PATH}: the alias 'registry.fedoraproject.org/fedora' is not used: docker.io/library/fedora is asked"
    )


@pytest.mark.parametrize(
    "text", ['unqualified-search-registries = ["docker.io", "quay.io"]', 'short-name-mode = "off"']
)
def test_what_changes_nothing_is_not_said(text: str) -> None:
    conf = parse(text)
    conf.directions("docker.io", "library/nginx")
    assert warned(conf) == []


def test_what_is_not_known_is_said() -> None:
    conf = parse(
        'credential-helpers = ["x"]\n[[registry]]\nlocation = "a.example"\nfuture = 1\n'
        '[[registry.mirror]]\nlocation = "b.example"\nsoon = 1\n'
    )
    assert warned(conf) == [
        f"{PATH}: registry[0].future is not known to pinner and not used",
        f"{PATH}: registry[0].mirror[0].soon is not known to pinner and not used",
        f"{PATH}: credential-helpers is not used; docker's config.json can name them",
    ]


TABLE = '[[registry]]\nlocation = "a.example"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = [", f"{PATH}: not TOML: "),
        ("[registries.search]\nregistries = []", f"{PATH}: registries: version 1 of the format is not read"),
        ("registry = 1", f"{PATH}: registry: not a list of tables"),
        ("registry = [1]", f"{PATH}: registry[0]: 1 is not a table"),
        ("[[registry]]", f"{PATH}: registry[0]: location is missing"),
        ('[[registry]]\nprefix = "a.example"', "location is missing"),
        ("[[registry]]\nlocation = 1", "registry[0].location: 1 is not a text"),
        ('[[registry]]\nlocation = "https://a.example"', "registry[0].prefix: not a registry host"),
        ('[[registry]]\nlocation = "*.a.example"', "registry[0].location: not a registry host"),
        ('[[registry]]\nlocation = "a.example/b:1"', "'a.example/b:1' is not a registry or a part of one"),
        ('[[registry]]\nlocation = "a.example/B"', "'a.example/B' is not a registry or a part of one"),
        (f"{TABLE}insecure = 1", "registry[0].insecure: 1 is neither true nor false"),
        (f'{TABLE}blocked = "no"', "registry[0].blocked: 'no' is neither"),
        (f"{TABLE}[[registry.mirror]]", "registry[0].mirror[0]: location is missing"),
        (f'{TABLE}[[registry.mirror]]\nlocation = "b.example"\npull-from-mirror = "x"', "'x' is not one of 'all'"),
        (
            f'{TABLE}mirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "b"\npull-from-mirror = "all"',
            "pull-from-mirror: does not go with mirror-by-digest-only",
        ),
        ("aliases = 1", f"{PATH}: aliases: 1 is not a table"),
        ("unqualified-search-registries = 1", "unqualified-search-registries: not a list of texts"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert message in caught.value.message
