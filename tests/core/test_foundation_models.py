"""Foundation models: what a developer may and must send, and what is shown to whom."""

import json
from datetime import date
from typing import Any

import pytest

from service.core.fields import check_body
from service.core.foundation_models import FIELDS, KIND, private_fields, public_fields
from service.core.records import Rejection
from tests.core.builders import OURS, make_foundation_model

LEAST: dict[str, Any] = {
    "name": "한별 제조 기반모델",
    "organization_id": str(OURS),
    "kind": "foundation",
    "access": "open",
    "model_version": "1.0",
    "released_on": "2026-09-01",
}


def problems_of(**changes: Any) -> list[tuple[str, str]]:
    return [(found.where, found.code) for found in check_body({**LEAST, **changes}, FIELDS)[1]]


def test_a_model_counts_on_its_day_of_release() -> None:
    assert make_foundation_model(released_on=date(2027, 3, 1)).counts_on == date(2027, 3, 1)


def test_the_least_that_must_be_sent() -> None:
    assert problems_of() == []
    assert [(found.where, found.code) for found in check_body({}, FIELDS)[1]] == [
        (f"#/{name}", "required") for name in LEAST
    ]


def test_what_is_left_out_is_null_or_an_empty_list() -> None:
    values, _ = check_body(LEAST, FIELDS)
    left_out = {name: value for name, value in values.items() if name not in LEAST}
    lists = {"industries", "modalities"}
    assert left_out == {name: () if name in lists else None for name in FIELDS if name not in LEAST}


@pytest.mark.parametrize(
    ("field", "allowed"),
    [
        ("kind", ["foundation", "industry", "process", "cooperation_leading"]),
        ("access", ["open", "alliance", "commercial"]),
    ],
)
def test_kinds_and_access_are_closed_lists(field: str, allowed: list[str]) -> None:
    assert [problems_of(**{field: value}) for value in allowed] == [[]] * len(allowed)
    assert problems_of(**{field: "else"}) == [(f"#/{field}", "not_one_of")]


def test_all_modalities_can_be_named_at_once() -> None:
    modalities = ["vision", "time_series", "language", "tabular", "audio", "action", "multimodal"]
    assert problems_of(modalities=modalities) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"model_version": "1" * 501}, ("#/model_version", "too_long")),
        ({"description": "a" * 4001}, ("#/description", "too_long")),
        ({"modalities": ["smell"]}, ("#/modalities/0", "not_one_of")),
        ({"industries": ["26", "09"]}, ("#/industries/1", "unknown_industry")),
        ({"industries": ["26", "C26"]}, ("#/industries/1", "repeated_entry")),
        ({"released_on": "soon"}, ("#/released_on", "not_a_date")),
        ({"url": "example.com"}, ("#/url", "not_an_https_link")),
        ({"region": "41"}, ("#/region", "unknown_field")),
    ],
)
def test_a_bad_value_is_named_with_its_code(changes: dict[str, Any], problem: tuple[str, str]) -> None:
    assert problems_of(**changes) == [problem]


def test_a_description_keeps_its_lines() -> None:
    values, _ = check_body({**LEAST, "description": "1\n2"}, FIELDS)
    assert values["description"] == "1\n2"


def test_the_public_sees_industries_with_their_divisions() -> None:
    shown = public_fields(make_foundation_model(industries=("282", "30")), {})
    assert [(industry["code"], industry["division"]) for industry in shown["industries"]] == [
        ("282", "28"),
        ("30", "30"),
    ]
    assert shown["industries"][1]["name_ko"] == "자동차 및 트레일러 제조업"


def test_the_public_sees_the_rest_ready_for_json() -> None:
    model = make_foundation_model(modalities=("vision",), url="https://example.com", description="1\n2")
    shown = json.loads(json.dumps(public_fields(model, {})))
    names = ("kind", "access", "model_version", "released_on", "modalities", "url", "description")
    assert [shown[name] for name in names] == [
        "foundation",
        "alliance",
        "1.0",
        "2026-09-01",
        ["vision"],
        "https://example.com",
        "1\n2",
    ]


def test_the_developer_sees_what_is_private() -> None:
    model = make_foundation_model(external_ref="M-1", rejection=Rejection("duplicate", "r"))
    assert private_fields(model) == {
        "external_ref": "M-1",
        "rejection": {"reason_code": "duplicate", "reason": "r"},
    }


def test_private_fields_are_not_among_the_public_ones() -> None:
    assert set(private_fields(make_foundation_model())).isdisjoint(public_fields(make_foundation_model(), {}))


def test_all_that_is_sent_is_shown_to_the_developer() -> None:
    model = make_foundation_model()
    assert set(FIELDS) <= set(public_fields(model, {})) | set(private_fields(model))


def test_the_fields_that_decide_what_counts() -> None:
    assert KIND.counting_fields == {"kind", "released_on"}
