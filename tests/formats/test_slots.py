"""The smallest edit that puts one reference in the place of another."""

from __future__ import annotations

import pytest

from pinner.formats.slots import WholeReference
from pinner.forms import Form
from pinner.oci.reference import Reference
from pinner.syntax.rewrites import ValueRewrite
from pinner.text import Edit, Span

A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("nginx:1", "nginx:1", Edit(Span(17, 17), ""), id="C12-equal"),
        pytest.param("nginx:1", f"nginx:1@sha256:{A}", Edit(Span(17, 17), f"@sha256:{A}"), id="pinned"),
        pytest.param(f"nginx:1@sha256:{A}", "nginx:1", Edit(Span(17, 89), ""), id="unpinned"),
        pytest.param(f"nginx@sha256:{A}", f"nginx@sha256:{B}", Edit(Span(23, 87), B), id="moved"),
        pytest.param("a.b/nginx:1", "a.b/redis:1", Edit(Span(14, 19), "redis"), id="same-end"),
        pytest.param("a/b:11", "a/b:111", Edit(Span(16, 16), "1"), id="repeated-letters"),
        pytest.param("a/b:111", "a/b:11", Edit(Span(16, 17), ""), id="repeated-letters-lost"),
    ],
)
def test_only_letters_that_differ_are_replaced(old: str, new: str, expected: Edit) -> None:
    slot = WholeReference(old, range(10, 10 + len(old) + 1))
    rewrites = slot.rewrites(Reference.parse(new), Form.TAG_AND_DIGEST)
    assert [one.edit for one in rewrites] == [expected] * (old != new)


def test_letters_that_are_written_longer_keep_their_places() -> None:
    slot = WholeReference("a:1b", (0, 4, 5, 6, 10))
    rewrites = slot.rewrites(Reference.parse("a:2b"), Form.TAG_AND_DIGEST)
    assert rewrites == (ValueRewrite(edit=Edit(Span(5, 6), "2"), at=2, old="1", new="2"),)
