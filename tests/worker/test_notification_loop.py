"""The worker sends messages to people as they come, and ends what it has begun."""

import asyncio
from uuid import uuid4

import pytest

from service.clients.notifier import Notifier
from service.core.alert_messages import Message
from service.core.alerts import Notice
from service.db.engine import Database
from service.db.repositories import notifications
from service.worker.notification_loop import notify_people
from tests.clients.test_notifier import receiving

# Apprise imports it while it looks for its plug-ins.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


async def test_message_that_is_written_is_sent(database: Database) -> None:
    stop = asyncio.Event()
    async with receiving() as receiver:
        running = asyncio.create_task(notify_people(database, Notifier([receiver.url]), stop, every_seconds=0.02))
        async with database.session() as tx:
            message = Message("제목 · title", "본문 · body")
            await notifications.add(tx, uuid4(), target="factories-2026", kind=Notice.MET, message=message)
        async with asyncio.timeout(10):
            while not receiver.taken:  # noqa: ASYNC110 - it comes from outside
                await asyncio.sleep(0.01)
        stop.set()
        async with asyncio.timeout(5):
            await running
    assert [one["title"] for one in receiver.taken] == ["제목 · title"]
    assert await database.pool.fetchval("SELECT state FROM notification") == "sent"
