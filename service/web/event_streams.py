"""Server-sent events: streams that stay open, each at its own place in the feed.

A stream holds no more than a page of events; what its reader does not take waits in the feed. It ends when its reader
leaves or takes nothing for long, when its key is refused, and when the process stops; the reader goes on from the last
id it has, here or at another process.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from service.clock import Clock
from service.core.api_keys import digest_of
from service.core.cursors import CursorSigner
from service.core.errors import StreamsFull
from service.core.event_feed import Place
from service.db.engine import HotPool
from service.usecases.event_feed import Selection, cursor_of, read_page
from service.web.known_callers import KnownCallers
from service.web.live_events import UNREACHABLE, LiveEvents, frame_of

log = structlog.get_logger()

HEARTBEAT_SECONDS: Final = 15.0
"""How long a stream says nothing: shorter than proxies wait before they close a connection."""
RETRY_MILLISECONDS: Final = 3000
RETRY_AFTER_SECONDS: Final = 5
AT_ONCE: Final = 50
KEYS_EVERY_SECONDS: Final = 0.5
"""How often keys are asked for, beside the seconds for which an answer is remembered: refused within five in all."""
STUCK_SECONDS: Final = 30.0
"""How long a reader may take nothing before it is given up."""
ID_AGES_SECONDS: Final = 600
"""How old the last id of a quiet stream may be before the reader is given a newer one."""
HEAD_ONLY: Final = "axreg.head_only"
"""In the scope of a request that asks for the headers alone."""
ANSWERED_AT: Final = "answered_at"
"""In the state of a request whose answer has begun and goes on for long: when, by `time.perf_counter()`."""
HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "X-Accel-Buffering": "no",  # proxies that would collect a whole answer
}


class EventStreams:
    """The open streams of the process, up to `most`."""

    def __init__(self, pool: HotPool, *, cursors: CursorSigner, callers: KnownCallers, clock: Clock, most: int) -> None:
        self.pool = pool
        self.cursors = cursors
        self.clock = clock
        self.live = LiveEvents(pool, cursors=cursors, clock=clock)
        self._callers = callers
        self._most = most
        self._open: set[EventStream] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._is_closed = False

    @property
    def count(self) -> int:
        """Return how many streams are open."""
        return len(self._open)

    @contextmanager
    def admitted(self, stream: "EventStream") -> Iterator[None]:
        """Count a stream as open for the length of the block; the events are followed as long as any is.

        Raises:
            StreamsFull: as many are open as may be, or the process is about to stop.
        """
        if self._is_closed or len(self._open) >= self._most:
            raise StreamsFull(retry_after=RETRY_AFTER_SECONDS)
        self._open.add(stream)
        if not self._tasks:
            self._tasks = [asyncio.create_task(self.live.follow()), asyncio.create_task(self._watch_keys())]
        try:
            yield
        finally:
            self._open.discard(stream)
            if not self._open:
                self._stop_following()

    def close(self) -> None:
        """End every stream, and admit none any more."""
        self._is_closed = True
        for stream in self._open:
            stream.end()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let streams be opened while the block lasts."""
        try:
            yield
        finally:
            self.close()
            tasks = self._tasks
            self._stop_following()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _stop_following(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []
        # What comes meanwhile is not followed, so another beginning has to be another one altogether.
        self.live = LiveEvents(self.pool, cursors=self.cursors, clock=self.clock)

    async def _watch_keys(self) -> None:
        while True:
            await asyncio.sleep(KEYS_EVERY_SECONDS)
            with suppress(*UNREACHABLE):
                for digest in {stream.key_digest for stream in self._open}:
                    if await self._callers.by_digest(digest) is None:
                        self._end_those_of(digest)

    def _end_those_of(self, digest: bytes) -> None:
        for stream in self._open:
            if stream.key_digest == digest:
                stream.end()


class EventStream(Response):
    """One stream, as the answer to a request."""

    def __init__(self, streams: EventStreams, selection: Selection, *, place: Place | None, key_digest: bytes) -> None:
        super().__init__(None, headers=HEADERS)
        del self.headers["content-length"]
        self.key_digest = key_digest
        self._streams = streams
        self._selection = selection
        self._place = place
        self._told: Place | None = None
        self._read: int | None = None
        self._over = asyncio.Event()

    def end(self) -> None:
        """Let the stream end soon."""
        self._over.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write events until the reader leaves or the stream is to end.

        Raises:
            StreamsFull: before anything is answered.
        """
        with self._streams.admitted(self):
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            scope["state"][ANSWERED_AT] = time.perf_counter()
            if not scope.get(HEAD_ONLY):
                await self._write_until_over(receive, send)
            with suppress(TimeoutError):
                await asyncio.wait_for(send(_body(b"", more=False)), timeout=1)

    async def _write_until_over(self, receive: Receive, send: Send) -> None:
        tasks = [
            asyncio.create_task(self._write(send)),
            asyncio.create_task(_reader_left(receive)),
            asyncio.create_task(_wait(self._over)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        writing = tasks[0]
        if not writing.cancelled():
            writing.result()  # what was not foreseen is told

    async def _write(self, send: Send) -> None:
        try:
            async for chunk in self._chunks():
                await asyncio.wait_for(send(_body(chunk, more=True)), timeout=STUCK_SECONDS)
        except TimeoutError:
            log.info("event_stream_given_up", reason="its reader took nothing")
        except UNREACHABLE as error:
            log.warning("event_stream_interrupted", error=type(error).__name__)

    async def _chunks(self) -> AsyncIterator[bytes]:
        """Yield lines to be written; something at least every `HEARTBEAT_SECONDS`."""
        yield b"retry: %d\n" % RETRY_MILLISECONDS + self._id_line() + b"\n"
        loop = asyncio.get_running_loop()
        due = loop.time() + HEARTBEAT_SECONDS
        while True:
            changed = self._streams.live.changed
            chunks, is_behind = await self._read_on()
            for chunk in chunks:
                yield chunk
                due = loop.time() + HEARTBEAT_SECONDS
            if not is_behind and not await _is_set(changed, until=due):
                yield self._heartbeat()
                due = loop.time() + HEARTBEAT_SECONDS

    async def _read_on(self) -> tuple[Sequence[bytes], bool]:
        """Return the lines of further events, and whether there may be more of them at once."""
        live = self._streams.live
        if self._read is not None and self._read >= live.dropped:
            return self._read_live(live), False
        self._read = None
        page = await read_page(
            self._streams.pool, self._place, self._selection, limit=AT_ONCE, now=self._streams.clock()
        )
        self._place = page.next
        if page.is_last and live.covers(page.next):
            self._read = live.dropped  # some of these were in the page; they are known by their places
        lines = b"".join(frame_of(event, self._streams.cursors).lines for event in page.events)
        if page.events:
            self._told = page.events[-1].place
        return [lines] if lines else [], self._read is not None or not page.is_last

    def _read_live(self, live: LiveEvents) -> Sequence[bytes]:
        assert self._read is not None  # noqa: S101 - the caller has looked
        frames, self._read = live.since(self._read), live.count
        chunks = []
        for frame in frames:
            if self._place is not None and frame.event.place.order <= self._place.order:
                continue
            self._place = frame.event.place
            if self._selection.takes(frame.event):
                self._told = frame.event.place
                chunks.append(frame.lines)
        return [b"".join(chunks[start : start + AT_ONCE]) for start in range(0, len(chunks), AT_ONCE)]

    def _heartbeat(self) -> bytes:
        live = self._streams.live
        if self._read == live.count and live.place is not None and self._place is not None:
            self._place = max(self._place, live.place, key=lambda place: place.order)
        is_old = self._told is None or (
            self._place is not None and (self._place.at - self._told.at).total_seconds() > ID_AGES_SECONDS
        )
        return b": heartbeat\n" + (self._id_line() if is_old else b"") + b"\n"

    def _id_line(self) -> bytes:
        """Return the line by which a reader keeps its place, though nothing has come; none before the first event."""
        if self._place is None:
            return b""
        self._told = self._place
        return f"id: {cursor_of(self._streams.cursors, self._place)}\n".encode()


def key_digest_of(request: Request) -> bytes:
    """Return the digest of the key that a request came with."""
    return digest_of(request.headers["authorization"].partition(" ")[2].strip())


def _body(chunk: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": chunk, "more_body": more}


async def _reader_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _is_set(event: asyncio.Event, *, until: float) -> bool:
    """Wait for an event until an instant of the loop's clock; tell whether it came."""
    try:
        async with asyncio.timeout_at(until):
            await event.wait()
    except TimeoutError:
        return False
    return True
