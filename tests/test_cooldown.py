"""How old is old enough: counted from the end of the day in UTC on which pinner first saw a digest (H03)."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.ages import read_age
from pinner.config import Config, parse_config
from pinner.cooldown import Cooldown, gone, observe, read_cooldown
from pinner.errors import ConfigError, UsageError
from pinner.lock.model import Candidate
from pinner.oci.digest import Digest

KEY = "docker.io/library/nginx:1.27"
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def digest(letter: str) -> Digest:
    return Digest("sha256", letter * 64)


def candidate(letter: str, day: int) -> Candidate:
    return Candidate(digest=digest(letter), seen=dt.date(2026, 11, day))


def letters(candidates: tuple[Candidate, ...]) -> str:
    return "".join(f"{one.digest.encoded[0]}{one.seen.day}" for one in candidates)


def at(day: int, hour: int = 0, minute: int = 0, *, age: dt.timedelta = dt.timedelta(days=3)) -> Cooldown:
    return Cooldown(min_age=age, now=dt.datetime(2026, 11, day, hour, minute, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("cooldown", "is_old_enough"),
    [
        pytest.param(at(20, 23), False, id="on the day"),
        pytest.param(at(23, 23, 59), False, id="a minute too early"),
        pytest.param(at(24), True, id="three days after the end of the day"),
        pytest.param(at(21, 11, 59, age=dt.timedelta(hours=12)), False, id="hours, too early"),
        pytest.param(at(21, 12, age=dt.timedelta(hours=12)), True, id="hours"),
        pytest.param(
            Cooldown(
                min_age=dt.timedelta(days=3),
                now=dt.datetime(2026, 11, 24, 1, tzinfo=dt.timezone(dt.timedelta(hours=2))),
            ),
            False,
            id="in another time zone it is tomorrow already",
        ),
    ],
)
def test_the_age_counts_from_the_end_of_the_day(cooldown: Cooldown, *, is_old_enough: bool) -> None:  # H03
    assert cooldown.choose([candidate("b", 20)]) == ((digest("b"),) if is_old_enough else ())


def test_the_newest_that_is_old_enough_comes_first() -> None:
    waiting = (candidate("b", 10), candidate("c", 16), candidate("d", 17))
    assert at(20).choose(waiting) == (digest("c"), digest("b"))


def test_a_day_at_the_end_of_time_is_waited_for() -> None:
    last = Candidate(digest=digest("b"), seen=dt.date.max)
    assert at(20).choose([last]) == ()
    assert at(20).is_ahead(last)
    assert not at(20).is_ahead(candidate("b", 20))


@pytest.mark.parametrize(
    ("before", "current", "accepted", "after"),
    [
        pytest.param((), "a", "a", "", id="nothing moved"),
        pytest.param((), "b", "a", "b20", id="a new digest"),
        pytest.param((), "b", None, "b20", id="a new digest of a tag without an entry"),
        pytest.param((candidate("b", 18),), "b", "a", "b18", id="seen before: the first day counts"),
        pytest.param((candidate("b", 18),), "c", "a", "b18c20", id="another one behind it"),
        pytest.param((candidate("b", 20),), "c", "a", "c20", id="the last one of a day counts"),
        pytest.param((candidate("b", 18), candidate("c", 19)), "a", "a", "", id="back to what is locked"),
        pytest.param((candidate("b", 18), candidate("c", 19)), "b", "a", "b18", id="back to an older one"),
        pytest.param(
            (candidate("b", 18), candidate("c", 18)), "b", "a", "b18", id="two of a day, as merges leave them"
        ),
        pytest.param((candidate("b", 25),), "c", "a", "c20", id="seen in the future, and moved on"),
        pytest.param((candidate("b", 25),), "b", "a", "b25", id="seen in the future"),
        pytest.param((candidate("a", 18),), "b", "a", "b20", id="what is accepted does not wait"),
    ],
)
def test_what_waits_after_a_look(
    before: tuple[Candidate, ...], current: str, accepted: str | None, after: str
) -> None:  # H03
    recorded = None if accepted is None else digest(accepted)
    seen = observe(before, digest(current), recorded, today=NOON.date())
    assert letters(seen) == after
    assert observe(seen, digest(current), recorded, today=NOON.date()) == seen


def test_what_is_let_go_is_told_with_its_reason() -> None:
    before = (candidate("b", 18), candidate("c", 20), candidate("a", 17))
    for current, expected in {"d": ["c replaced"], "b": ["c withdrawn"], "a": ["b withdrawn", "c withdrawn"]}.items():
        after = observe(before, digest(current), digest("a"), today=NOON.date())
        told = gone(KEY, before, after, current=digest(current), accepted=digest("a"))
        assert [f"{one.digest.encoded[0]} {one.reason}" for one in told] == expected


@given(st.lists(st.integers(0, 3), min_size=20, max_size=60), st.integers(1, 10))
def test_a_tag_that_is_rebuilt_each_day_still_progresses(rebuilds: list[int], days: int) -> None:  # H03
    """Each number says how often a tag is rebuilt, and seen, on a day; what is accepted is never too young."""
    start, accepted, number = dt.date(2026, 1, 1), digest("0"), 0
    first_seen: dict[Digest, dt.date] = {}
    waiting: tuple[Candidate, ...] = ()
    accepted_on = start
    for day, times in enumerate(rebuilds):
        today = start + dt.timedelta(days=day)
        cooldown = Cooldown(min_age=dt.timedelta(days=days), now=dt.datetime.combine(today, dt.time(23), dt.UTC))
        for _ in range(max(times, 1)):
            number += times > 0
            current = Digest("sha256", f"{number:064}")
            first_seen.setdefault(current, today)
            waiting = observe(waiting, current, accepted, today=today)
            for best in cooldown.choose(waiting)[:1]:
                assert (today - first_seen[best]).days > days
                accepted, accepted_on = best, today
                waiting = tuple(one for one in waiting if one.seen > first_seen[best])
    assert len(waiting) <= days + 2
    if all(rebuilds) and len(rebuilds) > days + 2:
        assert accepted_on == start + dt.timedelta(days=len(rebuilds) - 1)


@pytest.mark.parametrize(
    ("flag", "configured", "seconds"),
    [("3d", 0, 259_200), ("12h", 86_400, 43_200), ("2w", 0, 1_209_600), (None, 86_400, 86_400), ("1d12h", 0, 129_600)],
)
def test_a_flag_goes_before_the_configuration(flag: str | None, configured: int, seconds: int) -> None:
    cooldown = read_cooldown(flag, configured, accepts=["nginx"], now=NOON)
    assert cooldown == Cooldown(min_age=dt.timedelta(seconds=seconds), now=NOON, accepts=("nginx",))


@pytest.mark.parametrize(("flag", "configured"), [("0", 86_400), ("0d", 86_400), (None, 0)])
def test_no_age_is_no_cooldown(flag: str | None, configured: int) -> None:
    assert read_cooldown(flag, configured, accepts=(), now=NOON) is None


@pytest.mark.parametrize("flag", ["", "3", "d", "-3d", "3 d", "3m", "1.5d", "3D", "999999999w", "367d", "٣d"])
def test_what_is_no_minimum_age_is_refused_with_an_example(flag: str) -> None:
    with pytest.raises(UsageError, match=r"^--min-age: .* is (no minimum age|more than a year)$") as caught:
        read_cooldown(flag, 0, accepts=(), now=NOON)
    assert "3d" in (caught.value.hint or "")


def test_the_units_are_those_that_are_asked_for() -> None:
    assert (read_age("1m", units="ms"), read_age("1m"), read_age("1w"), read_age("1w", units="d")) == (
        60,
        None,
        604_800,
        None,
    )


def test_the_configuration_says_how_old_a_digest_must_be() -> None:
    assert parse_config('version = 1\n[update]\nmin-age = "3d"\n', "pinner.toml") == Config(min_age=259_200)
    assert parse_config("version = 1\n[update]\n", "pinner.toml") == Config()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("update = 3", "pinner.toml:2: update: must be a table, not 3"),
        ("[update]\nmin-age = 3", "pinner.toml:3: update.min-age: 3 is no minimum age"),
        ('[update]\nmin-age = "3 days"', "pinner.toml:3: update.min-age: '3 days' is no minimum age"),
        ('[update]\nmin-age = "500d"', "pinner.toml:3: update.min-age: '500d' is more than a year"),
        ('[update]\nmin_age = "3d"', "pinner.toml:3: update.min_age: unknown key"),
    ],
)
def test_a_wrong_configuration_is_said_with_its_line(table: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(f"version = 1\n{table}\n", "pinner.toml")
    assert caught.value.message == message
    assert caught.value.hint
