"""How often a caller may ask: per key, or per address where there is none. Counted in each process."""

import time
from dataclasses import dataclass
from math import ceil

_SECONDS_OF = {"second": 1, "minute": 60, "hour": 3600}


@dataclass(frozen=True, slots=True)
class OverLimit:
    """A caller who has used up the window. Seconds are whole and at least 1."""

    limit: str
    requests: int
    window_seconds: int
    retry_after_seconds: int


class RateLimits:
    """The two limits of `AX_RATE_LIMIT`, in a sliding window."""

    def __init__(self, setting: str) -> None:
        per_key, per_address = setting.split(",")
        self._keys, self._addresses = SlidingWindow(per_key), SlidingWindow(per_address)

    def count_key(self, key: str) -> OverLimit | None:
        """Count a request of a key; return the limit if it is used up."""
        return self._keys.count(key, time.monotonic())

    def count_address(self, address: str) -> OverLimit | None:
        """Count a request without a valid key; return the limit if it is used up."""
        return self._addresses.count(address, time.monotonic())


class SlidingWindow:
    """One limit, such as `6000/minute`, for many callers.

    Two windows are counted, this one and the one before, which weighs as much as of it lies less than a window back.
    So each request costs a look at two dictionaries, and who has not asked for two windows is forgotten.
    """

    def __init__(self, limit: str) -> None:
        self.limit = limit
        requests, _, unit = limit.partition("/")
        self.requests, self.seconds = int(requests), _SECONDS_OF[unit]
        self._window = 0
        self._counts: dict[str, int] = {}
        self._before: dict[str, int] = {}

    def count(self, who: str, now: float) -> OverLimit | None:
        """Count a request at `now`, in seconds of any clock that only rises; one over the limit is not counted."""
        window, into = divmod(now, self.seconds)
        if window != self._window:
            self._before = self._counts if window == self._window + 1 else {}
            self._counts = {}
            self._window = int(window)
        count, before = self._counts.get(who, 0), self._before.get(who, 0)
        if count + int(before * (1 - into / self.seconds)) >= self.requests:
            wait = max(1, ceil(self._free_at(count, before) - into))
            return OverLimit(self.limit, self.requests, self.seconds, wait)
        self._counts[who] = count + 1
        return None

    def _free_at(self, count: int, before: int) -> float:
        """Return after how many seconds of this window one more request will fit."""
        room = self.requests - count
        return self.seconds * (1 - room / before) if room else self.seconds
