"""The outermost layer of every request: its id, its caller, its limit, its headers, and what happens if all fails."""

import re
import time
from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Any

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.core.api_keys import digest_of, looks_like_a_key
from service.core.errors import InternalFailure, Refusal, TooManyRequests, Unavailable
from service.telemetry import Metrics, where_it_failed
from service.web.event_streams import ANSWERED_AT, HEAD_ONLY
from service.web.languages import preferred_language
from service.web.rate_limits import OverLimit
from service.web.resources import Resources

log = structlog.get_logger()

Refuse = Callable[[Refusal, str, str], Response]
"""Turns a refusal, a language and a request id into an answer; the API and the pages each have theirs."""

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._~+/=:-]{1,128}")
_TRACE_PARENT = re.compile(rb"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
CALLER_HUNG_UP = 499
"""How such requests are counted: by the number that proxies use for it."""
_UNCOUNTED = frozenset({"/livez", "/readyz"})
_UNCOUNTED_FOLDER = "/static/"
_UNREACHABLE = (
    OSError,
    OperationalError,
    InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the connection died between two steps of the protocol
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
)
"""How a database that is down, restarting or overloaded shows itself."""


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, refuse: Refuse) -> None:
        self._app = app
        self._metrics = metrics
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing but the server's own cancellation leaves here as an error."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        if method == "HEAD":
            # Answered as GET (RFC 9110); the server leaves out the body.
            scope = {**scope, "method": "GET", HEAD_ONLY: True}
        exchange = _Exchange(scope, send)
        started = time.perf_counter()
        try:
            resources: Resources = scope["app"].state.resources
            over = await exchange.admit(resources)
            if over is None:
                await self._app(scope, receive, exchange.send)
            else:
                await self._refuse_over_limit(exchange, over, receive)
        except ClientDisconnect:
            exchange.status = CALLER_HUNG_UP  # nobody is there to be answered
        except Exception as error:  # noqa: BLE001 - the last place that can turn a failure into an answer
            await self._fail(exchange, error, receive)
        # A stream is answered when it begins; how long it stays open says nothing of the service.
        ended = scope.get("state", {}).get(ANSWERED_AT) or time.perf_counter()
        self._metrics.count_answer(method, exchange.status, ended - started)

    async def _refuse_over_limit(self, exchange: "_Exchange", over: OverLimit, receive: Receive) -> None:
        refusal = TooManyRequests(retry_after=over.retry_after_seconds, limit=over.limit)
        answer = self._refuse(refusal, exchange.language, exchange.request_id)
        answer.headers["Retry-After"] = str(over.retry_after_seconds)
        answer.headers["RateLimit"] = f'"default";r=0;t={over.retry_after_seconds}'
        answer.headers["RateLimit-Policy"] = f'"default";q={over.requests};w={over.window_seconds}'
        await answer(exchange.scope, receive, exchange.send)

    async def _fail(self, exchange: "_Exchange", error: Exception, receive: Receive) -> None:
        unreachable = isinstance(error, _UNREACHABLE) or isinstance(_driver_error(error), _UNREACHABLE)
        log.error(
            "database_unavailable" if unreachable else "request_failed",
            error=type(error).__name__,
            where=where_it_failed(error)[-12:],
            request_id=exchange.request_id,
            trace_id=exchange.trace_id,
        )
        if exchange.has_begun:
            return
        refusal = Unavailable() if unreachable else InternalFailure()
        answer = self._refuse(refusal, exchange.language, exchange.request_id)
        if unreachable:
            answer.headers["Retry-After"] = "5"
        await answer(exchange.scope, receive, exchange.send)


def _driver_error(error: Exception) -> BaseException | None:
    """Return what asyncpg raised, when SQLAlchemy wraps it in an error that doesn't tell a start from a bug."""
    return error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else None


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self._send = send
        self.status = 500
        self.has_begun = False
        self.trace_id: str | None = None
        self._accept_language: str | None = None
        self._authorization: bytes | None = None
        request_id: bytes | None = None
        for name, value in scope["headers"]:
            if name == b"authorization":
                self._authorization = value
            elif name == b"x-request-id":
                request_id = value
            elif name == b"accept-language":
                self._accept_language = value.decode("latin-1")
            elif name == b"traceparent" and (match := _TRACE_PARENT.fullmatch(value)):
                self.trace_id = match[1].decode()
        if request_id is None or not _REQUEST_ID.fullmatch(request_id):
            request_id = token_hex(16).encode()
        self.request_id = request_id.decode()
        path = scope["path"]
        self._headers = [(b"x-request-id", request_id)]
        if path.startswith("/v1"):
            self._headers += [
                (b"cache-control", b"private, no-cache"),
                (b"vary", b"Authorization, Accept-Language"),
            ]

    @property
    def language(self) -> str:
        """Return the language of messages."""
        return preferred_language(self._accept_language)

    async def admit(self, resources: Resources) -> OverLimit | None:
        """Find out who calls, leave it in the scope's state, and count the request."""
        state: dict[str, Any] = self.scope.setdefault("state", {})
        state["request_id"] = self.request_id
        state["caller"], state["key_refused"] = None, False
        path = self.scope["path"]
        if path in _UNCOUNTED or path.startswith(_UNCOUNTED_FOLDER):
            return None
        if self._authorization is not None:
            scheme, _, token = self._authorization.decode("latin-1").partition(" ")
            key = token.strip()
            state["key_refused"] = True
            if scheme.lower() == "bearer" and looks_like_a_key(key):
                caller = await resources.callers.by_digest(digest_of(key))
                if caller is not None:
                    state["caller"], state["key_refused"] = caller, False
                    return resources.limits.count_key(str(caller.key_id))
        client = self.scope["client"]
        return resources.limits.count_address(client[0] if client else "")

    def send(self, message: Message) -> Awaitable[None]:
        """Pass a message on; the first one gets the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.has_begun = True
            self.status = message["status"]
            message["headers"] = [*message["headers"], *self._headers]
        return self._send(message)
