from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.syntax import dockerfile_lexer
from pinner.syntax.dockerfile_lexer import Dockerfile, Malformed, lex, lex_first
from pinner.syntax.dockerfile_words import Letters, split_first
from pinner.text import Span


def _lex(text: str) -> Dockerfile:
    lexed = lex(text)
    assert isinstance(lexed, Dockerfile)
    return lexed


def _rows(text: str) -> list[list[str]]:
    """Return keyword, flags and arguments of every instruction."""
    return [
        [one.keyword.text, *(flag.text for flag in one.flags), one.arguments.text] for one in _lex(text).instructions
    ]


def _heredocs(text: str) -> list[tuple[str, str]]:
    return [
        (heredoc.name, text[heredoc.body.start : heredoc.body.end])
        for one in _lex(text).instructions
        for heredoc in one.heredocs
    ]


@pytest.mark.parametrize("text", ["", "\n", "\ufeff", "# a comment", "  # indented\n\t\n\r\n", "\\", "\\\n# x\n"])
def test_a_file_without_instructions_is_empty(text: str) -> None:
    assert _lex(text).instructions == ()


def test_keywords_flags_and_arguments_are_told_apart() -> None:
    assert _rows("from --platform=linux/amd64  a:1\tAS b \n") == [["from", "--platform=linux/amd64", "a:1\tAS b"]]


def test_every_word_knows_its_place() -> None:
    text = "\n  FROM  --platform=x\ta:1 AS b"
    (instruction,) = _lex(text).instructions
    spans = [word.span for word in (instruction.keyword, *instruction.flags, *instruction.words)]
    assert [text[span.start : span.end] for span in spans if span] == ["FROM", "--platform=x", "a:1", "AS", "b"]


def test_a_byte_order_mark_counts_as_a_letter_but_is_no_part_of_the_keyword() -> None:
    (instruction,) = _lex("\ufeffFROM a:1").instructions
    assert instruction.keyword.span == Span(1, 5)


def test_lines_that_go_on_are_joined_without_a_separator() -> None:
    assert _rows("FROM a\\\nb \\\t \n c\n") == [["FROM", "ab  c"]]


def test_e05_comments_and_empty_lines_inside_a_continuation_vanish() -> None:
    assert _rows("RUN a \\\n  # comment \\\n\n \t\n b\nRUN c") == [["RUN", "a  b"], ["RUN", "c"]]


def test_a_doubled_escape_is_no_continuation() -> None:
    assert _rows("RUN a\\\\\nRUN b") == [["RUN", "a\\\\"], ["RUN", "b"]]


def test_a_comment_line_does_not_go_on() -> None:
    assert _rows("# comment \\\nFROM a") == [["FROM", "a"]]


def test_a_split_word_has_no_span() -> None:
    (instruction,) = _lex("FROM a\\\nb:1 AS c").instructions
    assert [word.span is None for word in instruction.words] == [True, False, False]


def test_e05_windows_lines_and_lone_carriage_returns() -> None:
    assert _rows("FROM\ra:1\rAS b \r\r\nRUN x \\\r\n y\r") == [["FROM", "a:1\rAS b"], ["RUN", "x  y"]]


def test_e05_the_escape_directive_changes_the_continuation() -> None:
    assert _rows("# escape=`\nCOPY a C:\\\nRUN a `\nb") == [["COPY", "a C:\\"], ["RUN", "a b"]]


def test_directives_are_read_with_their_places() -> None:
    text = "\ufeff#Syntax =  a/b:1 \r\n# CHECK=skip=all\n\t#escape=\\\n#escape=`\n"
    lexed = lex(text)
    assert isinstance(lexed, Malformed)
    assert (lexed.reason, text[lexed.span.start : lexed.span.end]) == ("invalid-directive", "`")
    directives = _lex(text.replace("#escape=`\n", "")).directives
    assert [(one.name, one.value.text) for one in directives] == [
        ("syntax", "a/b:1"),
        ("check", "skip=all"),
        ("escape", "\\"),
    ]
    assert directives[0].value.span == Span(12, 17)


@pytest.mark.parametrize("first", ["", "# comment", "#unknown=1", "FROM x", "#!/bin/x", "// syntax=b", "# syntax"])
def test_e07_anything_else_ends_the_directives(first: str) -> None:
    assert _lex(f"{first}\n# escape=`\n").escape == "\\"


@pytest.mark.parametrize("value", ["x", "\\\\", "``", "  "])
def test_an_escape_letter_must_be_one_of_two(value: str) -> None:
    assert isinstance(lex(f"# escape={value}\nFROM a"), Malformed)


@pytest.mark.parametrize(
    ("text", "syntax"),
    [
        ("FROM a", None),
        ("# syntax=a:1 with more", "a:1"),
        ("#syntax = a:1\t", "a:1"),
        ("# check=x\n# syntax=a:1", "a:1"),
        ("#!/usr/bin/docker\n# syntax=a:1", "a:1"),
        ("  # syntax=a:1", None),
        (" # check=x\n# syntax=a:1", None),
        ("\n# syntax=a:1", None),
        ("# syntax=", None),
        ("// syntax=a:1\n", "a:1"),
        ("# check=x\n// syntax=a:1", None),
        ("# syntax=  ", ""),
    ],
)
def test_e07_the_syntax_image_stands_in_a_directive(text: str, syntax: str | None) -> None:
    found = _lex(text).syntax
    assert (found and found.text) == syntax if syntax else not (found and found.text)


