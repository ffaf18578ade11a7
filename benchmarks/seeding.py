"""Fills an empty register with invented records, rendered as the service would have written them.

Everything follows from the number of records: the same number gives the same register, but for the keys.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import orjson

from service.core import factories, foundation_models
from service.core.factories import Factory
from service.core.foundation_models import FoundationModel
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.industries import DIVISIONS
from service.core.lifecycle import Status
from service.core.records import Contact, Record, RecordKind, Rejection, day_in_seoul
from service.core.regions import Region
from service.db.repositories.columns import columns_of
from service.db.repositories.regions import read_book
from service.usecases.rendering import opening, private_part

Connection = Any
Dice = random.Random

SINCE = datetime(2024, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=1000)
"""The register's records were made in this time, evenly."""
COMPANIES = 200
MINISTRY = "산업통상부"
MODELS = 15
COUNTING = 1000
"""How many verified factories have a date in 2026; the others' dates lie before every target's window."""

PLACES = (
    "수원",
    "창원",
    "구미",
    "울산",
    "아산",
    "천안",
    "여수",
    "포항",
    "군산",
    "김해",
    "시흥",
    "평택",
    "이천",
    "오창",
)
TRADES = ("정밀", "전자", "화학", "기계", "소재", "금속", "식품", "모빌리티")
LINES = ("조립", "도장", "프레스", "사출", "용접", "검사", "포장", "열처리", "가공", "배터리")
_SYLLABLES = (
    "가나다라마바사아자차카타파하고노도로모보소오조초코토포호구누두루무부수우주추쿠투푸후기니디리미비시이지치키티피히"
)
PLANTS = 40
"""Plants are numbered from 1 to this, so that some of one company and region share their digits."""

_STATUSES = (Status.VERIFIED, Status.SUBMITTED, Status.RETIRED, Status.REJECTED, Status.WITHDRAWN)
_STATUS_WEIGHTS = (76, 12, 5, 4, 3)
_BATCH = 5000


@dataclass(frozen=True, slots=True)
class _Company:
    id: UUID
    name: str


def invented_word(dice: Dice, syllables: int = 2) -> str:
    """Return a word that means nothing."""
    return "".join(dice.choice(_SYLLABLES) for _ in range(syllables))


async def seed(connection: Connection, size: int, *, now: datetime, tell: Callable[[str], None]) -> None:
    """Fill the empty register over a superuser's connection, with `size` factories; all of them or none."""
    async with connection.transaction():
        # The stamps of changes are copied too: the trigger would make them one by one.
        await connection.execute("SET LOCAL session_replication_role = replica")
        await _add_everything(connection, size, now=now, tell=tell)
    # Tables as a register in use has them: vacuumed, counted, on disk.
    await connection.execute("VACUUM (ANALYZE)")
    await connection.execute("CHECKPOINT")


async def _add_everything(connection: Connection, size: int, *, now: datetime, tell: Callable[[str], None]) -> None:
    dice = Dice(size)
    companies = [_Company(_id_at(SINCE, dice), f"{invented_word(dice)}{dice.choice(TRADES)}") for _ in range(COMPANIES)]
    await _add_organizations(connection, [*companies, _Company(_id_at(SINCE, dice), MINISTRY)])
    book = await read_book(connection)
    models = list(_models(companies, dice))
    await _add_records(connection, foundation_models.KIND, models, book.by_code)
    made = _factories(
        size,
        companies,
        regions=[region.code for region in book.regions if region.successor is None],
        model_ids=[model.id for model in models],
        dice=dice,
        today=day_in_seoul(now),
    )
    done = 0
    while batch := list(islice(made, _BATCH)):
        await _add_records(connection, factories.KIND, batch, book.by_code)
        done += len(batch)
        if done % 100_000 == 0:
            tell(f"  {done:,} factories")
    await connection.execute(f"SELECT setval('factory_number', {size}), setval('foundation_model_number', {MODELS})")


def _id_at(instant: datetime, dice: Dice) -> UUID:
    return uuid7(instant, dice.getrandbits(RANDOM_BITS))


async def _add_organizations(connection: Connection, companies: Sequence[_Company]) -> None:
    rows = [
        (one.id, one.name, "ministry" if one.name == MINISTRY else "company", "active", False, 1, SINCE, SINCE)
        for one in companies
    ]
    columns = ["id", "name", "kind", "state", "synthetic", "version", "created_at", "updated_at"]
    await connection.copy_records_to_table("organization", columns=columns, records=rows)


