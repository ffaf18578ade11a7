"""The yardstick: a bare FastAPI application, served exactly as the registry is."""

import asyncio
import json
from typing import Any

import uvloop
from fastapi import FastAPI

from service.cli.web_server import WebServer, bound_sockets

app = FastAPI()


@app.get("/", response_model=None)
async def hello() -> dict[str, Any]:
    """Say hello."""
    return {"message": "Hello World"}


def serve() -> None:
    """Serve on a free port of this machine; the first line on standard output says which."""
    with bound_sockets("127.0.0.1", 0) as sockets, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        port = sockets[0].getsockname()[1]

        def say_ready() -> None:
            print(json.dumps({"url": f"http://127.0.0.1:{port}"}), flush=True)

        runner.run(WebServer(app, when_ready=say_ready).serve(sockets))


if __name__ == "__main__":
    serve()
