"""What names the reading by which ended days are judged, and when a day has ended."""

from datetime import UTC, date, datetime, timedelta

from service.core.pace_reading import last_ended, reading
from tests.core.builders import NOON


def test_day_has_ended_at_midnight_in_seoul() -> None:
    midnight = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    assert last_ended(midnight) == date(2026, 11, 24)
    assert last_ended(midnight - timedelta(microseconds=1)) == date(2026, 11, 23)


def test_reading_names_what_was_brought_in_and_what_the_regions_mean() -> None:
    eve = NOON - timedelta(days=1)
    stamps = [(None, None), (NOON, None), (None, NOON), (NOON, NOON), (eve, NOON)]
    readings = [reading((), brought_in_at=brought_in, demo_changed_at=demo) for brought_in, demo in stamps]
    readings += [reading(["41"], brought_in_at=None, demo_changed_at=None)]
    readings += [reading(["12", "29"], brought_in_at=NOON, demo_changed_at=None)]
    assert len(set(readings)) == len(readings)
    assert readings[-1] == "2026-11-22T03:00:00.000000Z 12 29"
