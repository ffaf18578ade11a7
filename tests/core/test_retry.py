"""What follows an attempt, and what disables an endpoint."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.retry import (
    ANSWER_BYTES_KEPT,
    CONNECT_SECONDS,
    MOST_ATTEMPTS,
    TOTAL_SECONDS,
    WAITS,
    Outcome,
    Verdict,
    after_attempt,
    disable_at,
    hinted_wait,
    is_to_be_disabled,
)

ENDED = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
ATTEMPTS = st.integers(1, MOST_ATTEMPTS - 1)
SHARES = st.floats(0, 1)
NO_SUCCESS = st.none() | st.integers(100, 599).filter(lambda status: status // 100 != 2 and status != 410)


def judge(
    status: int | None = 500, *, attempt: int = 1, retry_after: str | None = None, jitter: float = 0.0
) -> Verdict:
    return after_attempt(status, attempt=attempt, ended_at=ENDED, retry_after=retry_after, jitter=jitter)


def wait_after(verdict: Verdict) -> timedelta:
    assert verdict.outcome is Outcome.RETRY
    assert verdict.next_attempt_at is not None
    return verdict.next_attempt_at - ENDED


# --- the schedule ---


def test_schedule_is_the_promised_one() -> None:
    waits = [wait_after(judge(attempt=attempt)).total_seconds() for attempt in range(1, 10)]
    assert waits == [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert sum(waits) / 3600 == pytest.approx(76, abs=1)


def test_limits_of_an_attempt_are_the_promised_ones() -> None:
    assert (CONNECT_SECONDS, TOTAL_SECONDS, ANSWER_BYTES_KEPT) == (5, 15, 16_384)


def test_tenth_failure_is_the_last() -> None:
    assert judge(attempt=10) == Verdict(Outcome.FAILED)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 226, 299])
@pytest.mark.parametrize("attempt", [1, 10])
def test_any_2xx_is_success(status: int, attempt: int) -> None:
    assert judge(status, attempt=attempt) == Verdict(Outcome.SUCCEEDED)


@pytest.mark.parametrize("attempt", [1, 10])
def test_410_disables_the_endpoint_at_once(attempt: int) -> None:
    assert judge(410, attempt=attempt) == Verdict(Outcome.DISABLE)


@pytest.mark.parametrize("status", [None, 100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 409, 411, 429, 500, 599])
def test_everything_else_is_tried_again(status: int | None) -> None:
    assert wait_after(judge(status)) == 5 * SECOND


@given(status=NO_SUCCESS, attempt=ATTEMPTS, jitter=SHARES)
def test_jitter_only_adds_and_at_most_a_tenth(status: int | None, attempt: int, jitter: float) -> None:
    wait = wait_after(judge(status, attempt=attempt, jitter=jitter))
    assert WAITS[attempt - 1] <= wait <= WAITS[attempt - 1] * 1.1


def test_whole_jitter_adds_a_tenth() -> None:
    assert wait_after(judge(attempt=2, jitter=1.0)) == timedelta(seconds=330)


# --- Retry-After ---


@given(
    status=st.sampled_from([429, 503]),
    attempt=ATTEMPTS,
    jitter=SHARES,
    seconds=st.integers(0, 10**30),
    is_date=st.booleans(),
)
def test_a_hint_only_ever_delays_and_by_a_day_at_most(
    status: int, attempt: int, jitter: float, seconds: int, *, is_date: bool
) -> None:
    seconds = seconds % 10**9 if is_date else seconds
    header = format_datetime(ENDED + timedelta(seconds=seconds), usegmt=True) if is_date else str(seconds)
    wait = wait_after(judge(status, attempt=attempt, retry_after=header, jitter=jitter))
    without = wait_after(judge(status, attempt=attempt, jitter=jitter))
    assert wait == max(without, min(timedelta(seconds=min(seconds, 10**9)), DAY))


@pytest.mark.parametrize("status", [None, 301, 400, 500, 502, 504])
def test_a_hint_counts_on_429_and_503_alone(status: int | None) -> None:
    assert wait_after(judge(status, retry_after="3600")) == 5 * SECOND


def test_a_hint_makes_no_eleventh_attempt() -> None:
    assert judge(503, attempt=10, retry_after="60") == Verdict(Outcome.FAILED)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("0", timedelta(0)),
        ("90", timedelta(seconds=90)),
        (" 90 ", timedelta(seconds=90)),
        ("86400", DAY),
        ("86401", DAY),
        ("9" * 5000, DAY),
        ("Sun, 22 Nov 2026 04:00:00 GMT", HOUR),
        ("Sunday, 22-Nov-26 04:00:00 GMT", HOUR),
        ("Sun Nov 22 04:00:00 2026", HOUR),
        ("Sun, 22 Nov 2026 13:00:00 +0900", HOUR),
        ("Sun, 22 Nov 2026 02:00:00 GMT", timedelta(0)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
        ("Fri, 31 Dec 9999 23:59:59 -2359", timedelta(0)),
        ("Fri, 32 Dec 2026 23:59:59 GMT", timedelta(0)),
        ("-5", timedelta(0)),
        ("1.5", timedelta(0)),
        ("１２", timedelta(0)),
        ("soon", timedelta(0)),
        ("", timedelta(0)),
        ("5, 10", timedelta(0)),
    ],
)
def test_seconds_and_every_form_of_date_are_read_and_nonsense_asks_for_nothing(header: str, wait: timedelta) -> None:
    assert hinted_wait(header, ENDED) == wait


@given(header=st.text(max_size=60))
def test_no_header_whatever_hurts(header: str) -> None:
    assert timedelta(0) <= hinted_wait(header, ENDED) <= DAY


# --- disabling ---


def disabled_after(*, last_failure_after: timedelta, now_after: timedelta) -> bool:
    return is_to_be_disabled(failing_since=ENDED, last_failure_at=ENDED + last_failure_after, now=ENDED + now_after)


def test_five_days_of_failure_disable() -> None:
    assert disabled_after(last_failure_after=5 * DAY, now_after=5 * DAY)


def test_a_second_less_than_five_days_disables_nothing() -> None:
    assert not disabled_after(last_failure_after=5 * DAY - SECOND, now_after=5 * DAY - SECOND)


@pytest.mark.parametrize(("apart", "expected"), [(12 * HOUR, True), (12 * HOUR - SECOND, False), (0 * HOUR, False)])
def test_two_failures_twelve_hours_apart_are_needed(apart: timedelta, *, expected: bool) -> None:
    assert disabled_after(last_failure_after=apart, now_after=9 * DAY) is expected


def test_one_success_begins_the_count_anew() -> None:
    assert not is_to_be_disabled(failing_since=None, last_failure_at=ENDED, now=ENDED + 30 * DAY)


def test_what_never_failed_is_not_disabled() -> None:
    assert not is_to_be_disabled(failing_since=ENDED, last_failure_at=None, now=ENDED + 30 * DAY)


def test_owner_is_told_when_it_would_be_disabled() -> None:
    assert disable_at(ENDED) == ENDED + 5 * DAY
    assert disable_at(None) is None
