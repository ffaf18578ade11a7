"""Identifiers: UUID version 7 (RFC 9562), so that records sort by the moment of their making."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
RANDOM_BITS = 62


def uuid7(instant: datetime, random: int) -> UUID:
    """Return the UUIDv7 of an aware instant and `RANDOM_BITS` random bits.

    The twelve bits after the milliseconds hold their fraction (RFC 9562, section 6.2, method 3), so the
    order of identifiers is the order of their instants to the microsecond.
    """
    microseconds = (instant - _EPOCH) // _MICROSECOND
    milliseconds, fraction = divmod(microseconds, 1000)
    sub_millisecond = fraction * 4096 // 1000
    return UUID(int=milliseconds << 80 | 0x7 << 76 | sub_millisecond << 64 | 0b10 << 62 | random)
