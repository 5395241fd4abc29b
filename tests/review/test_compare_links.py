"""Addresses between revisions: the forms that are known, and nothing that a registry smuggles into one (SEC-41)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.review.compare_links import FORGES, compare_link, is_same_source

OLD, NEW = "a" * 40, "b" * 40


@pytest.mark.parametrize(
    ("source", "link"),
    [
        ("https://github.com/acme/api", f"https://github.com/acme/api/compare/{OLD}...{NEW}"),
        ("https://github.com/acme/api.git", f"https://github.com/acme/api/compare/{OLD}...{NEW}"),
        ("https://github.com/acme/api/", f"https://github.com/acme/api/compare/{OLD}...{NEW}"),
        ("https://github.corp.example/acme/api", f"https://github.corp.example/acme/api/compare/{OLD}...{NEW}"),
        ("https://gitlab.com/a/b/c/d", f"https://gitlab.com/a/b/c/d/-/compare/{OLD}...{NEW}"),
        ("https://gitlab.corp.example/a/b", f"https://gitlab.corp.example/a/b/-/compare/{OLD}...{NEW}"),
        ("https://codeberg.org/a/b", f"https://codeberg.org/a/b/compare/{OLD}...{NEW}"),
        ("https://gitea.corp.example/a/b", f"https://gitea.corp.example/a/b/compare/{OLD}...{NEW}"),
        ("https://forgejo.corp.example/a/b", f"https://forgejo.corp.example/a/b/compare/{OLD}...{NEW}"),
        ("https://bitbucket.org/a/b", f"https://bitbucket.org/a/b/branches/compare/{NEW}%0D{OLD}"),
    ],
)
def test_each_host_has_its_form(source: str, link: str) -> None:
    assert compare_link(source, OLD, NEW) == link


@pytest.mark.parametrize(
    "source",
    [
        "",
        "github.com/acme/api",
        "http://github.com/acme/api",
        "ssh://git@github.com/acme/api",
        "git@github.com:acme/api",
        "javascript:alert(1)//github.com/a/b",
        "https://user:password@github.com/acme/api",
        "https://token@github.com/acme/api",
        "https://github.com:444/acme/api",
        "https://github.com/acme/api?token=secret",
        "https://github.com/acme/api#fragment",
        "https://github.com/acme",
        "https://github.com/acme/api/tree/main",
        "https://github.com/acme/../../x",
        "https://github.com/acme/%2e%2e",
        "https://github.com/acme/a|b",
        "https://github.com/acme/a)b",
        "https://github.com/acme/a b",
        "https://gitlab.com/a/b/-/tree/main",
        "https://gitlab.com/a/.b",
        "https://evil.example/github.com/api",
        "https://evilgithub.com/acme/api",
        "https://github.com.evil.example\\@github.com/a/b",
        "https://github/acme/api",
        "https://GITHUB.com/acme/api",
        "https://gith\u202eub.com/acme/api",
        "https://[::1/acme/api",
    ],
)
def test_what_is_no_plain_address_of_a_known_host_gets_none_sec_41(source: str) -> None:
    assert compare_link(source, OLD, NEW) is None


@pytest.mark.parametrize(
    "revision", ["", "main", "v1.2.3", "a" * 6, "A" * 40, "g" * 40, f"{OLD}/../..", "a" * 41, "a...b"]
)
def test_a_revision_is_a_hash_or_gets_no_address_sec_41(revision: str) -> None:
    assert compare_link("https://github.com/acme/api", revision, NEW) is None
    assert compare_link("https://github.com/acme/api", OLD, revision) is None


def test_between_a_revision_and_itself_lies_nothing() -> None:
    assert compare_link("https://github.com/acme/api", OLD, OLD) is None


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("https://a/b", "https://a/b.git", True),
        ("https://a/b/", "https://a/b", True),
        ("https://a/b", "https://a/B", False),
        ("https://a/b", "http://a/b", False),
    ],
)
def test_sources_are_compared_without_their_endings(one: str, other: str, *, is_same: bool) -> None:
    assert is_same_source(one, other) is is_same


_PART = st.text(st.sampled_from("ab./-@:?#%|) \\\n\u202e"), max_size=12)


@given(st.sampled_from([name for forge in FORGES for name in forge.names]), _PART, _PART)
def test_every_address_leads_to_the_host_of_its_source_and_holds_no_odd_letter(host: str, one: str, other: str) -> None:
    link = compare_link(f"https://{host}{one}/a{other}/b", OLD, NEW)
    if link is not None:
        assert urlsplit(link).netloc == urlsplit(f"https://{host}{one}").netloc
        assert set(link).isdisjoint("@?#|) \\\n\u202e")
