"""`python -m benchmarks.chaos` (`make chaos`): deliveries under everything that may happen, and what came of them.

Two workers, one of them with a clock an hour off, are killed (kill -9) in turn while they send, and started again; the
database is shut down as a power cut does, and started again; a receiver is down for a while and comes back. Meanwhile
events are committed, and two of five endpoints want their subjects in order. Then one more worker is killed with the
lease that workers have in service, for how soon what it had is sent again.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from benchmarks.deliveries import WorkerProcess, add_endpoints, make_events, publish, start_worker
from benchmarks.receivers import Receiver, receiving
from benchmarks.report import Bar, bars_table
from service.clock import utc_now
from service.core.delivering import LEASE_SECONDS
from service.core.events import Event
from service.db.engine import Database, open_database
from service.db.migrating import migrate
from service.embedded import Attached, attach
from service.embedded.home import Home
from service.embedded.processes import find_servers

CLOCK_OFF_SECONDS = 3600.0
SHORT_LEASE_SECONDS = 2.0
MOST_SECONDS_TO_SEND_AGAIN = 60.0
MOST_SECONDS_OFF = 300
"""How old a receiver takes a timestamp to be at most, by Standard Webhooks."""
ENDPOINTS, ORDERED = 5, 2
SUBJECTS = 100
_DOWN_SECONDS = 1.5
_IN_FLIGHT = """
SELECT id, extract(epoch FROM clock_timestamp())::float8 AS now FROM webhook_delivery WHERE state = 'in_flight'
"""
_RESUME = """
UPDATE webhook_delivery SET next_attempt_at = clock_timestamp()
WHERE state = 'pending' AND next_attempt_at > clock_timestamp() + interval '1 minute'
"""
_AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


def main() -> None:
    """Do all of it, print a table, and fail if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000, help="how many events, each to five endpoints (10,000)")
    parser.add_argument("--kills", type=int, default=20, help="how often a worker is killed (20)")
    parser.add_argument("--restarts", type=int, default=5, help="how often the database is (5)")
    parser.add_argument("--patience", type=float, default=400.0, help="seconds until all must be delivered (400)")
    parser.add_argument("--short", action="store_true", help="leave out the wait for a lease of the service")
    parser.add_argument("--seed", type=int, default=1, help="for when what happens")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that all is stopped too
    with tempfile.TemporaryDirectory(prefix="axc-") as folder:
        Path(folder).chmod(0o755)  # under root the database server is another account's
        with attach(Path(folder)) as server:
            bars = asyncio.run(_run(server, options))
    print(bars_table(bars))
    sys.exit(0 if all(bar.is_met for bar in bars) else 1)


async def _run(server: Attached, options: argparse.Namespace) -> list[Bar]:
    await migrate(server.migration_url)
    database = await open_database(server.url)
    async with receiving() as receiver:
        chaos = Chaos(server, database, receiver, random.Random(options.seed))  # noqa: S311 - of the sort that can be repeated
        try:
            await chaos.endure(options.events, kills=options.kills, restarts=options.restarts)
            await chaos.until_settled(options.patience)
            bars = await chaos.bars()
            if not options.short:
                bars.append(await chaos.send_again_in_service())
        finally:
            chaos.stop()
            await database.close()
    return bars


