"""The connections to PostgreSQL: a session for most work, and a pool of bare asyncpg connections for the hot paths."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from service.db.hot_pool import HotConnection, HotPool, Row
from service.db.migrating import APP, OWNER, Schema, schema_state

__all__ = ["Database", "HotConnection", "HotPool", "Row", "open_database", "owner_session"]

STATEMENT_TIMEOUT_MS = 15_000
_SETTINGS = {
    "application_name": "ax-registry",
    "timezone": "UTC",
    "role": APP,  # whoever logs in, the service works with the rights of the role that may only add to history
    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
    "idle_in_transaction_session_timeout": "60000",
    "jit": "off",
}


# For lists: which plan is good depends on the values asked for. One plan for all, which PostgreSQL would take after the
# fifth use, reads a million rows for a common word because the words before were rare. And starting a second process
# for one page takes longer than the page.
_PLANNED_ANEW = {"plan_cache_mode": "force_custom_plan", "max_parallel_workers_per_gather": "0"}


class Database:
    """The database as the service sees it."""

    def __init__(self, url: str, *, engine: AsyncEngine, pool: HotPool, list_pool: HotPool) -> None:
        self.url = url
        self.engine = engine
        self.sessions = async_sessionmaker(engine, expire_on_commit=False)
        self.pool = pool
        self.list_pool = list_pool

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """Open a session in one transaction; it commits at the end, or rolls back on any error."""
        async with self.sessions.begin() as session:
            yield session

    async def schema_state(self) -> Schema:
        """Tell how the database's tables compare with what this version needs."""
        async with self.engine.connect() as connection:
            return await schema_state(connection)

    async def is_current(self) -> bool:
        """Tell whether the database has the tables this version needs; those of a newer version suit it too."""
        return await self.schema_state() is not Schema.BEHIND

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close()
        await self.list_pool.close()
        await self.engine.dispose()


async def open_database(url: str, *, hot_size: int = 10, session_size: int = 10) -> Database:
    """Open the database at `url` (`postgresql+asyncpg://…`).

    Raises:
        OSError, asyncpg.PostgresError: it can't be reached, or refuses the login.
    """
    pool = _hot_pool(url, hot_size, _SETTINGS)
    async with pool.acquire():
        pass  # that it can't be reached is to be told now
    engine = create_async_engine(
        url,
        pool_size=session_size,
        max_overflow=session_size,
        pool_pre_ping=True,
        connect_args={"server_settings": _SETTINGS},
    )
    list_pool = _hot_pool(url, hot_size, _SETTINGS | _PLANNED_ANEW)
    return Database(url, engine=engine, pool=pool, list_pool=list_pool)


def _hot_pool(url: str, size: int, settings: dict[str, str]) -> HotPool:
    async def connect() -> HotConnection:
        return await asyncpg.connect(url.replace("+asyncpg", ""), server_settings=settings)

    return HotPool(connect, size=size)


@asynccontextmanager
async def owner_session(url: str) -> AsyncIterator[AsyncSession]:
    """Open a session in one transaction as the tables' owner, for what the service itself may not do.

    Raises:
        asyncpg.PostgresError: this login may not become the owner.
    """
    settings = {**_SETTINGS, "role": OWNER, "statement_timeout": "0", "lock_timeout": "30s"}
    engine = create_async_engine(url, poolclass=NullPool, connect_args={"server_settings": settings})
    try:
        async with async_sessionmaker(engine, expire_on_commit=False).begin() as session:
            yield session
    finally:
        await engine.dispose()
