"""The audit's entries as they are shown, and how one asks for them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from service.core.audit import (
    PARAMETERS,
    RECORD_TYPES,
    ActorReference,
    AuditEntry,
    RecordReference,
    entry_fields,
    reference,
)
from service.core.fields import Bad

AN_ID = "019ab2c4-7d10-7abc-9def-0123456789ab"


def make_entry(**facts: Any) -> AuditEntry:
    plain: dict[str, Any] = {
        "id": UUID(int=7),
        "at": datetime(2026, 11, 22, 3, 0, tzinfo=UTC),
        "actor_kind": "api_key",
        "actor_id": AN_ID,
        "actor_label": "생산관리 시스템",
        "action": "updated",
        "record_type": "organization",
        "record_id": AN_ID,
        "request_id": "a-request",
        "before": {"name_en": None},
        "after": {"name_en": "Gasang"},
        "changed": ("contact_email", "name_en"),
    }
    return AuditEntry(**plain | facts)


def test_entry_is_shown_with_its_actor_and_record_as_objects() -> None:
    assert entry_fields(make_entry()) == {
        "id": "00000000-0000-0000-0000-000000000007",
        "at": "2026-11-22T03:00:00.000000Z",
        "actor": {"kind": "api_key", "id": AN_ID, "label": "생산관리 시스템"},
        "action": "updated",
        "record": {"type": "organization", "id": AN_ID},
        "request_id": "a-request",
        "before": {"name_en": None},
        "after": {"name_en": "Gasang"},
        "changed": ["contact_email", "name_en"],
    }


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (AN_ID, RecordReference(AN_ID)),
        (AN_ID.upper(), RecordReference(AN_ID)),
        (f"factory/{AN_ID}", RecordReference(AN_ID, "factory")),
        (f"organization/{AN_ID.upper()}", RecordReference(AN_ID, "organization")),
        ("target/factories-2026", RecordReference("factories-2026", "target")),
        (" factories-2026 ", RecordReference("factories-2026")),
    ],
)
def test_record_is_asked_for_by_id_with_or_without_its_type(raw: str, expected: RecordReference) -> None:
    assert reference(raw) == expected


@pytest.mark.parametrize(
    ("raw", "code"),
    [("", "empty"), ("plant/7", "not_one_of"), ("a/b/c", "not_one_of"), ("/7", "not_one_of"), ("x" * 501, "too_long")],
)
def test_what_names_no_record_is_refused(raw: str, code: str) -> None:
    with pytest.raises(Bad) as refused:
        reference(raw)
    assert refused.value.code == code


def test_refused_type_is_told_with_those_there_are() -> None:
    with pytest.raises(Bad) as refused:
        reference("plant/7")
    assert ", ".join(RECORD_TYPES) in refused.value.message.en


@pytest.mark.parametrize("raw", ["2026-11-22T12:00:00+09:00", "2026-11-22T12:00:00 09:00", "2026-11-22T03:00:00Z"])
def test_plus_of_a_zone_may_have_become_a_space(raw: str) -> None:
    assert PARAMETERS["at_from"].rule(raw) == datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(("raw", "expected"), [(AN_ID.upper(), AN_ID), (AN_ID, AN_ID)])
def test_actor_is_found_in_either_case_of_a_uuid(raw: str, expected: str) -> None:
    assert PARAMETERS["actor"].rule(raw) == ActorReference(id=expected)


def test_actor_without_an_id_is_found_by_its_kind() -> None:
    assert PARAMETERS["actor"].rule("command_line") == ActorReference(kind="command_line")
