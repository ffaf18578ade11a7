"""`python -m benchmarks.run`: what the service costs, against a bare FastAPI hello, and which promises it keeps.

Linux with two cores or more. The service runs as in production on core 0; PostgreSQL (embedded, durable) and the load
are on core 1. Cost is CPU time of the app process per request, since wall-clock time swings on a shared machine.
"""

import argparse
import asyncio
import os
import platform
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import uvloop

from benchmarks.measuring import measure
from benchmarks.operations import list_operations, record_operations
from benchmarks.processes import LOAD_CORE, DatabaseServer, Served, hello_command, parent_of, registry_command, served
from benchmarks.register import Register, enter, set_goals
from benchmarks.report import RESULTS, Bar, bars_of, bars_table, command_line, operations_table, section_of
from benchmarks.seeding import seed
from service.clock import utc_now
from service.db.migrating import migrate
from service.embedded import Attached, attach

SHORT_SIZE, FULL_SIZE = 100_000, 1_000_000
MOST_IDLE_MIB = 120.0
MOST_READY_SECONDS = 2.0
_STARTS = 3
_STORED_WITHIN_SECONDS = 120.0
_ARE_DAYS_STORED = """
SELECT bool_and(EXISTS (SELECT FROM pace_day WHERE code = t.code AND target_version = t.version
  AND day = (now() AT TIME ZONE 'Asia/Seoul')::date - 1)) FROM target t
"""
_METHOD = (
    "Cost: CPU time of the app process per request as a multiple of a bare FastAPI hello's in the run just before, "
    "median of {rounds} runs; 16 connections, one pinned core. The first latencies are those of this full load, which "
    "PostgreSQL and the load generator share a core under; `alone` are those of one request after the other."
)


def main() -> None:
    """Run the benchmarks."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that the database is stopped too
    os.sched_setaffinity(0, {LOAD_CORE})  # PostgreSQL, started from here, inherits it
    with _folder(options.data_dir) as folder, attach(folder) as database:
        text = asyncio.Runner(loop_factory=uvloop.new_event_loop).run(_run(options, folder, database))
    print(text)
    if options.write:
        RESULTS.write_text(text + section_of(RESULTS, "Deliveries"), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--full", action="store_true", help=f"over {FULL_SIZE:,} records instead of {SHORT_SIZE:,}")
    parser.add_argument("--size", type=int, help="over so many records")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each operation (5)")
    parser.add_argument("--seconds", type=float, default=0.8, help="length of a run (0.8)")
    parser.add_argument("--only", default="", help="only operations whose name has this in it")
    parser.add_argument("--data-dir", type=Path, help="keep the register here, and find it again")
    parser.add_argument("--write", action="store_true", help=f"keep the results in {RESULTS.name}")
    options = parser.parse_args()
    options.size = options.size or (FULL_SIZE if options.full else SHORT_SIZE)
    return options


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="axb-") as made:
        Path(made).chmod(0o755)  # under root the database server is another account's
        yield Path(made)


async def _run(options: argparse.Namespace, folder: Path, database: Attached) -> str:
    register, server = await _register(options.size, database)
    settings = {
        "AX_DATABASE_URL": database.url,
        "AX_SECRET_KEY": "k" * 32,
        "AX_PORT": str(_free_port()),
        "AX_RATE_LIMIT": "900000000/minute,900000000/minute",
    }
    log = folder / "benchmark.log"
    with served(registry_command(), settings, log=log) as app:
        await asyncio.to_thread(set_goals, app.port, register.ministry_key)
    starts, idle = [], []
    for _ in range(_STARTS):
        with served(registry_command(), settings, log=log) as app:
            starts.append(app.ready_seconds)
            await asyncio.sleep(0.5)
            idle.append(app.pss_mib())
    with served(registry_command(), settings, log=log) as app, served(hello_command(), {}, log=log) as hello:
        await _days_stored(database)
        measured = await _measure(options, register, app, hello, server)
        loaded_mib = app.pss_mib()
    bars = [
        *bars_of(measured),
        Bar("API process idle, PSS", max(idle), MOST_IDLE_MIB, "MiB"),
        Bar("`serve` to ready, database up", median(starts), MOST_READY_SECONDS, "s"),
    ]
    return "\n".join(
        [
            "# Benchmarks",
            "",
            f"Made by `{command_line()}` over {register.size:,} factories.",
            "",
            _machine(database),
            "",
            _METHOD.format(rounds=options.rounds),
            "",
            "## Promises",
            bars_table(bars),
            "",
            "## Operations",
            operations_table(measured),
            "",
            f"Memory of the process after all of this: {loaded_mib:.0f} MiB PSS.",
            "",
        ]
    )


async def _measure(
    options: argparse.Namespace, register: Register, app: Served, hello: Served, database: DatabaseServer
) -> list[Any]:
    operations = [*record_operations(register), *list_operations(register)]
    chosen = [operation for operation in operations if options.only in operation.name]
    _tell(f"measuring {len(chosen)} operations")
    return await measure(app, hello, database, chosen, rounds=options.rounds, seconds=options.seconds, tell=_tell)


async def _register(size: int, database: Attached) -> tuple[Register, DatabaseServer]:
    await migrate(database.migration_url)
    connection = await asyncpg.connect(database.url_for("postgres", "axreg").replace("+asyncpg", ""))
    try:
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM factory)"):
            _tell(f"making {size:,} factories")
            await seed(connection, size, now=utc_now(), tell=_tell)
        server = DatabaseServer(parent_of(await connection.fetchval("SELECT pg_backend_pid()")))
        return await enter(connection, now=utc_now()), server
    finally:
        await connection.close()


async def _days_stored(database: Attached) -> None:
    """Wait until the service has stored how all earlier days of its targets ended: it does so in its first round."""
    connection = await asyncpg.connect(database.url_for("postgres", "axreg").replace("+asyncpg", ""))
    try:
        async with asyncio.timeout(_STORED_WITHIN_SECONDS):
            while not await connection.fetchval(_ARE_DAYS_STORED):  # noqa: ASYNC110 - it is in the database
                await asyncio.sleep(0.2)
    finally:
        await connection.close()


def _machine(database: Attached) -> str:
    facts = Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
    model = next((line.partition(":")[2].strip() for line in facts if line.startswith("model name")), "?")
    return (
        f"{utc_now():%Y-%m-%d}; {os.cpu_count()} cores ({model}), {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}; PostgreSQL {database.version}, durable."
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_BEGAN = time.perf_counter()


def _tell(words: str) -> None:
    print(f"[{time.perf_counter() - _BEGAN:6.1f} s] {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
