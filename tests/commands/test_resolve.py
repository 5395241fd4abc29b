from __future__ import annotations

import io

import pytest

from pinner.commands.resolve import read_references, resolve_all
from pinner.errors import InvalidReferenceError, UsageError
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.resolution import Resolved, Unresolved
from tests.support.resolvers import FakeRegistry, digest_of

NGINX = "docker.io/library/nginx:1.27"


def test_references_come_in_the_order_they_were_given() -> None:
    assert [one.written for one in read_references(["b:1", "a:1", "b:1"], io.StringIO())] == ["b:1", "a:1", "b:1"]


def test_a_dash_stands_for_the_lines_of_standard_input() -> None:
    stdin = io.StringIO("# images\nnginx:1.27\n\n  node:22  # the base\r\n")
    assert [one.written for one in read_references(["a:1", "-", "b:1"], stdin)] == [
        "a:1",
        "nginx:1.27",
        "node:22",
        "b:1",
    ]


@pytest.mark.parametrize("written", [[], ["-"]])
def test_no_reference_is_a_usage_error(written: list[str]) -> None:
    with pytest.raises(UsageError, match="no reference is given"):
        read_references(written, io.StringIO("# nothing\n"))


def test_all_wrong_references_are_named_at_once() -> None:
    with pytest.raises(InvalidReferenceError) as raised:
        read_references(["Foo", "nginx", "${X}"], io.StringIO())
    first, second = raised.value.message.splitlines()
    assert first == "invalid reference 'Foo': the repository must be lowercase (registries know it as 'library/foo')"
    assert second == "'${X}': the value is a variable, or holds one"


def test_a_digest_is_asked_for_the_cheap_way_unless_more_is_wanted() -> None:
    peer, references = FakeRegistry({NGINX: "one"}), (Reference.parse("nginx:1.27"), Reference.parse("gone"))
    found, lost = resolve_all(references, peer.open_resolver)
    assert isinstance(found, Resolved)
    assert (found.reference.written, found.descriptor.digest) == ("nginx:1.27", digest_of("one"))
    assert isinstance(lost, Unresolved)
    resolve_all(references[:1], peer.open_resolver, needs_documents=True)
    resolve_all(references[:1], peer.open_resolver, platform=Platform("linux", "arm64"))
    assert [one.partition(" ")[0] for one in peer.asked] == ["head", "head", "get", "get"]
    assert peer.opened == [None, None, Platform("linux", "arm64")]
