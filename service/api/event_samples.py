"""One event of each type as a receiver may get it. Everybody and everything in them is invented.

Built as the use cases build theirs, so that the envelope is the one that is sent; tests hold the data to what is really
emitted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from service.core.events import Event, EventType, event_id_text, json_text
from service.core.identifiers import uuid7

SAMPLE_AT: Final = datetime(2026, 11, 22, 5, 12, 43, 218407, tzinfo=UTC)
_RANDOM: Final = 0x1A2B3C4D5E6F7081
_ORGANIZATION: Final = "019ab5e2-0000-7000-8000-000000000001"
_BEFORE: Final = "2026-11-02T01:20:31.004512Z"
_AT: Final = "2026-11-22T05:12:43.218407Z"


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample: its id, and its document as it is sent, JSON text."""

    id_text: str
    body: str


_FACTORY: Final[dict[str, Any]] = {
    "id": "019ab5e2-7b3a-7c11-9d4e-2f6a8c0b1d3e",
    "registry_number": "AXF-2026-00042",
    "name": "가온정밀 수원 1공장",
    "name_en": "Gaon Precision Suwon Plant 1",
    "organization_id": _ORGANIZATION,
    "status": "submitted",
    "region": {"code": "41", "iso": "KR-41", "name_ko": "경기도", "name_en": "Gyeonggi-do"},
    "industry": {
        "code": "26110",
        "division": "26",
        "name_ko": "전자 부품, 컴퓨터, 영상, 음향 및 통신장비 제조업",
        "name_en": "Manufacture of electronic components, computer; visual, sounding and communication equipment",
    },
    "adoption_date": "2026-11-16",
    "foundation_model_ids": ["019ab5e2-8c00-7000-8000-000000000007"],
    "project_type": "mini",
    "use_cases": ["quality_inspection", "predictive_maintenance"],
    "registered_on": "2026-11-02",
    "retired_on": None,
    "synthetic": False,
    "created_at": _BEFORE,
    "registered_at": _BEFORE,
    "updated_at": _AT,
    "version": 2,
}
_MODEL: Final[dict[str, Any]] = {
    "id": "019ab5e2-8c00-7000-8000-000000000007",
    "registry_number": "AXM-2026-0007",
    "name": "용접 결함 검사 모델",
    "name_en": "Weld defect inspection model",
    "organization_id": _ORGANIZATION,
    "status": "submitted",
    "kind": "process",
    "industries": [
        {
            "code": "30",
            "division": "30",
            "name_ko": "자동차 및 트레일러 제조업",
            "name_en": "Manufacture of motor vehicles, trailers and semitrailers",
        }
    ],
    "modalities": ["vision", "time_series"],
    "access": "alliance",
    "model_version": "1.2",
    "released_on": "2026-11-10",
    "url": "https://example.com/models/weld",
    "description": "용접 영상과 전류 파형으로 결함을 찾습니다.",
    "registered_on": "2026-11-02",
    "retired_on": None,
    "synthetic": False,
    "created_at": _BEFORE,
    "registered_at": _BEFORE,
    "updated_at": _AT,
    "version": 2,
}
_NEW: Final = {"updated_at": _BEFORE, "version": 1}
_OF_ACTION: Final[Mapping[str, dict[str, Any]]] = {
    "registered": _NEW,
    "updated": {"changed": ["contact_email", "name_en"]},
    "verified": {"status": "verified"},
    "rejected": {"status": "rejected"},
    "resubmitted": {"version": 3},
    "reopened": {"version": 3, "changed": ["status"]},
    "withdrawn": {"status": "withdrawn"},
    "retired": {"status": "retired", "retired_on": "2026-11-20", "version": 3},
}

_TARGET: Final[dict[str, Any]] = {
    "code": "factories-2026",
    "name_ko": "2026년 AI 팩토리 100개",
    "name_en": "100 AI factories in 2026",
    "metric": "factories",
    "counts_from": "2026-01-01",
    "starts_on": "2026-01-01",
    "due_on": "2026-12-31",
    "goal": 100,
    "baseline": 0,
    "trajectory": [{"on": "2026-06-30", "value": 40}],
    "plan_basis": "assumed",
    "call_closes_on": None,
    "filter": {"regions": [], "industries": [], "project_types": [], "model_kinds": []},
    "alert_policy": {"raise_below": 0.1, "clear_above": 0.3, "hold_days": 7},
    "state": "active",
    "source": "가상의 예시입니다.",
    "synthetic": False,
    "created_at": "2026-01-02T00:10:00.000731Z",
    "registered_at": "2026-01-02T00:10:00.000731Z",
    "updated_at": _AT,
    "version": 2,
}
_OF_TARGET: Final[dict[EventType, dict[str, Any]]] = {
    EventType.TARGET_CREATED: {"updated_at": "2026-01-02T00:10:00.000731Z", "version": 1, "trajectory": []},
    EventType.TARGET_REVISED: {},
    EventType.TARGET_CLOSED: {"state": "closed", "version": 3},
    EventType.TARGET_MET: {},
    EventType.TARGET_MISSED: {"corrected": True},
}

