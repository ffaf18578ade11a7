"""Which key belongs to whom, remembered for a few seconds. A revoked key is refused within five on every process."""

import time
from collections.abc import Awaitable, Callable

from service.core.access import Caller

FRESH_SECONDS = 4.0
MOST = 10_000

Lookup = Callable[[bytes], Awaitable[Caller | None]]


class KnownCallers:
    """Remembers callers by their key's digest. Unknown keys are asked for each time: guessing fills no memory."""

    def __init__(self, look_up: Lookup) -> None:
        self._look_up = look_up
        self._known: dict[bytes, tuple[Caller, float]] = {}

    def forget(self) -> None:
        """Ask anew for every key: one was revoked here, or an organization closed, and that holds at once."""
        self._known.clear()

    async def by_digest(self, digest: bytes) -> Caller | None:
        """Return whose key has this SHA-256, or None if it is unknown, revoked or expired."""
        now = time.monotonic()
        known = self._known.get(digest)
        if known and now - known[1] < FRESH_SECONDS:
            return known[0]
        caller = await self._look_up(digest)
        if caller is None:
            self._known.pop(digest, None)
            return None
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[digest] = (caller, now)
        return caller
