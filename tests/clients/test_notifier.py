"""Messages go out by real channels of Apprise, here to a receiver on this machine."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from service.clients.notifier import Notifier
from service.core.alert_messages import Message

# Apprise imports it while it looks for its plug-ins.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
MESSAGE = Message("[AX Registry] 2026년 AI 팩토리 100개: 지연 · behind", "추진 상황: 순조 → 지연\n\nPace: behind")


@dataclass
class Receiver:
    """What stands at the other end of a channel."""

    url: str = ""
    status: int = 200
    taken: list[dict[str, Any]] = field(default_factory=list)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()

    async def take(request: web.Request) -> web.Response:
        receiver.taken.append(json.loads(await request.read()))
        return web.Response(status=receiver.status)

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"json://user:hidden-word@127.0.0.1:{runner.addresses[0][1]}/alerts"
    yield receiver
    await runner.cleanup()


async def test_message_arrives_with_title_and_body_as_they_are() -> None:
    async with receiving() as receiver:
        notifier = Notifier([receiver.url])
        (channel,) = notifier.channels
        assert await notifier.send(channel, MESSAGE)
    assert [(one["title"], one["message"]) for one in receiver.taken] == [(MESSAGE.title, MESSAGE.body)]


async def test_channel_that_refuses_or_is_not_there_has_not_taken_it() -> None:
    async with receiving() as receiver:
        receiver.status = 500
        notifier = Notifier([receiver.url, "json://127.0.0.1:9/nobody", "nothing-known://x"])
        taken = await asyncio.gather(*(notifier.send(channel, MESSAGE) for channel in notifier.channels))
    assert taken == [False, False, False]


async def test_no_word_of_a_channels_url_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    notifier = Notifier(["json://user:hidden-word@127.0.0.1:9/hidden-path"])
    await notifier.send(notifier.channels[0], MESSAGE)
    written = capsys.readouterr()
    assert "hidden" not in written.err + written.out


def test_channel_is_known_by_a_fingerprint_and_its_kind() -> None:
    first, second = Notifier(["mailto://user:hidden-word@example.com", "Slack://hidden"]).channels
    notifier = Notifier(["mailto://user:hidden-word@example.com", "Slack://hidden"])
    assert notifier.channels == (first, second)
    assert [notifier.kind_of(channel) for channel in (first, second)] == ["mailto", "slack"]
    assert "hidden" not in first + second