_PROGRESS: Final[dict[str, Any]] = {
    "code": "factories-2026",
    "name_ko": "2026년 AI 팩토리 100개",
    "name_en": "100 AI factories in 2026",
    "metric": "factories",
    "target_version": 1,
    "state": "active",
    "plan_basis": "assumed",
    "as_of": "2026-08-31",
    "known_at": "2026-08-31T15:05:00.012345Z",
    "synthetic": False,
    "value": 59,
    "goal": 100,
    "remaining": 41,
    "share": 0.59,
    "waiting": 0,
    "plan": 66.6,
    "gap": -7.6,
    "schedule_index": 0.886,
    "days_ahead": -27,
    "rate_required": 10.1,
    "rate_recent": 6.0,
    "forecast": {"probability": 0.0716, "p10": 81, "p50": 89, "p90": 98, "expected_on": "2027-02-15"},
    "pipeline": {"planned": 0, "waiting": 0, "if_all_land": 59},
    "pace": "behind",
    "since": "2026-08-31",
    "summary": (
        "2026년 8월 31일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 59개로, 계획(시기별 배분은 "
        "가정)보다 27일 늦으며, 추진 상황은 ‘지연’(기한 내 달성 확률 7%)입니다. 기한까지 남은 122일 동안 "
        "41개(월 10.1개)가 필요한데 최근 실적은 월 6개입니다."
    ),
    "summary_en": (
        "On 31 August 2026, AI factories stand at 59 of the 100 due by 31 December 2026, 27 days behind the "
        "plan (its shape is an assumption); the chance of reaching the goal in time is 7% (behind). The goal "
        "takes 41 more in the 122 days left (10.1 a month), against 6 a month lately."
    ),
}
_OF_PACE: Final[dict[EventType, dict[str, Any]]] = {
    EventType.PACE_AT_RISK: {
        "as_of": "2026-08-30",
        "known_at": "2026-08-30T15:05:00.012345Z",
        "plan": 66.3,
        "gap": -7.3,
        "schedule_index": 0.89,
        "days_ahead": -26,
        "rate_required": 10.0,
        "rate_recent": 6.3,
        "forecast": {"probability": 0.0795, "p10": 81, "p50": 89, "p90": 99, "expected_on": "2027-02-13"},
        "pace": "at_risk",
        "since": "2026-08-30",
        "summary": (
            "2026년 8월 30일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 59개로, 계획(시기별 배분은 "
            "가정)보다 26일 늦으며, 추진 상황은 ‘주의’(기한 내 달성 확률 8%)입니다. 기한까지 남은 123일 동안 "
            "41개(월 10개)가 필요한데 최근 실적은 월 6.3개입니다."
        ),
        "summary_en": (
            "On 30 August 2026, AI factories stand at 59 of the 100 due by 31 December 2026, 26 days behind the "
            "plan (its shape is an assumption); the chance of reaching the goal in time is 8% (at risk). The "
            "goal takes 41 more in the 123 days left (10 a month), against 6.3 a month lately."
        ),
    },
    EventType.PACE_BEHIND: {},
    EventType.PACE_STILL_BEHIND: {
        "as_of": "2026-09-30",
        "known_at": "2026-09-30T15:05:00.012345Z",
        "value": 64,
        "remaining": 36,
        "share": 0.64,
        "plan": 74.8,
        "gap": -10.8,
        "schedule_index": 0.856,
        "days_ahead": -39,
        "rate_required": 11.7,
        "rate_recent": 5.3,
        "forecast": {"probability": 0.0128, "p10": 79, "p50": 86, "p90": 93, "expected_on": "2027-03-02"},
        "pipeline": {"planned": 0, "waiting": 0, "if_all_land": 64},
        "summary": (
            "2026년 9월 30일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 64개로, 계획(시기별 배분은 "
            "가정)보다 39일 늦으며, 추진 상황은 ‘지연’(기한 내 달성 확률 1%)입니다. 기한까지 남은 92일 동안 "
            "36개(월 11.7개)가 필요한데 최근 실적은 월 5.3개입니다."
        ),
        "summary_en": (
            "On 30 September 2026, AI factories stand at 64 of the 100 due by 31 December 2026, 39 days behind "
            "the plan (its shape is an assumption); the chance of reaching the goal in time is 1% (behind). The "
            "goal takes 36 more in the 92 days left (11.7 a month), against 5.3 a month lately."
        ),
    },
    EventType.PACE_RECOVERED: {
        "as_of": "2026-11-22",
        "known_at": "2026-11-22T15:05:00.012345Z",
        "value": 88,
        "remaining": 12,
        "share": 0.88,
        "plan": 89.3,
        "gap": -1.3,
        "schedule_index": 0.985,
        "days_ahead": -4,
        "rate_required": 9.2,
        "rate_recent": 10.0,
        "forecast": {"probability": 0.3702, "p10": 94, "p50": 98, "p90": 103, "expected_on": "2027-01-05"},
        "pipeline": {"planned": 0, "waiting": 0, "if_all_land": 88},
        "pace": "on_track",
        "since": "2026-11-22",
        "summary": (
            "2026년 11월 22일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 88개로, 계획(시기별 배분은 "
            "가정)보다 4일 늦으며, 추진 상황은 ‘순조’(기한 내 달성 확률 37%)입니다. 기한까지 남은 39일 동안 "
            "12개(월 9.2개)가 필요하고 최근 실적은 월 10개입니다."
        ),
        "summary_en": (
            "On 22 November 2026, AI factories stand at 88 of the 100 due by 31 December 2026, 4 days behind the "
            "plan (its shape is an assumption); the chance of reaching the goal in time is 37% (on track). The "
            "goal takes 12 more in the 39 days left (9.2 a month), with 10 a month lately."
        ),
    },
}

