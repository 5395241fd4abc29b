"""When a moved digest matters: for the platforms that are run, and for those that are required (RES-34)."""

from __future__ import annotations

import pytest

from pinner.oci import media_types
from pinner.oci.digest import Digest
from pinner.oci.documents import Descriptor
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.relevance import is_same_for, lost
from pinner.resolution import Resolved
from tests.support.resolvers import digest_of

AMD, ARM, S390 = (Platform("linux", one) for one in ("amd64", "arm64", "s390x"))


def index(*, media_type: str = media_types.OCI_INDEX, **children: str) -> Resolved:
    """Return an index that was read: its children by architecture, each with the text that its digest is of."""
    entries = tuple(
        Descriptor(
            digest=digest_of(content), media_type=media_types.OCI_MANIFEST, platform=Platform("linux", architecture)
        )
        for architecture, content in children.items()
    )
    digest: Digest = digest_of(repr(children))
    return Resolved(
        reference=Reference.parse("nginx:1.27"),
        descriptor=Descriptor(digest=digest, media_type=media_type),
        how="get",
        platforms=tuple(one.platform for one in entries if one.platform),
        images=entries,
    )


OLD = index(amd64="a", arm64="b", s390x="c")


@pytest.mark.parametrize(
    ("platforms", "new", "is_same"),
    [
        ([AMD], OLD, True),
        ([AMD, ARM], index(amd64="a", arm64="b", s390x="new"), True),
        ([AMD, ARM], index(amd64="a", arm64="b"), True),
        ([AMD], index(amd64="a", arm64="new", s390x="new"), True),
        ([AMD], index(amd64="new", arm64="b", s390x="c"), False),
        ([AMD, ARM], index(amd64="a"), False),
        # Nothing that is run here: nobody can say that nothing changed for it.
        ([Platform("windows", "amd64")], index(amd64="new"), False),
        ([], index(amd64="new"), False),
        ([AMD], index(media_type=media_types.OCI_MANIFEST, amd64="a"), False),
        ([AMD], index(), False),
    ],
)
def test_only_the_same_manifest_for_every_platform_is_no_change(
    platforms: list[Platform], new: Resolved, is_same: object
) -> None:
    assert is_same_for(platforms, OLD, new) is is_same
    assert is_same_for(platforms, new, OLD) is is_same


def test_a_platform_that_comes_is_a_change_for_whoever_runs_it() -> None:
    assert not is_same_for([AMD, ARM], index(amd64="a"), index(amd64="a", arm64="b"))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((AMD, ARM), (AMD, ARM), ()),
        ((AMD, ARM), (AMD,), (ARM,)),
        ((AMD, ARM), (), (AMD, ARM)),
        ((AMD, ARM), None, (AMD, ARM)),
        # What was not there cannot be lost.
        ((AMD,), (AMD,), ()),
        (None, (AMD,), ()),
    ],
)
def test_what_was_there_and_is_not_is_lost(
    old: tuple[Platform, ...] | None, new: tuple[Platform, ...] | None, expected: tuple[Platform, ...]
) -> None:
    assert lost((AMD, ARM), old, new) == expected
