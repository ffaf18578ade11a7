"""By which reading of the register the ended days of a target are judged.

How a past day ended follows from three things alone: the revision of the target that is in force, what was noted by the
end of that day, and what was brought in later as if it had been known before (a record with a `registered_on` before
the day on which it was noted). The first is a version, the second never changes; a *reading* names the third, together
with the codes that the filter's regions mean. A day of the same revision and reading is the same wherever and whenever
it is worked out.

Source: PRODUCT.md section 4, "Pace".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from service.core.ledger import Course
from service.core.pace import DayPace, Record, judge_day
from service.core.pace import days_after as _days_after
from service.core.record_lives import Stood, lives_on
from service.core.records import day_in_seoul, utc_text
from service.core.targets import Target

RecordsOn = Callable[[date], Sequence[Record]]


class PaceKey(NamedTuple):
    """What the ended days of a target follow from."""

    code: str
    target_version: int
    reading: str


@dataclass(frozen=True, slots=True)
class Lives:
    """What was noted of the records that may matter to a target, as known at an instant.

    `stoods_by_record`: oldest first. `brought_in_at`: the newest stamp of a record that was brought in with an earlier
    `registered_on`; `demo_changed_at`: of the demo register's last coming or going, also one after that instant. Null
    if there is none.
    """

    stoods_by_record: Mapping[Any, Sequence[Stood]]
    brought_in_at: datetime | None = None
    demo_changed_at: datetime | None = None

    def records_on(self, target: Target, regions: Sequence[str]) -> RecordsOn:
        """Return the records as they stood at the end of a day; `regions`: all codes that the filter's regions mean."""
        chosen = replace(target, filter=replace(target.filter, regions=tuple(regions)))
        return lives_on(self.stoods_by_record, chosen)

    def reading(self, regions: Sequence[str]) -> str:
        """Return the name of the reading: when the newest such record and the demo came, and what the regions mean.

        Both stamps, not the later one: at an instant before both the demo is read already, such a record is not.
        """
        brought_in = "" if self.brought_in_at is None else utc_text(self.brought_in_at)
        demo = [] if self.demo_changed_at is None else [f"demo {utc_text(self.demo_changed_at)}"]
        return " ".join((brought_in, *demo, *regions))


def last_ended(known_at: datetime) -> date:
    """Return the last day of Seoul that has ended at an instant up to which everything is known."""
    return day_in_seoul(known_at) - timedelta(days=1)


def days_after(target: Target, records_on: RecordsOn | Course, eve: DayPace | None, until: date) -> Iterator[DayPace]:
    """Yield how each day after `eve` ended, up to `until`; null: from `starts_on` on.

    A course is left on `until`: its ledger is then the one of that day.
    """
    if isinstance(records_on, Course):
        yield from _days_after(target, records_on.ledger_on, eve, until)
        return
    day = target.starts_on if eve is None else eve.day + timedelta(days=1)
    while day <= until:
        eve = judge_day(target, records_on(day), day, eve)
        yield eve
        day += timedelta(days=1)
