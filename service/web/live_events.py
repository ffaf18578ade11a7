"""The events committed lately, read once for all streams of the process, and kept for those who are a bit behind."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final

import asyncpg
import structlog

from service.clock import Clock
from service.core.cursors import CursorSigner
from service.core.event_feed import Place
from service.db.engine import HotPool
from service.db.read_models.event_feed import StoredEvent, read_end, read_stretch
from service.db.signals import listening
from service.usecases.event_feed import cursor_of

log = structlog.get_logger()

KEPT_MOST: Final = 500
"""Events in memory. Who is further behind reads from the database."""
POLL_SECONDS: Final = 1.0
"""How long an event is waited for whose word was missed."""
READ_AT_ONCE: Final = 200
UNREACHABLE: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


@dataclass(frozen=True, slots=True)
class Frame:
    """An event with its lines in a stream, the same for all who see it."""

    event: StoredEvent
    lines: bytes


def frame_of(event: StoredEvent, cursors: CursorSigner) -> Frame:
    """Return an event as a stream shows it. JSON text has no line breaks, so its document is one line."""
    lines = f"id: {cursor_of(cursors, event.place)}\nevent: {event.type}\ndata: {event.body}\n\n"
    return Frame(event, lines.encode())


class LiveEvents:
    """The last events in the feed's order. `changed` is set, and another one made, whenever there may be more.

    `count` events were read since the beginning, and the first `dropped` of them are not kept any more.
    """

    def __init__(self, pool: HotPool, *, cursors: CursorSigner, clock: Clock) -> None:
        self._pool = pool
        self._cursors = cursors
        self._clock = clock
        self._frames: deque[Frame] = deque()
        self._floor: Place | None = None
        self.place: Place | None = None
        self.dropped = 0
        self.changed = asyncio.Event()

    @property
    def count(self) -> int:
        """Return how many events were read since the beginning."""
        return self.dropped + len(self._frames)

    def covers(self, place: Place | None) -> bool:
        """Tell whether every event that follows on a place is here, or yet to come."""
        return place is not None and self._floor is not None and place.order >= self._floor.order

    def since(self, count: int) -> Sequence[Frame]:
        """Return the events that were read after the first `count`; these must not be fewer than were dropped."""
        return list(islice(self._frames, count - self.dropped, None))

    async def follow(self) -> None:
        """Read on whenever there is word of something new, and once a second without; never returns."""
        while True:
            with suppress(*UNREACHABLE):
                await self._follow()
            log.warning("live_events_interrupted")
            await asyncio.sleep(POLL_SECONDS)

    async def _follow(self) -> None:
        news = asyncio.Event()
        async with listening(self._pool, news) as broken:
            while not broken.is_set():
                news.clear()
                await self._read_on()
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), timeout=POLL_SECONDS)

    async def _read_on(self) -> None:
        if self.place is None:
            self.place = self._floor = await read_end(self._pool, now=self._clock())
            self._tell()
        is_whole = False
        while not is_whole:
            stretch = await read_stretch(self._pool, self.place, limit=READ_AT_ONCE, now=self._clock())
            is_whole = stretch.is_whole
            self.place = stretch.end if is_whole else stretch.events[-1].place
            self._keep(stretch.events)

    def _keep(self, events: Sequence[StoredEvent]) -> None:
        if not events:
            return
        self._frames.extend(frame_of(event, self._cursors) for event in events)
        while len(self._frames) > KEPT_MOST:
            self._floor = self._frames.popleft().event.place
            self.dropped += 1
        self._tell()

    def _tell(self) -> None:
        told, self.changed = self.changed, asyncio.Event()
        told.set()
