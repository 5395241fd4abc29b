"""The grammar of references, vector by vector; made with Go's distribution/reference and go-digest.

pinner deviates in three rows: 85 (REF-09) and 142, 143 (REF-10) are refused.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from pinner.errors import InputError, InvalidDigestError, InvalidReferenceError
from pinner.oci.reference import Reference

VECTORS: Final = Path(__file__).with_name("reference_vectors.tsv")
REASONS: Final = {
    "format": (InvalidReferenceError, ""),
    "uppercase": (InvalidReferenceError, "the repository must be lowercase"),
    "length": (InvalidReferenceError, "more than 255 letters"),
    "host": (InvalidReferenceError, "is not a registry host"),
    "port": (InvalidReferenceError, "is not a port"),
    "image-id": (InvalidReferenceError, "is an image id"),
    "digest-case": (InvalidDigestError, "is not lowercase hexadecimal"),
    "digest-length": (InvalidDigestError, "hexadecimal digits, this one has"),
    "digest-algorithm": (InvalidDigestError, "unknown digest algorithm"),
}


def _cell(text: str) -> str:
    text = text.encode("ascii").decode("unicode_escape")
    return re.sub(r"\{([^{}*]+)\*(\d+)\}", lambda repeat: repeat[1] * int(repeat[2]), text)


def _rows() -> list[list[str]]:
    lines = VECTORS.read_text(encoding="ascii").splitlines()
    return [[_cell(cell) for cell in line.split("\t")] for line in lines if not line.startswith("#")]


ACCEPTED: Final = [row for row in _rows() if row[2] != "!"]
REFUSED: Final = [row for row in _rows() if row[2] == "!"]


def test_the_table_is_whole() -> None:
    assert sorted(int(row[0]) for row in _rows()) == list(range(1, 183))
    assert {row[0] for row in REFUSED} >= {"85", "142", "143"}


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: f"{row[0]}-{row[1][:40]}")
def test_a_reference_is_read_as_docker_reads_it(row: list[str]) -> None:
    _, text, registry, repository, tag, digest, familiar = row
    reference = Reference.parse(text)
    assert (reference.registry, reference.repository, reference.tag or "") == (registry, repository, tag)
    assert (str(reference.digest) if reference.digest else "") == digest
    assert reference.familiar == familiar
    assert str(reference) == text


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: f"{row[0]}-{row[1][:40]}")
def test_the_canonical_form_means_the_same(row: list[str]) -> None:
    reference = Reference.parse(row[1])
    digest = f"@{reference.digest}" if reference.digest else ""
    again = Reference.parse(str(reference.with_tag(reference.tag)) + digest)
    assert (again.name, again.tag, again.digest) == (reference.name, reference.tag, reference.digest)


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: f"{row[0]}-{row[1][:40]}")
def test_what_is_no_reference_is_refused_for_the_right_reason(row: list[str]) -> None:
    error, message = REASONS[row[3]]
    with pytest.raises(InputError) as caught:
        Reference.parse(row[1])
    assert type(caught.value) is error
    assert message in caught.value.message
