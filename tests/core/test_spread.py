"""The spread of a count by its mean and variance: tails, quantiles, and the families it is taken from."""

from fractions import Fraction
from itertools import pairwise
from math import comb, exp, lgamma, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.spread import Spread, _walk, spread

MEANS = st.floats(min_value=0.01, max_value=300)
WIDER = st.floats(min_value=1.01, max_value=40)
NARROWER = st.floats(min_value=0.05, max_value=0.99)


def moments(found: Spread) -> tuple[float, float]:
    total = sum(found.weights)
    shares = [(found.first + place, weight / total) for place, weight in enumerate(found.weights)]
    mean = sum(count * share for count, share in shares)
    return mean, sum((count - mean) ** 2 * share for count, share in shares)


def negative_binomial(mean: float, variance: float, count: int) -> float:
    size, p = mean**2 / (variance - mean), mean / variance
    ways = lgamma(count + size) - lgamma(size) - lgamma(count + 1)
    return exp(ways + size * log(p) + count * log(1 - p))


@given(MEANS, WIDER)
def test_a_wide_count_has_the_mean_and_the_variance_it_was_asked_for(mean: float, factor: float) -> None:
    assert moments(spread(mean, mean * factor)) == pytest.approx((mean, mean * factor), rel=1e-9)


@given(MEANS, st.integers(min_value=0, max_value=400), WIDER)
def test_a_wide_count_is_negative_binomial(mean: float, need: int, factor: float) -> None:
    upto = sum(negative_binomial(mean, mean * factor, count) for count in range(need))
    assert spread(mean, mean * factor).at_least(need) == pytest.approx(1 - upto, abs=1e-9)  # as good as lgamma


def test_a_narrow_count_is_binomial() -> None:
    # 20 trials at 1/4: mean 5, variance 15/4
    quarter = Fraction(1, 4)
    exact = sum(comb(20, count) * quarter**count * (1 - quarter) ** (20 - count) for count in range(8, 21))
    assert spread(5.0, 3.75).at_least(8) == pytest.approx(float(exact), abs=1e-14)


def test_trials_are_whole_and_no_fewer_than_the_mean() -> None:
    # 2.5² / 0.9 = 6.9 trials are 7; 0.3² / 0.2999 is less than one
    assert spread(2.5, 1.6).first + len(spread(2.5, 1.6).weights) - 1 == 7
    assert spread(0.3, 0.0001) == Spread(0, (1.0, pytest.approx(0.3 / 0.7)))


@given(MEANS, NARROWER)
def test_a_narrow_count_has_the_mean_it_was_asked_for(mean: float, factor: float) -> None:
    assert moments(spread(mean, mean * factor))[0] == pytest.approx(mean, rel=1e-9)


@pytest.mark.parametrize("variance", [10.0, 10.0 - 1e-6, 10.0 + 1e-9])
def test_a_count_as_wide_as_its_mean_is_poisson(variance: float) -> None:
    exact = 1 - sum(exp(-10 + count * log(10) - lgamma(count + 1)) for count in range(15))
    assert spread(10.0, variance).at_least(15) == pytest.approx(exact, abs=1e-12)


def test_beyond_a_million_trials_a_count_is_poisson() -> None:
    assert moments(spread(1_000_001.0, 5.0))[1] == pytest.approx(1_000_001, rel=1e-6)


def test_trials_that_always_succeed_leave_no_doubt() -> None:
    assert spread(3.0, 0.0) == Spread(3, (1.0,))


@pytest.mark.parametrize("mean", [0.0, 1e-12])
def test_nothing_is_to_be_expected_of_no_mean(mean: float) -> None:
    nothing = spread(mean, 5.0)
    assert (nothing.at_least(0), nothing.at_least(1), nothing.smallest(0.1, 0.9)) == (1.0, 0.0, [0, 0])


@given(MEANS, NARROWER | WIDER)
def test_more_is_never_more_likely(mean: float, factor: float) -> None:
    found = spread(mean, mean * factor)
    chances = [found.at_least(count) for count in range(120)]
    assert chances[0] == pytest.approx(1.0, abs=1e-15)
    assert all(later <= sooner + 1e-15 for sooner, later in pairwise(chances))


@given(MEANS, NARROWER | WIDER, st.floats(min_value=0.001, max_value=0.999))
def test_a_quantile_is_the_smallest_count_not_exceeded_with_its_chance(
    mean: float, factor: float, share: float
) -> None:
    found = spread(mean, mean * factor)
    (count,) = found.smallest(share)
    assert 1 - found.at_least(count + 1) >= share - 1e-11
    assert 1 - found.at_least(count) <= share + 1e-11


def test_a_share_met_but_for_the_last_bits_is_met() -> None:
    assert Spread(4, (0.1, 0.2, 0.7)).smallest(0.1 + 1e-13, 0.3, 0.31) == [4, 5, 6]


def test_large_counts_neither_underflow_nor_lose_their_tails() -> None:
    large = spread(200_000.0, 250_000.0)
    assert moments(large) == pytest.approx((200_000, 250_000), rel=1e-6)
    assert large.at_least(200_000) == pytest.approx(0.5, abs=1e-3)
    assert 0 < large.at_least(203_500) < 1e-10


@pytest.mark.parametrize("need", [5_000, 20_000, 29_999, 45_000, 60_000, 90_000])
def test_very_wide_counts_are_reckoned_in_steps_that_no_shown_place_tells(need: int) -> None:
    mean, variance = 30_000.0, 10_001.0**2
    exact, stepped = _walk(mean**2 / variance, 1 - mean / variance), spread(mean, variance)
    assert (exact.step, stepped.step) == (1, 2)
    assert stepped.at_least(need) == pytest.approx(exact.at_least(need), abs=3e-5)
    assert stepped.smallest(0.1, 0.5, 0.9) == pytest.approx(exact.smallest(0.1, 0.5, 0.9), abs=2)


def test_no_count_is_too_wide_to_be_reckoned() -> None:
    widest = spread(8e7, 8e12)
    assert len(widest.weights) < 500_000
    assert widest.at_least(80_000_000) == pytest.approx(0.5, abs=0.02)
