"""Figures as they are shown: half up, and never more decimals than said."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.rounding import (
    INDEX_PLACES,
    PLAN_PLACES,
    PROBABILITY_PLACES,
    RATE_PLACES,
    SHARE_PLACES,
    half_up,
)

PLACES = st.integers(min_value=0, max_value=4)
DECIMALS = st.decimals(min_value=-10_000, max_value=10_000, places=6)


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (Fraction(1, 8), 2, 0.13),
        (Fraction(-1, 8), 2, -0.13),
        (Fraction(1, 3), 3, 0.333),
        (Fraction(2, 3), 3, 0.667),
        (Fraction(1, 4), 1, 0.3),
        (Fraction(5, 2), 0, 3.0),
        (0.00005, 4, 0.0001),
        (1.005, 2, 1.01),
        (2.675, 2, 2.68),
        (7, 1, 7.0),
        (0.0, 1, 0.0),
    ],
)
def test_a_tie_goes_up(value: Fraction | float, places: int, shown: float) -> None:
    assert half_up(value, places) == shown


def test_places_are_those_of_the_contract() -> None:
    assert (SHARE_PLACES, INDEX_PLACES, PROBABILITY_PLACES, RATE_PLACES, PLAN_PLACES) == (3, 3, 4, 1, 1)


def test_null_stays_null() -> None:
    assert half_up(None, 1) is None


@pytest.mark.parametrize("value", [Fraction(-1, 100), -0.0, -0.01])
def test_zero_has_no_minus_sign(value: Fraction | float) -> None:
    assert str(half_up(value, 1)) == "0.0"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="Fraction"):
        half_up(value, 1)


@given(DECIMALS, PLACES)
def test_it_agrees_with_decimal_arithmetic(value: Decimal, places: int) -> None:
    expected = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    assert half_up(Fraction(value), places) == float(expected)


@given(DECIMALS, PLACES)
def test_a_float_is_read_as_it_is_printed(value: Decimal, places: int) -> None:
    assert half_up(float(value), places) == half_up(Fraction(repr(float(value))), places)


@given(st.fractions(min_value=-1000, max_value=1000), PLACES)
def test_the_result_is_near_short_and_stays(value: Fraction, places: int) -> None:
    shown = half_up(value, places)
    assert abs(Fraction(repr(shown)) - value) <= Fraction(1, 2 * 10**places)
    assert len(repr(shown).partition(".")[2]) <= max(places, 1)
    assert half_up(shown, places) == shown


@given(st.fractions(min_value=-1000, max_value=1000), st.fractions(min_value=-1000, max_value=1000), PLACES)
def test_order_is_kept(one: Fraction, other: Fraction, places: int) -> None:
    low, high = sorted((one, other))
    assert half_up(low, places) <= half_up(high, places)
