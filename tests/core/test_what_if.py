"""Records that nobody registered, dated evenly up to a day to come."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.errors import Invalid
from service.core.what_if import Supposed, check_supposed

TODAY = date(2026, 11, 25)
BY = "2026-12-31"


def test_what_is_supposed_is_read() -> None:
    assert check_supposed({"add": 12, "by": BY}, today=TODAY) == Supposed(12, date(2026, 12, 31))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, [("#/add", "required"), ("#/by", "required")]),
        ({"add": 0, "by": BY}, [("#/add", "out_of_range")]),
        ({"add": 1_000_001, "by": BY}, [("#/add", "out_of_range")]),
        ({"add": "12", "by": BY}, [("#/add", "not_an_integer")]),
        ({"add": 12.0, "by": "soon"}, [("#/add", "not_an_integer"), ("#/by", "not_a_date")]),
        ({"add": 12, "by": "2026-11-25"}, [("#/by", "out_of_range")]),
        ({"add": 12, "by": BY, "code": "x"}, [("#/code", "unknown_field")]),
    ],
)
def test_everything_wrong_is_told_at_once(body: dict[str, Any], told: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid) as refused:
        check_supposed(body, today=TODAY)
    assert [(problem.where, problem.code) for problem in refused.value.problems] == told


def test_tomorrow_may_be_all_there_is() -> None:
    assert Supposed(5, TODAY + timedelta(days=1)).dated(TODAY) == {TODAY + timedelta(days=1): 5}


@given(add=st.integers(1, 1_000_000), days=st.integers(1, 4000))
def test_they_are_all_there_by_the_day_and_no_two_days_differ_by_more_than_one(add: int, days: int) -> None:
    dated = Supposed(add, TODAY + timedelta(days=days)).dated(TODAY)
    assert sum(dated.values()) == add
    assert (min(dated), max(dated), len(dated)) == (TODAY + timedelta(days=1), TODAY + timedelta(days=days), days)
    assert max(dated.values()) - min(dated.values()) <= 1
