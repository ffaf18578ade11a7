"""`ax-registry worker`: sends deliveries, watches pace, keeps house; alone or beside `serve`, one or many."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from secrets import randbits
from typing import Annotated, Final

import orjson
import structlog
import typer

from service.bootstrap import RunningDatabase, open_resources, secret_key, start_database
from service.cli.long_running import looked_after, loop_factory
from service.cli.output import AsJson
from service.cli.register import bring_up_to_date, require_tables
from service.cli.signals import StopSignals
from service.clock import utc_now
from service.core.identifiers import RANDOM_BITS, uuid7
from service.db.repositories.events import begin_era
from service.settings import Settings, read_settings
from service.telemetry import set_up_logging

log = structlog.get_logger()

_AT_WORK: Final = (
    "AX Registry 워커가 일하고 있습니다. 멈추려면 Ctrl-C를 누르십시오.\n"
    "The AX Registry worker is at work. Ctrl-C ends it."
)
_CHUNK: Final = 1024


def worker(
    *,
    beside: Annotated[
        bool, typer.Option("--beside", hidden=True, help="End when standard input does: `serve` holds it open.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send deliveries, watch over pace and alerts, and remove what is old, until told to stop.

    Any number of workers share the work. A signal lets it finish what it began, up to twenty seconds; a second one ends
    it at once: what it was sending is sent again by another.
    """
    settings = read_settings()
    if not settings.is_embedded:
        secret_key(settings)  # before anything else is started, so that the start stops with this one sentence
    set_up_logging(settings.log_format)
    signals = StopSignals(any_second_ends=True)
    with (
        signals.handled(),
        start_database(settings) as database,
        looked_after(database, signals),
        asyncio.Runner(loop_factory=loop_factory()) as runner,
    ):
        runner.run(_work(settings, database, signals=signals, is_beside=beside, as_json=as_json))


async def _work(
    settings: Settings, database: RunningDatabase, *, signals: StopSignals, is_beside: bool, as_json: bool
) -> None:
    # Late, for it loads the HTTP client, which no other command needs.
    from service.worker.working import work  # noqa: PLC0415 - see above

    await bring_up_to_date(database)
    async with open_resources(settings, database.url) as resources:
        await require_tables(resources.database)
        if await begin_era(resources.database.pool):
            log.info("event_era_begun")
        stop, worker_id = asyncio.Event(), uuid7(utc_now(), randbits(RANDOM_BITS))
        loop = asyncio.get_running_loop()

        def end() -> None:
            # A signal's handler runs between any two steps of the loop, which must be woken for what it sets.
            loop.call_soon_threadsafe(stop.set)

        with signals.stopping(end), _ending_with_input(stop) if is_beside else nullcontext():
            log.info("worker_started", worker_id=str(worker_id))
            typer.echo(orjson.dumps({"worker": str(worker_id)}).decode() if as_json else _AT_WORK)
            await work(resources, worker_id, stop)
    log.info("worker_stopped", worker_id=str(worker_id))


@contextmanager
def _ending_with_input(stop: asyncio.Event) -> Iterator[None]:
    """Set `stop` when standard input ends, as it does when whoever holds its other end dies, however it dies."""
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        if not os.read(descriptor, _CHUNK):
            loop.remove_reader(descriptor)
            log.info("worker_is_left_alone")
            stop.set()

    loop.add_reader(descriptor, read)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
