"""What names the reading by which ended days are judged, and how they follow on each other."""

from datetime import UTC, date, datetime, timedelta

from service.core.lifecycle import Status
from service.core.pace import replay
from service.core.pace_reading import Lives, days_after, last_ended
from service.core.record_lives import Stood
from service.core.targets import TargetFilter
from tests.core.builders import NOON, make_target


def make_stood(day: date, **facts: str) -> Stood:
    return Stood(known_on=day, status=Status.VERIFIED, counts_on=day, registered_on=day, **facts)


def test_day_has_ended_at_midnight_in_seoul() -> None:
    midnight = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    assert last_ended(midnight) == date(2026, 11, 24)
    assert last_ended(midnight - timedelta(microseconds=1)) == date(2026, 11, 23)


def test_reading_names_what_was_brought_in_and_what_the_regions_mean() -> None:
    readings = [
        Lives({}).reading(()),
        Lives({}, NOON).reading(()),
        Lives({}).reading(["41"]),
        Lives({}, None, NOON).reading(()),
        Lives({}, NOON, NOON).reading(()),
        Lives({}, NOON - timedelta(days=1), NOON).reading(()),
        Lives({}, NOON).reading(["12", "29"]),
    ]
    assert len(set(readings)) == len(readings)
    assert readings[-1] == "2026-11-22T03:00:00.000000Z 12 29"


def test_records_stand_in_every_region_that_is_meant() -> None:
    target = make_target(filter=TargetFilter(regions=("12",)))
    day = date(2026, 3, 2)
    lives = Lives({number: [make_stood(day, region=region)] for number, region in enumerate(("12", "29", "41"))})
    assert len(lives.records_on(target, ["12", "29"])(day)) == 2
    assert len(lives.records_on(target, ["12"])(day)) == 1


def test_days_go_on_from_any_eve_as_if_they_had_been_gone_through_in_one() -> None:
    target = make_target(goal=5)
    stoods = {number: [make_stood(date(2026, number, 20))] for number in range(2, 8)}
    records_on = Lives(stoods).records_on(target, ())
    whole = replay(target, records_on, date(2026, 9, 30))
    assert list(days_after(target, records_on, None, date(2026, 9, 30))) == whole
    for place in (0, 40, 200, len(whole) - 1):
        assert list(days_after(target, records_on, whole[place], date(2026, 9, 30))) == whole[place + 1 :]
