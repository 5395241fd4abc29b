from __future__ import annotations

import pytest

from pinner.cache.age import LONGEST_AGE, parse_age
from pinner.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("0s", 0), ("90s", 90), ("15m", 900), ("6h", 21_600), ("2d", 172_800), ("1h30m", 5400), (" 1m ", 60)],
)
def test_an_age_is_read_as_people_write_it_rate_09(text: str, seconds: float) -> None:
    assert parse_age(text) == seconds


@pytest.mark.parametrize("text", ["", "15", "m", "-1m", "1.5h", "1 h", "15M", "1w", "1h,", "1m\n2", "٣m", "1e9s"])
def test_what_is_no_age_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="is not an age") as caught:
        parse_age(text)
    assert "15m" in (caught.value.hint or "")


@pytest.mark.parametrize("text", ["8d", "7d1s", "999999999d"])
def test_more_than_a_week_is_refused(text: str) -> None:
    assert parse_age("7d") == LONGEST_AGE
    with pytest.raises(UsageError, match="more than a week"):
        parse_age(text)
