"""Texts of registries in sentences: clean, bounded, and without what may be a secret (SEC-15, SEC-40, SEC-41)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.oci.configuration import Configuration, parse_configuration
from pinner.oci.words import LONGEST_TEXT
from pinner.review.settings import changed_settings
from pinner.review.words import named, shortened, shown

HOSTILE = "<script>\x1b[31m\u202egpj\u200b\n## forged"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v1.2", "v1.2"),
        ("https://user:hunter2@example.org/a", "https://example.org/a"),
        ("https://hunter2@example.org/a?token=hunter2#x", "https://example.org/a"),
        (
            "see https://a.example/x?key=hunter2 and ssh://git:hunter2@b.example/y",
            "see https://a.example/x and ssh://b.example/y",
        ),
        ("https://a:hunter2@b:hunter2@c.example/", "https://c.example/"),
        ("https://us\u200ber:hunter2@example.org", "https://example.org"),
        ("what? nothing", "what? nothing"),
        (HOSTILE, "<script>[31mgpj ## forged"),
        ("x" * 2000, "x" * (LONGEST_TEXT - 1) + "…"),
    ],
)
def test_a_value_is_one_clean_line_without_logins_and_queries_sec_41(text: str, expected: str) -> None:
    assert shown(text) == expected


@given(st.text())
def test_any_value_is_one_line(text: str) -> None:
    assert "\n" not in shown(text)
    assert len(shortened(text)) <= 160


def test_of_many_names_some_are_told() -> None:
    assert named(f"A{number}" for number in range(10)) == "A0, A1, A2, A3, A4, A5, A6, A7 and 2 more"


# --- sentences --------------------------------------------------------------------------------------------------------


def read(**config: object) -> Configuration:
    return parse_configuration(json.dumps({"config": config}).encode())


def sentences(old: Configuration, new: Configuration) -> list[str]:
    return [sentence for _, sentence in changed_settings(old, new)]


def test_the_same_settings_have_no_sentence() -> None:
    one = read(User="a", Env=["A=1"], ExposedPorts={"80/tcp": {}}, Labels={"a": "b"})
    assert sentences(one, read(User="a", Env=["A=1"], ExposedPorts={"80/tcp": {}}, Labels={"a": "c"})) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (read(), read(User="root"), "user was not set, is root"),
        (read(User="app"), read(), "user was app, is not set"),
        (read(Entrypoint=["/a"]), read(Entrypoint=["/a", "b"]), 'entry point was ["/a"], is ["/a", "b"]'),
        (read(Cmd=["a"]), read(Cmd=["b"]), 'command was ["a"], is ["b"]'),
        (read(WorkingDir="/a"), read(WorkingDir="/b"), "working directory was /a, is /b"),
        (
            read(ExposedPorts={"80/tcp": {}}),
            read(ExposedPorts={"81/tcp": {}}),
            "exposed ports: 81/tcp added; 80/tcp removed",
        ),
        (read(), read(Volumes={"/data": {}}), "volumes: /data added"),
        (read(Env=["A=1", "B=1"]), read(Env=["B=2", "C=3"]), "environment: C added; A removed; B changed"),
        (read(User="a"), read(User="a\u200b"), "user changed where it cannot be shown: a"),
        (read(Healthcheck={"Test": ["a"]}), read(), 'health check was {"Test": ["a"]}, is not set'),
        (read(), read(OnBuild=["RUN x"]), 'on build was not set, is ["RUN x"]'),
    ],
)
def test_a_change_is_a_sentence(old: Configuration, new: Configuration, expected: str) -> None:
    assert sentences(old, new) == [expected]


def test_a_login_that_is_cut_is_left_out_as_a_whole_sec_41() -> None:
    long = f"https://oauth2:{'hunter2' * 100}@git.example/app"
    for run in ({"Entrypoint": ["app", long]}, {"User": long}, {"Cmd": [f"curl {long}"]}):
        (sentence,) = sentences(read(), read(**run))
        assert "hunter2" not in sentence
        assert "oauth2" not in sentence


def test_a_value_of_the_environment_is_never_in_a_sentence_sec_40() -> None:
    (sentence,) = sentences(read(Env=["TOKEN=hunter2"]), read(Env=["TOKEN=hunter3", f"{HOSTILE}=x"]))
    assert sentence == "environment: <script>[31mgpj ## forged added; TOKEN changed"
