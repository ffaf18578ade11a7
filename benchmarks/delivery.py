"""`python -m benchmarks.delivery`: what a delivery costs, how soon it is sent, and what a burst does to others.

The worker is on core 0; PostgreSQL (embedded, durable), the receiver and the publisher are on core 1. Cost is CPU time
of the worker per delivery, signing and all bookkeeping included, as a multiple of that of a bare aiohttp POST of the
same body to the same receiver in the run just before.
"""

import argparse
import asyncio
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from uuid import uuid4

import uvloop

from benchmarks.deliveries import BODY_BYTES, Pool, add_endpoints, make_events, publish, working
from benchmarks.processes import APP_CORE, LOAD_CORE, registry_command, served
from benchmarks.receivers import Receiver, receiving
from benchmarks.report import RESULTS, Bar, bars_table, command_line, write_section
from service.clock import utc_now
from service.core.events import event_id_text
from service.db.engine import open_database
from service.db.migrating import migrate
from service.embedded import Attached, attach

BURST = 10_000
MOST_TIMES_POST = 2.0
MOST_FIRST_ATTEMPT_MS = 100.0
MOST_TIMES_QUIET, MOST_MORE_MS = 2.0, 50.0
_MICRO, _MILLI = 1_000_000, 1_000
MOST_TIMES_IDLE_API = 3.0
_PATIENCE_SECONDS = 120.0
_QUIET_SECONDS = 5.0
_PAUSE_SECONDS = 0.005


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delivery", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="runs of each, in turn (5)")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the runs at a steady rate (10)")
    parser.add_argument("--burst", type=int, default=BURST, help=f"deliveries of a burst ({BURST:,})")
    parser.add_argument("--write", action="store_true", help=f"keep the results in {RESULTS.name}")
    options = parser.parse_args()
    os.sched_setaffinity(0, {LOAD_CORE})  # PostgreSQL, started from here, inherits it
    with tempfile.TemporaryDirectory(prefix="axb-") as folder:
        Path(folder).chmod(0o755)  # under root the database server is another account's
        with attach(Path(folder)) as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            bars = runner.run(
                delivery_bars(server, rounds=options.rounds, seconds=options.seconds, burst=options.burst)
            )
    text = f"Made by `{command_line()}`, {utc_now():%Y-%m-%d}.\n\n{bars_table(bars)}\n"
    print(text)
    if options.write:
        write_section(RESULTS, "Deliveries", text)


async def delivery_bars(server: Attached, *, rounds: int, seconds: float, burst: int = BURST) -> list[Bar]:
    """Measure in a database that is empty but for its tables; return what was promised, and what came of it."""
    await migrate(server.migration_url)
    database = await open_database(server.url)
    try:
        async with receiving() as receiver:
            runs = _Runs(server.url, database.pool, receiver)
            costs = [await runs.cost(burst) for _ in range(rounds)]
            steady = [await runs.steady(endpoints=5, rate=50, seconds=seconds) for _ in range(rounds)]
            beside = [
                (
                    await runs.steady(endpoints=20, rate=5, seconds=seconds),
                    await runs.steady(endpoints=20, rate=5, seconds=seconds, hanging=1),
                )
                for _ in range(rounds)
            ]
            api = [await runs.api_beside_a_burst(burst) for _ in range(rounds)]
    finally:
        await database.close()
    return [_cost_bar(costs), _first_attempt_bar(steady), _hanging_bar(beside), _api_bar(api)]


def _cost_bar(costs: Sequence[tuple[float, float]]) -> Bar:
    runs = ", ".join(f"{ours * _MICRO:.0f}/{bare * _MICRO:.0f}" for ours, bare in costs)
    times = median(ours / bare for ours, bare in costs)
    return Bar(f"a delivery in a burst of {BURST:,} (µs, ours/bare: {runs})", times, MOST_TIMES_POST, "× POST")


def _first_attempt_bar(steady: Sequence[Sequence[float]]) -> Bar:
    return Bar(
        "commit to first attempt, 50 events/s to 5 endpoints, p95",
        median(p95(run) for run in steady) * _MILLI,
        MOST_FIRST_ATTEMPT_MS,
        "ms",
    )


