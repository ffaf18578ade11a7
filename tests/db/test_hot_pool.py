import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from service.db.hot_pool import HotConnection, HotPool


class Server:
    """Opens connections to one database, and counts them; `refuses` makes it turn the next ones away."""

    def __init__(self, url: str) -> None:
        self.url = url.replace("+asyncpg", "")
        self.opened = 0
        self.refuses = False

    async def connect(self) -> HotConnection:
        if self.refuses:
            raise ConnectionRefusedError
        self.opened += 1
        return await asyncpg.connect(self.url)


@pytest_asyncio.fixture
async def opener(shared_database_url: str) -> Server:
    return Server(shared_database_url)


@pytest_asyncio.fixture
async def pool(opener: Server) -> AsyncIterator[HotPool]:
    made = HotPool(opener.connect, size=2)
    yield made
    await made.close()


async def test_one_connection_serves_who_come_one_after_the_other(pool: HotPool, opener: Server) -> None:
    for number in range(5):
        assert await pool.fetchval("SELECT $1::int", number) == number

    assert opener.opened == 1


async def test_never_more_are_open_than_the_size(pool: HotPool, opener: Server) -> None:
    answers = await asyncio.gather(*(pool.fetchval("SELECT $1::int FROM pg_sleep(0.01)", n) for n in range(9)))

    assert answers == list(range(9))
    assert opener.opened == 2


async def test_who_waits_longest_is_next(pool: HotPool) -> None:
    order = []

    async def ask(number: int) -> None:
        async with pool.acquire():
            order.append(number)

    async with pool.acquire(), pool.acquire():
        waiting = [asyncio.create_task(ask(number)) for number in range(4)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)

    assert order == [0, 1, 2, 3]


async def test_refused_statement_leaves_the_connection_usable(pool: HotPool, opener: Server) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await pool.fetchval("SELECT 1 / 0")

    assert await pool.fetch("SELECT 1 AS one") == [(1,)]
    assert opener.opened == 1


async def test_connection_given_up_in_the_middle_is_replaced(pool: HotPool, opener: Server) -> None:
    asking = asyncio.create_task(pool.fetchval("SELECT pg_sleep(10)"))
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert [await pool.fetchval("SELECT 1") for _ in range(3)] == [1, 1, 1]
    assert opener.opened == 2


async def test_connection_the_server_ended_is_replaced(pool: HotPool, opener: Server) -> None:
    ended = await pool.fetchval("SELECT pg_backend_pid()")
    other = await opener.connect()
    await other.execute("SELECT pg_terminate_backend($1)", ended)
    await other.close()
    await asyncio.sleep(0.05)

    assert await pool.fetchval("SELECT pg_backend_pid()") != ended


async def test_who_waits_takes_the_place_of_a_connection_that_is_no_more(pool: HotPool) -> None:
    async with pool.acquire() as first, pool.acquire():
        waiting = asyncio.create_task(pool.fetchval("SELECT 7"))
        await asyncio.sleep(0)
        first.terminate()

    assert await waiting == 7


async def test_failed_opening_costs_no_place(pool: HotPool, opener: Server) -> None:
    opener.refuses = True
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            await pool.fetchval("SELECT 1")
    opener.refuses = False

    assert await asyncio.gather(*(pool.fetchval("SELECT 1 FROM pg_sleep(0.01)") for _ in range(3))) == [1, 1, 1]


async def test_who_leaves_the_line_gives_the_turn_to_the_next(pool: HotPool) -> None:
    async with pool.acquire():
        async with pool.acquire():
            leaver = asyncio.create_task(pool.fetchval("SELECT 1"))
            stayer = asyncio.create_task(pool.fetchval("SELECT 2"))
            await asyncio.sleep(0)
        leaver.cancel()  # at the moment at which the connection was handed over to it

        with pytest.raises(asyncio.CancelledError):
            await leaver
        assert await asyncio.wait_for(stayer, 5) == 2


async def test_connection_lent_while_the_pool_closes_is_closed_when_it_comes_back(opener: Server) -> None:
    pool = HotPool(opener.connect, size=1)

    async with pool.acquire() as lent:
        await pool.close()
        assert await lent.fetchval("SELECT 1") == 1

    assert lent.is_closed()
