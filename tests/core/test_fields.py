"""The rules of single fields, and the check of a whole body."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from service.core import factories, foundation_models, lifecycle, organizations
from service.core.errors import FieldProblem
from service.core.fields import (
    FREE_TEXT,
    LINE,
    NAME,
    REMARK,
    Bad,
    Field,
    Rule,
    check_body,
    day,
    email,
    flag,
    https_link,
    identifier,
    instant,
    integer,
    list_of,
    number,
    one_of,
    parameter_problem,
    problem,
    text,
)
from tests.core.builders import INSTANTS, make_book

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
JSON_BUT_NULL = JSON.filter(lambda value: value is not None)
TABLES = {
    "factory": factories.FIELDS,
    "foundation_model": foundation_models.FIELDS,
    "organization": organizations.FIELDS,
    **{action.value: transition.fields for action, transition in lifecycle.TRANSITIONS.items()},
}
RULES = {
    **{f"{table}.{name}": field.rule for table, fields in TABLES.items() for name, field in fields.items()},
    "region": make_book().resolve,
    "instant": instant,
    "flag": flag,
    "integer": integer(0, 10),
    "number": number(0, 1),
}


def refusal_of(rule: Rule, value: Any) -> Bad | None:
    """Return what `rule` has against `value`, if anything."""
    try:
        rule(value)
    except Bad as bad:
        return bad
    return None


def code_of(rule: Rule, value: Any) -> str:
    """Return the code with which `rule` refuses `value`."""
    with pytest.raises(Bad) as refused:
        rule(value)
    return refused.value.code


# --- a whole body ---

PLANT: Mapping[str, Field] = {
    "name": Field(NAME, required=True),
    "note": Field(LINE),
    "tags": Field(list_of(one_of(["a", "b"]), limit=2), default=()),
}


def where_and_code(problems: list[FieldProblem]) -> list[tuple[str, str]]:
    return [(found.where, found.code) for found in problems]


def test_fields_left_out_have_their_defaults() -> None:
    assert check_body({"name": "가람"}, PLANT) == ({"name": "가람", "note": None, "tags": ()}, [])


def test_null_is_the_same_as_left_out() -> None:
    assert check_body({"name": "가람", "note": None, "tags": None}, PLANT) == check_body({"name": "가람"}, PLANT)


def test_every_problem_is_told_at_once() -> None:
    _, problems = check_body({"note": 1, "tags": ["a", "c"], "colour": "red"}, PLANT)
    assert where_and_code(problems) == [
        ("#/colour", "unknown_field"),
        ("#/name", "required"),
        ("#/note", "not_text"),
        ("#/tags/1", "not_one_of"),
    ]


def test_an_unknown_field_is_told_which_ones_there_are() -> None:
    _, problems = check_body({"name": "가람", "colour": "red"}, PLANT)
    assert problems[0].message.en == "No such field. The fields are: name, note, tags."


def test_a_field_of_the_registry_is_told_apart_from_an_unknown_one() -> None:
    _, problems = check_body({"name": "가람", "status": "verified"}, PLANT, read_only=["status"])
    assert where_and_code(problems) == [("#/status", "read_only")]


def test_an_unknown_name_is_escaped_as_json_pointers_are() -> None:
    _, problems = check_body({"name": "가람", "a/b~c": 1}, PLANT)
    assert problems[0].where == "#/a~1b~0c"


def test_an_endless_unknown_name_is_cut() -> None:
    _, problems = check_body({"name": "가람", "x" * 5000: 1}, PLANT)
    assert problems[0].where == f"#/{'x' * 500}"


def test_a_merge_patch_gives_only_what_it_names() -> None:
    assert check_body({"note": " 새 "}, PLANT, partial=True) == ({"note": "새"}, [])


def test_null_in_a_merge_patch_clears() -> None:
    assert check_body({"note": None, "tags": None}, PLANT, partial=True) == ({"note": None, "tags": ()}, [])


def test_null_in_a_merge_patch_does_not_clear_what_is_required() -> None:
    _, problems = check_body({"name": None}, PLANT, partial=True)
    assert where_and_code(problems) == [("#/name", "required")]


def test_a_problem_of_a_body_points_into_it() -> None:
    assert problem("on", "in_the_future", today=date(2026, 1, 2)).where == "#/on"


def test_a_problem_of_a_parameter_names_it() -> None:
    found = parameter_problem("limit", "out_of_range", low=1, high=200)
    assert (found.where, found.is_parameter, found.message.en) == ("limit", True, "Must lie between 1 and 200.")


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from([*factories.FIELDS, "else"]), JSON, max_size=6), st.booleans())
def test_no_body_whatever_fails_otherwise_than_with_problems(body: dict[str, Any], partial: bool) -> None:
    values, problems = check_body(body, factories.FIELDS, partial=partial)
    refused = {found.where.split("/")[1] for found in problems}
    assert set(values) <= set(factories.FIELDS)
    assert refused.isdisjoint(name for name, value in values.items() if value != factories.FIELDS[name].default)


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=25)
@given(value=JSON_BUT_NULL)
def test_no_value_whatever_fails_otherwise_than_with_a_code(name: str, value: Any) -> None:
    refused = refusal_of(RULES[name], value)
    assert refused is None or (refused.message.ko and refused.message.en)


# --- text ---


@pytest.mark.parametrize(("rule", "limit"), [(NAME, 200), (LINE, 500), (FREE_TEXT, 4000), (REMARK, 4000)])
def test_text_has_its_limit(rule: Rule, limit: int) -> None:
    assert rule("가" * limit) == "가" * limit
    assert code_of(rule, "가" * (limit + 1)) == "too_long"


def test_length_is_counted_after_cleaning() -> None:
    assert NAME(f"  {unicodedata.normalize('NFD', '각' * 200)}\n") == "각" * 200


@pytest.mark.parametrize(
    "raw", [" 가람  정밀 ", "가람\n정밀", "가람\r\n\t정밀", "가람\u3000정밀", "가람\u00a0\u2028정밀"]
)
def test_white_space_in_a_line_becomes_one_space(raw: str) -> None:
    assert NAME(raw) == "가람 정밀"


@pytest.mark.parametrize("raw", ["  Garam  Precision", "Garam  Precision", " Garam Precision ", "Garam\tPrecision"])
def test_white_space_in_ascii_becomes_one_space(raw: str) -> None:
    assert NAME(raw) == "Garam Precision"


def test_a_tidy_ascii_line_stays_as_it_is() -> None:
    assert NAME("Garam Precision") == "Garam Precision"


def test_free_text_keeps_white_space_and_breaks() -> None:
    assert FREE_TEXT("  1.  가\r\n\t2. 나 ") == "1.  가\n\t2. 나"


def test_a_remark_is_one_line() -> None:
    assert REMARK("근거가\n없음") == "근거가 없음"


@pytest.mark.parametrize("rule", [NAME, LINE, FREE_TEXT, REMARK])
@pytest.mark.parametrize("char", ["\x00", "\x07", "\x1b", "\x1f", "\x7f", "\x80", "\x9f", "\ud800"])
def test_other_control_characters_are_refused(rule: Rule, char: str) -> None:
    assert code_of(rule, f"가람{char}정밀") == "control_character"


@pytest.mark.parametrize("rule", [NAME, LINE, FREE_TEXT, REMARK])
@pytest.mark.parametrize("raw", ["", " ", "\n\t", "\u200b", "\u3164"])
def test_text_of_which_nothing_is_seen_is_empty(rule: Rule, raw: str) -> None:
    assert code_of(rule, raw) == "empty"


@pytest.mark.parametrize("raw", [1, 1.5, True, [], ["가"], {}])
def test_text_is_no_other_json_value(raw: Any) -> None:
    assert code_of(NAME, raw) == "not_text"


def test_text_can_have_a_least_length() -> None:
    assert text(at_least=2)("공장") == "공장"
    assert code_of(text(at_least=2), " 공 ") == "too_short"


@pytest.mark.parametrize("rule", [NAME, LINE, FREE_TEXT, REMARK])
@given(raw=st.text(max_size=220))
def test_clean_text_is_nfc_trimmed_and_taken_again_unchanged(rule: Rule, raw: str) -> None:
    assume(refusal_of(rule, raw) is None)
    clean = rule(raw)
    assert unicodedata.is_normalized("NFC", clean)
    assert clean == clean.strip()
    assert rule(clean) == clean


# --- closed lists, lists, numbers ---


def test_a_closed_list_takes_its_entries_and_names_them_when_it_refuses() -> None:
    rule = one_of(["open", "closed"])
    assert rule("open") == "open"
    with pytest.raises(Bad) as refused:
        rule("Open")
    assert refused.value.message.en == "Must be one of: open, closed."


@pytest.mark.parametrize("raw", ["", " open", "open ", 1, True, ["open"], {"open": 1}])
def test_a_closed_list_takes_nothing_else(raw: Any) -> None:
    assert code_of(one_of(["open", "closed"]), raw) == "not_one_of"


def test_a_list_keeps_its_order() -> None:
    assert list_of(NAME, limit=3)(["나", " 가 "]) == ("나", "가")


@pytest.mark.parametrize(
    ("raw", "code", "within"),
    [
        ("a", "not_a_list", ""),
        ({"0": "a"}, "not_a_list", ""),
        (["a", "b", "c", "d"], "too_many", ""),
        (["a", 1], "not_text", "/1"),
        (["a", None], "not_text", "/1"),
        (["a", "b", " a "], "repeated_entry", "/2"),
    ],
)
def test_a_list_says_which_entry_is_wrong(raw: Any, code: str, within: str) -> None:
    with pytest.raises(Bad) as refused:
        list_of(NAME, limit=3)(raw)
    assert (refused.value.code, refused.value.within) == (code, within)


def test_a_list_names_every_entry_that_is_wrong() -> None:
    with pytest.raises(Bad) as refused:
        list_of(list_of(NAME, limit=3), limit=3)([["a", 1, "a"], ["b"], [None]])
    found = [(bad.within, bad.code) for bad in refused.value.all()]
    assert found == [("/0/1", "not_text"), ("/0/2", "repeated_entry"), ("/2/0", "not_text")]


def test_a_choice_may_take_what_stands_there_twice_once() -> None:
    assert list_of(NAME, limit=3, drops_repeats=True)(["나", "가", " 나 "]) == ("나", "가")


def test_a_list_of_lists_points_all_the_way_down() -> None:
    with pytest.raises(Bad) as refused:
        list_of(list_of(NAME, limit=2), limit=2)([["a"], ["b", 0]])
    assert refused.value.within == "/1/1"


@pytest.mark.parametrize("raw", [1, 5, 10])
def test_whole_numbers_within_their_bounds_are_taken(raw: int) -> None:
    assert integer(1, 10)(raw) == raw


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (0, "out_of_range"),
        (11, "out_of_range"),
        (10**400, "out_of_range"),
        (3.0, "not_an_integer"),
        (True, "not_an_integer"),
        ("3", "not_an_integer"),
    ],
)
def test_other_whole_numbers_are_refused(raw: Any, code: str) -> None:
    assert code_of(integer(1, 10), raw) == code


@pytest.mark.parametrize("raw", [0, 1, 0.5])
def test_numbers_within_their_bounds_are_taken(raw: float) -> None:
    value = number(0, 1)(raw)
    assert isinstance(value, float)
    assert value == raw


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (-0.1, "out_of_range"),
        (1.1, "out_of_range"),
        (float("nan"), "out_of_range"),
        (float("inf"), "out_of_range"),
        (10**400, "out_of_range"),
        (False, "not_a_number"),
        ("0.5", "not_a_number"),
    ],
)
def test_other_numbers_are_refused(raw: Any, code: str) -> None:
    assert code_of(number(0, 1), raw) == code


@pytest.mark.parametrize("raw", [True, False])
def test_a_flag_is_true_or_false(raw: Any) -> None:
    assert flag(raw) is raw


@pytest.mark.parametrize("raw", [0, 1, "true", []])
def test_a_flag_is_nothing_else(raw: Any) -> None:
    assert code_of(flag, raw) == "not_true_or_false"


# --- days, instants, identifiers ---


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2199, 12, 31)))
@example(date(1950, 1, 1))
@example(date(2199, 12, 31))
def test_days_are_taken_as_they_are_written(on: date) -> None:
    assert day(on.isoformat()) == on


@pytest.mark.parametrize(
    "raw",
    [
        "2026-02-29",
        "2026-13-01",
        "2026-1-1",
        "20260101",
        "2026-W01-1",
        "2026-01-01T00:00:00Z",
        " 2026-01-01",
        "２０２６-01-01",
        "",
        20260101,
        True,
        [],
    ],
)
def test_what_is_no_day_is_refused(raw: Any) -> None:
    assert code_of(day, raw) == "not_a_date"


@pytest.mark.parametrize("raw", ["1949-12-31", "2200-01-01", "0001-01-01", "9999-12-31"])
def test_a_day_beyond_belief_is_refused(raw: str) -> None:
    assert code_of(day, raw) == "out_of_range"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026-11-22T09:00:00Z", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("2026-11-22t09:00:00z", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("2026-11-22 09:00:00Z", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("2026-11-22T09:00:00+09:00", datetime(2026, 11, 22, 0, tzinfo=UTC)),
        ("2026-11-22T09:00:00.123456789Z", datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=UTC)),
        ("1950-01-01T00:00:00Z", datetime(1950, 1, 1, tzinfo=UTC)),
        ("2199-12-31T23:59:59Z", datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-11-22T09:00:00.5-00:30", datetime(2026, 11, 22, 9, 30, 0, 500000, tzinfo=UTC)),
    ],
)
def test_instants_are_taken_in_utc(raw: str, expected: datetime) -> None:
    taken = instant(raw)
    assert (taken, taken.utcoffset()) == (expected, timedelta(0))


@given(INSTANTS, st.integers(min_value=-23 * 60, max_value=23 * 60))
def test_an_instant_is_the_same_in_every_zone(moment: datetime, minutes: int) -> None:
    written = moment.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    assert instant(written) == moment


@pytest.mark.parametrize(
    "raw",
    [
        "2026-11-22T09:00:00",
        "2026-11-22",
        "2026-11-22T25:00:00Z",
        "2026-11-22T09:00:60Z",
        "2026-02-30T09:00:00Z",
        "2026-11-22T09:00Z",
        "2026-11-22T09:00:00+0900",
        "2026-11-22T09:00:00+24:00",
        "2026-11-22T09:00:00+09:60",
        "0001-01-01T00:00:00+09:00",
        "now",
        1700000000,
        None,
        [],
    ],
)
def test_what_is_no_instant_is_refused(raw: Any) -> None:
    assert code_of(instant, raw) == "not_an_instant"


@pytest.mark.parametrize("raw", ["1949-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "1950-01-01T00:00:00+09:00"])
def test_an_instant_beyond_belief_is_refused(raw: str) -> None:
    assert code_of(instant, raw) == "out_of_range"


@given(st.uuids())
def test_identifiers_are_taken_in_either_case(given_id: UUID) -> None:
    assert identifier(str(given_id)) == identifier(str(given_id).upper()) == given_id


@pytest.mark.parametrize("raw", ["", "42", UUID(int=1).hex, f"{{{UUID(int=1)}}}", f"urn:uuid:{UUID(int=1)}", 42, []])
def test_what_is_no_identifier_is_refused(raw: Any) -> None:
    assert code_of(identifier, raw) == "not_an_id"


# --- addresses ---


@pytest.mark.parametrize(
    "raw",
    [
        "ax@example.com",
        "a.b+c@plant-1.example.co.kr",
        "hong@1.example.com",
        "홍길동@예시.한국",
        "ax@example.xn--3e0b707e",
        f"{'a' * 64}@example.com",
    ],
)
def test_email_addresses_are_taken(raw: str) -> None:
    assert email(f" {raw}\n") == raw


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("example.com", "not_an_email"),
        ("@example.com", "not_an_email"),
        ("ax@", "not_an_email"),
        ("ax@example", "not_an_email"),
        ("ax@@example.com", "not_an_email"),
        ("ax@-example.com", "not_an_email"),
        ("ax@example-.com", "not_an_email"),
        ("ax@example..com", "not_an_email"),
        ("ax@example.c", "not_an_email"),
        ("ax@127.0.0.1", "not_an_email"),
        ("a x@example.com", "not_an_email"),
        ("AX <ax@example.com>", "not_an_email"),
        ("ax@example.com, by@example.com", "not_an_email"),
        (f"{'a' * 65}@example.com", "not_an_email"),
        (f"a@{'b' * 250}.com", "too_long"),
        ("", "empty"),
        ("ax\x00@example.com", "control_character"),
        (5, "not_text"),
    ],
)
def test_what_is_no_email_address_is_refused(raw: Any, code: str) -> None:
    assert code_of(email, raw) == code


@pytest.mark.parametrize(
    "raw",
    ["https://example.com", "https://example.com:8443/a?b=c#d", "HTTPS://example.com/", "https://예시.한국/보고서"],
)
def test_https_links_are_taken(raw: str) -> None:
    assert https_link(f" {raw} ") == raw


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("http://example.com", "not_an_https_link"),
        ("ftp://example.com", "not_an_https_link"),
        ("javascript:alert(1)", "not_an_https_link"),
        ("example.com", "not_an_https_link"),
        ("//example.com", "not_an_https_link"),
        ("https://", "not_an_https_link"),
        ("https:///path", "not_an_https_link"),
        ("https://user@example.com", "not_an_https_link"),
        ("https://user:word@example.com", "not_an_https_link"),
        ("https://example.com:0", "not_an_https_link"),
        ("https://example.com:port", "not_an_https_link"),
        ("https://example.com:99999", "not_an_https_link"),
        ("https://[::1", "not_an_https_link"),
        ("https://example.com/a b", "not_an_https_link"),
        ("https://example.com/a\nb", "not_an_https_link"),
        (f"https://example.com/{'a' * 500}", "too_long"),
        (5, "not_text"),
    ],
)
def test_what_is_no_https_link_is_refused(raw: Any, code: str) -> None:
    assert code_of(https_link, raw) == code
