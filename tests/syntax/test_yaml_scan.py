"""Chunks and the two back ends, one after the other."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any

import pytest

from pinner.syntax import yaml_scan
from pinner.syntax.yaml_nodes import Document
from pinner.syntax.yaml_scan import Unparsed, scan
from pinner.text import Source
from tests.support.yaml_editor import DIGEST, find, pin, reasons, written

KEYS = frozenset({"image"})


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of texts that a parser is asked for, each with the name of the back end."""
    asked: list[str] = []
    real = yaml_scan._track

    def track(backend: Any, piece: str, *rest: Any) -> tuple[Document, ...]:
        asked.append(backend.name)
        return real(backend, piece, *rest)

    monkeypatch.setattr(yaml_scan, "_track", track)
    return asked


def test_only_the_chunks_that_may_hold_images_are_parsed(parsed: list[str]) -> None:
    found = find("a: 1\n---\nimage: b\n---\nc: 1\n")
    assert len(found) == len(parsed) == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: x\u2028y\nimage: nginx:1\n", id="row-90-line-separator"),
        pytest.param("{addresses: [1.2.3.4, 001:db8::], image: nginx:1}\n", id="row-91-colons-in-flow"),
        pytest.param("a: &x:y 1\nimage: nginx:1\nb: *x:y\n", id="row-92-colon-in-an-anchor"),
    ],
)
def test_what_libyaml_refuses_ruamel_reads(text: str, parsed: list[str]) -> None:
    assert pin(text) == text.replace("nginx:1", f"nginx:1@{DIGEST}")
    assert parsed == ["libyaml", "ruamel"]


def test_row_93_tabs_behind_values_are_read() -> None:
    assert pin("apiVersion: v1\t\nimage: nginx:1\t\n") == f"apiVersion: v1\t\nimage: nginx:1@{DIGEST}\t\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8"])
def test_row_94_the_encoding_and_its_mark_are_kept(encoding: str) -> None:
    text = "\ufeffa: \xe9\U0001f600\r\nimage: nginx:1\r\n"
    source = Source.decode("x.yaml", text.encode(encoding))
    after = source.with_text(pin(source.text)).encode()
    assert after == text.replace("nginx:1", f"nginx:1@{DIGEST}").encode(encoding)
    assert after.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16)) or encoding == "utf-16-be"


def test_row_94_several_marks_move_no_place() -> None:
    text = "\ufeff\ufeffimage: nginx:1\n---\nimage: ''\n"
    assert pin(text) == text.replace("nginx:1", f"nginx:1@{DIGEST}")


@pytest.mark.parametrize("letter", ["\x00", "\x7f", "\x1b"])
def test_row_96_control_characters_are_invalid(letter: str) -> None:
    text = f'\xe9: "{letter}"\nimage: nginx:1\n'
    (one,) = scan(text, KEYS)
    assert isinstance(one, Unparsed)
    assert (one.reason, one.offset) == ("invalid-yaml", 4)


@pytest.mark.parametrize("name", ["libyaml", "ruamel"])
def test_row_97_deep_nesting_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_scan, "BACKENDS", (name,))
    _, one = scan("a: 1\n---\nimage: " + "[" * 100_000, KEYS)
    assert isinstance(one, Unparsed)
    assert (one.reason, one.chunk.start, one.detail) == ("too-deep", 5, "nested deeper than 200")
    assert one.offset == 5 + 4 + len("image: ") + 199


def test_row_98_an_image_beside_a_billion_laughs_is_pinned() -> None:
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    text = "\n".join(["a0: &a0 [{image: lol}]", *lines, "image: nginx:1", ""])
    found = find(text)
    assert written(found)[-1] == "nginx:1"
    assert set(reasons(found)) == {"shared-anchor"}
    assert pin(text) == text.replace("nginx:1", f"nginx:1@{DIGEST}")


def test_row_100_the_same_reference_a_thousand_times_is_a_thousand_edits() -> None:
    text = "- image: nginx:1 # nginx:1\n" * 1000
    assert pin(text) == f"- image: nginx:1@{DIGEST} # nginx:1\n" * 1000


def test_many_aliases_of_one_image_are_one_edit() -> None:
    text = "- image: &i nginx:1\n" + "- image: *i\n" * 20_000
    assert pin(text) == f"- image: &i nginx:1@{DIGEST}\n" + "- image: *i\n" * 20_000


def test_row_101_a_template_between_documents_has_its_own_line() -> None:
    text = "image: a:1\n---\nx: 1\n{{- if .Values.x }}\nimage: b:1\n{{- end }}\n---\nimage: c:1\n"
    found = find(text)
    assert written(found) == ["a:1", "c:1"]
    (skipped,) = [one for one in scan(text, KEYS) if isinstance(one, Unparsed)]
    assert (skipped.reason, Source("x", text).position(skipped.offset).line) == ("templated", 4)


def test_c08_a_broken_document_does_not_hide_the_others() -> None:
    text = "image: a:1\n---\nimage: b: c\n---\n- 1\n---\nimage: d:1\n"
    assert (written(find(text)), reasons(find(text))) == (["a:1", "d:1"], ["invalid-yaml"])


def test_row_102_the_same_anchor_in_two_documents_means_two_things() -> None:
    text = "x-a: &i a:1\nimage: *i\n---\nx-a: &i b:1\nimage: *i\n"
    assert pin(text) == text.replace(":1", f":1@{DIGEST}")


def test_row_103_an_embedded_manifest_is_text() -> None:
    text = "data:\n  pod.yaml: |\n    image: nginx:1\nimage: nginx:1\n"
    assert pin(text) == f"data:\n  pod.yaml: |\n    image: nginx:1\nimage: nginx:1@{DIGEST}\n"


def test_row_105_a_carriage_return_inside_of_a_continuation_is_kept() -> None:
    assert pin('image: "nginx\\\r\n  :1"\r\n') == f'image: "nginx\\\r\n  :1@{DIGEST}"\r\n'


@pytest.mark.parametrize("mark", ["{{ .x }}", "{% if x %}", "<% x %>"])
def test_a12_a_template_that_is_no_yaml_is_said_to_be_one(mark: str, parsed: list[str]) -> None:
    (one,) = scan(f"image: a\n{mark}\nb\n: [\n", KEYS)
    assert isinstance(one, Unparsed)
    assert (one.reason, one.offset) == ("templated", 9)
    assert parsed == ["libyaml"]


def test_c09_a_large_file_is_read(parsed: list[str]) -> None:
    text = "".join(f"- name: n{n}\n  image: nginx:1\n" for n in range(20_000))
    ((document,)) = scan(text, KEYS)
    assert isinstance(document, Document)
    assert len(document.nodes) == 20_000
    assert parsed == ["libyaml"]


def test_nothing_is_parsed_before_it_is_asked_for(parsed: list[str]) -> None:
    documents: Iterator[Any] = scan("image: a\n---\nimage: b\n", KEYS)
    assert parsed == []
    next(documents)
    assert parsed == ["libyaml"]
