"""Places in the feed: their order, their age, and how a cursor holds them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.event_feed import (
    FEED_PARAMETERS,
    POSITION_LENGTH,
    end_before,
    is_kept,
    place_from,
    place_of,
    position_of,
    types_rule,
)
from service.core.fields import Bad
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.retention import KEPT_FOR

NOW = datetime(2026, 11, 25, 3, 4, 5, 678000, tzinfo=UTC)
RANDOM = st.integers(min_value=0, max_value=(1 << RANDOM_BITS) - 1)
XIDS = st.integers(min_value=3, max_value=(1 << 64) - 1)


@given(st.integers(min_value=1, max_value=2**31 - 1), XIDS, RANDOM)
def test_place_is_read_back_from_its_position(era: int, xid: int, random: int) -> None:
    place = place_of(era, xid, uuid7(NOW, random))
    assert place_from(position_of(place)) == place
    assert len(position_of(place)) == POSITION_LENGTH


@given(RANDOM)
def test_place_of_an_event_is_as_old_as_its_id(random: int) -> None:
    assert place_of(1, 9, uuid7(NOW, random)).at == NOW


@given(XIDS, RANDOM)
def test_end_lies_behind_all_that_is_committed_and_before_all_that_is_open(xid: int, random: int) -> None:
    end = end_before(1, xid, NOW)
    last_shown, first_open = place_of(1, xid - 1, uuid7(NOW, random)), place_of(1, xid, UUID(int=0))
    assert last_shown.order < end.order < first_open.order


def test_later_era_comes_after_every_transaction_of_an_earlier_one() -> None:
    assert place_of(1, 9_000_000, uuid7(NOW, 1)).order < place_of(2, 3, uuid7(NOW, 0)).order


@pytest.mark.parametrize(
    ("age", "expected"), [(KEPT_FOR, True), (KEPT_FOR + timedelta(milliseconds=1), False), (timedelta(0), True)]
)
def test_place_is_kept_as_long_as_events_are(age: timedelta, *, expected: bool) -> None:
    assert is_kept(end_before(1, 9, NOW - age), NOW) is expected


def test_types_are_named_with_commas_between_them_each_once() -> None:
    assert types_rule("pace.behind,factory.verified,pace.behind") == ("pace.behind", "factory.verified")


@pytest.mark.parametrize("raw", ["", "factory", "factory.verified,", "factory.verified, pace.behind"])
def test_what_is_no_type_is_refused(raw: str) -> None:
    with pytest.raises(Bad):
        types_rule(raw)


def test_feed_takes_a_place_a_limit_and_types() -> None:
    assert list(FEED_PARAMETERS) == ["after", "limit", "types"]
