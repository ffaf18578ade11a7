"""Sends a webhook once and tells what came of it, whatever the receiver does.

Source: PRODUCT.md section 6, promises 3 and 7.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver

from service.clients.url_policy import Refused, SystemResolver, VettingResolver, vetted_sockets, vetted_url
from service.core.addresses import Network
from service.core.retry import ANSWER_BYTES_KEPT, CONNECT_SECONDS, TOTAL_SECONDS

OWN_HEADERS = {
    "User-Agent": f"AX-Registry/{version('ax-registry')}",
    "Content-Type": "application/json",
    "Accept": "*/*",
    # Nothing compressed: the first bytes of an answer are kept to be read by people, and nothing is ever unpacked.
    "Accept-Encoding": "identity",
}
"""What every request carries besides its signature; given headers win over it."""
_KEPT_OPEN_SECONDS = 4.0
"""Shorter than the five seconds after which common servers close, so that hardly ever both happen at once."""
_URLS_REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one attempt. No status: no answer came, and `error` says why.

    `error` beside a status: the answer's body could not be read to the end, or it was a redirect. `retry_after` is
    that header as it came, `answer` the first 16 KiB of the body.
    """

    milliseconds: int
    status: int | None = None
    error: str | None = None
    retry_after: str | None = None
    answer: bytes = b""


class WebhookSender:
    """Keeps connections to receivers open between deliveries; an asynchronous context manager.

    Certificates are always verified, redirects never followed, cookies never kept, proxies of the environment never
    used. `most_connections` must not be less than the deliveries in flight: waiting for one of them to become free
    counts as connecting. `resolver` and both times can be given from outside, for tests.
    """

    def __init__(
        self,
        *,
        allow_http: bool = False,
        networks: Sequence[Network] = (),
        resolver: AbstractResolver | None = None,
        most_connections: int = 100,
        connect_seconds: float = CONNECT_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._networks = tuple(networks)
        self._names = VettingResolver(resolver or SystemResolver(), networks=self._networks)
        self._most_connections = most_connections
        # `connect` is the whole of it: looking up the name, TCP and TLS.
        # From its threshold on aiohttp rounds times up, to whole seconds of its clock.
        never = total_seconds + 1
        self._timeout = aiohttp.ClientTimeout(total=total_seconds, connect=connect_seconds, ceil_threshold=never)

        @lru_cache(_URLS_REMEMBERED)
        def vetted(url: str) -> str:
            # Only what the URL itself says is remembered; what its name stands for is asked at every connect.
            return vetted_url(url, allow_http=allow_http, networks=self._networks)

        self._vetted = vetted

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self._names,
                use_dns_cache=False,
                socket_factory=vetted_sockets(self._networks),
                ssl=ssl.create_default_context(),
                limit=self._most_connections,
                keepalive_timeout=_KEPT_OPEN_SECONDS,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            auto_decompress=False,
            trust_env=False,
            read_bufsize=ANSWER_BYTES_KEPT,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()
        await self._names.close()

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        """POST `body` once; never raises for what a receiver, its name or its address does."""
        clock = asyncio.get_running_loop().time
        began = clock()
        status = retry_after = error = None
        answer = bytearray()
        try:
            async with self._session.post(
                self._vetted(url), data=body, headers={**OWN_HEADERS, **headers}, allow_redirects=False
            ) as response:
                status, retry_after = response.status, response.headers.get("Retry-After")
                await _read_first_bytes(response, into=answer)
        except (aiohttp.ClientError, OSError, ValueError, Refused) as failure:
            error = words_of(failure)
        if error is None and status is not None and 300 <= status <= 399:  # noqa: PLR2004 - the 3xx of HTTP
            error = "redirect not followed"
        return Sent(round((clock() - began) * 1000), status, error, retry_after, bytes(answer))


async def _read_first_bytes(response: aiohttp.ClientResponse, *, into: bytearray) -> None:
    """Read up to 16 KiB of an answer. Of a longer one the rest is not read: leaving it closes the connection."""
    while len(into) < ANSWER_BYTES_KEPT:
        chunk = await response.content.read(ANSWER_BYTES_KEPT - len(into))
        if not chunk:
            return
        into += chunk


_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ConnectionTimeoutError, "timeout while connecting"),
    (TimeoutError, "timeout"),
    (aiohttp.ClientConnectorDNSError, "name not found"),
    (aiohttp.ClientSSLError, "TLS handshake failed"),
    (aiohttp.ClientConnectorError, "no connection"),
    (aiohttp.ClientPayloadError, "answer cut short"),
    (aiohttp.ClientResponseError, "no valid HTTP answer"),
    (aiohttp.ServerDisconnectedError, "closed without an answer"),
    (OSError, "connection reset"),
)
"""What is said of a failure: the first that fits."""


def words_of(failure: Exception) -> str:
    """Say what went wrong in a few English words, as the endpoint's owner reads them; no address is in them."""
    match failure:
        case Refused():
            return f"refused: {failure}"
        case aiohttp.ClientConnectorCertificateError(certificate_error=ssl.SSLCertVerificationError() as verdict):
            return f"TLS certificate not accepted: {verdict.verify_message}"
        case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
            return "connection refused"
    return next((words for kind, words in _WORDS if isinstance(failure, kind)), f"failed: {type(failure).__name__}")
