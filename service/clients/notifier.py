"""Sends messages to people by the channels that a setting names: e-mail, Slack, Teams and others, by Apprise.

A channel's URL holds passwords and tokens: it is never logged nor stored. A channel is known by a fingerprint of it.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from hashlib import sha256

import structlog

from service.core.alert_messages import Message

log = structlog.get_logger()

_FINGERPRINT_DIGITS = 16


class Notifier:
    """The channels to people. Apprise is imported when something is first sent: it is heavy, and often not needed."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls: Mapping[str, str] = {_fingerprint(url): url for url in urls}

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the fingerprints of all channels, in the order of the setting."""
        return tuple(self._urls)

    def kind_of(self, channel: str) -> str:
        """Return what sort of channel it is, as the beginning of its URL names it: `mailto`, `slack`."""
        return self._urls[channel].partition("://")[0].lower()

    async def send(self, channel: str, message: Message) -> bool:
        """Send a message by one channel; tell whether it was taken. Takes some seconds where nobody answers."""
        return await asyncio.to_thread(_send, self._urls[channel], message)


def _fingerprint(url: str) -> str:
    return sha256(url.encode()).hexdigest()[:_FINGERPRINT_DIGITS]


def _send(url: str, message: Message) -> bool:
    import apprise  # noqa: PLC0415 - heavy, and only a worker with channels needs it

    # Its own lines name addresses and parts of URLs; whether a message was taken is logged by who sends it.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    asset = apprise.AppriseAsset(app_id="AX Registry", app_desc="AX Registry", storage_mode="memory")
    channel = apprise.Apprise(asset=asset)
    if not channel.add(url):
        return False
    return bool(channel.notify(title=message.title, body=message.body, body_format=apprise.NotifyFormat.TEXT))
