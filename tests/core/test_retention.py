"""What is kept, by identifiers that carry their time."""

from datetime import UTC, datetime, timedelta

from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.retention import KEPT_FOR, oldest_kept

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
INSTANT = timedelta(milliseconds=1)


def test_what_was_made_ninety_days_ago_is_the_oldest_that_is_kept() -> None:
    last_random = (1 << RANDOM_BITS) - 1
    assert timedelta(days=90) == KEPT_FOR
    assert uuid7(NOW - KEPT_FOR - INSTANT, last_random) < oldest_kept(NOW) <= uuid7(NOW - KEPT_FOR, 0)
