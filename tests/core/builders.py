"""One builder per noun of the core: everything has a plain default, so that a test names only what matters to it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from service.core.access import Caller, Role
from service.core.factories import Factory
from service.core.foundation_models import FoundationModel
from service.core.organizations import Organization, check_digit
from service.core.regions import Region, RegionBook
from service.core.targets import Target

OURS = UUID(int=1)
THEIRS = UUID(int=2)
A_KEY = UUID(int=3)
NOON = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
"""Noon in Seoul."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(min_value=0, max_value=7_200_000_000_000_000).map(lambda us: EPOCH + timedelta(microseconds=us))
"""Aware instants in UTC from 1970 to 2198, to the microsecond."""

_REGIONS = (
    ("11", "KR-11", "서울특별시", "Seoul Special City", "서울", "Seoul", None),
    ("12", None, "전남광주통합특별시", "Jeonnam-Gwangju Integrated Special City", "전남광주", "Jeonnam-Gwangju", None),
    ("29", "KR-29", "광주광역시", "Gwangju Metropolitan City", "광주", "Gwangju", "12"),
    ("36", "KR-50", "세종특별자치시", "Sejong Special Self-Governing City", "세종", "Sejong", None),
    ("41", "KR-41", "경기도", "Gyeonggi-do", "경기", "Gyeonggi", None),
    ("42", "KR-42", "강원도", "Gangwon-do", "강원", "Gangwon", "51"),
    ("45", "KR-45", "전라북도", "Jeollabuk-do", "전북", "Jeonbuk", "52"),
    ("46", "KR-46", "전라남도", "Jeollanam-do", "전남", "Jeonnam", "12"),
    ("50", "KR-49", "제주특별자치도", "Jeju Special Self-Governing Province", "제주", "Jeju", None),
    (
        "51",
        "KR-42",
        "강원특별자치도",
        "Gangwon Special Self-Governing Province (Gangwon State)",
        "강원",
        "Gangwon",
        None,
    ),
    ("52", "KR-45", "전북특별자치도", "Jeonbuk Special Self-Governing Province", "전북", "Jeonbuk", None),
)


def make_region(code: str, **facts: Any) -> Region:
    plain = {"name_ko": f"{code}도", "name_en": f"{code}-do", "short_ko": f"{code}가", "short_en": f"{code}-ga"}
    return Region(**{"code": code, "iso": None, "type": "province", **plain, **facts})


def make_book() -> RegionBook:
    """Return a part of Korea's regions: those that were renamed or merged, and those whose codes look alike."""
    return RegionBook(
        Region(code, iso, name_ko, name_en, short_ko, short_en, "region", successor=successor)
        for code, iso, name_ko, name_en, short_ko, short_en, successor in _REGIONS
    )


def make_factory(**facts: Any) -> Factory:
    plain: dict[str, Any] = {
        "id": UUID(int=42),
        "registry_number": "AXF-2026-00042",
        "organization_id": OURS,
        "name": "가람정밀 제1공장",
        "created_at": NOON,
        "updated_at": NOON,
        "registered_on": date(2026, 11, 22),
        "region": "41",
        "industry": "26110",
        "adoption_date": date(2026, 10, 1),
    }
    return Factory(**{**plain, **facts})


def make_foundation_model(**facts: Any) -> FoundationModel:
    plain: dict[str, Any] = {
        "id": UUID(int=7),
        "registry_number": "AXM-2026-0007",
        "organization_id": OURS,
        "name": "한별 제조 기반모델",
        "created_at": NOON,
        "updated_at": NOON,
        "registered_on": date(2026, 11, 22),
        "kind": "foundation",
        "access": "alliance",
        "model_version": "1.0",
        "released_on": date(2026, 9, 1),
    }
    return FoundationModel(**{**plain, **facts})


def make_organization(**facts: Any) -> Organization:
    return Organization(
        **{"id": OURS, "name": "가람정밀", "kind": "company", "created_at": NOON, "updated_at": NOON, **facts}
    )


def make_business_number(first_nine: str) -> str:
    return f"{first_nine}{check_digit(first_nine)}"


def make_caller(role: Role = Role.COMPANY, **facts: Any) -> Caller:
    return Caller(**{"role": role, "organization_id": OURS, "key_id": A_KEY, **facts})


def make_target(**facts: Any) -> Target:
    """Return a target of 100 in 2026, straight from 0."""
    return Target(**{"starts_on": date(2026, 1, 1), "due_on": date(2026, 12, 31), "goal": 100, **facts})
