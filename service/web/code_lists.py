"""The book of regions as this process knows it: read again every few seconds, since a command may change it."""

import time
from collections.abc import Awaitable, Callable

from service.core.regions import RegionBook

FRESH_SECONDS = 5.0


class CodeLists:
    """Remembers the regions for `FRESH_SECONDS`, so that no request waits for a table that changes once in years."""

    def __init__(self, read_book: Callable[[], Awaitable[RegionBook]]) -> None:
        self._read_book = read_book
        self._book = RegionBook([])
        self._read_at = float("-inf")

    async def regions(self) -> RegionBook:
        """Return the regions, at most `FRESH_SECONDS` old."""
        now = time.monotonic()
        if now - self._read_at > FRESH_SECONDS:
            self._book = await self._read_book()
            self._read_at = now
        return self._book
