"""Query parameters: known ones, once each, and every problem at once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.fields import Bad
from service.core.parameters import (
    PAGE,
    Parameter,
    check_parameters,
    cursor_text,
    instant_in_query,
    true_or_false,
    whole_number,
)

SIMILAR = {"allow_similar": Parameter(true_or_false, default=False), **PAGE}


def problems_of(*given_pairs: tuple[str, str]) -> list[tuple[str, str]]:
    return [(found.where, found.code) for found in check_parameters(given_pairs, SIMILAR)[1]]


def test_what_is_left_out_has_its_default() -> None:
    assert check_parameters([], SIMILAR) == ({"allow_similar": False, "limit": 50, "after": None}, [])


def test_what_is_given_is_taken() -> None:
    given_pairs = [("limit", "200"), ("after", "abc"), ("allow_similar", "true")]
    assert check_parameters(given_pairs, SIMILAR) == ({"allow_similar": True, "limit": 200, "after": "abc"}, [])


def test_every_problem_is_told_at_once_and_names_its_parameter() -> None:
    assert problems_of(("limit", "0"), ("page", "2"), ("after", ""), ("after", "x"), ("allow_similar", "yes")) == [
        ("limit", "out_of_range"),
        ("page", "unknown_parameter"),
        ("after", "bad_cursor"),
        ("after", "repeated_parameter"),
        ("allow_similar", "not_true_or_false"),
    ]


def test_problems_are_those_of_parameters() -> None:
    _, problems = check_parameters([("limit", "x"), ("page", "2"), ("limit", "1")], SIMILAR)
    assert [found.is_parameter for found in problems] == [True, True, True]


def test_an_unknown_parameter_is_told_which_ones_there_are() -> None:
    _, problems = check_parameters([("page", "2")], SIMILAR)
    assert problems[0].message.en == "No such parameter. The parameters are: allow_similar, limit, after."


def test_where_there_are_no_parameters_none_is_named() -> None:
    _, problems = check_parameters([("x" * 500, "2")], {})
    assert (problems[0].where, problems[0].message.en) == ("x" * 100, "No such parameter. The parameters are: -.")


@pytest.mark.parametrize("limit", [1, 200])
def test_a_page_has_1_to_200_items(limit: int) -> None:
    assert problems_of(("limit", str(limit))) == []


@pytest.mark.parametrize("limit", [0, 201])
def test_a_page_has_no_other_number_of_items(limit: int) -> None:
    assert problems_of(("limit", str(limit))) == [("limit", "out_of_range")]


@pytest.mark.parametrize("number", [-(10**16), 10**18 - 1])
def test_whole_numbers_are_taken_on_their_bounds(number: int) -> None:
    assert whole_number(-(10**16), 10**18 - 1)(str(number)) == number


@given(st.integers(min_value=-300, max_value=300))
def test_whole_numbers_are_taken_within_their_bounds(number: int) -> None:
    rule = whole_number(-100, 200)
    if -100 <= number <= 200:
        assert rule(str(number)) == number
    else:
        with pytest.raises(Bad, match="out_of_range"):
            rule(str(number))


@pytest.mark.parametrize("raw", ["", "-", "--1", "+1", "1.0", "1e2", " 1", "１", "0x1", "1_0", "9" * 19, "9" * 5000])
def test_what_is_no_whole_number_is_refused(raw: str) -> None:
    with pytest.raises(Bad, match="not_an_integer"):
        whole_number(1, 200)(raw)


@pytest.mark.parametrize(("raw", "value"), [("true", True), ("false", False)])
def test_true_and_false_are_taken(raw: str, *, value: bool) -> None:
    assert true_or_false(raw) is value


@pytest.mark.parametrize("raw", ["", "True", "1", "yes", " true"])
def test_nothing_else_is_true_or_false(raw: str) -> None:
    with pytest.raises(Bad, match="not_true_or_false"):
        true_or_false(raw)


@pytest.mark.parametrize("raw", ["", "다음"])
def test_a_cursor_is_ascii_text(raw: str) -> None:
    with pytest.raises(Bad, match="bad_cursor"):
        cursor_text(raw)


@given(st.lists(st.tuples(st.sampled_from([*SIMILAR, "page"]), st.text(max_size=12)), max_size=5))
def test_no_query_whatever_fails_otherwise_than_with_problems(given_pairs: list[tuple[str, Any]]) -> None:
    values, _ = check_parameters(given_pairs, SIMILAR)
    assert set(values) == set(SIMILAR)
    assert 1 <= values["limit"] <= 200


@pytest.mark.parametrize("raw", ["2026-11-22T09:00:00+09:00", "2026-11-22T09:00:00 09:00", "2026-11-22T00:00:00Z"])
def test_instant_in_a_query_may_have_lost_its_plus(raw: str) -> None:
    assert instant_in_query(raw) == datetime(2026, 11, 22, tzinfo=UTC)
