"""How long is kept what partners were told, and how it was told them.

Source: PRODUCT.md section 6, promise 4, and the feed of section 7.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from service.core.identifiers import uuid7

KEPT_FOR: Final = timedelta(days=90)
"""Events, deliveries, attempts and settled messages to people."""


def oldest_kept(now: datetime) -> UUID:
    """Return the lowest UUIDv7 that is within the time of keeping: what was made before has a lower one."""
    return uuid7(now - KEPT_FOR, 0)