_IMPORT: Final[dict[str, Any]] = {
    "id": "019ab5e2-9d00-7000-8000-000000000009",
    "status": "completed",
    "mode": "valid",
    "rows": 120,
    "created": 97,
    "updated": 15,
    "unchanged": 6,
    "failed": 2,
}
_ENDPOINT: Final[dict[str, Any]] = {
    "id": "019ab5e2-ae00-7000-8000-000000000011",
    "organization_id": _ORGANIZATION,
    "url": "https://example.com/webhooks",
    "event_types": ["factory.verified", "pace.behind"],
    "filter": {"regions": ["41"], "industries": [], "targets": []},
    "description": "생산관리 시스템",
    "max_in_flight": 4,
    "ordered": False,
    "state": "active",
    "health": {
        "last_success_at": _BEFORE,
        "last_failure_at": None,
        "failing_since": None,
        "pending": 0,
        "held": 0,
        "disable_at": None,
    },
    "created_at": _BEFORE,
    "registered_at": _BEFORE,
    "updated_at": _BEFORE,
    "version": 1,
}
_DISABLED: Final[dict[str, Any]] = {
    "state": "disabled",
    "health": {
        "last_success_at": _BEFORE,
        "last_failure_at": _AT,
        "failing_since": "2026-11-17T04:58:12.771204Z",
        "pending": 0,
        "held": 3,
        "disable_at": None,
    },
    "updated_at": _AT,
    "version": 2,
}


_OF_TYPE: Final = _OF_TARGET | _OF_PACE | {EventType.WEBHOOK_ENDPOINT_DISABLED: _DISABLED}
_ENDPOINT_SUBJECT: Final = f"webhook-endpoints/{_ENDPOINT['id']}"
_OF_FAMILY: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "factory": (f"factories/{_FACTORY['id']}", _FACTORY),
    "foundation_model": (f"foundation-models/{_MODEL['id']}", _MODEL),
    "target": ("targets/factories-2026", _TARGET),
    "pace": ("targets/factories-2026", _PROGRESS),
    "import": (f"imports/{_IMPORT['id']}", _IMPORT),
    "webhook_endpoint": (_ENDPOINT_SUBJECT, _ENDPOINT),
    "webhook": (_ENDPOINT_SUBJECT, _ENDPOINT),
}


def _subject_and_data(type_: EventType) -> tuple[str, dict[str, Any]]:
    family, _, action = type_.partition(".")
    subject, data = _OF_FAMILY[family]
    if family in ("factory", "foundation_model"):
        return subject, data | _OF_ACTION[action]
    return subject, data | _OF_TYPE.get(type_, {})


def _sample(number: int, type_: EventType) -> Sample:
    subject, data = _subject_and_data(type_)
    event = Event(
        id=_id(number),
        type=type_,
        subject=subject,
        sequence=data.get("version", 1),
        at=SAMPLE_AT,
        data=json_text(data),
    )
    return Sample(event_id_text(event.id), event.body)


def _id(number: int) -> UUID:
    return uuid7(SAMPLE_AT, _RANDOM + number)


SAMPLES: Final[Mapping[EventType, Sample]] = MappingProxyType(
    {type_: _sample(number, type_) for number, type_ in enumerate(EventType)}
)
