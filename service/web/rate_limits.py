"""How often a caller may ask: per key, or per address where there is none. Counted in each process."""

import time
from dataclasses import dataclass
from math import ceil

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter


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
        self._per_key, self._per_address = parse(per_key), parse(per_address)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count_key(self, key: str) -> OverLimit | None:
        """Count a request of a key; return the limit if it is used up."""
        return self._count(self._per_key, "key", key)

    def count_address(self, address: str) -> OverLimit | None:
        """Count a request without a valid key; return the limit if it is used up."""
        return self._count(self._per_address, "address", address)

    def _count(self, item: RateLimitItem, kind: str, who: str) -> OverLimit | None:
        if self._limiter.hit(item, kind, who):
            return None
        reset_time = self._limiter.get_window_stats(item, kind, who).reset_time
        # The library counts in the system's clock; only the difference is used.
        wait = max(1, ceil(reset_time - time.time()))  # noqa: TID251 - see above: not the registry's time
        return OverLimit(f"{item.amount}/{item.GRANULARITY.name}", item.amount, item.get_expiry(), wait)
