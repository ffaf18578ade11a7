"""Refusals: a stable code and words in two languages. That all of them have both, tests/test_architecture.py holds."""

from datetime import date

import pytest

from service.core.errors import (
    FieldProblem,
    Forbidden,
    Invalid,
    LikelyDuplicate,
    NotFound,
    NotYetAdopted,
    Refusal,
    TransitionNotAllowed,
)
from service.core.fields import problem


def test_a_refusal_tells_its_facts_in_both_languages() -> None:
    detail = NotYetAdopted(day=date(2027, 1, 1), today=date(2026, 11, 22)).detail
    assert "2027-01-01" in detail.ko
    assert detail.en == "Its date 2027-01-01 lies after today (2026-11-22); a verified record can't lie ahead."


def test_a_refusal_reads_as_its_code_in_a_log() -> None:
    assert str(Forbidden(role="company")) == "forbidden"


def test_invalid_input_lists_every_problem() -> None:
    problems = [problem("name", "required"), problem("region", "unknown_region")]
    refusal = Invalid(problems)
    assert refusal.problems == problems
    assert refusal.detail.en == "Entries that are not right: 2."


def test_a_likely_duplicate_names_the_candidates_and_the_way_round_it() -> None:
    refusal = LikelyDuplicate([{"registry_number": "AXF-2026-00001"}])
    assert refusal.candidates == [{"registry_number": "AXF-2026-00001"}]
    assert "allow_similar=true" in refusal.detail.ko
    assert "allow_similar=true" in refusal.detail.en


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Invalid, "validation_failed"),
        (NotFound, "not_found"),
        (NotYetAdopted, "not_yet_adopted"),
        (TransitionNotAllowed, "transition_not_allowed"),
        (LikelyDuplicate, "likely_duplicate"),
    ],
)
def test_codes_that_client_programs_are_written_against(refusal: type[Refusal], code: str) -> None:
    assert refusal.code == code


def test_a_problem_is_of_a_body_unless_said_otherwise() -> None:
    assert not FieldProblem("#/name", "required", NotFound.title).is_parameter
