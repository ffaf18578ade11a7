"""A stream read as its reader sees it, called in this process: `async with reading(api, caller) as stream`."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.api.conftest import Api, Caller

PATIENCE_SECONDS = 10.0


@dataclass
class Block:
    """One block of a stream: its fields by name, and its comments."""

    fields: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)


@dataclass
class Stream:
    """An open stream. `chunks` holds what was written and not read yet; None is its end."""

    chunks: asyncio.Queue[bytes | None]
    gone: asyncio.Event
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    last_id: str = ""
    body: bytes = b""

    async def next_block(self) -> Block | None:
        """Return the next block, or None at the end."""
        while b"\n\n" not in self.body:
            chunk = await asyncio.wait_for(self.chunks.get(), timeout=PATIENCE_SECONDS)
            if chunk is None:
                return None
            self.body += chunk
        text, _, self.body = self.body.partition(b"\n\n")
        block = Block()
        for line in text.decode().split("\n"):
            name, _, value = line.partition(": ")
            if name:
                block.fields[name] = value
            else:
                block.comments.append(value)
        self.last_id = block.fields.get("id", self.last_id)
        return block

    async def next_event(self) -> dict[str, Any]:
        """Return the document of the next event."""
        while True:
            block = await self.next_block()
            assert block is not None, "the stream has ended"
            if "data" in block.fields:
                event: dict[str, Any] = json.loads(block.fields["data"])
                assert block.fields["event"] == event["type"]
                return event

    async def ended(self) -> bool:
        """Wait until the stream ends by itself; what came before is passed over."""
        while await self.next_block() is not None:
            pass
        return True


@asynccontextmanager
async def reading(
    api: Api, caller: Caller, query: str = "", *, method: str = "GET", room: int = 0, **headers: str
) -> AsyncIterator[Stream]:
    """Open a stream and leave it at the end of the block. With `room` its reader takes no more chunks than that."""
    stream = Stream(asyncio.Queue(room), asyncio.Event())
    begun = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await stream.gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            stream.status = message["status"]
            stream.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            begun.set()
            return
        await stream.chunks.put(message["body"])
        if not message.get("more_body", False):
            await stream.chunks.put(None)

    given = {**caller.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": "/v1/events/stream",
        "raw_path": b"/v1/events/stream",
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
        "server": ("registry.example.com", 80),
    }
    task = asyncio.create_task(api.app(scope, receive, send))
    await asyncio.wait_for(begun.wait(), timeout=PATIENCE_SECONDS)
    try:
        yield stream
    finally:
        stream.gone.set()
        done, _ = await asyncio.wait({task}, timeout=2)
        if not done:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
