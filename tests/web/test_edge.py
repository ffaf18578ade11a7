"""What is answered while the database can't be used."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.responses import Response

from tests.api.conftest import Api

STARTING_UP = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
"""The fields of what PostgreSQL answers to every connection until it has read its log after a crash."""


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(8)
    writer.write(b"E" + (len(STARTING_UP) + 4).to_bytes(4, "big") + STARTING_UP)
    await writer.drain()
    writer.close()


@pytest_asyncio.fixture
async def starting_database() -> AsyncIterator[str]:
    """The address of a database that lets nobody in yet."""
    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql+asyncpg://axreg_app:secret@127.0.0.1:{port}/axreg?ssl=disable"


async def test_a_write_while_the_database_starts_is_asked_to_come_again(api: Api, starting_database: str) -> None:
    engine = create_async_engine(starting_database)

    async def write() -> Response:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT 1"))
        return Response()

    api.app.add_api_route("/write", write)

    answer = await api.client.get("/write")

    await engine.dispose()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "5"
