"""What follows an attempt to deliver: done, once more and when, given up, or an endpoint to be disabled.

Source: PRODUCT.md section 6, promises 2 to 4; Retry-After: RFC 9110, section 10.2.3.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long is waited after the end of the first, second … attempt; about 76 hours in all."""
MOST_ATTEMPTS = len(WAITS) + 1
MOST_JITTER = 0.1
"""The share of a wait that may be added to it, so that what failed together isn't tried again together."""
LONGEST_HINT = timedelta(hours=24)
FAILING_FOR = timedelta(days=5)
"""How long an endpoint fails, without one success, before it is disabled."""
FAILURES_APART = timedelta(hours=12)
"""How far its first and last failure lie apart at least: one bad hour before a quiet week disables nothing."""
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
"""How long an attempt may take in all, the connecting and the answer's body included."""
ANSWER_BYTES_KEPT = 16 * 1024
_GONE = 410
_TIRED = (429, 503)


class Outcome(StrEnum):
    """What becomes of a delivery: `disable` means its endpoint is gone for good, and all it should get is held."""

    SUCCEEDED = "succeeded"
    RETRY = "retry"
    FAILED = "failed"
    DISABLE = "disable"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows an attempt; `next_attempt_at` is there for `retry` alone."""

    outcome: Outcome
    next_attempt_at: datetime | None = None


def is_success(status: int | None) -> bool:
    """Tell whether a receiver has taken a delivery: 2xx, whatever its answer's body then does."""
    return status is not None and 200 <= status <= 299  # noqa: PLR2004 - the 2xx of HTTP


def after_attempt(
    status: int | None, *, attempt: int, ended_at: datetime, retry_after: str | None = None, jitter: float
) -> Verdict:
    """Judge an attempt by the status that came back, None if none did (no connection, refused, timeout, …).

    `attempt` counts from 1, `retry_after` is the answer's header as it came, `jitter` a random share, 0 to 1, of the
    most that is added to the wait. Redirects are answers like any other that is not 2xx: tried again, never followed.
    """
    if is_success(status):
        return Verdict(Outcome.SUCCEEDED)
    if status == _GONE:
        return Verdict(Outcome.DISABLE)
    if attempt >= MOST_ATTEMPTS:
        return Verdict(Outcome.FAILED)
    hint = hinted_wait(retry_after, ended_at) if status in _TIRED and retry_after else timedelta(0)
    wait = WAITS[attempt - 1] * (1 + MOST_JITTER * jitter)
    return Verdict(Outcome.RETRY, ended_at + max(wait, hint))


_SECONDS = re.compile(r"[0-9]+")
_MOST_DIGITS = 9


def hinted_wait(retry_after: str, now: datetime) -> timedelta:
    """Return how long a receiver asks to be left alone: nothing if its header is none, at most 24 h.

    The header holds seconds or an HTTP date; a date in the past, and whatever can't be read, asks for nothing.
    """
    text = retry_after.strip()
    if _SECONDS.fullmatch(text):
        # More digits are more than any cap, and Python refuses to read thousands of them.
        return min(timedelta(seconds=int(text)), LONGEST_HINT) if len(text) <= _MOST_DIGITS else LONGEST_HINT
    until = _http_date(text)
    return min(max(until - now, timedelta(0)), LONGEST_HINT) if until else timedelta(0)


def _http_date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text)
        # RFC 9110: an HTTP date is in GMT, also where asctime's form leaves that out.
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def disable_at(failing_since: datetime | None) -> datetime | None:
    """Return the earliest moment at which an endpoint is disabled if nothing succeeds; None if it does not fail."""
    return None if failing_since is None else failing_since + FAILING_FOR


def is_to_be_disabled(*, failing_since: datetime | None, last_failure_at: datetime | None, now: datetime) -> bool:
    """Tell whether an endpoint has failed for long enough.

    `failing_since` is the first failure after the last success (None after a success), `last_failure_at` the last one.
    """
    if failing_since is None or last_failure_at is None:
        return False
    return now - failing_since >= FAILING_FOR and last_failure_at - failing_since >= FAILURES_APART
