"""Connections as the several logins, and a server of one's own for what concerns the whole of it."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from service.embedded import Attached, attach

Connect = Callable[[str], Awaitable[asyncpg.Connection]]


@pytest_asyncio.fixture
async def connect() -> AsyncIterator[Connect]:
    """Open connections to SQLAlchemy URLs; they are closed in the end."""
    opened: list[asyncpg.Connection] = []

    async def open_one(url: str) -> asyncpg.Connection:
        opened.append(await asyncpg.connect(url.replace("+asyncpg", "")))
        return opened[-1]

    yield open_one
    for connection in opened:
        await connection.close()


@pytest.fixture(scope="module")
def own_server() -> Iterator[Attached]:
    """A server that no other test uses, since roles belong to a whole server."""
    folder = Path(tempfile.mkdtemp(prefix="axd-", dir="/tmp"))
    folder.chmod(0o755)
    with attach(folder, durable=False) as server:
        yield server
    shutil.rmtree(folder)


@pytest_asyncio.fixture
async def bare_server(own_server: Attached, connect: Connect) -> Attached:
    """The same server without the registry's roles, as someone else's would be; with the database `theirs`."""
    connection = await connect(own_server.superuser_url)
    for database in ("theirs", "axreg"):
        await connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    for role in ("axreg_owner", "axreg_app", "tenant"):
        await connection.execute(f"DROP ROLE IF EXISTS {role}")
    await connection.execute("CREATE ROLE tenant LOGIN")
    await connection.execute("CREATE DATABASE theirs OWNER tenant")
    return own_server
