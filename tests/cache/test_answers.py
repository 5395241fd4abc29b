"""What the cache recalls, and to whom: young answers that everybody is given (RATE-09)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pinner.cache.answers import AnswerCache
from pinner.cache.disk import read_cache, write_cache
from pinner.errors import NotFoundError
from pinner.oci.digest import Digest
from pinner.oci.platform import Platform
from pinner.oci.reference import Reference
from pinner.resolution import Resolution, Resolved, Unresolved
from tests.cache.entries import BOTH, NGINX, NOW, ONE, TWO, answer, file_of, written

WEB = Reference.parse("nginx:1.27")
ARM = Platform("linux", "arm64")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Desk:
    """A cache on the disk, opened anew by every run."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "answers.json"
        self.clock = Clock()
        self.counts = Counter[str]()
        self.warnings: list[str] = []

    def open(self, max_age: float = 900) -> AnswerCache:
        count = lambda kind: self.counts.update([kind])  # noqa: E731 - a seam in one line
        return AnswerCache(self.path, max_age=max_age, clock=self.clock, count=count, warn=self.warnings.append)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def digest_of(found: Resolved | None) -> Digest | None:
    return None if found is None else found.descriptor.digest


def test_an_empty_cache_recalls_nothing_and_writes_nothing(desk: Desk) -> None:
    cache = desk.open()
    assert (cache.recall_tag(WEB), cache.recall_document(WEB), cache.confirms(WEB, ONE)) == (None, None, False)
    cache.note_tags([])
    cache.note_documents([])
    assert (desk.path.exists(), desk.counts) == (False, {})


def test_another_run_recalls_what_a_tag_meant(desk: Desk) -> None:
    desk.open().note_tags([answer(how="head")])
    found = desk.open().recall_tag(Reference.parse("index.docker.io/library/nginx:1.27"))
    assert found is not None
    assert (found.how, found.descriptor.digest, found.platforms, found.mirror) == ("cache", ONE, None, None)
    assert found.reference.written == "index.docker.io/library/nginx:1.27"
    assert desk.counts == {"cache": 1}


def test_what_was_not_read_is_no_document(desk: Desk) -> None:
    desk.open().note_tags([answer(how="head")])
    assert desk.open().recall_document(WEB) is None
    desk.open().note_documents([answer()])
    found = desk.open().recall_document(WEB)
    assert found is not None
    assert (found.platforms, found.descriptor.size) == (BOTH, 857)


def test_what_was_read_once_stays_known_while_the_digest_stays(desk: Desk) -> None:
    desk.open().note_documents([answer()])
    desk.clock.now += 600
    desk.open().note_tags([answer(how="head")])
    desk.clock.now += 600
    assert digest_of(desk.open().recall_document(WEB)) == ONE
    desk.open().note_tags([answer(digest=TWO, how="head")])
    assert desk.open().recall_document(WEB) is None
    assert digest_of(desk.open().recall_tag(WEB)) == TWO


@pytest.mark.parametrize(("later", "is_known"), [(0, True), (900, True), (901, False), (-1, False), (-1e9, False)])
def test_an_answer_is_used_while_it_is_young_and_never_from_the_future(
    desk: Desk, later: float, *, is_known: bool
) -> None:
    desk.open().note_documents([answer()])
    desk.clock.now += later
    cache = desk.open()
    assert (cache.recall_tag(WEB) is not None) is is_known
    assert (cache.recall_document(WEB) is not None) is is_known
    assert cache.confirms(WEB, ONE) is is_known


def test_an_entry_from_the_future_does_not_keep_the_true_one_out(desk: Desk) -> None:
    write_cache(desk.path, file_of(**{NGINX: written(digest=str(TWO), at=NOW + 1e9)}))
    desk.open().note_documents([answer()])
    assert digest_of(desk.open().recall_tag(WEB)) == ONE


@pytest.mark.parametrize(
    "other",
    ["nginx:1.28", "nginx", "acme/nginx:1.27", "ghcr.io/library/nginx:1.27", "docker.io:80/library/nginx:1.27"],
)
def test_another_image_is_another_question(desk: Desk, other: str) -> None:
    desk.open().note_documents([answer()])
    assert desk.open().recall_tag(Reference.parse(other)) is None


def test_a_platform_is_another_question(desk: Desk) -> None:
    desk.open().note_documents([answer(digest=TWO)], ARM)
    desk.open().note_documents([answer(digest=ONE)])
    cache = desk.open()
    assert [digest_of(cache.recall_document(WEB, one)) for one in (None, ARM)] == [ONE, TWO]
    assert cache.recall_document(WEB, Platform("linux", "amd64")) is None


def test_a_variant_that_was_asked_for_is_another_question_than_any_variant_res_17(desk: Desk) -> None:
    desk.open().note_documents([answer()], Platform("linux", "arm"))
    assert desk.open().recall_document(WEB, Platform("linux", "arm", "v7")) is None


