"""Factories: what a company may and must send, and what is shown to whom."""

import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from service.core.factories import FIELDS, KIND, USE_CASES, private_fields, public_fields
from service.core.fields import check_body
from service.core.records import Rejection
from tests.core.builders import OURS, make_book, make_factory

REGIONS = make_book().by_code
LEAST: dict[str, Any] = {
    "name": "가람정밀 제1공장",
    "organization_id": str(OURS),
    "region": "41",
    "industry": "C26",
    "adoption_date": "2026-10-01",
}


def problems_of(**changes: Any) -> list[tuple[str, str]]:
    return [(found.where, found.code) for found in check_body({**LEAST, **changes}, FIELDS)[1]]


def test_a_factory_counts_on_its_day_of_adoption() -> None:
    assert make_factory(adoption_date=date(2027, 3, 1)).counts_on == date(2027, 3, 1)


def test_the_least_that_must_be_sent() -> None:
    assert problems_of() == []
    assert [(found.where, found.code) for found in check_body({}, FIELDS)[1]] == [
        (f"#/{name}", "required") for name in LEAST
    ]


def test_what_is_left_out_is_null_or_an_empty_list() -> None:
    values, _ = check_body(LEAST, FIELDS)
    left_out = {name: value for name, value in values.items() if name not in LEAST}
    lists = {"foundation_model_ids", "use_cases", "evidence"}
    assert left_out == {name: () if name in lists else None for name in FIELDS if name not in LEAST}


@pytest.mark.parametrize("project_type", ["large_scale", "mini", "cooperation", "humanoid", "full_stack"])
def test_project_types_are_those_of_the_programme(project_type: str) -> None:
    assert problems_of(project_type=project_type) == []


def test_all_use_cases_can_be_named_at_once() -> None:
    assert len(USE_CASES) == 9
    assert problems_of(use_cases=list(USE_CASES)) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": "가" * 201}, ("#/name", "too_long")),
        ({"name_en": "a" * 201}, ("#/name_en", "too_long")),
        ({"external_ref": "a" * 501}, ("#/external_ref", "too_long")),
        ({"notes": "a" * 4001}, ("#/notes", "too_long")),
        ({"project_type": "giant"}, ("#/project_type", "not_one_of")),
        ({"use_cases": ["safety", "fun"]}, ("#/use_cases/1", "not_one_of")),
        ({"industry": "C09"}, ("#/industry", "unknown_industry")),
        ({"adoption_date": "2026-02-30"}, ("#/adoption_date", "not_a_date")),
        ({"foundation_model_ids": ["x"]}, ("#/foundation_model_ids/0", "not_an_id")),
        ({"foundation_model_ids": [str(UUID(int=n)) for n in range(51)]}, ("#/foundation_model_ids", "too_many")),
        ({"evidence": [f"https://example.com/{n}" for n in range(6)]}, ("#/evidence", "too_many")),
        ({"evidence": ["http://example.com"]}, ("#/evidence/0", "not_an_https_link")),
        ({"contact_email": "nobody"}, ("#/contact_email", "not_an_email")),
        ({"colour": "red"}, ("#/colour", "unknown_field")),
    ],
)
def test_a_bad_value_is_named_with_its_code(changes: dict[str, Any], problem: tuple[str, str]) -> None:
    assert problems_of(**changes) == [problem]


def test_up_to_five_links_are_evidence() -> None:
    assert problems_of(evidence=[f"https://example.com/{n}" for n in range(5)]) == []


@pytest.mark.parametrize("field", ["address", "notes"])
def test_address_and_notes_keep_their_lines(field: str) -> None:
    values, _ = check_body({**LEAST, field: "1층\n2층"}, FIELDS)
    assert values[field] == "1층\n2층"


def test_the_public_sees_region_and_division_with_their_names() -> None:
    shown = public_fields(make_factory(region="12", industry="30310"), REGIONS)
    assert shown["region"] == {
        "code": "12",
        "iso": None,
        "name_ko": "전남광주통합특별시",
        "name_en": "Jeonnam-Gwangju Integrated Special City",
    }
    assert shown["industry"] == {
        "code": "30310",
        "division": "30",
        "name_ko": "자동차 및 트레일러 제조업",
        "name_en": "Manufacture of motor vehicles, trailers and semitrailers",
    }


def test_the_public_sees_the_rest_ready_for_json() -> None:
    factory = make_factory(foundation_model_ids=(UUID(int=7),), project_type="mini", use_cases=("safety",))
    shown = json.loads(json.dumps(public_fields(factory, REGIONS)))
    assert (shown["adoption_date"], shown["project_type"], shown["use_cases"], shown["foundation_model_ids"]) == (
        "2026-10-01",
        "mini",
        ["safety"],
        ["00000000-0000-0000-0000-000000000007"],
    )


def test_private_fields_are_not_among_the_public_ones() -> None:
    private = {"address", "contact_name", "contact_email", "notes", "evidence", "external_ref", "rejection"}
    assert private.isdisjoint(public_fields(make_factory(), REGIONS))
    assert set(private_fields(make_factory())) == private - {"contact_name", "contact_email"}


def test_the_owner_sees_what_is_private() -> None:
    factory = make_factory(
        external_ref="A-1",
        address="1층\n2층",
        notes="n",
        evidence=("https://example.com",),
        rejection=Rejection("other", "r"),
    )
    assert private_fields(factory) == {
        "external_ref": "A-1",
        "address": "1층\n2층",
        "notes": "n",
        "evidence": ("https://example.com",),
        "rejection": {"reason_code": "other", "reason": "r"},
    }


def test_all_that_is_sent_is_shown_to_the_owner() -> None:
    shown = set(public_fields(make_factory(), REGIONS)) | set(private_fields(make_factory()))
    assert set(FIELDS) - shown == {"contact_name", "contact_email"}  # a table of their own


def test_the_fields_that_decide_what_counts() -> None:
    assert KIND.counting_fields == {"organization_id", "region", "industry", "project_type", "adoption_date"}
