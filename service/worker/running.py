"""Loops that run side by side until they are told to stop, whatever befalls one of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

import structlog

from service.telemetry import where_it_failed

log = structlog.get_logger()

Loop = Callable[[asyncio.Event], Awaitable[None]]
"""Works until the event is set, and returns soon after it: what it began it ends, and it begins nothing more."""

DRAIN_SECONDS: Final = 18.0
"""How long loops may take to end: an attempt under way 15 s, and the noting of it."""
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 30.0
_RAN_WELL_SECONDS: Final = 60.0
"""A loop that ran for as long is begun anew after the first pause again."""


async def run_side_by_side(
    loops: Mapping[str, Loop],
    stop: asyncio.Event,
    *,
    drain_seconds: float = DRAIN_SECONDS,
    first_pause_seconds: float = FIRST_PAUSE_SECONDS,
) -> None:
    """Run all loops until `stop` is set; return once they have ended, at the latest after `drain_seconds`.

    One that fails, or returns before its time, is begun anew after a pause that grows; the others don't notice.
    """
    async with asyncio.TaskGroup() as group:
        running = [
            group.create_task(_keep_running(name, loop, stop, first_pause_seconds), name=name)
            for name, loop in loops.items()
        ]
        await stop.wait()
        _, late = await asyncio.wait(running, timeout=drain_seconds)
        for task in late:
            log.warning("loop_cut_off", loop=task.get_name(), after_seconds=drain_seconds)
            task.cancel()


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait for so long, or until `stop` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


async def _keep_running(name: str, loop: Loop, stop: asyncio.Event, first_pause_seconds: float) -> None:
    clock, pause_seconds = asyncio.get_running_loop().time, first_pause_seconds
    while not stop.is_set():
        began = clock()
        await _run_once(name, loop, stop)
        if clock() - began > _RAN_WELL_SECONDS:
            pause_seconds = first_pause_seconds
        await pause(stop, pause_seconds)
        pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)


async def _run_once(name: str, loop: Loop, stop: asyncio.Event) -> None:
    try:
        await loop(stop)
    except Exception as error:  # noqa: BLE001 - one loop's failure, whatever it is, ends no other
        log.error("loop_failed", loop=name, error=type(error).__name__, where=where_it_failed(error)[-5:])  # noqa: TRY400 - a message may quote a record
        return
    if not stop.is_set():
        log.error("loop_ended_early", loop=name)
