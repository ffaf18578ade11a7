"""Sends HTTP requests over a few kept connections as fast as they are answered, for a bounded time."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

CONNECTIONS = 16
_MOST_REQUESTS = 200_000
_ANSWER_SECONDS = 30.0
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_WITHOUT_BODY = frozenset({b"304", b"204"})

RequestMaker = Callable[[int], bytes]
"""Gives the bytes of the request of a number, counted from 0."""


class BadAnswerError(Exception):
    """An answer that the measurement must not count, or none at all."""


@dataclass(slots=True)
class Load:
    """What one run saw. Latencies in seconds, from the last byte sent to the last byte received."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[bytes] = field(default_factory=Counter)
    last_answer: bytes = b""

    @property
    def requests(self) -> int:
        """Return how many requests were answered."""
        return len(self.latencies)


class _Connection(asyncio.Protocol):
    """One kept connection: a request, its whole answer, the next request."""

    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._received = b""
        self._needed = 0
        self._is_between = False
        self._sent_at = 0.0
        self._transport: Any = None  # uvloop's own kind

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        if not self._needed:
            self._needed = _length_of(self._received)
        if self._needed and len(self._received) >= self._needed:
            if self._is_between:
                self._run.look_at(self._received)
            else:
                self._run.count(self._received, time.perf_counter() - self._sent_at)
            self._received, self._needed = b"", 0
            self._send()

    def connection_lost(self, _error: Exception | None) -> None:
        self._run.left(unexpectedly=self._transport is not None)

    def _send(self) -> None:
        self._is_between = self._run.has_between and not self._is_between
        request = self._run.next_between() if self._is_between else self._run.next_request()
        if request is None:
            transport, self._transport = self._transport, None
            transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


class _Run:
    def __init__(
        self, make: RequestMaker, between: RequestMaker | None, *, first: int, seconds: float, connections: int
    ) -> None:
        self._make = make
        self._between = between
        self._next = first
        self._last = first + _MOST_REQUESTS
        self._until = time.perf_counter() + seconds
        self._open = connections
        self.load = Load()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def has_between(self) -> bool:
        return self._between is not None

    def next_between(self) -> bytes:
        """Return what is sent before the next request, and not counted."""
        assert self._between is not None  # noqa: S101 - has_between
        return self._between(self._next)

    def look_at(self, answer: bytes) -> None:
        """See that what was sent in between was done."""
        if not answer.startswith(b"HTTP/1.1 2") and not self.over.done():
            self.over.set_exception(BadAnswerError(f"in between: {answer[-600:]!r}"))

    def next_request(self) -> bytes | None:
        if self._next >= self._last or time.perf_counter() >= self._until:
            return None
        self._next += 1
        return self._make(self._next - 1)

    def count(self, answer: bytes, seconds: float) -> None:
        self.load.latencies.append(seconds)
        self.load.statuses[answer[9:12]] += 1
        self.load.last_answer = answer

    def left(self, *, unexpectedly: bool) -> None:
        self._open -= 1
        if self.over.done():
            return
        if unexpectedly:
            self.over.set_exception(BadAnswerError("a connection was closed before its answer"))
        elif not self._open:
            self.over.set_result(None)


def _length_of(received: bytes) -> int:
    """Return how many bytes the whole answer has, or 0 while its head is incomplete."""
    end = received.find(_HEAD_END)
    if end < 0:
        return 0
    body_at = end + len(_HEAD_END)
    if received[9:12] in _WITHOUT_BODY:
        return body_at
    at = received.find(_LENGTH, 0, body_at)
    if at < 0:
        raise BadAnswerError(f"an answer without content-length: {received[:200]!r}")
    return body_at + int(received[at + len(_LENGTH) : received.index(b"\r", at)])


async def send_load(
    port: int,
    make: RequestMaker,
    *,
    between: RequestMaker | None = None,
    first: int = 0,
    seconds: float,
    connections: int = CONNECTIONS,
) -> Load:
    """Send requests, numbered from `first`, to a port of this machine for so many seconds; wait for all answers.

    `between`: what is sent before each of them, and neither timed nor counted.

    Raises:
        BadAnswerError: a connection was closed early, or an answer was no plain one.
        TimeoutError: an answer took longer than 30 seconds.
    """
    run = _Run(make, between, first=first, seconds=seconds, connections=connections)
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    async with asyncio.timeout(seconds + _ANSWER_SECONDS):
        for _ in range(connections):
            await loop.create_connection(lambda: _Connection(run), "127.0.0.1", port)
        await run.over
    run.load.seconds = time.perf_counter() - started
    return run.load
