"""A receiver of webhooks that costs next to nothing: it notes what came, and says 200."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_END_OF_HEAD = b"\r\n\r\n"


class Arrival(NamedTuple):
    """One request: when it was there as a whole (this machine's monotonic clock), to which path, and with what."""

    at: float
    path: str
    event_id: str
    timestamp: int
    body: bytes


@dataclass(slots=True)
class Receiver:
    """What came in so far. Paths that are `hanging` never answer, those that are `down` cut off, and note nothing."""

    port: int = 0
    arrivals: list[Arrival] = field(default_factory=list)
    hanging: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)

    def url(self, path: str) -> str:
        """Return where a path is reached."""
        return f"http://127.0.0.1:{self.port}{path}"


class _Connection(asyncio.Protocol):
    """Reads requests with a Content-Length one after the other, as aiohttp's client sends them."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take all whole requests."""
        self._buffer += data
        while (request := self._whole_request()) is not None:
            self._take(*request)

    def _whole_request(self) -> tuple[bytes, bytes] | None:
        head, found, rest = self._buffer.partition(_END_OF_HEAD)
        if not found:
            return None
        length = int(_header(head, b"Content-Length"))
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        return head, rest[:length]

    def _take(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1].decode()
        if path in self._receiver.down:
            self._transport.abort()  # type: ignore[attr-defined] - of a socket, which has it
            return
        event_id, timestamp = (_header(head, name) for name in (b"webhook-id", b"webhook-timestamp"))
        self._receiver.arrivals.append(Arrival(monotonic(), path, event_id.decode(), int(timestamp or 0), body))
        if path not in self._receiver.hanging:
            self._transport.write(_ANSWER)  # type: ignore[attr-defined] - as above


def _header(head: bytes, name: bytes) -> bytes:
    _, found, rest = head.partition(b"\r\n" + name + b": ")
    return rest.partition(b"\r\n")[0] if found else b""


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver on a free port while the block lasts."""
    receiver = Receiver()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(receiver), "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
