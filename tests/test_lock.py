"""The lockfile: what is read is written again, what is broken is said with its line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pinner.errors import LockError
from pinner.lock.comparison import compare
from pinner.lock.model import Candidate, Lock, Pin, lock_key
from pinner.lock.reading import parse_lock
from pinner.lock.rendering import render_lock
from pinner.oci.digest import Digest
from pinner.oci.media_types import OCI_INDEX, OCI_MANIFEST
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference

FIXTURES = Path(__file__).parent.parent / "fixtures" / "lock"
VALID = sorted((FIXTURES / "valid").glob("*.lock"))
INVALID = sorted((FIXTURES / "invalid").glob("*.lock"))
NGINX = "docker.io/library/nginx:1.27"
API = "ghcr.io/acme/api:2.1"
OLD = Digest("sha256", "a" * 64)
NEW = Digest("sha256", "b" * 64)
AMD64 = Platform("linux", "amd64")
ARM64 = Platform("linux", "arm64")


def read(file: Path) -> str:
    return file.read_bytes().decode()


def name_of(file: Path) -> str:
    return file.stem


def pin(key: str = NGINX, digest: Digest = OLD) -> Pin:
    return Pin(key=key, digest=digest)


@pytest.mark.parametrize("file", VALID, ids=name_of)
def test_a_file_in_normal_form_is_written_as_it_was_read(file: Path) -> None:  # H02
    normal = file.with_suffix(".normal")
    expected = read(normal if normal.exists() else file)
    assert render_lock(parse_lock(read(file), "pinner.lock")) == expected
    assert render_lock(parse_lock(expected, "pinner.lock")) == expected


@pytest.mark.parametrize("file", INVALID, ids=name_of)
def test_a_broken_file_is_refused_with_its_line_and_the_next_step(file: Path) -> None:
    with pytest.raises(LockError) as caught:
        parse_lock(read(file), "pinner.lock")
    assert f"{caught.value}\nhint: {caught.value.hint}\n" == read(file.with_suffix(".message"))
    assert str(caught.value).startswith("pinner.lock:")
    assert caught.value.exit_code == 2


def test_every_invalid_fixture_has_its_message_and_none_is_left_over() -> None:
    messages = {file.stem for file in (FIXTURES / "invalid").glob("*.message")}
    assert messages == {file.stem for file in INVALID}
    assert len(VALID) >= 5


def test_the_empty_lock_is_a_valid_file() -> None:
    assert parse_lock(render_lock(Lock.empty()), "pinner.lock") == Lock.empty()


def test_the_form_is_the_one_of_the_contract() -> None:
    index = Pin(key=NGINX, digest=OLD, media_type=OCI_INDEX, platforms=(ARM64, AMD64))
    manifest = Pin(key=f"{API}#linux/arm64", digest=NEW, media_type=OCI_MANIFEST)
    assert render_lock(Lock.of([manifest, index])) == read(FIXTURES / "valid" / "two-images.lock")


def test_two_branches_that_add_different_images_give_each_other_no_changed_line() -> None:  # H01
    base = Lock.of([pin("a.example/a:1"), pin("a.example/m:1"), pin("a.example/z:1")])
    lines = render_lock(base).splitlines()
    for key in ("a.example/b:1", "a.example/n:1", "a.example/zz:1"):
        added = render_lock(base.with_pin(pin(key))).splitlines()
        at = added.index(f'[images."{key}"]')
        assert added[:at] + added[at + 3 :] == lines


def test_what_a_newer_pinner_wrote_is_kept_with_a_warning() -> None:
    lock = parse_lock(read(FIXTURES / "valid" / "newer-keys.lock"), "pinner.lock")
    assert lock.warnings == (
        "pinner.lock:3: revision: not known to this version of pinner, kept",
        "pinner.lock:11: signers: not known to this version of pinner, kept",
        f'pinner.lock:8: images."{NGINX}".signer: not known to this version of pinner, kept',
        f'pinner.lock:9: images."{NGINX}".size: not known to this version of pinner, kept',
    )
    moved = lock.with_pin(pin(API))
    assert moved.warnings == lock.warnings
    assert "size = 1862\n" in render_lock(moved)
    assert '[signers."ghcr.io/acme"]' in render_lock(moved.without(API, "not/there:1"))


def test_pending_candidates_are_read_without_a_warning() -> None:  # H03
    lock = parse_lock(read(FIXTURES / "valid" / "pending.lock"), "pinner.lock")
    assert lock.warnings == ()
    assert lock.pending == {NGINX: (Candidate(digest=NEW, seen=dt.date(2026, 11, 20)),)}
    assert lock.extra == {}


def test_a_pin_knows_the_parts_of_its_key() -> None:
    one = pin("registry.corp.example:5000/team/app:v1#linux/arm/v6")
    assert (one.tagged, one.name, one.tag, one.platform) == (
        "registry.corp.example:5000/team/app:v1",
        "registry.corp.example:5000/team/app",
        "v1",
        Platform("linux", "arm", "v6"),
    )
    assert pin().platform is None


def test_platforms_are_written_in_one_order_whoever_learned_them() -> None:  # H02
    variant = Platform("linux", "arm64", "v8")
    one = Pin(key=NGINX, digest=OLD, platforms=(variant, AMD64, AMD64))
    assert one.platforms == (AMD64, ARM64)
    assert Pin(key=NGINX, digest=OLD, platforms=()) == pin()


def test_a_lock_cannot_be_changed_in_place() -> None:
    lock = Lock.of([pin()])
    with pytest.raises(TypeError):
        lock.pins[API] = pin(API)  # type: ignore[index]  # what must fail
    assert lock.with_pin(pin(API)) != lock
    assert list(lock.pins) == [NGINX]


def test_pins_are_found_by_key_by_tag_and_by_digest() -> None:
    plain, arm, other = pin(API), pin(f"{API}#linux/arm64", NEW), pin("ghcr.io/acme/api:3", NEW)
    lock = Lock.of([other, arm, plain, pin("ghcr.io/acme/api-more:1", NEW)])
    assert lock.get(API) == plain
    assert lock.get("ghcr.io/acme/api") is None
    assert lock.pins_for(API) == (plain, arm)
    assert lock.pins_for(NGINX) == ()
    assert lock.for_digest("ghcr.io/acme/api", NEW) == (arm, other)
    assert lock.for_digest("ghcr.io/acme", NEW) == ()


def test_the_last_pin_of_a_key_counts() -> None:
    assert Lock.of([pin(), pin(digest=NEW)]).get(NGINX) == pin(digest=NEW)


@pytest.mark.parametrize(
    ("written", "platform", "key"),
    [
        ("nginx:1.27", None, NGINX),
        ("nginx", None, "docker.io/library/nginx:latest"),
        (f"index.docker.io/library/nginx:1.27@{OLD}", None, NGINX),
        ("ghcr.io/acme/api:2.1", "linux/arm64/v8", f"{API}#linux/arm64"),
        ("ghcr.io/acme/api:2.1", "linux/arm/v6", f"{API}#linux/arm/v6"),
    ],
)
def test_one_image_has_one_key_however_it_is_written(written: str, platform: str | None, key: str) -> None:
    chosen = Platform.parse(platform) if platform else None
    assert lock_key(Reference.parse(written), chosen) == key
    lock = Lock.of([pin(key)])
    assert parse_lock(render_lock(lock), "pinner.lock") == lock


def test_equal_locks_do_not_differ_and_learned_facts_are_no_change() -> None:
    old = Lock.of([pin()])
    assert compare(old, old).is_empty
    assert compare(old, Lock.of([Pin(key=NGINX, digest=OLD, media_type=OCI_INDEX)])).is_empty


def test_what_came_went_and_moved_is_told_apart() -> None:
    old = Lock.of([pin(), pin("a.example/gone:1"), pin("a.example/stays:1")])
    new = Lock.of([pin(digest=NEW), pin("a.example/new:1"), pin("a.example/stays:1")])
    difference = compare(old, new)
    assert [one.key for one in difference.added] == ["a.example/new:1"]
    assert [one.key for one in difference.removed] == ["a.example/gone:1"]
    assert [(one.old.digest, one.new.digest) for one in difference.moved] == [(OLD, NEW)]
    assert not difference.is_empty


def test_a_conflict_inside_of_a_text_is_none() -> None:
    text = '# Managed by pinner.\nversion = 1\nnote = """\n<<<<<<< HEAD\n"""\n'
    assert parse_lock(text, "pinner.lock").extra == {"note": "<<<<<<< HEAD\n"}


@pytest.mark.parametrize("name", ["tools", "package", "packages", "metadata", "dependencies", "lock-version"])
@pytest.mark.parametrize("value", [[], {"a": {"b": 1}}, [{"name": "x"}], 1])
def test_a_lock_without_entries_is_ours_whatever_else_it_holds(name: str, value: object) -> None:
    lock = Lock(extra={name: value})
    assert parse_lock(render_lock(lock), "pinner.lock") == lock
    assert parse_lock("\ufeff" + render_lock(lock).replace("\n", "\r\n"), "pinner.lock") == lock


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('# This file is automatically @generated by Cargo.\nversion = 4\n\n[[package]]\nname = "a"\n', "package"),
        (
            '# This file is automatically @generated by Poetry\npackage = []\n[metadata]\nlock-version = "2.1"\n',
            "package",
        ),
        ('version = 1\nrevision = 3\n\n[[package]]\nname = "a"\n', "package"),  # uv
        ('lock-version = "1.0"\n[[packages]]\nname = "a"\n', "packages"),  # pylock
        ('[[tools.node]]\nversion = "22"\n', "tools"),  # mise
        ("version = 1\n[metadata]\nplatforms = []\n", "metadata"),  # conda-lock
    ],
)
def test_lockfiles_of_other_tools_are_told_apart(text: str, words: str) -> None:
    with pytest.raises(
        LockError, match=rf"^pinner\.lock:[0-9]+: {words}: this is the lockfile of another tool$"
    ) as caught:
        parse_lock(text, "pinner.lock")
    assert "--lockfile" in (caught.value.hint or "")


def test_every_value_that_toml_has_is_kept() -> None:
    text = (
        "# Managed by pinner.\nversion = 1\n"
        "values = [1, -2.5, 1e99, inf, -inf, true, 07:32:00, 2026-01-31, 2026-01-31T07:32:00.5+02:00,"
        ' 2026-01-31 07:32:00, "quote \\" backslash \\\\ bell \\u0007 tab \\t delete \\u007F é", [], {}, { a.b = 1 }]\n'
    )
    lock = parse_lock(text, "pinner.lock")
    again = parse_lock(render_lock(lock), "pinner.lock")
    assert again == lock
    assert render_lock(again) == render_lock(lock)
    assert "nan" in render_lock(parse_lock("# Managed by pinner.\nversion = 1\nx = nan\n", "pinner.lock"))


NAMES = st.from_regex(
    r"[a-z][a-z0-9]{0,5}(\.example(:[1-9][0-9]{0,3})?/[a-z0-9]{1,4}|/[a-z0-9]{1,4}_x)", fullmatch=True
)
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,10}", fullmatch=True)
DIGESTS = st.one_of(
    st.builds(Digest, st.just("sha256"), st.text("0123456789abcdef", min_size=64, max_size=64)),
    st.builds(Digest, st.just("sha512"), st.text("0123456789abcdef", min_size=128, max_size=128)),
)
PLATFORMS = st.builds(
    Platform, st.sampled_from(["linux", "windows"]), st.sampled_from(["amd64", "arm64"]), st.sampled_from([None, "v8"])
)
KEYS = st.builds(
    lambda name, tag, platform: lock_key(Reference.parse(f"{name}:{tag}"), platform), NAMES, TAGS, st.none() | PLATFORMS
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.one_of(
    st.booleans(), st.integers(), st.floats(allow_nan=False), TEXT, st.dates(), st.times(), st.datetimes()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)
PINS = st.builds(
    Pin,
    key=KEYS,
    digest=DIGESTS,
    media_type=st.none() | TEXT,
    platforms=st.none() | st.lists(PLATFORMS, max_size=3).map(tuple),
    extra=st.dictionaries(
        TEXT.filter(lambda name: name not in {"digest", "media-type", "platforms"}), VALUES, max_size=2
    ),
)
CANDIDATES = st.builds(
    Candidate,
    digest=DIGESTS,
    seen=st.dates(),
    extra=st.dictionaries(TEXT.filter(lambda name: name not in {"digest", "seen"}), VALUES, max_size=2),
)
PENDING = st.dictionaries(KEYS, st.lists(CANDIDATES, max_size=3).map(tuple), max_size=2)
TABLES = st.dictionaries(TEXT.filter(lambda name: name not in {"version", "images", "pending"}), VALUES, max_size=3)


@given(pins=st.lists(PINS, max_size=4), pending=PENDING, extra=TABLES)
@example(pins=[], pending={}, extra={"tools": []})
def test_a_lock_is_read_as_it_was_written(
    pins: list[Pin], pending: dict[str, tuple[Candidate, ...]], extra: dict[str, object]
) -> None:
    lock = Lock(pins={one.key: one for one in pins}, pending=pending, extra={**extra, "images and more": {}})
    text = render_lock(lock)
    again = parse_lock(text, "pinner.lock")
    assert again == lock
    assert render_lock(again) == text
    assert text.endswith("\n# end\n")
    assert "\r" not in text


@given(text=st.text(alphabet="\n[]{}=\"'#.,<>: \\abversion1images", max_size=60))
def test_any_text_is_a_lock_or_an_error_with_its_place(text: str) -> None:
    for start in ("", "version = 1\n"):
        try:
            parse_lock(start + text, "pinner.lock")
        except LockError as error:
            assert str(error).startswith("pinner.lock:")  # noqa: PT017 - both outcomes are right
