"""Organizations: their fields, and the check digit of the business registration number."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.core.fields import Bad, check_body
from service.core.organizations import FIELDS, FIELDS_OF_OWNER, READ_ONLY, business_number, check_digit
from tests.core.builders import make_business_number, make_organization

NINE_DIGITS = st.text(alphabet="0123456789", min_size=9, max_size=9)
PUBLISHED = ["116-82-00276", "134-86-72683"]  # the examples of the number format's documentation


@pytest.mark.parametrize("number", PUBLISHED)
def test_published_numbers_fit_their_check_digit(number: str) -> None:
    assert business_number(number) == number.replace("-", "")


@pytest.mark.parametrize(
    ("first_nine", "digit"),
    # By hand: the weights 1 3 7 1 3 7 1 3 5, and the tens of five times the ninth.
    [
        ("000000000", 0),
        ("100000000", 9),
        ("010000000", 7),
        ("001000000", 3),
        ("000100000", 9),
        ("000010000", 7),
        ("000001000", 3),
        ("000000100", 9),
        ("000000010", 7),
        ("000000001", 5),
        ("000000002", 9),
        ("000000008", 6),
        ("000000009", 1),
    ],
)
def test_the_check_digit_is_weighted(first_nine: str, digit: int) -> None:
    assert check_digit(first_nine) == digit


@pytest.mark.parametrize("raw", ["116-82-00276", "1168200276", " 116 82 00276 ", "116 - 82 - 00276", "116\t82\n00276"])
def test_hyphens_and_spaces_are_dropped(raw: str) -> None:
    assert business_number(raw) == "1168200276"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("116-82-00277", "bad_business_number"),
        ("1248100999", "bad_business_number"),
        ("116-82-0027", "bad_business_number"),
        ("116-82-002760", "bad_business_number"),
        ("１１６８２００２７６", "bad_business_number"),
        ("116.82.00276", "bad_business_number"),
        ("---", "bad_business_number"),
        ("", "empty"),
        ("116-82-00276\x00", "control_character"),
        (1168200276, "not_text"),
        (["1168200276"], "not_text"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(raw: Any, code: str) -> None:
    with pytest.raises(Bad) as refused:
        business_number(raw)
    assert refused.value.code == code


@given(NINE_DIGITS)
def test_every_invented_number_fits_with_exactly_one_check_digit(first_nine: str) -> None:
    fitting = [last for last in "0123456789" if _fits(first_nine + last)]
    assert fitting == [make_business_number(first_nine)[-1]]


@given(NINE_DIGITS, st.integers(min_value=0, max_value=9), st.integers(min_value=1, max_value=9))
def test_one_wrong_digit_is_always_found(first_nine: str, place: int, step: int) -> None:
    number = make_business_number(first_nine)
    assume(place != 8)  # the ninth counts with its tens too, so a slip there can pass
    wrong = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
    assert not _fits(wrong)


def _fits(number: str) -> bool:
    try:
        return business_number(number) == number
    except Bad:
        return False


def test_an_organization_needs_a_name_and_a_kind() -> None:
    _, problems = check_body({}, FIELDS)
    assert [(found.where, found.code) for found in problems] == [("#/name", "required"), ("#/kind", "required")]


@pytest.mark.parametrize("kind", ["company", "partner", "ministry"])
def test_an_organization_is_active_and_of_one_of_three_kinds(kind: str) -> None:
    values, problems = check_body({"name": "가람정밀", "kind": kind}, FIELDS)
    assert problems == []
    assert (values["kind"], values["state"]) == (kind, "active")


def test_owners_change_their_english_name_and_contact_alone() -> None:
    assert set(FIELDS_OF_OWNER) == {"name_en", "contact_email"}


def test_what_the_registry_sets_is_no_field() -> None:
    assert not set(READ_ONLY) & set(FIELDS)


def test_an_organization_begins_active_at_version_one() -> None:
    organization = make_organization()
    assert (organization.state, organization.version, organization.synthetic) == ("active", 1, False)
