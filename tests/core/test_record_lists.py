"""Filters and orders of the lists of records."""

from collections.abc import Mapping
from typing import Any

import pytest

from service.core.parameters import Parameter, check_parameters
from service.core.record_lists import FACTORY_LIST, FOUNDATION_MODEL_LIST

LISTS = [FACTORY_LIST, FOUNDATION_MODEL_LIST]
BOTH_LISTS = pytest.mark.parametrize("parameters", LISTS, ids=["factories", "foundation models"])


def problems_of(parameters: Mapping[str, Parameter], **given: str) -> list[tuple[str, str]]:
    return [(found.where, found.code) for found in check_parameters(list(given.items()), parameters)[1]]


def value_of(parameters: Mapping[str, Parameter], name: str, raw: str) -> Any:
    return check_parameters([(name, raw)], parameters)[0][name]


def test_factories_have_the_filters_of_the_contract() -> None:
    filters = {"region", "industry", "foundation_model", "status", "organization", "adopted_from", "adopted_to"}
    assert set(FACTORY_LIST) == filters | {"updated_from", "q", "sort", "limit", "after"}


@BOTH_LISTS
def test_without_a_question_the_newest_fifty_come_first(parameters: Mapping[str, Parameter]) -> None:
    values, problems = check_parameters([], parameters)
    given = {name: value for name, value in values.items() if value is not None}
    assert (given, problems) == ({"limit": 50, "sort": "-registered_at"}, [])


@pytest.mark.parametrize("sort", ["registered_at", "updated_at", "adoption_date", "name"])
def test_factories_are_sorted_either_way(sort: str) -> None:
    assert problems_of(FACTORY_LIST, sort=sort) == problems_of(FACTORY_LIST, sort=f"-{sort}") == []


def test_each_kind_is_sorted_by_its_own_date() -> None:
    assert problems_of(FOUNDATION_MODEL_LIST, sort="-released_on") == []
    assert problems_of(FOUNDATION_MODEL_LIST, sort="adoption_date") == [("sort", "not_one_of")]
    assert problems_of(FACTORY_LIST, sort="released_on") == [("sort", "not_one_of")]


@BOTH_LISTS
def test_a_search_is_folded_as_names_are(parameters: Mapping[str, Parameter]) -> None:
    assert value_of(parameters, "q", "  ＡＸ\u3000공장 ") == "ax 공장"


@BOTH_LISTS
@pytest.mark.parametrize(("raw", "code"), [("가", "too_short"), (" ", "empty"), ("가" * 201, "too_long")])
def test_a_search_has_two_to_200_characters(parameters: Mapping[str, Parameter], raw: str, code: str) -> None:
    assert problems_of(parameters, q=raw) == [("q", code)]


@BOTH_LISTS
def test_two_letters_that_fold_into_one_syllable_are_too_short(parameters: Mapping[str, Parameter]) -> None:
    assert problems_of(parameters, q="\u1100\u1161") == [("q", "too_short")]


@BOTH_LISTS
@pytest.mark.parametrize("status", ["submitted", "verified", "rejected", "withdrawn", "retired"])
def test_every_status_can_be_asked_for(parameters: Mapping[str, Parameter], status: str) -> None:
    assert value_of(parameters, "status", status) == status


@BOTH_LISTS
@pytest.mark.parametrize(
    ("name", "raw", "code"),
    [
        ("status", "open", "not_one_of"),
        ("industry", "C99", "unknown_industry"),
        ("organization", "me", "not_an_id"),
        ("updated_from", "2026-11-22", "not_an_instant"),
        ("limit", "201", "out_of_range"),
        ("colour", "red", "unknown_parameter"),
    ],
)
def test_a_bad_filter_is_named(parameters: Mapping[str, Parameter], name: str, raw: str, code: str) -> None:
    assert problems_of(parameters, **{name: raw}) == [(name, code)]
