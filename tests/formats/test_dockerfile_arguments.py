"""Where a variable may be pinned in a Dockerfile: in the default of its `ARG`, and only there (E02, E03)."""

from __future__ import annotations

import time

import pytest

from pinner.errors import FormError
from pinner.formats.base import Occurrence, Skipped, change_to, edits_for
from pinner.formats.dockerfile import FORMAT
from pinner.forms import Form
from pinner.oci.digest import Digest
from pinner.text import Source, apply_edits

_A = Digest("sha256", "a" * 64)


def pin(text: str, form: Form = Form.TAG_AND_DIGEST) -> str:
    source = Source("Dockerfile", text)
    changes = [
        change_to(one, one.reference.pinned_to(_A), form) for one in FORMAT.find(source) if isinstance(one, Occurrence)
    ]
    after = source.with_text(apply_edits(text, edits_for(changes)))
    FORMAT.prove(source, after, changes)
    return after.text


def details(text: str) -> list[str]:
    return [one.detail for one in FORMAT.find(Source("Dockerfile", text)) if isinstance(one, Skipped)]


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        pytest.param("ARG V=3\nFROM a:$V\nFROM b:$V", "line 3 makes another image of it", id="E02-other-names"),
        pytest.param("ARG V=3\nFROM a:$V\nFROM $V", "line 3 makes another image of it", id="E02-tag-and-whole"),
        pytest.param("ARG V=3\nFROM a:$V\nFROM a:$V-x", "line 3 uses it in another way", id="E02-part-of-a-tag"),
        pytest.param("ARG V=3\nFROM a:$V\nFROM a:${V:-4}", "line 3 uses it in another way", id="E02-own-default"),
        pytest.param("ARG V=3\nFROM a:$V\nFROM a:${V:+4}", "line 3 uses it in another way", id="E02-replacement"),
        pytest.param("ARG V=3\nFROM a:$V\nFROM a:${V#x}", "line 3 uses it in another way", id="E02-without-prefix"),
        pytest.param('ARG V=3\nFROM "a:$V"', "line 2 uses it in another way", id="E02-quoted-base"),
        pytest.param("ARG V=3\nFROM 'a:$V'", "line 2 uses it in another way", id="E02-base-in-single-quotes"),
        pytest.param("ARG V=3\nFROM --platform=$V a:$V", "line 2 uses it in another way", id="E04-platform"),
        pytest.param("ARG V=3\nARG W=b:$V\nFROM a:$V", "line 2 uses it in another way", id="E02-in-another-default"),
        pytest.param("ARG V=3\nFROM a:$V\nRUN echo $V", "line 3 uses it in another way", id="E03-run"),
        pytest.param("ARG V=3\nFROM a:$V\nLABEL v=${v}", "line 3 uses it in another way", id="E03-label"),
        pytest.param("ARG V=3\nFROM a:$V\nRUN <<E\n$V\nE", "line 3 uses it in another way", id="E06-here-document"),
        pytest.param("ARG V=3\nFROM a:$V\nONBUILD RUN $V", "line 3 uses it in another way", id="E08-trigger"),
        pytest.param("ARG V=3\nFROM a:$V\nARG V", "it is declared more than once", id="E03-passed-to-a-stage"),
        pytest.param("ARG V=3\nFROM a:$V\nARG x v=4", "it is declared more than once", id="E02-set-in-a-stage"),
        pytest.param("ARG V=3\nFROM a:$V\nARG '\\V'", "it is declared more than once", id="E03-quoted-in-a-stage"),
        pytest.param("ARG V=3\nFROM a:$V\nONBUILD ARG V", "it is declared more than once", id="E08-declared-later"),
        pytest.param("ARG V=3\nARG V=3\nFROM a:$V", "it is declared more than once", id="E02-redefined"),
        pytest.param("ARG V=3 W=4\nFROM a:$V", "other arguments stand on its line", id="E02-several-on-a-line"),
        pytest.param("ARG V=3 # c\nFROM a:$V", "other arguments stand on its line", id="E02-comment-behind"),
        pytest.param("ARG V=3'.1'\nFROM a:$V", "quotes, escapes or lines split it", id="E02-half-quoted"),
        pytest.param("ARG V=3\\.1\nFROM a:$V", "quotes, escapes or lines split it", id="E02-escape"),
        pytest.param("ARG V=3\\\n.1\nFROM a:$V", "quotes, escapes or lines split it", id="E05-split"),
        pytest.param("ARG V=b\nFROM a AS B\nFROM $V", "a stage has this name", id="E01-stage"),
        pytest.param("ARG V=scratch\nFROM $V", "that is no image", id="E01-scratch"),
        pytest.param("ARG TARGETARCH=arm64\nFROM a:$TARGETARCH", "the builder sets it", id="E04-builder"),
    ],
)
def test_where_one_use_would_go_wrong_the_default_is_left_alone(text: str, doubt: str) -> None:
    assert all(line in pin(text) for line in text.splitlines() if not line.startswith("FROM a AS"))
    assert any(detail.endswith(f", but {doubt}") for detail in details(text)), details(text)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        pytest.param("ARG V\nFROM a:$V", "ARG V on line 1 has no default", id="E02-no-default"),
        pytest.param("ARG V=\nFROM a:$V", "ARG V on line 1 has the default ''", id="E02-empty"),
        pytest.param("ARG V=$W\nFROM $V", "ARG V on line 1 has the default '$W'", id="E02-default-of-variables"),
        pytest.param(
            "ARG V={{ v }}\nFROM a:$V", "ARG V on line 1 has the default '{{'", id="A12-template-of-several-words"
        ),
        pytest.param("ARG V={{v}}\nFROM a:$V", "ARG V on line 1 has the default '{{v}}'", id="A12-template"),
        pytest.param("ARG V=a/b\nFROM $V/c:1", "ARG V on line 1 has the default 'a/b'", id="E02-registry"),
        pytest.param(
            f"ARG V=1\nFROM a:$V@{_A}", "the digest decides, whatever the variable says: ARG V", id="E03-digest-behind"
        ),
    ],
)
def test_a_default_that_is_no_literal_image_is_named(text: str, detail: str) -> None:
    assert pin(text) == text
    (found,) = details(text)
    assert detail in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("ARG B=a:3\nFROM $B", f"ARG B=a:3@{_A}\nFROM $B", id="E02-whole"),
        pytest.param("ARG B=h:5/a\nFROM ${B}", f"ARG B=h:5/a@{_A}\nFROM ${{B}}", id="A01-whole-with-a-port"),
        pytest.param("ARG V=3\nFROM a:$V", f"ARG V=3@{_A}\nFROM a:$V", id="E02-tag"),
        pytest.param("ARG V=3\nFROM h:5/a:${V} AS x", f"ARG V=3@{_A}\nFROM h:5/a:${{V}} AS x", id="A01-tag"),
        pytest.param(
            'ARG V="3.1"\r\nFROM a:$V\r\n', f'ARG V="3.1@{_A}"\r\nFROM a:$V\r\n', id="E02-quoted-default-and-CRLF"
        ),
        pytest.param("arg V='3'\nfrom a:$V", f"arg V='3@{_A}'\nfrom a:$V", id="E05-lowercase"),
        pytest.param("ARG \\\n# c\n V=3\nFROM a:$V", f"ARG \\\n# c\n V=3@{_A}\nFROM a:$V", id="E05-continued"),
        pytest.param(
            "ARG V=3\nARG VV=4\nFROM a:$V\nRUN $VV $W ${VX}",
            f"ARG V=3@{_A}\nARG VV=4\nFROM a:$V\nRUN $VV $W ${{VX}}",
            id="E02-longer-names",
        ),
        pytest.param(
            "ARG V=3\nFROM a:$V\nFROM library/a:$V", f"ARG V=3@{_A}\nFROM a:$V\nFROM library/a:$V", id="E02-same-image"
        ),
        pytest.param(
            "ARG V=3\n# $V\nFROM a:$V\nFROM scratch", f"ARG V=3@{_A}\n# $V\nFROM a:$V\nFROM scratch", id="E05"
        ),
    ],
)
def test_the_digest_goes_into_the_default(text: str, expected: str) -> None:
    assert pin(text) == expected
    assert pin(expected) == expected


def test_e02_a_default_that_several_stages_use_is_found_for_each() -> None:
    found = FORMAT.find(Source("Dockerfile", "ARG V=3\nFROM a:$V AS x\nFROM a:$V\n"))
    assert [(one.locator, one.span.start) for one in found] == [("stage x", 6), ("stage 1", 6)]


def test_the_tag_of_a_whole_reference_is_remembered_above_its_argument() -> None:
    assert pin("ARG B=a:3\nFROM $B\nFROM $B", Form.DIGEST) == f"# pinner: tag=3\nARG B=a@{_A}\nFROM $B\nFROM $B"


def test_an_argument_that_is_only_a_tag_keeps_it() -> None:
    with pytest.raises(FormError, match="the tag stands in an argument of its own"):
        pin("ARG V=3\nFROM a:$V", Form.DIGEST)


def test_many_stages_and_arguments_are_read_in_linear_time() -> None:
    count = 4_000
    text = "".join(f"ARG V{number}=3\n" for number in range(count))
    text += "".join(f"FROM a:$V{number} AS s{number}\nFROM b:$V0\n" for number in range(count))
    started = time.process_time()
    found = FORMAT.find(Source("Dockerfile", text))
    assert len(found) == 2 * count
    assert time.process_time() - started < 20