def _hanging_bar(beside: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Bar:
    quiet, others = (median(p95(run) for run in runs) * _MILLI for runs in zip(*beside, strict=True))
    most = max(quiet * MOST_TIMES_QUIET, quiet + MOST_MORE_MS)
    return Bar(f"the others' p95 with 1 of 20 endpoints hanging ({quiet:.0f} ms without)", others, most, "ms")


def _api_bar(beside: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Bar:
    quiet, draining = (median(p95(run) for run in runs) * _MILLI for runs in zip(*beside, strict=True))
    what = f"the API's p95 while {BURST:,} events of one transaction are sent ({quiet:.1f} ms at rest)"
    return Bar(what, draining, quiet * MOST_TIMES_IDLE_API, "ms")


def p95(latencies: Sequence[float]) -> float:
    """Return what 95 % did not exceed."""
    ordered = sorted(latencies)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


class _Runs:
    """Single runs, each with endpoints and a worker of its own."""

    def __init__(self, database_url: str, pool: Pool, receiver: Receiver) -> None:
        self._database_url = database_url
        self._pool = pool
        self._receiver = receiver

    async def cost(self, burst: int) -> tuple[float, float]:
        """Return the CPU seconds of a delivery, and of a bare POST just before."""
        endpoints = 5
        bare = await self._bare_post(burst)
        await self._begin([f"/cost/{number}" for number in range(endpoints)])
        with working(self._database_url, preexec_fn=_on_app_core) as worker:
            await self._warm_up(events=50)
            await self._until_settled()
            before, events = _cpu_seconds(worker.pid), make_events(burst // endpoints, subjects=100, run=uuid4().hex)
            await publish(self._pool, events)
            await self._until_settled()
            used = _cpu_seconds(worker.pid) - before
        return used / burst, bare

    async def steady(self, *, endpoints: int, rate: float, seconds: float, hanging: int = 0) -> list[float]:
        """Publish at a rate; return the seconds from each commit to each first attempt at endpoints that don't hang."""
        paths = [f"/steady/{number}" for number in range(endpoints)]
        await self._begin(paths, hanging=paths[:hanging])
        with working(self._database_url, preexec_fn=_on_app_core):
            await self._warm_up(events=3)
            committed = await self._publish_steadily(rate, seconds)
            await asyncio.sleep(1.0)
        return _latencies(self._receiver, committed, expected=endpoints - hanging)

    async def api_beside_a_burst(self, burst: int) -> tuple[list[float], list[float]]:
        """Return the seconds that the API takes for a question, at rest and while a burst to one endpoint is sent."""
        await self._begin(["/burst"])
        settings = {
            "AX_DATABASE_URL": self._database_url,
            "AX_SECRET_KEY": "k" * 32,
            "AX_PORT": "0",
            "AX_RATE_LIMIT": "900000000/minute,900000000/minute",
        }
        with (
            tempfile.TemporaryDirectory(prefix="axb-") as folder,
            working(self._database_url),
            served(registry_command(), settings, log=Path(folder, "log")) as app,
        ):
            await self._warm_up(events=50)
            quiet = await _asked(app.port, asyncio.create_task(asyncio.sleep(_QUIET_SECONDS)))
            await publish(self._pool, make_events(burst, subjects=100, run=uuid4().hex))
            return quiet, await _asked(app.port, asyncio.create_task(self._until_settled()))

    async def _warm_up(self, *, events: int) -> None:
        """Let a worker become one that has been at work for a while."""
        await publish(self._pool, make_events(events, subjects=events, run=uuid4().hex))
        await asyncio.sleep(1.0)

    async def _publish_steadily(self, rate: float, seconds: float) -> Mapping[str, float]:
        committed: dict[str, float] = {}
        began, run = time.monotonic(), uuid4().hex
        for number, event in enumerate(make_events(int(rate * seconds), subjects=10**9, run=run)):
            await asyncio.sleep(began + number / rate - time.monotonic())
            committed[event_id_text(event.id)] = await publish(self._pool, [event])
        return committed

    async def _begin(self, paths: Sequence[str], *, hanging: Sequence[str] = ()) -> None:
        await self._pool.execute("DELETE FROM webhook_endpoint")
        self._receiver.arrivals.clear()
        self._receiver.hanging = set(hanging)
        await add_endpoints(self._pool, [self._receiver.url(path) for path in paths])

    async def _until_settled(self) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while await self._pool.fetchval("SELECT EXISTS (SELECT FROM webhook_delivery WHERE state <> 'succeeded')"):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)

    async def _bare_post(self, count: int) -> float:
        arguments = [f"--post={self._receiver.url('/bare')}", f"--count={count}", f"--bytes={BODY_BYTES}"]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.delivery_worker",
            *arguments,
            stdout=subprocess.PIPE,
            preexec_fn=_on_app_core,
        )
        said, _ = await process.communicate()
        seconds: float = json.loads(said)["seconds"]
        return seconds


async def _asked(port: int, meanwhile: "asyncio.Task[None]") -> list[float]:
    """Ask for progress again and again, one question after the other with a pause, until the task is done."""
    took: list[float] = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask() -> None:
        began = time.perf_counter()
        connection.request("GET", "/v1/progress/factories-2026")
        connection.getresponse().read()
        took.append(time.perf_counter() - began)

    await asyncio.to_thread(ask)  # the first one is made, not remembered
    took.clear()
    while not meanwhile.done():
        await asyncio.to_thread(ask)
        await asyncio.sleep(_PAUSE_SECONDS)
    connection.close()
    await meanwhile
    return took


def _latencies(receiver: Receiver, committed: Mapping[str, float], *, expected: int) -> list[float]:
    first: dict[tuple[str, str], float] = {}
    for arrival in receiver.arrivals:
        if arrival.path not in receiver.hanging and arrival.event_id in committed:
            first.setdefault((arrival.path, arrival.event_id), arrival.at)
    if len(first) != len(committed) * expected:
        raise RuntimeError(f"{len(first)} first attempts for {len(committed)} events to {expected} endpoints")
    return [max(at - committed[event_id], 0.0) for (_, event_id), at in first.items()]


def _on_app_core() -> None:
    os.sched_setaffinity(0, {APP_CORE})


def _cpu_seconds(pid: int) -> float:
    return time.clock_gettime(~pid << 3 | 2)  # the number that clock_getcpuclockid(3) makes of a process


if __name__ == "__main__":
    main()
