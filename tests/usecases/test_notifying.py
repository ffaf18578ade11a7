"""Messages to people are sent at least once by each channel, for a day where one doesn't take them."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from service.core.alert_messages import Message
from service.core.alerts import Notice
from service.db.engine import Database
from service.db.repositories import notifications
from service.usecases.notifying import NO_CHANNEL, send_due

MESSAGE = Message("제목 · title", "본문 · body")


@dataclass
class FakeChannels:
    """Channels that take a message unless they are among those that refuse."""

    channels: tuple[str, ...] = ("mail", "chat")
    refusing: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)

    def kind_of(self, channel: str) -> str:
        return channel

    async def send(self, channel: str, message: Message) -> bool:
        assert message == MESSAGE
        self.sent.append(channel)
        await asyncio.sleep(0)
        return channel not in self.refusing


async def write(database: Database) -> None:
    async with database.session() as tx:
        await notifications.add(tx, uuid4(), target="factories-2026", kind=Notice.BEHIND, message=MESSAGE)


async def states(database: Database) -> list[tuple[Any, ...]]:
    rows = await database.pool.fetch("SELECT state, attempts, last_error FROM notification ORDER BY id")
    return [tuple(row) for row in rows]


async def make_due(database: Database, **ago: int) -> None:
    """Let the pause be over, and the message be older."""
    await database.pool.execute("UPDATE notification SET next_attempt_at = now()")
    for unit, number in ago.items():
        await database.pool.execute(f"UPDATE notification SET created_at = now() - interval '{number} {unit}'")


async def test_message_is_sent_by_every_channel_once(database: Database) -> None:
    await write(database)
    channels = FakeChannels()
    assert [await send_due(database, channels) for _ in range(2)] == [1, 0]
    assert (sorted(channels.sent), await states(database)) == (["chat", "mail"], [("sent", 1, None)])


async def test_channel_that_took_it_is_not_asked_again_when_another_did_not(database: Database) -> None:
    await write(database)
    channels = FakeChannels(refusing={"chat"})
    await send_due(database, channels)
    assert await states(database) == [("pending", 1, "not taken by chat")]
    assert await send_due(database, channels) == 0, "its pause is not over"
    channels.refusing.clear()
    await make_due(database)
    await send_due(database, channels)
    assert (channels.sent, await states(database)) == (["mail", "chat", "chat"], [("sent", 2, None)])


async def test_what_nobody_took_for_a_day_is_given_up_and_says_so(database: Database) -> None:
    await write(database)
    channels = FakeChannels(refusing={"mail", "chat"})
    await make_due(database, hours=23)
    await send_due(database, channels)
    await make_due(database, hours=24)
    await send_due(database, channels)
    assert await states(database) == [("failed", 2, "not taken by mail, chat")]


async def test_without_channels_it_is_not_said_to_be_sent(database: Database) -> None:
    await write(database)
    await send_due(database, FakeChannels(channels=()))
    assert await states(database) == [("failed", 1, NO_CHANNEL)]


async def test_several_who_send_share_the_messages(database: Database) -> None:
    for _ in range(5):
        await write(database)
    channels = FakeChannels(channels=("mail",))
    assert sum(await asyncio.gather(*(send_due(database, channels) for _ in range(4)))) == 5
    assert channels.sent == ["mail"] * 5


async def test_message_of_one_who_died_is_sent_by_another_who_alone_settles_it(database: Database) -> None:
    await write(database)
    async with database.session() as tx:
        (left,) = await notifications.claim_due(tx, limit=10)
    channels = FakeChannels()
    assert await send_due(database, channels) == 0, "it may still be sending"
    await make_due(database)
    assert await send_due(database, channels) == 1
    async with database.session() as tx:
        late = await notifications.settle(tx, left, state="pending", told=(), error="late", pause=left.age)
    assert (late, await states(database)) == (False, [("sent", 2, None)])
