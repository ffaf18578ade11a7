"""Endpoints, events and workers for tests of the delivery: real commits, real receivers on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from standardwebhooks import Webhook

from service.clients.secret_box import SecretBox
from service.clients.webhook_sender import WebhookSender
from service.clock import utc_now
from service.core.events import Event, EventType
from service.core.signing import SECRET_BYTES, secret_text
from service.db.engine import Database
from service.db.repositories.deliveries import Claim, exchange
from service.db.repositories.events import add_event, add_ping
from service.db.signals import announce_news
from service.worker.delivery_loop import Sender, deliver
from tests.clients.receivers import LOOPBACK, Receiver, Request, answering, http

BOX = SecretBox(bytes(range(32)))
TAKEN = answering(http("200 OK"))
OWNER = UUID(int=1)


@dataclass(frozen=True)
class MadeEndpoint:
    """An endpoint and the secret its owner was shown."""

    id: UUID
    secret: str

    def verify(self, request: Request) -> dict[str, Any]:
        """Return what a receiver reads that verifies with the reference library."""
        read: dict[str, Any] = Webhook(self.secret).verify(request.body, request.headers)
        return read


async def make_endpoint(
    database: Database, url: str, *, ordered: bool = False, max_in_flight: int = 4, state: str = "active"
) -> MadeEndpoint:
    """Put an endpoint with one secret into the database."""
    endpoint_id, secret = uuid4(), uuid4().bytes * (SECRET_BYTES // 16)
    await database.pool.execute(
        "INSERT INTO organization (id, name, kind, state, synthetic, version, created_at, updated_at)"
        " VALUES ($1, '가온정밀', 'ministry', 'active', false, 1, now(), now()) ON CONFLICT DO NOTHING",
        OWNER,
    )
    await database.pool.execute(
        "INSERT INTO webhook_endpoint (id, organization_id, url, event_types, regions, divisions, targets, state,"
        "  ordered, max_in_flight, version, created_at, updated_at)"
        " VALUES ($1, $2, $3, '{}', '{}', '{}', '{}', $4, $5, $6, 1, now(), now())",
        endpoint_id,
        OWNER,
        url,
        state,
        ordered,
        max_in_flight,
    )
    await add_secret(database, endpoint_id, secret)
    return MadeEndpoint(endpoint_id, secret_text(secret))


async def add_secret(database: Database, endpoint_id: UUID, secret: bytes, *, ends_in: str | None = None) -> None:
    """Give an endpoint one more secret; `ends_in` is PostgreSQL's interval, from now."""
    await database.pool.execute(
        "INSERT INTO webhook_secret (id, endpoint_id, ciphertext, created_at, valid_until)"
        " VALUES ($1, $2, $3, clock_timestamp(), now() + $4::text::interval)",
        uuid4(),
        endpoint_id,
        BOX.lock(secret),
        ends_in,
    )


def make_event(*, subject: str = "targets/factories-2026", sequence: int = 1, data: str = '{"name":"가온"}') -> Event:
    """Make an event that everyone may see."""
    return Event(id=uuid4(), type=EventType.TARGET_REVISED, subject=subject, sequence=sequence, at=utc_now(), data=data)


async def publish(database: Database, *events: Event) -> None:
    """Commit events, each with a delivery for every endpoint there is, and say so."""
    async with database.session() as tx:
        for event in events:
            await add_event(tx, event)
    await announce_news(database.pool)


async def publish_many(database: Database, count: int, *, subjects: int = 1) -> None:
    """Commit so many events in one transaction, dealt out to so many subjects in turn."""
    await publish(
        database,
        *(
            make_event(subject=f"factories/{n % subjects}", sequence=n // subjects + 1, data=f'{{"n":{n}}}')
            for n in range(count)
        ),
    )


async def ping(database: Database, endpoint: MadeEndpoint) -> None:
    """Commit a ping, and say so."""
    event = make_event(subject=f"webhook-endpoints/{endpoint.id}", sequence=int(uuid4().int % 10**6))
    async with database.session() as tx:
        await add_ping(tx, event, endpoint.id)
    await announce_news(database.pool)


@asynccontextmanager
async def delivering(
    database: Database, *, sender: Sender | None = None, **options: Any
) -> AsyncIterator[asyncio.Event]:
    """Run a worker's delivery loop while the block lasts; yield what stops it. Its end is a drain."""
    stop = asyncio.Event()
    async with WebhookSender(allow_http=True, networks=LOOPBACK, total_seconds=2.0) as own:
        running = asyncio.create_task(
            deliver(database, sender=sender or own, open_secret=BOX.open, stop=stop, **{"drain_seconds": 3.0} | options)
        )
        try:
            yield stop
        finally:
            stop.set()
            async with asyncio.timeout(10):
                await running


async def until(condition: Callable[[], Any], *, seconds: float = 8.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - it comes from outside
            await asyncio.sleep(0.005)


async def until_states(database: Database, *, seconds: float = 8.0, **counts: int) -> None:
    """Wait until there are exactly so many deliveries in each state: `until_states(database, succeeded=5)`."""
    found: dict[str, int] = {}
    try:
        async with asyncio.timeout(seconds):
            while (found := await states(database)) != counts:  # noqa: ASYNC110 - it comes from outside
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(found) from None


async def states(database: Database) -> dict[str, int]:
    """Return how many deliveries are in which state."""
    rows = await database.pool.fetch("SELECT state, count(*) FROM webhook_delivery GROUP BY state")
    return {row["state"]: row["count"] for row in rows}


async def delivery(database: Database) -> dict[str, Any]:
    """Return the only delivery there is."""
    (row,) = await database.pool.fetch(
        "SELECT *, extract(epoch FROM next_attempt_at - clock_timestamp())::float8 AS due_in FROM webhook_delivery"
    )
    return dict(row)


async def attempts(database: Database) -> list[dict[str, Any]]:
    """Return all attempts in their order."""
    return [dict(row) for row in await database.pool.fetch("SELECT * FROM webhook_attempt ORDER BY id")]


async def claim_some(database: Database, *, limit: int = 100, lease_seconds: float = 45.0) -> Sequence[Any]:
    """Claim as a worker does."""
    claim = Claim(uuid4(), limit, timedelta(seconds=lease_seconds))
    return (await exchange(database.pool, [], claim)).claimed


def numbers(receiver: Receiver) -> list[int]:
    """Return the numbers that `publish_many` wrote, as they came in."""
    return [json.loads(request.body)["data"]["n"] for request in receiver.requests]