@pytest.mark.parametrize(
    "kept_out",
    [
        pytest.param(answer(is_public=False), id="SEC-29 told to a login"),
        pytest.param(answer(mirror="https://mirror.example"), id="SEC-25 told by a mirror"),
        pytest.param(answer(f"nginx@{ONE}"), id="a digest without a tag"),
        pytest.param(Unresolved(reference=WEB, error=NotFoundError("gone")), id="a missing tag"),
    ],
)
def test_what_is_not_told_to_everybody_is_not_kept(desk: Desk, kept_out: Resolution) -> None:
    desk.open().note_tags([kept_out])
    desk.open().note_documents([kept_out])
    assert not desk.path.exists()


def test_an_answer_to_a_login_does_not_freshen_what_everybody_was_told(desk: Desk) -> None:
    desk.open().note_tags([answer()])
    desk.clock.now += 901
    desk.open().note_tags([answer(is_public=False)])
    assert desk.open().recall_tag(WEB) is None


def test_what_was_recalled_is_not_kept_as_if_it_were_new(desk: Desk) -> None:
    desk.open().note_tags([answer()])
    desk.clock.now += 800
    cache = desk.open()
    recalled = cache.recall_tag(WEB)
    assert recalled is not None
    cache.note_tags([recalled])
    desk.clock.now += 800
    assert desk.open().recall_tag(WEB) is None


def test_reading_a_digest_does_not_say_what_the_tag_beside_it_means(desk: Desk) -> None:
    desk.open().note_documents([answer(f"nginx:1.27@{TWO}", TWO)])
    assert not desk.path.exists()
    desk.open().note_tags([answer(how="head")])
    desk.open().note_documents([answer(f"nginx:1.27@{TWO}", TWO)])
    assert digest_of(desk.open().recall_tag(WEB)) == ONE


def test_reading_the_digest_that_a_tag_means_completes_it_and_does_not_freshen_it(desk: Desk) -> None:
    desk.open().note_tags([answer(how="head")])
    desk.clock.now += 800
    desk.open().note_documents([answer(f"nginx:1.27@{ONE}")])
    found = desk.open().recall_document(WEB)
    assert found is not None
    assert found.platforms == BOTH
    desk.clock.now += 800
    assert desk.open().recall_tag(WEB) is None


def test_a_reference_with_a_digest_recalls_the_document_of_that_digest_only(desk: Desk) -> None:
    desk.open().note_documents([answer()])
    cache = desk.open()
    assert digest_of(cache.recall_document(WEB.pinned_to(ONE))) == ONE
    assert cache.recall_document(WEB.pinned_to(TWO)) is None
    assert cache.recall_document(Reference.parse(f"nginx@{ONE}")) is None
    assert digest_of(cache.recall_tag(WEB.pinned_to(TWO))) == ONE


def test_a_digest_is_confirmed_or_not_and_never_another_one_told(desk: Desk) -> None:
    desk.open().note_tags([answer()])
    cache = desk.open()
    assert [cache.confirms(WEB, ONE), cache.confirms(WEB, TWO), cache.confirms(WEB, ONE, ARM)] == [True, False, False]
    assert desk.counts == {"cache": 1}


def test_two_runs_at_once_keep_the_answers_of_both(desk: Desk) -> None:
    first, second = desk.open(), desk.open()
    first.note_tags([answer()])
    second.note_tags([answer("node:22", TWO)])
    cache = desk.open()
    assert [digest_of(cache.recall_tag(Reference.parse(one))) for one in ("nginx:1.27", "node:22")] == [ONE, TWO]


def test_what_another_run_was_told_later_is_not_undone(desk: Desk) -> None:
    desk.open().note_tags([answer(how="head")])
    slow = desk.open()
    desk.clock.now += 60
    desk.open().note_tags([answer(digest=TWO, how="head")])
    desk.clock.now += 60
    slow.note_documents([answer(f"nginx:1.27@{ONE}")])
    assert digest_of(desk.open().recall_tag(WEB)) == TWO


def test_answers_older_than_a_week_leave_the_file(desk: Desk) -> None:
    desk.open().note_tags([answer()])
    desk.clock.now += 7 * 86_400 + 1
    desk.open().note_tags([answer("node:22")])
    assert b"nginx" not in read_cache(desk.path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff" * 1000, file_of(**{NGINX: written(digest="sha256:00")})])
def test_a_damaged_file_is_written_anew(desk: Desk, content: bytes) -> None:
    write_cache(desk.path, content)
    assert desk.open().recall_tag(WEB) is None
    desk.open().note_tags([answer()])
    assert digest_of(desk.open().recall_tag(WEB)) == ONE


def test_a_cache_that_cannot_be_written_is_a_warning(desk: Desk) -> None:
    desk.path.mkdir()
    cache = desk.open()
    cache.note_tags([answer()])
    assert digest_of(cache.recall_tag(WEB)) == ONE
    assert desk.warnings == [f"the cache {desk.path} cannot be written: Is a directory"]


def test_what_the_settings_forbid_to_ask_is_not_recalled(desk: Desk) -> None:  # RATE-09
    desk.open().note_tags([answer(how="head")])
    cache = AnswerCache(desk.path, max_age=900, clock=desk.clock, is_asked=lambda one: one != WEB)
    assert (cache.recall_tag(WEB), cache.confirms(WEB, ONE)) == (None, False)
    assert desk.open().recall_tag(WEB) is not None
