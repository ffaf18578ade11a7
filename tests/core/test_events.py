"""What an event says, and who may know."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from service.core.events import (
    Audience,
    Event,
    EventType,
    divisions_of,
    event_id_text,
    is_visible,
    json_text,
    record_audience,
    record_type_of,
    with_changed,
)
from service.core.lifecycle import Status
from tests.core.builders import OURS, THEIRS, make_factory, make_foundation_model

AT = datetime(2026, 11, 22, 5, 12, 43, 218407, tzinfo=UTC)
AN_ID = UUID("019ab5e2-d000-7c11-8a2b-3c4d5e6f7083")

PUBLIC, PRIVATE = (Status.VERIFIED, Status.RETIRED), (Status.SUBMITTED, Status.REJECTED, Status.WITHDRAWN)


def make_event(**facts: object) -> Event:
    given = {"id": AN_ID, "type": EventType.FACTORY_VERIFIED, "subject": "factories/1", "sequence": 2, "at": AT}
    return Event(**{**given, "data": '{"name":"수원 1공장"}', **facts})  # type: ignore[arg-type]  # a test's facts


def test_document_is_a_cloud_event_and_a_standard_webhooks_payload() -> None:
    assert json.loads(make_event().body) == {
        "specversion": "1.0",
        "id": "evt_019ab5e2d0007c118a2b3c4d5e6f7083",
        "source": "urn:ax-registry",
        "type": "factory.verified",
        "subject": "factories/1",
        "time": "2026-11-22T05:12:43.218407Z",
        "timestamp": "2026-11-22T05:12:43.218407Z",
        "datacontenttype": "application/json",
        "dataschema": "/openapi/events/factory.verified.schema.json",
        "sequence": "0000000002",
        "data": {"name": "수원 1공장"},
    }


def test_id_has_no_dot_that_would_end_it_in_what_is_signed() -> None:
    assert "." not in event_id_text(AN_ID)


@pytest.mark.parametrize("before", [None, *PRIVATE])
@pytest.mark.parametrize("after", PRIVATE)
def test_record_that_was_never_public_is_told_to_its_organization(before: Status | None, after: Status) -> None:
    assert record_audience(EventType.FACTORY_UPDATED, before=before, after=after) is Audience.ORGANIZATION


@pytest.mark.parametrize("public", PUBLIC)
@pytest.mark.parametrize("other", Status)
def test_record_that_was_public_before_or_after_is_told_to_everyone(public: Status, other: Status) -> None:
    for before, after in ((public, other), (other, public)):
        assert record_audience(EventType.FACTORY_UPDATED, before=before, after=after) is Audience.EVERYONE


@pytest.mark.parametrize("type_", [EventType.FACTORY_REJECTED, EventType.FOUNDATION_MODEL_REJECTED])
@pytest.mark.parametrize("before", Status)
def test_rejection_is_told_to_its_organization(type_: EventType, before: Status) -> None:
    assert record_audience(type_, before=before, after=Status.REJECTED) is Audience.ORGANIZATION


def test_what_is_for_an_organization_is_seen_by_it_and_the_ministry() -> None:
    def sees(audience: Audience, *, to: UUID, is_ministry: bool = False) -> bool:
        return is_visible(audience, organization_id=OURS, to=to, is_ministry=is_ministry)

    assert sees(Audience.EVERYONE, to=THEIRS)
    assert sees(Audience.ORGANIZATION, to=OURS)
    assert sees(Audience.ORGANIZATION, to=THEIRS, is_ministry=True)
    assert not sees(Audience.ORGANIZATION, to=THEIRS)
    assert not sees(Audience.ENDPOINT, to=OURS, is_ministry=True)


def test_type_names_the_kind_of_record_and_what_was_done() -> None:
    assert record_type_of(make_factory(), "verified") is EventType.FACTORY_VERIFIED
    assert record_type_of(make_foundation_model(), "reopened") is EventType.FOUNDATION_MODEL_REOPENED


def test_divisions_are_those_of_the_industries_that_a_record_names() -> None:
    assert divisions_of(make_factory(industry="26110")) == ("26",)
    assert divisions_of(make_foundation_model(industries=("291", "26", "26110"))) == ("26", "29")
    assert divisions_of(make_foundation_model(industries=())) is None


def test_names_of_what_changed_complete_the_document() -> None:
    assert json.loads(with_changed('{"name":"수원"', ["status", "address"])) == {
        "name": "수원",
        "changed": ["address", "status"],
    }


def test_json_text_keeps_korean_as_it_is_written() -> None:
    assert json_text({"name": "수원"}) == '{"name":"수원"}'
