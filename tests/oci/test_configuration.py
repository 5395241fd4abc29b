"""Configurations of images: how they run is read, what may be secret is not kept, what is odd is refused."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import IntegrityError, ResolutionError
from pinner.oci.configuration import MAXIMUM_ENTRIES, Configuration, parse_configuration
from pinner.oci.digest import Digest
from pinner.oci.documents import MAXIMUM_SIZE
from pinner.oci.labels import REVISION, SOURCE
from pinner.oci.platform import Platform
from pinner.oci.words import LONGEST_TEXT

LAYER = str(Digest.of(b"layer"))


def read(**fields: object) -> Configuration:
    return parse_configuration(json.dumps(fields).encode())


def read_run(**fields: object) -> Configuration:
    return read(config=fields)


@pytest.mark.parametrize("fields", [{}, {"config": None, "rootfs": None, "history": None}, {"config": {"Env": None}}])
def test_what_is_missing_or_null_says_nothing(fields: dict[str, object]) -> None:
    assert read(**fields) == Configuration()


def test_what_an_image_runs_is_read() -> None:
    found = read(
        created="2026-01-02T03:04:05Z",
        architecture="arm64",
        os="linux",
        variant="v8",
        config={
            "User": "app",
            "Entrypoint": ["/bin/app", "--flag"],
            "Cmd": ["serve"],
            "WorkingDir": "/srv",
            "ExposedPorts": {"80/tcp": {}},
            "Volumes": {"/data": {}},
            "Labels": {SOURCE: "https://example.org/a", REVISION: "1" * 40, "other": "x"},
            "StopSignal": "SIGTERM",
            "Healthcheck": {"Test": ["CMD", "true"]},
        },
        rootfs={"type": "layers", "diff_ids": [LAYER]},
    )
    assert (found.platform, found.created) == (Platform("linux", "arm64", "v8"), "2026-01-02T03:04:05Z")
    assert found.run == {
        "user": "app",
        "entry-point": '["/bin/app", "--flag"]',
        "command": '["serve"]',
        "working-directory": "/srv",
        "stop-signal": "SIGTERM",
        "health-check": '{"Test": ["CMD", "true"]}',
    }
    assert (found.exposed_ports, found.volumes) == (frozenset({"80/tcp"}), frozenset({"/data"}))
    assert found.labels == {SOURCE: "https://example.org/a", REVISION: "1" * 40}
    assert found.layers == (Digest.parse(LAYER),)


def test_an_empty_list_says_as_little_as_none_and_a_text_is_a_list_of_one() -> None:
    assert read_run(Entrypoint=[], Cmd=[]) == Configuration()
    assert read_run(Entrypoint="/app") == read_run(Entrypoint=["/app"])


def test_a_value_of_the_environment_is_not_kept_and_yet_told_from_others_sec_40() -> None:
    one, other = read_run(Env=["TOKEN=hunter2hunter2", "EMPTY="]), read_run(Env=["TOKEN=other", "EMPTY"])
    assert list(one.environment) == ["TOKEN", "EMPTY"]
    assert one.environment["TOKEN"] != other.environment["TOKEN"]
    assert one.environment["EMPTY"] == other.environment["EMPTY"]
    assert "hunter2" not in f"{one!r}{dict(one.environment)}"


def test_a_command_of_the_build_is_not_kept_sec_40() -> None:
    found = read(rootfs={"diff_ids": [LAYER]}, history=[{"created_by": "RUN --token=hunter2"}])
    assert len(found.commands) == 1
    assert "hunter2" not in f"{found!r}{found.commands}"


def test_commands_stand_beside_their_layers_or_not_at_all() -> None:
    row, empty = {"created_by": "COPY a b"}, {"created_by": "ENV a=b", "empty_layer": True}
    fitting = read(rootfs={"diff_ids": [LAYER]}, history=[empty, row, empty])
    assert len(fitting.commands) == len(fitting.layers) == 1
    assert read(rootfs={"diff_ids": [LAYER]}, history=[row, row]).commands == ()


def test_long_texts_are_cut_and_still_differ() -> None:
    one, other = ("x" * 5000 + end for end in "ab")
    first, second = read_run(User=one).run["user"], read_run(User=other).run["user"]
    assert first != second
    assert len(first) == LONGEST_TEXT
    assert read_run(Labels={REVISION: one}).labels == {}


def test_capitals_of_keys_do_not_hide_what_go_reads_sec_13() -> None:
    assert parse_configuration(b'{"Config": {"user": "root"}}').run == {"user": "root"}
    with pytest.raises(IntegrityError, match="small letters and in capitals"):
        parse_configuration(b'{"config": {"User": "app", "user": "root"}}')
    with pytest.raises(IntegrityError, match="small letters and in capitals"):
        # The long s, which Go takes for one.
        parse_configuration('{"config": {"User": "app", "U\u017fer": "root"}}'.encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"config": []}',
        b'{"config": {"Env": {}}}',
        b'{"config": {"Env": [1]}}',
        b'{"config": {"User": 1}}',
        b'{"config": {"ExposedPorts": ["80"]}}',
        b'{"rootfs": {"diff_ids": ["../../etc"]}}',
        b'{"rootfs": []}',
        b'{"history": [1]}',
        b'{"a": 1, "a": 2}',
        json.dumps({"config": {"Env": ["a=b"] * (MAXIMUM_ENTRIES + 1)}}).encode(),
        json.dumps({"history": [{}] * (MAXIMUM_ENTRIES + 1)}).encode(),
        b'{"x": "' + b"a" * MAXIMUM_SIZE + b'"}',
    ],
)
def test_what_is_odd_is_refused(content: bytes) -> None:  # RES-12, RES-14
    with pytest.raises(IntegrityError):
        parse_configuration(content)


@pytest.mark.parametrize("field", ["os", "architecture"])
def test_a_platform_that_is_no_word_is_none_sec_15(field: str) -> None:
    assert read(**{"os": "linux", "architecture": "amd64", field: "\x1b[31m"}).platform is None


def test_a_lone_surrogate_is_text_like_any_other() -> None:
    assert len(parse_configuration(b'{"config": {"Env": ["A=\\ud800"]}}').environment) == 1


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from(["config", "rootfs", "history", "created", "os"]), _JSON))
def test_any_document_is_read_or_refused(document: object) -> None:
    with suppress(ResolutionError):
        assert isinstance(parse_configuration(json.dumps(document).encode()), Configuration)
