"""By which reading of the register the ended days of a target are judged.

How a past day ended follows from three things alone: the revision of the target that is in force, what was noted by the
end of that day, and what was brought in later as if it had been known before (a record with a `registered_on` before
the day on which it was noted). The first is a version, the second never changes; a *reading* names the third, together
with the codes that the filter's regions mean. A day of the same revision and reading is the same wherever and whenever
it is worked out.

Source: PRODUCT.md section 4, "Pace".
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from service.core.pace import Record
from service.core.records import day_in_seoul, utc_text

RecordsOn = Callable[[date], Sequence[Record]]


class PaceKey(NamedTuple):
    """What the ended days of a target follow from."""

    code: str
    target_version: int
    reading: str


def reading(regions: Sequence[str], *, brought_in_at: datetime | None, demo_changed_at: datetime | None) -> str:
    """Return the name of the reading in which `regions` are all codes that the filter's regions mean.

    `brought_in_at`: the newest stamp of a record that was brought in with an earlier `registered_on`;
    `demo_changed_at`: of the demo register's last coming or going. Null if there is none. Both, not the later one: at
    an instant before both the demo is read already, such a record is not.
    """
    brought_in = "" if brought_in_at is None else utc_text(brought_in_at)
    demo = [] if demo_changed_at is None else [f"demo {utc_text(demo_changed_at)}"]
    return " ".join((brought_in, *demo, *regions))


def last_ended(known_at: datetime) -> date:
    """Return the last day of Seoul that has ended at an instant up to which everything is known."""
    return day_in_seoul(known_at) - timedelta(days=1)
