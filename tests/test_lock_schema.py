"""The JSON Schema of the lockfile and its reader take the same files."""

from __future__ import annotations

import copy
import datetime as dt
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import LockError
from pinner.lock.model import Candidate, Lock, Pin
from pinner.lock.reading import parse_lock
from pinner.lock.rendering import render_lock
from pinner.oci.platform import Platform
from pinner.report.documents import render_schema
from tests.support.program import run
from tests.support.resolvers import PLATFORMS, digest_of
from tests.test_lock import DIGESTS, INVALID, KEYS, VALID, name_of
from tests.test_lock import PLATFORMS as TARGETS

jsonschema: Any = pytest.importorskip("jsonschema", reason="needs the extra `dev`")
SCHEMA = json.loads(render_schema("lock"))
# What takes more than a pattern: a platform has one name, what is not known is bounded, and is no other file's.
ONLY_READ = {"key-platform-default-variant", "key-platform-spelling", "nested-deeply", "foreign-configuration"}
NGINX = "docker.io/library/nginx:1.27"


def problems(text: str) -> list[str]:
    """Return what the schema says against a lockfile, as a tool that turns TOML into JSON sees it."""
    document = json.loads(json.dumps(tomllib.loads(text.removeprefix("\ufeff")), default=str))
    return [one.message for one in jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_it_is_printed(tmp_path: Path) -> None:
    ran = run("lock", "schema", cwd=tmp_path)
    assert (ran.code, json.loads(ran.stdout), ran.stderr) == (0, SCHEMA, "")


@pytest.mark.parametrize("file", VALID, ids=name_of)
def test_it_takes_what_is_read(file: Path) -> None:
    assert problems(file.read_text("utf-8")) == []


@pytest.mark.parametrize("file", INVALID, ids=name_of)
def test_it_refuses_what_is_refused(file: Path) -> None:
    try:
        found = problems(file.read_bytes().decode("utf-8"))
    except ValueError:
        return  # no TOML
    except RecursionError:
        return
    assert bool(found) == (file.stem not in ONLY_READ)


def whole_lock() -> Lock:
    index = Pin(
        key=NGINX, digest=digest_of("a"), media_type="application/vnd.oci.image.index.v1+json", platforms=PLATFORMS
    )
    arm = Pin(
        key="localhost:5000/a__b/c-d:V_1.2#linux/arm/v6", digest=digest_of("b"), platforms=(Platform("a", "b", "c"),)
    )
    waiting = (Candidate(digest=digest_of("c"), seen=dt.date(2026, 11, 20)),)
    return Lock.of([index, arm]).with_pending({NGINX: waiting, "ghcr.io/acme/new:1": waiting})


Document = dict[str, Any]
MUTATIONS: dict[str, Callable[[Document], object]] = {
    "no version": lambda lock: lock.pop("version"),
    "a newer version": lambda lock: lock.update(version=2),
    "images as a list": lambda lock: lock.update(images=[]),
    "pending as a list": lambda lock: lock.update(pending=[]),
    "a key without a registry": lambda lock: lock["images"].update({"nginx:1.27": lock["images"][NGINX]}),
    "a key without a tag": lambda lock: lock["images"].update({"docker.io/library/nginx": lock["images"][NGINX]}),
    "a key with a digest": lambda lock: lock["images"].update({f"{NGINX}@{digest_of('a')}": lock["images"][NGINX]}),
    "a key with an empty platform": lambda lock: lock["images"].update({f"{NGINX}#": lock["images"][NGINX]}),
    "a key with half a platform": lambda lock: lock["images"].update({f"{NGINX}#linux": lock["images"][NGINX]}),
    "an entry without a digest": lambda lock: lock["images"][NGINX].pop("digest"),
    "an entry as a text": lambda lock: lock["images"].update({NGINX: str(digest_of("a"))}),
    "a short digest": lambda lock: lock["images"][NGINX].update(digest=str(digest_of("a"))[:-1]),
    "a digest in capitals": lambda lock: lock["images"][NGINX].update(digest=str(digest_of("a")).upper()),
    "a media type as a number": lambda lock: lock["images"][NGINX].update({"media-type": 1}),
    "platforms as a text": lambda lock: lock["images"][NGINX].update(platforms="linux/amd64"),
    "half a platform": lambda lock: lock["images"][NGINX].update(platforms=["linux"]),
    "a waiting key without a tag": lambda lock: lock["pending"].update({"docker.io/nginx": []}),
    "waiting without a digest": lambda lock: lock["pending"][NGINX][0].pop("digest"),
    "waiting without a day": lambda lock: lock["pending"][NGINX][0].pop("seen"),
    "waiting since an hour": lambda lock: lock["pending"][NGINX][0].update(seen=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
    "waiting as a text": lambda lock: lock["pending"].update({NGINX: "x"}),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_lock_that_was_changed_for_the_worse_is_refused_by_both(name: str) -> None:
    document = copy.deepcopy(tomllib.loads(render_lock(whole_lock())))
    assert problems(render_lock(whole_lock())) == []
    MUTATIONS[name](document)
    text = to_toml(document)
    assert problems(text) != []
    with pytest.raises(LockError):
        parse_lock(text, "pinner.lock")


def to_toml(document: Document) -> str:
    """Return a document as TOML of which every table stands in one line."""
    return "".join(f"{name} = {_value(value)}\n" for name, value in document.items())


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return value.isoformat() if isinstance(value, dt.date) else json.dumps(value)


@given(
    pins=st.lists(
        st.builds(Pin, key=KEYS, digest=DIGESTS, platforms=st.lists(TARGETS, max_size=2).map(tuple)), max_size=3
    ),
    days=st.dictionaries(KEYS, st.dates(), max_size=2),
)
def test_every_lock_that_is_written_is_taken(pins: list[Pin], days: dict[str, dt.date]) -> None:
    pending = {key: (Candidate(digest=digest_of("x"), seen=day),) for key, day in days.items()}
    assert problems(render_lock(Lock.of(pins).with_pending(pending))) == []
