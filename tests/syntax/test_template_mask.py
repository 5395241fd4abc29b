"""Templates with their actions masked: the same length, the same lines, and nothing else changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.syntax.template_mask import ACTION, mask_templates, mask_unparsed

PIECES = st.sampled_from([
    "{{", "}}", "{{-", "-}}", "{%", "%}", "{#", "#}", "<%", "%>", "{{/*", "*/}}", '"', "`", "'", "\\", "\n", "\r\n",
    " ", "image: a:1", "a: ", "- ", ".x", "# c", "---\n", "if", "nindent", "\ufeff", "\xe9",
])  # fmt: skip


def mask(text: str) -> str:
    return mask_templates(text, 0, len(text))


@pytest.mark.parametrize(
    "text",
    [
        "image: nginx:1.27\n",
        "image: {a: {b: c}}\n",
        "{{ never closed\nimage: a\n",
        '{{ "never closed }}\nimage: a\n',
        "{% never closed }}\n",
        "%}}}{{\n",
        "",
    ],
)
def test_a_text_without_actions_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("{{ if }}\n", "        \n", id="alone"),
        pytest.param("  {{- end }} # why\n", "             # why\n", id="with-a-comment"),
        pytest.param("{{ end }}{{ if }}\r\n", "                 \r\n", id="two"),
        pytest.param("a: {{ x }}\n", "a: xxxxxxx\n", id="value"),
        pytest.param("{{ x }}: a\n", "xxxxxxx: a\n", id="key"),
        pytest.param("- {{ x }}\n", "- xxxxxxx\n", id="element"),
        pytest.param("a: b{{ x }}c\n", "a: bxxxxxxxc\n", id="inside"),
        pytest.param('a: {{ "}}" }}\n', "a: xxxxxxxxxx\n", id="quoted-end"),
        pytest.param("a: {{ `}}\n` }}\n", "a: xxxxxx\nxxxx\n", id="raw-text"),
        pytest.param("{{/* a: {{ b }} */}}\n", "                    \n", id="comment"),
        pytest.param("{{-\n  if\n}}\na: b\n", "   \n    \n  \na: b\n", id="over-lines"),
        pytest.param("{% if %}\n{# c #}\na: {{ b }}\n", "        \n       \na: xxxxxxx\n", id="jinja"),
        pytest.param("<% if %>\na: <%= b %>\n", "        \na: xxxxxxxx\n", id="erb"),
        pytest.param("{{ x }}\n", "       \n", id="lines-of-its-own"),
        pytest.param("{{- toYaml . | nindent 2 }}\n", "                           \n", id="begins-new-lines"),
    ],
)
def test_actions_are_masked(text: str, wanted: str) -> None:
    assert mask(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: b\n  {{- .suffix }}\n", id="joined-to-the-line-before"),
        pytest.param("{{ .prefix -}}\na: b\n", id="joined-to-the-line-behind"),
        pytest.param("<%= prefix -%>\na: b\n", id="erb"),
    ],
)
def test_what_an_action_joins_to_another_line_is_not_taken_for_nothing(text: str) -> None:
    assert "x" in mask(text)


def test_only_chunks_that_are_no_yaml_are_masked() -> None:
    text = "a: '{{ b }}'\n---\n{{ if }}\na: '{{ b }}'\n---\na: {{ b }}\n"
    assert mask_unparsed(text) == "a: '{{ b }}'\n---\n        \na: 'xxxxxxx'\n---\na: {{ b }}\n"


@given(st.lists(PIECES, max_size=30).map("".join))
def test_a_mask_has_the_length_and_the_lines_of_its_text(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    assert all(one == other or one in " x" for one, other in zip(masked, text, strict=True))
    assert [at for at, one in enumerate(masked) if one in "\r\n"] == [
        at for at, one in enumerate(text) if one in "\r\n"
    ]


@pytest.mark.parametrize(
    "text",
    ["{{" * 5_000, '{{ "a" ' * 2_000, "{{/*" * 2_000, "{{ x }}" * 30_000, "{%" * 5_000, "{{ x }}\n" * 30_000],
)
def test_hostile_texts_come_to_an_end(text: str) -> None:
    assert len(mask(text)) == len(text)  # in exponential time, there would be no end


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        pytest.param(begin, end, id=begin)
        for begin, end in (
            *(("{{", "}}"), ("{%", "%}"), ("{#", "#}"), ("<%", "%>")),
            *(("{{/*", "*/}}"), ('{{"', '"}}'), ("{{`", "`}}")),
        )
    ],
)
def test_the_end_of_an_action_is_looked_for_so_far_and_no_farther(begin: str, end: str) -> None:
    """Many beginnings without an end cost so many times what one costs, never the square of their number."""
    assert ACTION.search(f"{begin}{'a' * 1_000}{end}")
    assert not ACTION.search(f"{begin}{'a' * 30_000}{end}")
