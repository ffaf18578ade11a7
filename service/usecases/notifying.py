"""Sending messages to people: at least once by each channel, again and again for a day where one doesn't take it."""

import asyncio
from typing import Protocol

import structlog

from service.core.alert_messages import GIVE_UP_AFTER, Message, pause_after
from service.db.engine import Database
from service.db.repositories import notifications
from service.db.repositories.notifications import Notification

log = structlog.get_logger()

AT_ONCE = 10
NO_CHANNEL = "no channel is set (AX_NOTIFY_URLS)"


class Channels(Protocol):
    """The ways to people, each known by a fingerprint; `service.clients.notifier` has the real ones."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the fingerprints of all channels."""

    def kind_of(self, channel: str) -> str:
        """Return what sort of channel it is."""

    async def send(self, channel: str, message: Message) -> bool:
        """Send a message by one channel; tell whether it was taken."""


async def send_due(database: Database, channels: Channels) -> int:
    """Send the messages that are due; return how many were tried.

    Each is claimed for two minutes: whoever dies with it leaves it to another, who may send it a second time.
    """
    async with database.session() as tx:
        claimed = await notifications.claim_due(tx, limit=AT_ONCE)
    await asyncio.gather(*(_send(database, channels, one) for one in claimed))
    return len(claimed)


async def _send(database: Database, channels: Channels, one: Notification) -> None:
    if not channels.channels:
        # It says so itself: a message that nobody was told is not counted as sent.
        await _settle(database, one, state="failed", told=one.told, error=NO_CHANNEL)
        return
    missing = [channel for channel in channels.channels if channel not in one.told]
    taken = await asyncio.gather(*(channels.send(channel, one.message) for channel in missing))
    refused = [channel for channel, is_taken in zip(missing, taken, strict=True) if not is_taken]
    told = (*one.told, *(channel for channel in missing if channel not in refused))
    if not refused:
        await _settle(database, one, state="sent", told=told, error=None)
        return
    kinds = ", ".join(channels.kind_of(channel) for channel in refused)
    is_over = one.age >= GIVE_UP_AFTER
    log.warning(
        "notification_given_up" if is_over else "notification_not_taken",
        notification_id=str(one.id),
        target=one.target,
        channels=kinds,
        attempts=one.attempts,
    )
    await _settle(database, one, state="failed" if is_over else "pending", told=told, error=f"not taken by {kinds}")


async def _settle(
    database: Database, one: Notification, *, state: str, told: tuple[str, ...], error: str | None
) -> None:
    async with database.session() as tx:
        await notifications.settle(tx, one, state=state, told=told, error=error, pause=pause_after(one.attempts))
