"""The application on a real socket, in a thread of its own, for clients that are not asynchronous."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import uvicorn

from tests.api.conftest import Api, running_app
from tests.clocks import FakeClock

Result = TypeVar("Result")


@dataclass
class Live:
    """Where it listens, and a way to do something in its event loop."""

    url: str
    api: Api
    loop: asyncio.AbstractEventLoop

    def run(self, work: Callable[[Api], Awaitable[Result]]) -> Result:
        """Do some work on the application from outside its thread."""

        async def doing() -> Result:
            return await work(self.api)

        return asyncio.run_coroutine_threadsafe(doing(), self.loop).result(timeout=30)


@contextmanager
def live_app(database_url: str) -> Iterator[Live]:
    """Serve the application on a free port of this machine."""
    started = threading.Event()
    found: list[Live] = []
    servers: list[uvicorn.Server] = []

    async def serve() -> None:
        async with running_app(database_url, FakeClock()) as api:
            listener = socket.create_server(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            server = uvicorn.Server(uvicorn.Config(api.app, log_config=None, access_log=False, lifespan="off"))
            servers.append(server)
            found.append(Live(url, api, asyncio.get_running_loop()))
            started.set()
            await server.serve(sockets=[listener])
            listener.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(timeout=20), "the application did not start"
    yield found[0]
    servers[0].should_exit = True
    thread.join(timeout=20)
