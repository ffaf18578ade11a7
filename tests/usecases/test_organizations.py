"""Registering and amending organizations, straight through the use cases."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Act, Caller, Role
from service.core.errors import AlreadyRegistered, NotFound, OrganizationClosed, Refusal
from service.core.organizations import Organization
from service.db.engine import Database
from service.usecases.api_keys import create_key, hold_for_keys
from service.usecases.organizations import (
    add_organization,
    amend_organization,
    lock_for_amendment,
    register_organization,
    show_organization,
)
from tests.core.builders import make_business_number

NOON = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
AT_THE_COMMAND_LINE = Caller(role=Role.OPERATOR, label="ax-registry")


def make_act(caller: Caller = AT_THE_COMMAND_LINE, now: datetime = NOON) -> Act:
    return Act(caller, now)


async def make_organization(tx: AsyncSession, **values: Any) -> Organization:
    return await add_organization(tx, {"name": "가상정밀", "kind": "company"} | values, act=make_act())


async def test_organization_added_at_the_command_line_is_audited_as_such(session: AsyncSession) -> None:
    organization = await make_organization(session)
    entry = (
        await session.execute(
            text("SELECT actor_kind, actor_id, actor_label FROM audit_entry WHERE record_id = :id"),
            {"id": str(organization.id)},
        )
    ).one()
    assert tuple(entry) == ("command_line", None, "ax-registry")


async def test_every_field_is_kept(session: AsyncSession) -> None:
    made = await make_organization(
        session,
        name_en="Gasang",
        business_registration_number=make_business_number("987654321"),
        contact_email="ax@example.com",
        state="closed",
    )
    assert await show_organization(session, made.id, caller=AT_THE_COMMAND_LINE) == made


async def test_instants_of_changes_rise_though_the_clock_steps_back(session: AsyncSession) -> None:
    made = await make_organization(session)
    earlier = make_act(now=NOON - timedelta(hours=1))
    amended = await amend_organization(session, made, {"name_en": "Gasang"}, act=earlier)
    assert (amended.version, amended.updated_at) == (2, made.updated_at)


@pytest.mark.parametrize(
    ("caller", "refusal"),
    [
        (Caller(Role.COMPANY, organization_id=uuid4()), NotFound),
        (Caller(Role.MINISTRY, organization_id=uuid4(), organization_open=False), OrganizationClosed),
    ],
    ids=["not visible", "closed"],
)
async def test_who_may_not_amend_locks_nothing(session: AsyncSession, caller: Caller, refusal: type[Refusal]) -> None:
    made = await make_organization(session)
    with pytest.raises(refusal):
        await lock_for_amendment(session, made.id, act=make_act(caller))


async def test_of_two_who_register_one_number_at_once_one_is_refused(database: Database) -> None:
    body = {
        "name": "가상정밀",
        "kind": "company",
        "business_registration_number": make_business_number("123456789"),
    }

    async def register() -> str:
        async with database.session() as tx:
            return (await register_organization(tx, body, act=make_act())).location

    answers = await asyncio.gather(*(register() for _ in range(4)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == [AlreadyRegistered.__name__] * 3 + ["str"]


async def test_kind_waits_for_a_key_that_is_being_made(database: Database) -> None:
    async with database.session() as tx:
        organization_id = (await make_organization(tx)).id

    async def become_partner() -> Organization:
        async with database.session() as tx:
            locked = await lock_for_amendment(tx, organization_id, act=make_act())
            return await amend_organization(tx, locked, {"kind": "partner"}, act=make_act())

    async with database.session() as tx:
        held = await hold_for_keys(tx, organization_id, caller=AT_THE_COMMAND_LINE)
        waiting = asyncio.create_task(become_partner())
        await _until_somebody_waits(database)
        await create_key(tx, held, {"label": "test", "role": "company"}, act=make_act())
    with pytest.raises(Refusal) as refused:
        await waiting
    assert refused.value.code == "validation_failed"


async def test_factory_of_an_organization_is_registered_while_it_is_amended(database: Database) -> None:
    """A registration takes the weakest lock of its organization, by its foreign key; amending leaves room for it."""
    async with database.session() as tx:
        organization_id = (await make_organization(tx)).id
    async with database.session() as amending, database.session() as registering:
        await lock_for_amendment(amending, organization_id, act=make_act())
        await registering.execute(text("SET LOCAL lock_timeout = '2s'"))
        found = await registering.scalar(
            text("SELECT id FROM organization WHERE id = :id FOR KEY SHARE"), {"id": organization_id}
        )
    assert UUID(str(found)) == organization_id


async def _until_somebody_waits(database: Database) -> None:
    async with asyncio.timeout(10):
        while not await database.pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.01)
