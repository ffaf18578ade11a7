"""The demo register beside stored days of pace: what was judged without it is not taken for what is judged with it."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import text

from service.core.access import Act
from service.core.regions import RegionBook
from service.core.targets import Target
from service.db.engine import Database, owner_session
from service.db.read_models.progress import read_horizon, read_targets_in_force
from service.db.repositories import regions
from service.usecases.command_line_keys import AT_THE_COMMAND_LINE
from service.usecases.demo import clear_demo, load_demo, load_demo_at_first
from service.usecases.pace_watch import catch_up
from tests.recount import read_counts, read_lives

LONG_AGO = datetime(2026, 6, 30, 15, 0, tzinfo=UTC)

A_REAL_FACTORY = """
WITH real AS (
  INSERT INTO standing (change_id, record_type, record_id, version, status, counts_on, registered_on, region, industry,
    synthetic)
  VALUES (gen_random_uuid(), 'factory', gen_random_uuid(), 1, 'verified', '2026-03-02', '2026-03-02', '41', '26', false)
  RETURNING change_id
) INSERT INTO change SELECT change_id, '2026-03-02T03:00:00Z' FROM real
"""


def make_act() -> Act:
    return Act(AT_THE_COMMAND_LINE, datetime(2026, 11, 25, 3, 0, tzinfo=UTC))


async def target_of(database: Database) -> Target:
    horizon = await read_horizon(database.pool)
    return (await read_targets_in_force(database.pool, "factories-2026", horizon.known_at))[0].target


async def readings(database: Database) -> set[str]:
    """Return by which reading days are judged, as known now and as known long ago."""
    target, now = await target_of(database), (await read_horizon(database.pool)).known_at
    found = [await read_lives(database.pool, target, regions=(), known_at=at) for at in (now, LONG_AGO)]
    return {lives.reading(()) for lives in found}


async def test_days_judged_without_the_demo_are_not_those_with_it(database: Database, migration_url: str) -> None:
    await database.pool.execute(A_REAL_FACTORY)
    without = await readings(database)
    async with database.session() as tx:
        await load_demo(tx, act=make_act())
    loaded = await readings(database)
    async with owner_session(migration_url) as tx:
        await clear_demo(tx, act=make_act())
    cleared = await readings(database)
    assert [len(found) for found in (without, loaded, cleared)] == [1, 1, 1]
    assert len(without | loaded | cleared) == 3


async def test_clearing_takes_the_judged_days_along(database: Database, migration_url: str) -> None:
    book: RegionBook = await regions.read_book(database.pool)
    async with database.session() as tx:
        await load_demo(tx, act=make_act())
    await catch_up(database.pool, book)
    stored = "SELECT count(*) FROM pace_day"
    assert await database.pool.fetchval(stored) > 0
    async with owner_session(migration_url) as tx:
        await clear_demo(tx, act=make_act())
    assert await database.pool.fetchval(stored) == 0


async def add_event(database: Database, subject: str, *, type_: str = "factory.verified", data: str = "{}") -> UUID:
    """Write an event with one delivery and one attempt for every endpoint, and a message to people about it."""
    event_id = uuid4()
    target = subject.partition("targets/")[2] or None
    await database.pool.execute(
        "INSERT INTO event (id, type, subject, sequence, at, audience, target, body)"
        " VALUES ($1, $2, $3, $4, now(), 'everyone', $5, $6)",
        event_id,
        type_,
        subject,
        await database.pool.fetchval("SELECT count(*) + 1 FROM event WHERE subject = $1", subject),
        target,
        f'{{"data":{data}}}',
    )
    await database.pool.execute(
        "WITH made AS ("
        " INSERT INTO webhook_delivery (endpoint_id, event_id, event_type, subject, sequence)"
        " SELECT id, $1, $2, $3, 1 FROM webhook_endpoint RETURNING id)"
        " INSERT INTO webhook_attempt (delivery_id, number, at, milliseconds, request_headers, answer)"
        " SELECT id, 1, now(), 1, '{}', '' FROM made",
        event_id,
        type_,
        subject,
    )
    await database.pool.execute(
        "INSERT INTO notification (event_id, target, kind, title, body) VALUES ($1, 'x', 'behind', 't', 'b')", event_id
    )
    return event_id


async def add_endpoint(database: Database, organization_id: UUID) -> UUID:
    endpoint_id = uuid4()
    await database.pool.execute(
        "INSERT INTO webhook_endpoint (id, organization_id, url, event_types, regions, divisions, targets, state,"
        "  ordered, max_in_flight, version, created_at, updated_at)"
        " VALUES ($1, $2, 'https://partner.example.com/', '{}', '{}', '{}', '{}', 'active', false, 4, 1, now(), now())",
        endpoint_id,
        organization_id,
    )
    return endpoint_id


async def add_real_organization(database: Database) -> UUID:
    organization_id = uuid4()
    await database.pool.execute(
        "INSERT INTO organization (id, name, kind, state, synthetic, version, created_at, updated_at)"
        " VALUES ($1, '실재정밀', 'company', 'active', false, 1, now(), now())",
        organization_id,
    )
    return organization_id


async def test_clearing_takes_along_what_was_told_of_the_demo_and_nothing_else(
    database: Database, migration_url: str
) -> None:
    async with database.session() as tx:
        await load_demo(tx, act=make_act())
    demo_factory, demo_owner = await database.pool.fetchrow("SELECT id, organization_id FROM factory LIMIT 1") or ()
    real = await add_endpoint(database, await add_real_organization(database))
    demo_endpoint = await add_endpoint(database, demo_owner)
    kept = {
        await add_event(database, f"factories/{uuid4()}"),
        await add_event(database, "targets/factories-2030", type_="pace.behind", data='{"synthetic":false}'),
        await add_event(database, "targets/models-2030", type_="target.revised"),
    }
    await add_event(database, f"factories/{demo_factory}")
    await add_event(database, f"webhook-endpoints/{demo_endpoint}", type_="webhook_endpoint.disabled")
    await add_event(database, "targets/factories-2026", type_="pace.at_risk", data='{"synthetic":true}')
    told = "INSERT INTO pace_told SELECT code, now(), 'at_risk', now() FROM target"
    await database.pool.execute(told)
    async with owner_session(migration_url) as tx:
        counts = await clear_demo(tx, act=make_act())
    assert counts["webhook_endpoint"] == 1
    assert await ids_in(database, "SELECT id FROM event") == kept
    assert await ids_in(database, "SELECT event_id FROM notification") == kept
    assert await ids_in(database, "SELECT event_id FROM webhook_delivery") == kept
    assert await ids_in(database, "SELECT DISTINCT endpoint_id FROM webhook_delivery") == {real}
    assert await database.pool.fetchval("SELECT count(*) FROM webhook_attempt") == len(kept)
    assert await ids_in(database, "SELECT target FROM pace_told") == {"factories-2030", "models-2030"}


async def ids_in(database: Database, query: str) -> set[object]:
    return {row[0] for row in await database.pool.fetch(query)}


async def test_counts_say_whether_any_record_is_synthetic(database: Database) -> None:
    target = await target_of(database)
    before = (await read_horizon(database.pool)).known_at
    empty = await read_counts(database.pool, target, regions=(), known_at=before)
    async with database.session() as tx:
        await load_demo(tx, act=make_act())
    after = (await read_horizon(database.pool)).known_at
    now = await read_counts(database.pool, target, regions=(), known_at=after)
    then = await read_counts(database.pool, target, regions=(), known_at=LONG_AGO)
    assert (empty.synthetic, now.synthetic, then.synthetic) == (False, True, True)


async def test_first_load_is_for_a_register_in_which_nothing_happened(database: Database) -> None:
    async with database.session() as tx:
        assert await load_demo_at_first(tx, act=make_act())
    async with database.session() as tx:
        assert not await load_demo_at_first(tx, act=make_act())
        assert await tx.scalar(text("SELECT count(*) FROM organization")) == 25
