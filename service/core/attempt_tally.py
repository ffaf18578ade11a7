"""What all attempts to deliver come to: figures that only ever rise, added up from parts.

Seconds are those from the writing of an event to the beginning of the first attempt to deliver it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class AttemptEnd(StrEnum):
    """How an attempt ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """An answer came that is none of success."""
    UNANSWERED = "unanswered"
    """None came: no connection, a timeout, a broken answer."""
    REFUSED = "refused"
    """By ourselves: the address may not be reached."""
    LOST = "lost"
    """The worker died with it, or was too slow: its lease expired."""


BOUNDS_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)
"""Upper bounds of the histogram's buckets; the last one has none."""
_BUCKETS: Final = len(BOUNDS_SECONDS) + 1


@dataclass(frozen=True, slots=True)
class AttemptTally:
    """How many attempts ended how, and how soon first ones began: in each bucket as many as fall into it alone."""

    ends: Mapping[AttemptEnd, int] = field(default_factory=dict)
    first_attempts: tuple[int, ...] = (0,) * _BUCKETS
    first_seconds: float = 0.0

    def __add__(self, other: "AttemptTally") -> "AttemptTally":
        """Return what both come to."""
        return AttemptTally(
            ends={end: self.ends.get(end, 0) + other.ends.get(end, 0) for end in AttemptEnd},
            first_attempts=tuple(a + b for a, b in zip(self.first_attempts, other.first_attempts, strict=True)),
            first_seconds=self.first_seconds + other.first_seconds,
        )

    def up_to_bounds(self) -> Iterator[tuple[float, int]]:
        """Yield each bound in seconds with how many first attempts began up to it; the last bound is infinite."""
        total = 0
        for bound, count in zip((*BOUNDS_SECONDS, float("inf")), self.first_attempts, strict=True):
            total += count
            yield bound, total

    def as_stored(self) -> dict[str, Any]:
        """Return it in JSON's types. Buckets are named by their bounds: a later version may have others."""
        return {
            "ends": {end.value: count for end, count in self.ends.items() if count},
            "first_attempts": dict(zip(map(str, (*BOUNDS_SECONDS, "inf")), self.first_attempts, strict=True)),
            "first_seconds": self.first_seconds,
        }


def from_stored(stored: Mapping[str, Any]) -> AttemptTally:
    """Return what `as_stored` gave; of nothing, the tally of nothing."""
    ends, first = stored.get("ends", {}), stored.get("first_attempts", {})
    return AttemptTally(
        ends={end: ends.get(end.value, 0) for end in AttemptEnd},
        first_attempts=tuple(first.get(str(bound), 0) for bound in (*BOUNDS_SECONDS, "inf")),
        first_seconds=stored.get("first_seconds", 0.0),
    )
