"""What a worker does: every loop there is, side by side."""

import asyncio
from collections.abc import Mapping
from functools import partial
from uuid import UUID

from service.clients.notifier import Notifier
from service.clients.webhook_sender import WebhookSender
from service.web.resources import Resources
from service.worker.delivery_loop import MOST_IN_FLIGHT, deliver
from service.worker.heartbeat_loop import beat
from service.worker.notification_loop import notify_people
from service.worker.pace_loop import store_days, watch_pace
from service.worker.retention_loop import remove_expired
from service.worker.running import Loop, run_side_by_side
from service.worker.tally_loop import keep_tally


async def work(resources: Resources, worker_id: UUID, stop: asyncio.Event) -> None:
    """Work until `stop` is set, then come to an end within twenty seconds. Any number of workers share the work."""
    async with _opened_sender(resources) as sender, resources.announcer.passing_on():
        await run_side_by_side(_loops(resources, worker_id, sender), stop)


def _opened_sender(resources: Resources) -> WebhookSender:
    settings = resources.settings
    return WebhookSender(
        allow_http=settings.webhook_allow_http,
        networks=settings.webhook_networks,
        most_connections=MOST_IN_FLIGHT,
    )


def _loops(resources: Resources, worker_id: UUID, sender: WebhookSender) -> Mapping[str, Loop]:
    database, pool = resources.database, resources.database.pool
    return {
        "heartbeat": partial(beat, pool, worker_id),
        "deliveries": partial(_deliver, resources, sender),
        "pace": partial(watch_pace, resources),
        "days": partial(store_days, resources),
        "notifications": partial(notify_people, database, Notifier(resources.settings.notify_channels)),
        "retention": partial(remove_expired, pool, resources.clock),
        "tally": partial(keep_tally, pool),
    }


async def _deliver(resources: Resources, sender: WebhookSender, stop: asyncio.Event) -> None:
    await deliver(resources.database, sender=sender, open_secret=resources.secret_box.open, stop=stop)
