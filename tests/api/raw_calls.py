"""Requests as no well-behaved client would write them, put straight to the application."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.api.conftest import Caller


@dataclass(frozen=True)
class RawAnswer:
    """What came back."""

    status_code: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


async def raw_call(
    caller: Caller,
    method: str,
    path: str,
    *,
    query: bytes = b"",
    headers: Iterable[tuple[bytes, bytes]] = (),
    chunks: Iterable[bytes] = (b"",),
) -> RawAnswer:
    """Send a request byte by byte as given, the caller's key added; `chunks` is the body as it arrives."""
    app: Any = caller.client._transport.app  # type: ignore[attr-defined]  # an ASGITransport in these tests
    key = [(name.lower().encode(), value.encode()) for name, value in caller.headers.items()]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": [(b"host", b"registry.example.com"), *key, *headers],
        "client": ("127.0.0.1", 1),
        "server": ("registry.example.com", 80),
    }
    incoming = iter(chunks)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        chunk = next(incoming, None)
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    answer_headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return RawAnswer(sent[0]["status"], answer_headers, b"".join(message.get("body", b"") for message in sent[1:]))
