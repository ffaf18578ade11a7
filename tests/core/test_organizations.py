"""Organizations: their fields, and the check digit of the business registration number."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.core.access import ANONYMOUS, Role
from service.core.fields import Bad, check_body
from service.core.organizations import (
    FIELDS,
    FIELDS_OF_OWNER,
    PARAMETERS,
    PATCH_FIELDS,
    PRIVATE_FIELDS,
    READ_ONLY,
    all_fields,
    business_number,
    changed_fields,
    check_digit,
    kind_problems,
    ownership_problems,
    public_fields,
    sees_organization,
)
from service.core.parameters import check_parameters
from tests.core.builders import OURS, THEIRS, make_business_number, make_caller, make_organization

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


# --- who sees and changes what ---


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (Role.COMPANY, [True, False]),
        (Role.PARTNER, [True, False]),
        (Role.MINISTRY, [True, True]),
        (Role.OPERATOR, [True, True]),
    ],
)
def test_members_see_their_own_organization_and_staff_all(role: Role, sees: list[bool]) -> None:
    assert [sees_organization(make_caller(role), one) for one in (OURS, THEIRS)] == sees


def test_nobody_in_particular_sees_no_organization() -> None:
    assert not sees_organization(ANONYMOUS, OURS)


@pytest.mark.parametrize("role", [Role.COMPANY, Role.PARTNER])
def test_members_patch_their_english_name_and_contact_alone(role: Role) -> None:
    given_fields = {**dict.fromkeys(FIELDS, "x"), "colour": "red"}  # what is no field is refused as such
    problems = ownership_problems(make_caller(role), given_fields)
    assert [(found.where, found.code) for found in problems] == [
        (f"#/{name}", "ministry_only") for name in ("name", "kind", "business_registration_number", "state")
    ]


@pytest.mark.parametrize("role", [Role.MINISTRY, Role.OPERATOR])
def test_staff_patch_every_field(role: Role) -> None:
    assert ownership_problems(make_caller(role), dict.fromkeys(FIELDS, "x")) == []


def test_a_null_does_not_open_a_closed_organization() -> None:
    _, problems = check_body({"state": None}, PATCH_FIELDS, partial=True)
    assert [(found.where, found.code) for found in problems] == [("#/state", "required")]


def test_a_kind_that_suits_all_keys_in_force_is_taken() -> None:
    assert kind_problems("ministry", [Role.MINISTRY, Role.OPERATOR, Role.MINISTRY]) == []
    assert kind_problems("company", []) == []


def test_a_kind_that_would_leave_keys_without_a_fitting_role_is_refused() -> None:
    (found,) = kind_problems("company", [Role.OPERATOR, Role.COMPANY, Role.MINISTRY, Role.MINISTRY])
    assert (found.where, found.code) == ("#/kind", "keys_do_not_fit")
    assert "ministry, operator" in found.message.en


def test_the_contact_is_shown_apart() -> None:
    organization = make_organization(contact_email="ax@example.com")
    assert set(PRIVATE_FIELDS).isdisjoint(public_fields(organization))
    assert all_fields(organization) == {**public_fields(organization), "contact_email": "ax@example.com"}


def test_every_field_is_shown_and_created_at_under_both_names() -> None:
    shown = all_fields(make_organization(name_en="Garam", business_registration_number="1168200276"))
    assert set(shown) == {*FIELDS, *READ_ONLY}
    assert shown["created_at"] == shown["registered_at"] == "2026-11-22T03:00:00.000000Z"


def test_changed_fields_are_those_that_differ() -> None:
    before = make_organization(contact_email="ax@example.com")
    assert changed_fields(before, replace(before, version=2)) == ()
    assert changed_fields(before, replace(before, name_en="Garam", contact_email=None)) == ("name_en", "contact_email")


def test_organizations_are_searched_by_two_characters_or_more() -> None:
    assert check_parameters([("q", "  ＧＡ")], PARAMETERS)[0]["q"] == "ga"
    _, problems = check_parameters([("q", "가")], PARAMETERS)
    assert [(found.where, found.code) for found in problems] == [("q", "too_short")]


def test_the_newest_organizations_come_first() -> None:
    assert check_parameters([], PARAMETERS)[0]["sort"] == "-registered_at"
