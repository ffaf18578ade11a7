"""The HTTP server: uvicorn as this service needs it."""

import gc
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from service.cli.failures import WRONG_USE, CommandFailed
from service.web.resources import Resources

GRACE_SECONDS: Final = 10
"""How long requests that are being answered may take once the process was told to stop."""

IDLE_SECONDS: Final = 75
"""How long a connection may lie idle: longer than clients and proxies keep one, so that none is closed on a request."""

# Measured (docs/adr): what start-up left behind is never looked at again, and young objects die by counting references.
_GC_THRESHOLDS: Final = (50_000, 20, 100)


class WebServer(uvicorn.Server):
    """uvicorn without its own way with signals; calls `when_ready` once it accepts connections."""

    def __init__(self, app: FastAPI, *, when_ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            loop="none",  # the caller's
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_keep_alive=IDLE_SECONDS,
        )
        super().__init__(config)
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # starting and stopping is told by ourselves
        self._app = app
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; then put what start-up made out of the garbage collector's sight."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        self._when_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, which would stay open for ever; then finish what is being answered."""
        resources: Resources = self._app.state.resources
        resources.streams.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone: `service.cli.signals` has them."""
        yield

    def stop(self) -> None:
        """Accept no more requests, finish those there are, and return from `serve`."""
        self.should_exit = True


@contextmanager
def bound_sockets(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Take the address before anything else is started; nobody can connect until the server listens.

    Port 0 means any free one.

    Raises:
        CommandFailed: the address is in use, or is not one of this machine's.
    """
    with ExitStack() as stack:
        sockets: list[socket.socket] = []
        for family, address in _addresses(host, port):
            opened = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            taken = port or (sockets[0].getsockname()[1] if sockets else 0)
            try:
                opened.bind((address[0], taken, *address[2:]))
            except OSError as error:
                raise refused_address(host, port, error) from None
            sockets.append(opened)
        yield sockets


def refused_address(host: str, port: int, error: OSError) -> CommandFailed:
    """Return what is told of an address that can't be listened on."""
    reason = (error.strerror or str(error)).lower()
    message = f"can't listen on {host} port {port}: {reason}; set AX_HOST or AX_PORT to another, or stop what has it"
    return CommandFailed(message, status=WRONG_USE)


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise refused_address(host, port, error) from None
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))
