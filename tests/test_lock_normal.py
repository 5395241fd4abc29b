"""The quick reader of the normal form gives what the strict one gives, or nothing: TOML is the judge."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import LockError
from pinner.lock import reading
from pinner.lock.model import Candidate, Lock, Pin
from pinner.lock.normal import read_normal
from pinner.lock.reading import parse_lock, read_strictly
from pinner.lock.rendering import FOOTER, HEADER, render_lock
from pinner.oci.digest import Digest
from pinner.oci.media_types import OCI_INDEX
from pinner.oci.platform import Platform
from tests.test_lock import CANDIDATES, KEYS, PINS, TABLES

DIGEST = Digest("sha256", "a" * 64)
HOSTS = ["docker.io/library", "docker.io/acme", "ghcr.io/acme", "registry.example.com:5000/a/b-c/d", "localhost:5000"]
USUAL_KEYS = st.builds(
    lambda host, name, tag, platform: f"{host}/{name}:{tag}{platform}",
    st.sampled_from(HOSTS),
    st.from_regex(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+){0,2}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}", fullmatch=True),
    st.sampled_from(["", "", "#linux/arm64", "#linux/arm/v6", "#linux/arm/v7", "#windows/amd64", "#linux", "#a//b"]),
)
USUAL = st.builds(
    lambda key, encoded, media_type, platforms: Pin(
        key=key, digest=Digest("sha256", encoded), media_type=media_type, platforms=platforms
    ),
    USUAL_KEYS,
    st.text("0123456789abcdef", min_size=64, max_size=64),
    st.sampled_from([None, OCI_INDEX, "x"]),
    st.sampled_from([None, (Platform("linux", "amd64"),), (Platform("linux", "arm64"), Platform("linux", "amd64"))]),
)
LOCKS = st.builds(
    lambda pins, pending, extra: Lock(pins={one.key: one for one in pins}, pending=pending, extra=extra),
    st.lists(USUAL | PINS, max_size=5),
    st.dictionaries(USUAL_KEYS | KEYS, st.lists(CANDIDATES, max_size=3).map(tuple), max_size=2),
    st.just({}) | TABLES,
)


def strictly(text: str) -> Lock | None:
    try:
        return read_strictly(text, "pinner.lock")
    except LockError:
        return None


def agree(text: str) -> Lock | None:
    """Return what the quick reader gives, after it was held against the strict one."""
    quick, strict = read_normal(text), strictly(text)
    if quick is not None:
        assert strict is not None
        assert (quick, repr(quick), quick.warnings) == (strict, repr(strict), strict.warnings)
        assert render_lock(quick) == render_lock(strict)
    return quick


@given(LOCKS)
def test_what_was_written_is_read_alike_or_left_to_the_strict_reader(lock: Lock) -> None:
    agree(render_lock(lock))


@given(st.lists(USUAL.filter(lambda pin: not pin.key.endswith(("v7", "linux", "b")))))
def test_usual_locks_are_read_quickly(pins: list[Pin]) -> None:
    lock = Lock.of(pins)
    assert agree(render_lock(lock)) == lock


PARTS = st.one_of(
    st.sampled_from(
        ["\n", '"', "\\", "[", "]", "#", ":", ".", "/", "=", " ", "\r", "\t", "\ufeff", "\x00", "é", "_", "-"]
    ),
    st.sampled_from(
        ["digest", "[[pending.", "[images.", "# end\n", "sha512:", "A", "0", "index.docker.io/", "docker.io/"]
    ),
)


@given(LOCKS, st.lists(st.tuples(st.floats(0, 1), st.integers(0, 4), PARTS), min_size=1, max_size=3))
def test_a_changed_text_is_read_alike_or_left_to_the_strict_reader(
    lock: Lock, changes: list[tuple[float, int, str]]
) -> None:
    text = render_lock(lock)
    for where, length, part in changes:
        at = int(where * len(text))
        text = text[:at] + part + text[at + length :]
    agree(text)


@given(LOCKS, st.randoms(use_true_random=False))
def test_lines_and_blocks_in_another_order_are_read_alike_or_left(lock: Lock, random: object) -> None:
    text = render_lock(lock)
    for separator in ("\n", "\n\n"):
        pieces = text.split(separator)
        first, second = (random.randrange(len(pieces)) for _ in range(2))  # type: ignore[attr-defined]  # a Random
        pieces[first], pieces[second] = pieces[second], pieces[first]
        agree(separator.join(pieces))
        agree(separator.join((*pieces[:first], pieces[second], *pieces[first:])))


NGINX = f'[images."docker.io/library/nginx:1"]\ndigest = "{DIGEST}"\n'
NODE = f'[images."docker.io/library/node:1"]\ndigest = "{DIGEST}"\n'
WAITS = f'[[pending."docker.io/library/nginx:1"]]\ndigest = "{DIGEST}"\nseen = 2026-11-20\n'


def document(*blocks: str) -> str:
    return "\n".join((HEADER, *blocks, FOOTER))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(document(), id="nothing"),
        pytest.param(document(NGINX, NODE), id="entries"),
        pytest.param(document(NGINX, WAITS, WAITS.replace(":1", ":2")), id="candidates"),
        pytest.param(document(WAITS, WAITS.replace("11-20", "11-21")), id="two candidates of one key"),
    ],
)
def test_the_normal_form_is_taken(text: str) -> None:
    assert agree(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(document(NODE, NGINX), id="another order"),
        pytest.param(document(NGINX, NGINX), id="twice"),
        pytest.param(document(NGINX + "size = 3\n"), id="an unknown field"),
        pytest.param(document(NGINX, "[later]\nx = 1\n"), id="an unknown table"),
        pytest.param(document(NGINX).replace(" = ", "="), id="other spaces"),
        pytest.param(document(NGINX).replace("\n", "\r\n"), id="other line ends"),
        pytest.param("\ufeff" + document(NGINX), id="a byte order mark"),
        pytest.param(document(NGINX).removesuffix(FOOTER), id="no last line"),
        pytest.param(document(NGINX) + "\n", id="one line more"),
        pytest.param(document(NGINX).replace("version = 1", "version = 2"), id="a newer version"),
        pytest.param(document(NGINX).replace("library/", ""), id="a familiar key"),
        pytest.param(document(NGINX).replace("docker.io", "index.docker.io"), id="another name of Docker Hub"),
        pytest.param(document(NGINX).replace("docker.io", "docker"), id="no host"),
        pytest.param(document(NGINX).replace("docker.io", "a.io:0123"), id="a port with zeros in front"),
        pytest.param(document(NGINX).replace("docker.io", "a.io:70000"), id="a port that is none"),
        pytest.param(document(NGINX).replace("library/nginx", "a/" * 130 + "b"), id="a name that is too long"),
        pytest.param(document(NGINX).replace(":1", ":" + "1" * 129), id="a tag that is too long"),
        pytest.param(document(NGINX).replace(":1", ":1#linux/arm64/v8"), id="a default variant"),
        pytest.param(document(NGINX).replace(":1", ":1#linux"), id="a platform that is none"),
        pytest.param(document(NGINX).replace("aaaa", "AAAA"), id="a digest in capitals"),
        pytest.param(document(NGINX).replace("aaaa", "aaa"), id="a digest that is too short"),
        pytest.param(document(NGINX).replace("sha256", "sha512"), id="a digest of another algorithm"),
        pytest.param(document(NGINX + 'media-type = "a\\u0062"\n'), id="an escape"),
        pytest.param(document(NGINX + 'platforms = ["linux"]\n'), id="platforms that are none"),
        pytest.param(document(NGINX + "platforms = []\n"), id="no platforms"),
        pytest.param(document(WAITS.replace("11-20", "02-30")), id="a day that is none"),
        pytest.param(document(WAITS.replace("2026-11-20", "0000-01-01")), id="a year that is none"),
        pytest.param(document(WAITS.replace("11-20", "11-20T08:15:00Z")), id="a point in time"),
        pytest.param(document(WAITS.replace(":1", ":1#linux/x86_64")), id="a candidate of an odd platform"),
        pytest.param(document(WAITS, NGINX), id="candidates first"),
        pytest.param(document(NGINX).replace("[images", "<<<<<<< ours\n[images"), id="a conflict"),
        pytest.param("", id="nothing at all"),
    ],
)
def test_anything_else_is_left_to_the_strict_reader(text: str) -> None:
    assert agree(text) is None


def test_platforms_are_the_usual_ones_whatever_is_written() -> None:
    text = document(NGINX + 'platforms = ["linux/arm64/v8", "linux/amd64", "linux/x86_64"]\n')
    lock = agree(text)
    assert lock is not None
    assert lock.pins["docker.io/library/nginx:1"].platforms == (Platform("linux", "amd64"), Platform("linux", "arm64"))


def test_long_locks_go_by_the_quick_reader_and_errors_come_from_the_strict_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pins = [Pin(key=f"docker.io/library/app{number}:1", digest=DIGEST) for number in range(100)]
    waiting = {pins[0].key: (Candidate(digest=DIGEST, seen=dt.date(2026, 11, 20)),)}
    lock = Lock.of(pins).with_pending(waiting)
    text = render_lock(lock)

    def refuse(_text: str, path: str) -> Lock:
        raise LockError(f"{path}: read strictly")

    monkeypatch.setattr(reading, "read_strictly", refuse)
    assert parse_lock(text, "pinner.lock") == lock
    for other in (text.replace("# end\n", ""), render_lock(Lock.of(pins[:3]))):
        with pytest.raises(LockError, match="read strictly"):
            parse_lock(other, "pinner.lock")
    monkeypatch.undo()
    with pytest.raises(LockError, match=r"^pinner\.lock:5: images.*is not a digest$"):
        parse_lock(text.replace("aaaa", "xxxx", 1), "pinner.lock")