@dataclass
class Chaos:
    """What is done to the delivery, and what is known of it."""

    server: Attached
    database: Database
    receiver: Receiver
    dice: random.Random
    events: list[Event] = field(default_factory=list)
    workers: list[WorkerProcess] = field(default_factory=list)
    killed_with: list[tuple[float, list[UUID]]] = field(default_factory=list)
    """Of each kill: when it was, by the database's clock, and which deliveries were in flight."""
    _began: float = field(default_factory=time.monotonic)

    async def endure(self, count: int, *, kills: int, restarts: int) -> None:
        """Commit events while everything happens to those who deliver them."""
        paths = [f"/{number}" for number in range(ENDPOINTS)]
        urls = [self.receiver.url(path) for path in paths]
        await add_endpoints(self.database.pool, urls[:ORDERED], ordered=True)
        await add_endpoints(self.database.pool, urls[ORDERED:])
        self.events = make_events(count, subjects=SUBJECTS, run="chaos")
        self.workers = [self._start(CLOCK_OFF_SECONDS), self._start(0.0)]
        calamities = [self._kill_a_worker] * kills + [self._restart_the_database] * restarts
        self.dice.shuffle(calamities)
        batches = self._batches(len(calamities) + 1)
        await self._publish(next(batches))
        await self._let_a_receiver_die(paths[-1])
        for number, (strike, batch) in enumerate(zip(calamities, batches, strict=True), 1):
            publishing = asyncio.create_task(self._publish(batch))
            await self._until_something_arrives()
            await strike()
            await publishing
            self._tell_of(number, strike.__name__.strip("_"))

    def _tell_of(self, number: int, what: str) -> None:
        came = len(self.receiver.arrivals)
        _tell(
            f"  {time.monotonic() - self._began:5.1f} s: {what}, the {number}. calamity; {came:,} requests came so far"
        )

    def _batches(self, count: int) -> Iterator[Sequence[Event]]:
        for number in range(count):
            yield self.events[number * len(self.events) // count : (number + 1) * len(self.events) // count]

    def _start(self, clock_off: float, *, lease_seconds: float = SHORT_LEASE_SECONDS) -> WorkerProcess:
        return start_worker(
            self.server.url, lease_seconds=lease_seconds, clock_off_seconds=clock_off, stderr=subprocess.DEVNULL
        )

    async def _publish(self, events: Sequence[Event]) -> None:
        while True:
            try:
                await publish(self.database.pool, events)
            except asyncpg.UniqueViolationError:
                return  # it had been committed when the line broke
            except _AWAY:
                await asyncio.sleep(0.1)
            else:
                return

    async def _let_a_receiver_die(self, path: str) -> None:
        await self._until_something_arrives()
        self.receiver.down.add(path)
        await asyncio.sleep(_DOWN_SECONDS)
        self.receiver.down.clear()

    async def _until_something_arrives(self) -> None:
        """Wait until deliveries are being sent, and then for no particular moment."""
        enough, until = len(self.receiver.arrivals) + 20, time.monotonic() + 30.0
        while len(self.receiver.arrivals) < enough and time.monotonic() < until:  # noqa: ASYNC110 - from outside
            await asyncio.sleep(0.005)
        await asyncio.sleep(self.dice.random() * 0.05)

    async def _kill_a_worker(self) -> None:
        number = self.dice.randrange(len(self.workers))
        self.workers[number].kill()
        await self._note_in_flight()
        clock_off = CLOCK_OFF_SECONDS if number == 0 else 0.0
        self.workers[number] = await asyncio.to_thread(self._start, clock_off)

    async def _restart_the_database(self) -> None:
        os.kill(min(find_servers(Home(self.server.data_dir))), signal.SIGQUIT)  # at once, without tidying up
        await asyncio.to_thread(self._revive)
        await self._note_in_flight()

    def _revive(self) -> None:
        until = time.monotonic() + 30.0
        while find_servers(Home(self.server.data_dir)) and time.monotonic() < until:
            time.sleep(0.02)
        self.server.revive()

    async def _note_in_flight(self) -> None:
        rows = await self._ask(_IN_FLIGHT)
        if rows:
            self.killed_with.append((rows[0]["now"], [row["id"] for row in rows]))

    async def _ask(self, question: str, *parameters: Any) -> list[Any]:
        while True:
            try:
                return await self.database.pool.fetch(question, *parameters)
            except _AWAY:
                await asyncio.sleep(0.05)

    async def until_settled(self, patience_seconds: float) -> None:
        """Wait until nothing is on its way. What failed twice waits for minutes: it is made due, as by `/resume`."""
        until = time.monotonic() + patience_seconds
        while time.monotonic() < until:
            await self._ask(_RESUME)
            if not await self._ask("SELECT FROM webhook_delivery WHERE state <> 'succeeded' LIMIT 1"):
                return
            await asyncio.sleep(0.2)
        counts = await self._ask("SELECT state, count(*) FROM webhook_delivery GROUP BY state")
        _tell(f"  not settled: {[tuple(row) for row in counts]}")

    async def bars(self) -> list[Bar]:
        """Return what was promised, and what came of it."""
        came = Counter((arrival.path, arrival.event_id) for arrival in self.receiver.arrivals)
        repeats = sum(came.values()) - len(came)
        in_flight = sum(len(ids) for _, ids in self.killed_with)
        wanted = len(self.events) * ENDPOINTS
        late = [await self._seconds_to_send_again(at, ids) for at, ids in self.killed_with]
        return [
            Bar(f"lost, of {wanted:,} deliveries", wanted - len(came), 0, ""),
            Bar(f"repeats; in flight at {len(self.killed_with)} calamities", repeats, in_flight, ""),
            Bar(f"out of order, of {self._ordered_arrivals():,} to ordered endpoints", self._out_of_order(), 0, ""),
            Bar("furthest that a signed timestamp was off", self._furthest_off(), MOST_SECONDS_OFF, "s"),
            Bar(
                f"sent again, with a lease of {SHORT_LEASE_SECONDS:.0f} s",
                max(late, default=0.0),
                MOST_SECONDS_TO_SEND_AGAIN - LEASE_SECONDS + SHORT_LEASE_SECONDS,
                "s",
            ),
        ]

    async def _seconds_to_send_again(self, at: float, ids: Sequence[UUID]) -> float:
        """Return how long it took until all that was in flight was sent again, or settled by who had it."""
        rows = await self._ask(
            "SELECT coalesce(max(again.after), 0)::float8 FROM unnest($2::uuid[]) lost (id) CROSS JOIN LATERAL ("
            "  SELECT min(extract(epoch FROM a.at)) - $1 AS after FROM webhook_attempt a"
            "  WHERE a.delivery_id = lost.id AND a.error IS DISTINCT FROM 'lease expired'"
            "    AND extract(epoch FROM a.at) > $1"
            ") again",
            at,
            list(ids),
        )
        return float(rows[0][0])

    def _ordered_arrivals(self) -> int:
        return sum(int(arrival.path[1:]) < ORDERED for arrival in self.receiver.arrivals)

    def _out_of_order(self) -> int:
        """Count what came after a later event of its subject."""
        last: dict[tuple[str, str], int] = {}
        wrong = 0
        for arrival in self.receiver.arrivals:
            if int(arrival.path[1:]) < ORDERED:
                event = json.loads(arrival.body)
                key, sequence = (arrival.path, event["subject"]), int(event["sequence"])
                wrong += sequence < last.get(key, 0)
                last[key] = max(sequence, last.get(key, 0))
        return wrong

    def _furthest_off(self) -> float:
        offset = utc_now().timestamp() - time.monotonic()
        return max(abs(arrival.at + offset - arrival.timestamp) for arrival in self.receiver.arrivals)

    async def send_again_in_service(self) -> Bar:
        """Kill the only worker with the lease of the service; return how long until what it had came again."""
        self.stop()
        self.receiver.arrivals.clear()
        self.receiver.hanging = {f"/{number}" for number in range(ENDPOINTS)}
        self.workers = [await asyncio.to_thread(self._start, 0.0, lease_seconds=LEASE_SECONDS)]
        await publish(self.database.pool, make_events(ENDPOINTS, subjects=ENDPOINTS, run="again"))
        await asyncio.sleep(2.0)
        self.workers[0].kill()
        killed_at, before = time.monotonic(), {(one.path, one.event_id) for one in self.receiver.arrivals}
        self.receiver.arrivals.clear()
        self.receiver.hanging.clear()
        self.workers = [await asyncio.to_thread(self._start, 0.0, lease_seconds=LEASE_SECONDS)]
        first: dict[tuple[str, str], float] = {}
        while before - first.keys() and time.monotonic() < killed_at + MOST_SECONDS_TO_SEND_AGAIN + 30:
            await asyncio.sleep(0.1)
            for one in self.receiver.arrivals:
                first.setdefault((one.path, one.event_id), one.at - killed_at)
        took = float("inf") if before - first.keys() else max(first[key] for key in before)
        return Bar(
            f"sent again, with a lease of {LEASE_SECONDS:.0f} s, of {len(before)}",
            took,
            MOST_SECONDS_TO_SEND_AGAIN,
            "s",
        )

    def stop(self) -> None:
        """Stop the workers."""
        for worker in self.workers:
            worker.stop()
        self.workers = []


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
