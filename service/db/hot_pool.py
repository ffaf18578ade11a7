"""A few bare asyncpg connections, kept open and lent out one by one.

asyncpg's own pool lends in a task of its own and behind a proxy, and resets what comes back: together a fifth of what
reading one record costs (docs/adr/0003-hot-paths.md). Hot statements leave nothing behind that would need it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

import asyncpg

Row = asyncpg.Record
# In quotes, for asyncpg's classes are generic to the type checker alone.
HotConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_MaybeConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | None"

_CLOSE_SECONDS = 5.0


class HotPool:
    """Up to `size` connections, opened when they are first needed; who comes when all are lent waits in line."""

    def __init__(self, connect: Callable[[], Awaitable[HotConnection]], *, size: int) -> None:
        self._connect = connect
        self._free_places = size
        self._idle: list[HotConnection] = []
        self._waiting: deque[asyncio.Future[_MaybeConnection]] = deque()
        self._is_closed = False

    async def fetch(self, statement: str, *parameters: Any) -> list[Row]:
        """Return all rows of a statement."""
        async with self.acquire() as connection:
            return await connection.fetch(statement, *parameters)

    async def fetchrow(self, statement: str, *parameters: Any) -> Row | None:
        """Return the first row of a statement, or None."""
        async with self.acquire() as connection:
            return await connection.fetchrow(statement, *parameters)

    async def fetchval(self, statement: str, *parameters: Any) -> Any:
        """Return the first value of the first row of a statement, or None."""
        async with self.acquire() as connection:
            return await connection.fetchval(statement, *parameters)

    async def execute(self, statement: str, *parameters: Any) -> str:
        """Run a statement and return its command tag."""
        async with self.acquire() as connection:
            return await connection.execute(statement, *parameters)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[HotConnection]:
        """Lend a connection for the length of the block.

        Raises:
            OSError, asyncpg.PostgresError: a new one was needed and can't be had.
        """
        connection = await self._take()
        try:
            yield connection
        except asyncpg.PostgresError:
            raise  # a statement was refused; the connection is as before
        except (asyncio.CancelledError, OSError, asyncpg.InterfaceError):
            connection.terminate()  # who knows what it was in the middle of
            raise
        finally:
            self._give_back(connection)

    async def close(self) -> None:
        """Close all that are idle at once, and those that are lent when they come back."""
        self._is_closed = True
        while self._idle:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._idle.pop().close(timeout=_CLOSE_SECONDS)

    async def _take(self) -> HotConnection:
        while True:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    return connection
                self._free_places += 1
            if self._free_places:
                return await self._open()
            handed_over = await self._wait()
            if handed_over is not None:
                return handed_over

    async def _open(self) -> HotConnection:
        self._free_places -= 1
        try:
            return await self._connect()
        except BaseException:
            self._free_a_place()
            raise

    async def _wait(self) -> _MaybeConnection:
        """Wait in line for a connection, or None: for the place of one that is no more."""
        turn: asyncio.Future[_MaybeConnection] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back(turn.result())  # it came at the moment in which its taker left
            raise

    def _give_back(self, connection: _MaybeConnection) -> None:
        if connection is not None and self._is_closed:
            connection.terminate()
        if connection is None or connection.is_closed():
            self._free_a_place()
        elif not self._hand_over(connection):
            self._idle.append(connection)

    def _free_a_place(self) -> None:
        self._free_places += 1
        self._hand_over(None)

    def _hand_over(self, connection: _MaybeConnection) -> bool:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False
