"""UUID version 7: the standard's layout, and an order that is the order of time."""

from datetime import datetime, timedelta, timezone
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from service.core.identifiers import RANDOM_BITS, uuid7
from tests.core.builders import EPOCH, INSTANTS

RANDOM = st.integers(min_value=0, max_value=2**RANDOM_BITS - 1)


def test_the_standards_own_example() -> None:
    # RFC 9562, appendix A.6; its twelve bits after the version are random, ours are the fraction of the millisecond.
    instant = datetime(2022, 2, 22, 14, 22, 22, tzinfo=timezone(timedelta(hours=-5)))
    assert uuid7(instant, 0x18C4DC0C0C07398F) == UUID("017f22e2-79b0-7000-98c4-dc0c0c07398f")


def test_the_fraction_of_the_millisecond_is_in_4096ths() -> None:
    assert uuid7(EPOCH + timedelta(microseconds=1500), 0) == UUID("00000000-0001-7800-8000-000000000000")


@given(INSTANTS, RANDOM)
def test_version_and_variant_are_the_standards(instant: datetime, random: int) -> None:
    identifier = uuid7(instant, random)
    assert (identifier.version, identifier.variant) == (7, RFC_4122)


@given(INSTANTS, RANDOM)
def test_milliseconds_and_random_bits_can_be_read_back(instant: datetime, random: int) -> None:
    identifier = uuid7(instant, random)
    milliseconds = (instant - EPOCH) // timedelta(milliseconds=1)
    assert identifier.int >> 80 == milliseconds
    assert identifier.int & (2**RANDOM_BITS - 1) == random


@given(INSTANTS, st.integers(min_value=1, max_value=5000), RANDOM, RANDOM)
def test_identifiers_sort_by_their_instants_to_the_microsecond(
    instant: datetime, microseconds: int, one: int, other: int
) -> None:
    assert uuid7(instant, one) < uuid7(instant + timedelta(microseconds=microseconds), other)
