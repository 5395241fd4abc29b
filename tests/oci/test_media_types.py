"""Media types: the sets are complete, and the Accept header is the one that registries answer rightly."""

from __future__ import annotations

import pytest

from pinner.oci import media_types


def test_the_accept_header_names_four_types_in_order_without_wildcards_res_01_res_03() -> None:
    assert media_types.ACCEPT.split(", ") == [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]


def test_everything_that_is_asked_for_can_be_pinned_and_schema_1_cannot() -> None:
    assert frozenset(media_types.ACCEPT.split(", ")) == media_types.PINNABLE
    assert media_types.INDEXES.isdisjoint(media_types.MANIFESTS)
    assert media_types.SCHEMA1.isdisjoint(media_types.PINNABLE)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.index.v1+json; charset=utf-8",
        "application/vnd.oci.image.index.v1+json;charset=utf-8",
        " Application/VND.oci.image.index.v1+json ",
    ],
)
def test_parameters_and_case_of_a_content_type_do_not_matter(content_type: str) -> None:
    assert media_types.strip_parameters(content_type) == media_types.OCI_INDEX


def test_no_content_type_is_no_media_type() -> None:
    assert media_types.strip_parameters("") == ""
