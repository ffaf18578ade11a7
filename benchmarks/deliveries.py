"""Endpoints and events for runs that deliver, and workers as processes of their own."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from benchmarks.delivery_worker import BOX
from service.clock import utc_now
from service.core.delivering import LEASE_SECONDS
from service.core.events import Event, EventType
from service.db import hot_sql
from service.db.signals import announce_news

Pool = Any
BODY_BYTES = 1_000
_SECRET = bytes(range(32))
_STOP_SECONDS = 25.0

_PUBLISH = f"""
WITH told AS (
  INSERT INTO event (id, type, subject, sequence, at, audience, body)
  SELECT id, '{EventType.FACTORY_VERIFIED}', subject, sequence, now(), 'everyone', body
  FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[]) AS e (id, subject, sequence, body)
  RETURNING id, type, subject, sequence, audience, organization_id, regions, divisions, target
)
{hot_sql.DELIVER}
"""  # noqa: S608 - put together from constants


async def add_endpoints(pool: Pool, urls: Sequence[str], *, ordered: bool = False) -> list[UUID]:
    """Make endpoints that are told everything, with the cap that an endpoint has by default."""
    owner, made = uuid4(), [uuid4() for _ in urls]
    await pool.execute(
        "INSERT INTO organization (id, name, kind, state, synthetic, version, created_at, updated_at)"
        " VALUES ($1, $2, 'partner', 'active', true, 1, now(), now())",
        owner,
        f"파트너 {owner.hex[:8]}",
    )
    for endpoint_id, url in zip(made, urls, strict=True):
        await pool.execute(
            "INSERT INTO webhook_endpoint (id, organization_id, url, event_types, regions, divisions, targets, state,"
            "  ordered, max_in_flight, version, created_at, updated_at)"
            " VALUES ($1, $2, $3, '{}', '{}', '{}', '{}', 'active', $4, 4, 1, now(), now())",
            endpoint_id,
            owner,
            url,
            ordered,
        )
        await pool.execute(
            "INSERT INTO webhook_secret (id, endpoint_id, ciphertext, created_at) VALUES ($1, $2, $3, now())",
            uuid4(),
            endpoint_id,
            BOX.lock(_SECRET),
        )
    return made


def make_events(count: int, *, subjects: int, run: str) -> list[Event]:
    """Return so many events, dealt out to so many subjects in turn; `run` makes the subjects others than before."""
    now, padding = utc_now(), "가" * (BODY_BYTES // 6)
    return [
        Event(
            id=uuid4(),
            type=EventType.FACTORY_VERIFIED,
            subject=f"factories/{run}-{number % subjects}",
            sequence=number // subjects + 1,
            at=now,
            data=f'{{"notes":"{padding}"}}',
        )
        for number in range(count)
    ]


async def publish(pool: Pool, events: Sequence[Event]) -> float:
    """Commit events in one transaction with a delivery for every endpoint, and say so; return when it was committed."""
    columns = (
        [event.id for event in events],
        [event.subject for event in events],
        [event.sequence for event in events],
        [event.body for event in events],
    )
    await pool.execute(_PUBLISH, *columns)
    committed_at = monotonic()
    await announce_news(pool)
    return committed_at


@dataclass(frozen=True, slots=True)
class WorkerProcess:
    """A worker that was started and is ready."""

    process: subprocess.Popen[str]

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self.process.pid

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.communicate()

    def stop(self) -> None:
        """Tell it to end, and wait until it has."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()


def start_worker(
    database_url: str, *, lease_seconds: float = LEASE_SECONDS, clock_off_seconds: float = 0.0, **popen: Any
) -> WorkerProcess:
    """Start a worker on a database; return when it is ready."""
    command = [sys.executable, "-m", "benchmarks.delivery_worker", f"--clock-off-seconds={clock_off_seconds}"]
    process = subprocess.Popen(
        [*command, f"--database-url={database_url}", f"--lease-seconds={lease_seconds}"],
        stdout=subprocess.PIPE,
        text=True,
        **popen,
    )
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    if not process.stdout.readline():
        raise RuntimeError("the worker ended before it was ready")
    return WorkerProcess(process)


@contextmanager
def working(database_url: str, **options: Any) -> Iterator[WorkerProcess]:
    """Run a worker while the block lasts."""
    worker = start_worker(database_url, **options)
    try:
        yield worker
    finally:
        worker.stop()
