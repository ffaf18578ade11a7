import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.web.rate_limits import RateLimits, SlidingWindow


def asked(window: SlidingWindow, *, times: int, at: float, who: str = "somebody") -> list[bool]:
    """Return which of so many requests, all at one moment, were let in."""
    return [window.count(who, at) is None for _ in range(times)]


def test_one_more_than_the_limit_is_refused() -> None:
    assert asked(SlidingWindow("5/minute"), times=6, at=600.0) == [True] * 5 + [False]


def test_each_caller_is_counted_alone() -> None:
    window = SlidingWindow("1/second")

    assert asked(window, times=1, at=0.5, who="one") == asked(window, times=1, at=0.5, who="other") == [True]


def test_requests_of_the_window_before_fade() -> None:
    window = SlidingWindow("10/minute")
    asked(window, times=10, at=59.0)

    assert asked(window, times=10, at=90.0) == [True] * 5 + [False] * 5


def test_nothing_is_left_of_the_window_before_that() -> None:
    window = SlidingWindow("10/minute")
    asked(window, times=10, at=59.0)

    assert asked(window, times=11, at=120.0) == [True] * 10 + [False]


@pytest.mark.parametrize(("limit", "seconds"), [("3/second", 1), ("3/minute", 60), ("3/hour", 3600)])
def test_refusal_tells_the_limit(limit: str, seconds: int) -> None:
    window = SlidingWindow(limit)
    asked(window, times=3, at=0.0)

    over = window.count("somebody", 0.0)

    assert over is not None
    assert (over.limit, over.requests, over.window_seconds) == (limit, 3, seconds)


@given(
    limit=st.integers(1, 20),
    moments=st.lists(st.floats(0, 300, allow_nan=False), min_size=1, max_size=80).map(sorted),
)
def test_who_waits_as_told_is_let_in(limit: int, moments: list[float]) -> None:
    window = SlidingWindow(f"{limit}/minute")
    over = [(now, refused) for now in moments if (refused := window.count("somebody", now))]

    for now, refused in over[-1:]:
        if now == moments[-1]:
            assert 1 <= refused.retry_after_seconds <= 60
            assert window.count("somebody", now + refused.retry_after_seconds + 0.001) is None


@given(limit=st.integers(1, 20), moments=st.lists(st.floats(0, 59.9, allow_nan=False), max_size=80).map(sorted))
def test_no_window_lets_in_more_than_the_limit(limit: int, moments: list[float]) -> None:
    window = SlidingWindow(f"{limit}/minute")

    assert sum(window.count("somebody", now) is None for now in moments) == min(limit, len(moments))


def test_keys_and_addresses_have_limits_of_their_own() -> None:
    limits = RateLimits("2/hour,1/hour")

    let_in = (
        [limits.count_key("same") is None for _ in range(3)],
        [limits.count_address("same") is None for _ in range(2)],
    )

    assert let_in == ([True, True, False], [True, False])