def _models(companies: Sequence[_Company], dice: Dice) -> Iterator[FoundationModel]:
    for number in range(1, MODELS + 1):
        at = SINCE + timedelta(hours=number)
        yield FoundationModel(
            id=_id_at(at, dice),
            registry_number=foundation_models.KIND.registry_number(number, at),
            organization_id=companies[number].id,
            name=f"{invented_word(dice)} 모델 {number}",
            status=Status.VERIFIED,
            kind=dice.choice(foundation_models.KINDS),
            access="alliance",
            model_version="1.0",
            released_on=date(2026, 3, 1),
            registered_on=day_in_seoul(at),
            created_at=at,
            updated_at=at,
        )


def _factories(
    size: int,
    companies: Sequence[_Company],
    *,
    regions: Sequence[str],
    model_ids: Sequence[UUID],
    dice: Dice,
    today: date,
) -> Iterator[Factory]:
    every = max(1, size // COUNTING)
    for number in range(1, size + 1):
        at = SINCE + SPAN * (number / size)
        company = dice.choice(companies)
        status = dice.choices(_STATUSES, _STATUS_WEIGHTS)[0]
        counts = number % every == 0
        adopted = date(2026, 1, 1) if counts else date(2016, 1, 1)
        adopted += timedelta(days=dice.randrange((today - date(2026, 1, 1)).days if counts else 3500))
        division = dice.choice(DIVISIONS).code
        yield Factory(
            id=_id_at(at, dice),
            registry_number=factories.KIND.registry_number(number, at),
            organization_id=company.id,
            name=_plant_name(company, dice),
            name_en=f"Plant {invented_word(dice)} {number}" if number % 3 == 0 else None,
            external_ref=f"P-{number}" if number % 2 else None,
            status=Status.VERIFIED if counts else status,
            region=dice.choice(regions),
            industry=division + dice.choice(("", "1", "2", "11", "110", "21", "291")),
            adoption_date=adopted,
            foundation_model_ids=tuple(dice.sample(model_ids, dice.choice((0, 0, 1, 2)))),
            project_type=dice.choice((None, *factories.PROJECT_TYPES)),
            use_cases=tuple(dice.sample(factories.USE_CASES, dice.randrange(4))),
            address=f"{dice.choice(PLACES)}시 산업로 {dice.randint(1, 900)}" if number % 2 else None,
            evidence=(f"https://example.com/evidence/{number}",) if number % 4 == 0 else (),
            registered_on=day_in_seoul(at),
            retired_on=day_in_seoul(at) if status is Status.RETIRED and not counts else None,
            rejection=Rejection("other", "자료가 부족합니다.") if status is Status.REJECTED and not counts else None,
            created_at=at,
            updated_at=at + timedelta(days=dice.randrange(1, 60)) if number % 5 == 0 else at,
        )


def _plant_name(company: _Company, dice: Dice) -> str:
    return (
        f"{company.name} {dice.choice(PLACES)} {invented_word(dice)}{dice.choice(LINES)} {dice.randint(1, PLANTS)}공장"
    )


async def _add_records(
    connection: Connection, kind: RecordKind, records: Sequence[Record], regions: Mapping[str, Region]
) -> None:
    rows, contacts, standings, changes = [], [], [], []
    for record in records:
        columns = columns_of(record)
        columns["rejection"] = columns["rejection"] and orjson.dumps(columns["rejection"]).decode()
        rows.append((*columns.values(), opening(kind, record, regions), private_part(kind, record)))
        names = [*columns, "document", "private_part"]
        changes.append((record.id, record.created_at))
        standings.append(_standing(record))
        if record.external_ref:
            contact = Contact("홍길동", f"{record.external_ref.lower()}@example.com")
            contacts.append((record.id, contact.name, contact.email))
    await connection.copy_records_to_table(kind.record_type, columns=names, records=rows)
    await connection.copy_records_to_table("contact", columns=["record_id", "name", "email"], records=contacts)
    await connection.copy_records_to_table("change", columns=["id", "at"], records=changes)
    await connection.copy_records_to_table("standing", columns=_STANDING, records=standings)


_STANDING = [
    "change_id",
    "record_type",
    "record_id",
    "version",
    "status",
    "counts_on",
    "registered_on",
    "region",
    "industry",
    "project_type",
    "model_kind",
    "foundation_model_ids",
    "synthetic",
]


def _standing(record: Record) -> tuple[Any, ...]:
    """Return how the record stands; the history of its states before is left out."""
    return (
        record.id,
        record.record_type,
        record.id,
        record.version,
        record.status.value,
        record.counts_on,
        record.registered_on,
        getattr(record, "region", None),
        getattr(record, "industry", None),
        getattr(record, "project_type", None),
        getattr(record, "kind", None),
        getattr(record, "foundation_model_ids", ()),
        False,
    )
