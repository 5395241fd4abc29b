"""Hosts by name, and what is known of some before they are asked."""

from __future__ import annotations

import pytest

from pinner.oci.hosts import HUB_NAMES, Traits, host_identity, traits_of

PUBLIC = ("docker.io", "gcr.io", "ghcr.io", "mcr.microsoft.com", "public.ecr.aws", "quay.io", "registry.k8s.io")


@pytest.mark.parametrize("host", ["registry.example", "localhost:5000", "10.0.0.5", "[::1]:5000", "us.gcr.io", ""])
def test_an_unknown_host_has_no_trait(host: str) -> None:  # RES-08
    assert traits_of(host) == Traits()


@pytest.mark.parametrize("host", PUBLIC)
def test_the_large_open_registries_are_known_auth_21(host: str) -> None:
    assert traits_of(host).is_public
    assert traits_of(f"{host.upper()}:443") == traits_of(host)


@pytest.mark.parametrize("name", sorted(HUB_NAMES))
def test_docker_hub_has_its_traits_under_all_its_names_res_07(name: str) -> None:
    assert host_identity(name) == "docker.io"
    assert traits_of(name) == Traits(is_metered=True, has_honest_head=True, is_public=True)


def test_only_docker_hub_is_metered_and_believed_res_07() -> None:
    assert [host for host in PUBLIC if traits_of(host).is_metered or traits_of(host).has_honest_head] == ["docker.io"]


@pytest.mark.parametrize("host", PUBLIC)
@pytest.mark.parametrize(
    "disguise",
    [
        "{}.evil.example",
        "evil-{}",
        "x{}",
        "{}x",
        "x.{}",
        "{}.",
        ".{}",
        "{}@evil.example",
        "evil.example/{}",
        "{}/evil",
        "{}:8443",
        "{}:80",
        "{}\n",
        " {}",
        "https://{}",
    ],
)
def test_a_host_that_only_looks_like_a_known_one_has_no_trait_sec_21(host: str, disguise: str) -> None:
    assert traits_of(disguise.format(host)) == Traits()


@pytest.mark.parametrize("host", ["ghcr-io", "ghcrxio", "quayzio", "dockerXio", "ɢhcr.io", "docker。io"])
def test_a_letter_in_the_place_of_the_dot_is_another_host_sec_21(host: str) -> None:
    assert traits_of(host) == Traits()
