"""Tallies of attempts: sums of parts, whatever the parts."""

from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.attempt_tally import BOUNDS_SECONDS, AttemptEnd, AttemptTally, from_stored

COUNTS = st.integers(0, 10**9)
TALLIES = st.builds(
    AttemptTally,
    st.dictionaries(st.sampled_from(AttemptEnd), COUNTS),
    st.tuples(*[COUNTS] * (len(BOUNDS_SECONDS) + 1)),
    st.integers(0, 10**6).map(float),
)
NOTHING = AttemptTally()


def total(tally: AttemptTally) -> tuple[int, int, float]:
    return sum(tally.ends.values()), sum(tally.first_attempts), tally.first_seconds


@settings(max_examples=50)
@given(TALLIES, TALLIES)
def test_sum_has_what_both_have_in_either_order(one: AttemptTally, other: AttemptTally) -> None:
    together = one + other
    assert together == other + one
    assert total(together) == tuple(a + b for a, b in zip(total(one), total(other), strict=True))


@settings(max_examples=50)
@given(TALLIES)
def test_stored_and_read_again_is_the_same(tally: AttemptTally) -> None:
    assert from_stored(tally.as_stored()) == tally + NOTHING


def test_of_nothing_stored_nothing_is_read() -> None:
    assert total(from_stored({})) == (0, 0, 0.0)


def test_buckets_of_an_earlier_version_that_are_no_more_are_left_out() -> None:
    assert total(from_stored({"first_attempts": {"0.1": 2, "0.3": 5}})) == (0, 2, 0.0)


def test_bounds_count_all_up_to_them() -> None:
    first_attempts = (1, 2, *(0,) * (len(BOUNDS_SECONDS) - 2), 4)
    seen = list(AttemptTally(first_attempts=first_attempts).up_to_bounds())
    assert seen[:2] == [(BOUNDS_SECONDS[0], 1), (BOUNDS_SECONDS[1], 3)]
    assert seen[-2:] == [(BOUNDS_SECONDS[-1], 3), (inf, 7)]
