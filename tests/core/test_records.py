"""What factories and foundation models share: the programme's day, the numbers people quote, the common fields."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given

from service.core import factories, foundation_models
from service.core.records import (
    READ_ONLY,
    RecordKind,
    Rejection,
    day_in_seoul,
    head_of,
    rejection_of,
    tail_of,
    utc_text,
)
from tests.core.builders import INSTANTS, NOON, make_factory, make_foundation_model

KINDS = [factories.KIND, foundation_models.KIND]


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 12, 31, 14, 59, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 15, 0, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_the_day_begins_at_midnight_in_seoul(instant: datetime, day: date) -> None:
    assert day_in_seoul(instant) == day


@given(INSTANTS)
def test_the_day_is_that_of_nine_hours_later_in_utc(instant: datetime) -> None:
    assert day_in_seoul(instant) == (instant + timedelta(hours=9)).date()


def test_instants_are_written_in_utc_with_z() -> None:
    assert utc_text(datetime(2026, 11, 22, 3, 4, 5, 6, tzinfo=UTC)) == "2026-11-22T03:04:05.000006Z"


@given(INSTANTS)
def test_written_instants_can_be_read_back(instant: datetime) -> None:
    assert datetime.fromisoformat(utc_text(instant)) == instant


@pytest.mark.parametrize(
    ("kind", "number", "quoted"),
    [
        (factories.KIND, 42, "AXF-2026-00042"),
        (factories.KIND, 123456, "AXF-2026-123456"),
        (foundation_models.KIND, 7, "AXM-2026-0007"),
    ],
)
def test_registry_numbers_are_as_people_quote_them(kind: RecordKind, number: int, quoted: str) -> None:
    assert kind.registry_number(number, NOON) == quoted


def test_a_registry_number_bears_the_year_in_seoul() -> None:
    new_years_eve_in_utc = datetime(2026, 12, 31, 15, 0, tzinfo=UTC)
    assert factories.KIND.registry_number(1, new_years_eve_in_utc) == "AXF-2027-00001"


def test_a_record_begins_submitted_at_version_one() -> None:
    factory = make_factory()
    assert (factory.status, factory.version, factory.retired_on, factory.synthetic) == ("submitted", 1, None, False)


def test_the_head_of_a_record_is_ready_for_json() -> None:
    assert head_of(make_factory(name_en="Garam Plant 1")) == {
        "id": "00000000-0000-0000-0000-00000000002a",
        "registry_number": "AXF-2026-00042",
        "name": "가람정밀 제1공장",
        "name_en": "Garam Plant 1",
        "organization_id": "00000000-0000-0000-0000-000000000001",
        "status": "submitted",
    }


def test_created_at_is_also_called_registered_at() -> None:
    tail = tail_of(make_factory(version=3))
    assert tail["created_at"] == tail["registered_at"] == "2026-11-22T03:00:00.000000Z"
    assert (tail["version"], tail["registered_on"]) == (3, "2026-11-22")


@pytest.mark.parametrize(("retired_on", "shown"), [(None, None), (date(2028, 3, 1), "2028-03-01")])
def test_the_day_of_retirement_is_shown_once_there_is_one(retired_on: date | None, shown: str | None) -> None:
    assert tail_of(make_foundation_model(retired_on=retired_on))["retired_on"] == shown


def test_a_rejection_is_shown_with_its_reason() -> None:
    rejection = Rejection("no_evidence", "근거 자료가 없음")
    assert rejection_of(make_factory(rejection=rejection)) == {
        "reason_code": "no_evidence",
        "reason": "근거 자료가 없음",
    }


def test_a_record_that_was_not_rejected_shows_none() -> None:
    assert rejection_of(make_factory()) is None


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_registry_sets_is_no_field(kind: RecordKind) -> None:
    assert not set(READ_ONLY) & set(kind.fields)


@pytest.mark.parametrize("kind", KINDS)
def test_counting_fields_and_the_date_are_fields(kind: RecordKind) -> None:
    assert kind.counting_fields | {kind.date_field} <= set(kind.fields)
    assert kind.date_field in kind.counting_fields
