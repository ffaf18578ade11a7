"""Which URLs a webhook is sent to, judged when it is sent: a name is good for what it stands for at this moment.

Three checks in a row, all by the rule in `service.core.addresses`: the URL itself, for aiohttp asks no resolver about
an address in it; every address a name stands for, asked anew for every connection; and once more the very address that
a socket is made for. What is connected to is what was judged: nothing is looked up in between, so that a DNS server
which changes its mind changes nothing.

Source: PRODUCT.md section 6, promise 7.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType

from service.core.addresses import Address, Network, refusal_of
from service.core.endpoint_urls import endpoint_url
from service.core.fields import Bad

_NAMES_AT_ONCE = 32
_NO_ADDRESS = "no address"
_READY = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class Refused(Exception):
    """Nothing may be sent there; the message says why in a few English words, and names no address."""


def vetted_url(url: str, *, allow_http: bool, networks: Sequence[Network]) -> str:
    """Return the URL as it may be called, by the rule that judged it when it was given: settings may have changed.

    Raises:
        Refused: scheme, user, host or address can't be allowed.
    """
    try:
        return endpoint_url(url, allow_http=allow_http, networks=networks)
    except Bad as bad:
        raise Refused(bad.code.replace("_", " ")) from None


def vet_address(text: str, networks: Sequence[Network]) -> Address:
    """Return the address that `text` writes.

    Raises:
        Refused: it is no address, or none that may be called.
    """
    try:
        address = ip_address(text)
    except ValueError:
        raise Refused(_NO_ADDRESS) from None
    reason = refusal_of(address, opened=networks)
    if reason is not None:
        raise Refused(reason)
    return address


class VettingResolver(AbstractResolver):
    """Asks another resolver, and refuses a name if a single one of its addresses may not be called.

    All of them, not only the first: which one is connected to is decided by chance and by speed.
    """

    def __init__(self, resolver: AbstractResolver, *, networks: Sequence[Network] = ()) -> None:
        self._resolver = resolver
        self._networks = networks

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name, each of them judged.

        Raises:
            Refused: one of them may not be called.
            OSError: the name has none, or can't be looked up.
        """
        answers = await self._resolver.resolve(host, port, family)
        if not answers:
            raise OSError(socket.EAI_NONAME, _NO_ADDRESS)
        addresses = [vet_address(answer["host"], self._networks) for answer in answers]
        return [_ready(host, port, address) for address in addresses]

    async def close(self) -> None:
        """Close the other resolver."""
        await self._resolver.close()


def _ready(hostname: str, port: int, address: Address) -> ResolveResult:
    """Return an answer with nothing left to look up: the judged address, the port that was asked for."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IP's two versions
    return ResolveResult(hostname=hostname, host=str(address), port=port, family=family, proto=0, flags=_READY)


def vetted_sockets(networks: Sequence[Network]) -> Callable[[AddrInfoType], socket.socket]:
    """Return a maker of sockets that makes none for an address that may not be called."""

    def make(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, to = info
        vet_address(str(to[0]), networks)
        return socket.socket(family=family, type=kind, proto=protocol)

    return make


LookUp = Callable[[str, int, int], list[Any]]


def _look_up(host: str, port: int, family: int) -> list[Any]:
    return socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


class SystemResolver(AbstractResolver):
    """The system's own resolver, in threads of its own; whoever asks for a name meanwhile shares the answer.

    So a name server that hangs costs one thread for each name, however many deliveries wait for it, and none that
    others work in. `look_up` is what such a thread runs, with host, port and family; tests give another.
    """

    def __init__(self, look_up: LookUp = _look_up, *, names_at_once: int = _NAMES_AT_ONCE) -> None:
        self._look_up = look_up
        self._threads = ThreadPoolExecutor(names_at_once, thread_name_prefix="names")
        self._asked: dict[tuple[str, int, int], asyncio.Future[list[Any]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return a name's addresses, as they are now.

        Raises:
            OSError: the name has none, or can't be looked up.
        """
        # Shielded: one who gives up waiting does not take the answer from the others.
        found = await asyncio.shield(self._ask(host, port, family))
        return [
            ResolveResult(hostname=host, host=str(to[0]), port=port, family=kind, proto=0, flags=_READY)
            for kind, _, _, _, to in found
        ]

    def _ask(self, host: str, port: int, family: int) -> asyncio.Future[list[Any]]:
        key = (host, port, family)
        if key not in self._asked:
            loop = asyncio.get_running_loop()
            asked = loop.run_in_executor(self._threads, self._look_up, host, port, family)
            self._asked[key] = asked
            asked.add_done_callback(lambda done: self._forget(key, done))
        return self._asked[key]

    def _forget(self, key: tuple[str, int, int], done: "asyncio.Future[list[Any]]") -> None:
        del self._asked[key]
        if not done.cancelled():
            done.exception()  # seen, also where nobody waits any more

    async def close(self) -> None:
        """Wait for nothing; what is being looked up is forgotten."""
        self._threads.shutdown(wait=False, cancel_futures=True)
