"""A clock that stands still until told otherwise."""

from datetime import UTC, datetime, timedelta

NOON_IN_SEOUL = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


class FakeClock:
    """Each reading is a microsecond after the one before, so that no two records are of the same instant."""

    def __init__(self, now: datetime = NOON_IN_SEOUL) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)
