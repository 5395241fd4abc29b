"""How long a registry asks us to wait, and which answers are worth a second try (RATE-02, RATE-15, RATE-17). Pure."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST_WAIT: Final = 86_400.0
# 501 and 505 are final: the next try would be answered the same.
TRANSIENT: Final = frozenset({408, 425, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524})
TOO_MANY: Final = 429
_UNAVAILABLE: Final = 503
_OK: Final = 200
_MASKED_THROTTLE: Final = frozenset({400, 403})
_DECIMAL: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", re.ASCII)
_EPOCH: Final = re.compile(r"[0-9]{10}", re.ASCII)
_GO_DURATION: Final = re.compile(r"retry-after:\s*((?:[0-9.]+(?:ns|µs|us|ms|s|m|h))+)", re.IGNORECASE)
_GO_PART: Final = re.compile(r"([0-9.]+)(ns|µs|us|ms|s|m|h)")
_UNITS: Final = {"ns": 1e-9, "µs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_THROTTLE: Final = re.compile(
    rb"toomanyrequests|throttlingexception|rate ?exceeded|secondary rate limit|resource_exhausted", re.IGNORECASE
)
_PULL_LIMIT: Final = re.compile(rb"pull rate limit", re.IGNORECASE)


def is_throttled(status: int, content: bytes) -> bool:
    """Return whether an answer asks us to slow down; some registries say it with 403 or 400 (GHCR, ECR)."""
    return status == TOO_MANY or (status in _MASKED_THROTTLE and _THROTTLE.search(content) is not None)


def is_quota_used_up(status: int, content: bytes) -> bool:
    """Return whether this is Docker Hub's pull limit, whose window is six hours: waiting seconds is useless."""
    return status == TOO_MANY and _PULL_LIMIT.search(content) is not None


def is_complaint(status: int, content: bytes) -> bool:
    """Return whether an answer says that the host has too much to do (RATE-07)."""
    return status == _UNAVAILABLE or is_throttled(status, content)


def is_cut_off(status: int, content: bytes) -> bool:
    """Return whether a document ends too early, although the connection did not: a proxy lost the rest."""
    return status == _OK and content[:1] == b"{" and not content[-64:].rstrip().endswith(b"}")


def asked_wait(headers: Mapping[str, str], content: bytes = b"") -> float | None:
    """Return the seconds that an answer asks to wait, or None where it does not say (RATE-02).

    Seconds, decimals and dates are understood; a date counts against the answer's own `Date`, not against our clock.
    What cannot be read counts as not said.
    """
    value, date = headers.get("retry-after", "").strip(), headers.get("date", "")
    seconds = _clamp(float(value)) if _DECIMAL.fullmatch(value) else _until(value, date)
    if seconds is not None:
        return seconds
    epoch = headers.get("x-retry-after", "").strip()
    if _EPOCH.fullmatch(epoch):
        return _clamp(float(epoch) - _timestamp(date))
    duration = _GO_DURATION.search(content[:4096].decode("utf-8", errors="replace"))
    if duration is None:
        return None
    try:
        return _clamp(sum(float(number) * _UNITS[unit] for number, unit in _GO_PART.findall(duration[1])))
    except ValueError:
        return None


def _until(value: str, date: str) -> float | None:
    moment = _parse_date(value)
    return None if moment is None else _clamp(moment.timestamp() - _timestamp(date))


def _timestamp(date: str) -> float:
    moment = _parse_date(date)
    return time.time() if moment is None else moment.timestamp()


def _parse_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _clamp(seconds: float) -> float | None:
    return None if math.isnan(seconds) or seconds < 0 else min(seconds, LONGEST_WAIT)