def test_e07_a_file_in_another_language_has_no_instructions() -> None:
    assert _lex("// syntax=a:1\nFROM b\n").instructions == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", None),
        ("# a comment\n", None),
        ("// syntax=docker/x\nFROM a\n", None),
        ("# escape=x\nFROM a\n", None),
        ("RUN <<E\n", None),
        ("# c\n\nARG \\\nX=1\nFROM a\n", "arg"),
        ("FROM a\nRUN <<E\n", "from"),
    ],
)
def test_the_first_instruction_is_read_alone(text: str, name: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def split_first_and_count(line: Letters) -> tuple[Letters, Letters]:
        read.append(line.text)
        return split_first(line)

    monkeypatch.setattr(dockerfile_lexer, "split_first", split_first_and_count)
    first = lex_first(text + "RUN x\n" * 100 if name else text)
    assert (first.name if first else None) == name
    assert len(read) <= 1


def test_long_runs_of_blanks_are_read_in_linear_time() -> None:
    blanks = " " * 200_000
    assert _lex(f"# syntax=a{blanks}b{blanks}\nFROM a{blanks}b").syntax is not None


def test_onbuild_holds_the_instruction_it_triggers() -> None:
    (instruction,) = _lex("ONBUILD COPY --from=a b c").instructions
    assert instruction.trigger is not None
    assert (instruction.trigger.name, [flag.text for flag in instruction.trigger.flags]) == ("copy", ["--from=a"])


@pytest.mark.parametrize("text", ["ONBUILD", "ONBUILD ONBUILD RUN x"])
def test_a_trigger_is_one_level_deep(text: str) -> None:
    (instruction,) = _lex(text).instructions
    assert instruction.trigger is None or instruction.trigger.trigger is None


def test_e06_the_lines_of_a_heredoc_are_no_instructions() -> None:
    text = "RUN <<EOF\nFROM a\n EOF\nEOF\nFROM b"
    assert _heredocs(text) == [("EOF", "FROM a\n EOF\n")]
    assert _rows(text)[1:] == [["FROM", "b"]]


def test_e06_two_heredocs_follow_one_line() -> None:
    assert _heredocs("COPY <<a <<b /c\n1\nb\na\n2\nb\n") == [("a", "1\nb\n"), ("b", "2\n")]


def test_e06_a_dash_drops_the_tabs_before_the_terminator() -> None:
    assert _heredocs("ADD <<-a /c\n  a\n\t\ta\r\n") == [("a", "  a\n")]
    assert isinstance(lex("ADD <<a /c\n\ta\n"), Malformed)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ('<<"E O"', "E O"),
        ('<<-"E O"', "E O"),
        ("<<'E'O", "EO"),
        ("3<<E", "E"),
        ("<< E", "E"),
        ("<<E\\O", "EO"),
        ("<<$E", "$E"),
        ("<<${E}", "${E}"),
    ],
)
def test_e06_heredoc_words_are_read_as_a_shell_reads_them(word: str, name: str) -> None:
    assert _heredocs(f"ONBUILD RUN --network=none cat {word} && x\nbody\n{name}\n") == [(name, "body\n")]


@pytest.mark.parametrize(
    "line",
    [
        'RUN ["cat", "<<EOF"]',
        "RUN echo $((1<<2))",
        "RUN cat <<<EOF",
        "RUN cat <<<  EOF",
        "RUN echo '<<EOF'",
        'RUN echo "<<EOF"',
        "RUN echo \\<<EOF",
        "RUN a<<EOF",
        "RUN cat <<EOF 'not closed",
        "RUN cat <<- EOF",
        'RUN cat <<""',
        "RUN cat <<",
        'RUN echo "${a:-<<EOF}"',
        "ENV A=<<EOF",
        "CMD <<EOF",
        "ONBUILD ENV A <<EOF",
        "ONBUILD ONBUILD RUN <<EOF",
    ],
)
def test_e06_what_only_looks_like_a_heredoc(line: str) -> None:
    assert _rows(f"{line}\nFROM a\n")[1:] == [["FROM", "a"]]


def test_e06_a_list_that_is_not_json_is_a_shell_line() -> None:
    assert _heredocs("RUN [ -f a ] && cat <<EOF\nbody\nEOF") == [("EOF", "body\n")]
    assert _heredocs("RUN " + "[" * 100_000 + " <<EOF\nbody\nEOF") == [("EOF", "body\n")]


def test_a_heredoc_that_does_not_end_spoils_the_file() -> None:
    text = "FROM a\nRUN <<EOF \\\n x\nbody"
    lexed = lex(text)
    assert isinstance(lexed, Malformed)
    assert (lexed.reason, lexed.span, lexed.detail) == (
        "unterminated-heredoc",
        Span(7, 18),
        "the here-document 'EOF' does not end",
    )


_PIECES = st.sampled_from(
    [
        *"\n\r\t #\\`\"'<>-=,$&{}[]/:@aEx1\ufeff\xa0\u2028\x1c",
        *("FROM ", "from a:1", " AS b", "COPY ", "--from=", "RUN ", "--mount=from=a:1,", "ONBUILD ", "ARG V=1", "${V}"),
        *(
            "<<EOF",
            "\nEOF\n",
            "<<-'E O'",
            "# syntax=a:1\n",
            "# escape=`\n",
            "\\\n",
            "\r\n",
            "# x\n",
            "ENV a",
            "scratch",
        ),
    ]
)


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_any_text_is_read_and_every_letter_stands_where_it_says(text: str) -> None:
    lexed = lex(text)
    if isinstance(lexed, Malformed):
        assert 0 <= lexed.span.start < lexed.span.end <= len(text)
        return
    parts: list[Letters] = [directive.value for directive in lexed.directives]
    for one in lexed.instructions:
        parts += [one.keyword, *one.flags, one.arguments, *one.words]
    for part in parts:
        assert part.text == "".join(text[offset] for offset in part.offsets)
        assert list(part.offsets) == sorted(set(part.offsets))
