"""A target's counts and its ledger as known at an instant, moved on by what has changed and never counted anew.

Whatever a record contributes follows from its noted life alone. So a view is brought to another instant, later or
earlier, by taking out what the records that changed in between contributed and putting in what they contribute then;
it is equal to one counted from scratch. From day to day it goes by what `life_of` says of each record.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from operator import itemgetter
from typing import Literal, TypeAlias, TypeVar

from service.core.ledger import Ledger, Life, Record
from service.core.lifecycle import COUNTING, Status
from service.core.pace_reading import reading
from service.core.record_lives import Stood, life_of, record_on
from service.core.records import SEOUL
from service.core.targets import Target

_Key = TypeVar("_Key")
_IN_COUNTS = COUNTING | {Status.SUBMITTED}


@dataclass(frozen=True, slots=True)
class Noted:
    """How a record stood from an instant on. `synthetic`: it was made up for demonstration.

    `at` may be null where nobody asks for it: of a record that was not brought in, once it is read for good.
    """

    at: datetime | None
    stood: Stood
    synthetic: bool = False


Side: TypeAlias = Literal["region", "division", "project_type"]
"""By what of a factory counts may be split; a field of `Stood`."""

Story: TypeAlias = Sequence[Noted]
"""All that was noted of a record, by its versions."""


def known_by(story: Story, instant: datetime) -> Story:
    """Return what was noted by an instant."""
    return [noted for noted in story if noted.at is not None and noted.at <= instant]


@dataclass(slots=True)
class DatedCounts:
    """Records by their date: those that count, and those not yet looked at. `synthetic`: how many are made up."""

    counting: Counter[date] = field(default_factory=Counter)
    submitted: Counter[date] = field(default_factory=Counter)
    synthetic: int = 0

    def put(self, noted: Noted, count: int) -> None:
        """Put in `count` records that stand so, or take them out if it is negative; others than these don't count."""
        stood = noted.stood
        if stood.status in _IN_COUNTS:
            _put(self.counting if stood.status in COUNTING else self.submitted, stood.counts_on, count)
            self.synthetic += count if noted.synthetic else 0

    def copy(self) -> "DatedCounts":
        """Return counts that go their own way."""
        return DatedCounts(self.counting.copy(), self.submitted.copy(), self.synthetic)


class TargetView:
    """A target's counts as known at `known_at`, and its ledger at the end of `day`, with what is known at `known_at`.

    `splits`: the counts split by some sides of a factory, once somebody has put them in, which are then kept up too.
    `target`: its filter's regions are all codes that they mean. `demo_changed_at`: when the demo register last came or
    went; the view holds for no other.
    """

    def __init__(
        self, target: Target, *, known_at: datetime, day: date, demo_changed_at: datetime | None = None
    ) -> None:
        """Begin with no records."""
        self.target = target
        self.known_at = known_at
        self.day = day
        self.demo_changed_at = demo_changed_at
        self.counts = DatedCounts()
        self.splits: dict[Side, dict[str | None, DatedCounts]] = {}
        self.ledger = Ledger(target)
        # What is known already of days after `day`: how many records stand how before and from then on.
        self._ahead: dict[date, Counter[tuple[Record | None, Record | None]]] = {}
        self._brought_in: Counter[datetime] = Counter()
        self._lead = timedelta()

    @property
    def reading(self) -> str:
        """The name of the reading of the register under which this view's days are judged."""
        return reading(
            self.target.filter.regions,
            brought_in_at=max(self._brought_in, default=None),
            demo_changed_at=self.demo_changed_at,
        )

    def add_all(self, stories: Iterable[tuple[Story, int]]) -> None:
        """Put in records that concern the target, so many of each story; all of it is known at `known_at`."""
        for story, count in stories:
            self._put(story, count)

    def changed_after(self, known_at: datetime, day: date) -> datetime:
        """Return after which instant all changes must be read to bring this view to another instant and day.

        Where two clocks differ, a record may stand otherwise from a day on that lies after that of its last stamp.
        """
        if day >= self.day:
            return min(self.known_at, known_at)
        end = datetime.combine(day, time.max, SEOUL)  # what is stamped at midnight is of the next day
        return min(self.known_at, known_at, end - self._lead)

    def bring_to(self, stories: Iterable[Story], *, known_at: datetime, day: date) -> None:
        """Bring the view to another instant, and to an earlier day if `day` is one.

        `stories`: of all records that changed after `changed_after(known_at, day)` and up to the later of both
        instants, up to that, whole.
        """
        stories = list(stories)
        for story in stories:
            self._put_if_concerned(known_by(story, self.known_at), -1)
        self.known_at, self.day = known_at, min(day, self.day)
        for story in stories:
            self._put_if_concerned(known_by(story, known_at), 1)

    def go_to_next_day(self) -> None:
        """Bring the ledger to the end of the next day."""
        self.day += timedelta(days=1)
        for (gone, come), count in self._ahead.pop(self.day, {}).items():
            if gone is not None:
                self.ledger.remove(gone, count)
            if come is not None:
                self.ledger.add(come, count)

    def copy(self) -> "TargetView":
        """Return a view that goes its own way."""
        other = TargetView(self.target, known_at=self.known_at, day=self.day, demo_changed_at=self.demo_changed_at)
        other.counts, other.ledger = self.counts.copy(), self.ledger.copy()
        other._ahead = {day: changes.copy() for day, changes in self._ahead.items()}
        other.splits = {
            side: {key: counts.copy() for key, counts in parts.items()} for side, parts in self.splits.items()
        }
        other._brought_in, other._lead = self._brought_in.copy(), self._lead
        return other

    def _put_if_concerned(self, story: Story, count: int) -> None:
        if any(concerns(self.target, noted.stood) for noted in story):
            self._put(story, count)

    def _put(self, story: Story, count: int) -> None:
        first, last = story[0], story[-1]
        life = life_of([noted.stood for noted in story], self.target)
        if life[-1][1] is not None and self.target.counts_since <= last.stood.counts_on <= self.target.due_on:
            self.counts.put(last, count)
            for side, parts in self.splits.items():
                parts.setdefault(getattr(last.stood, side), DatedCounts()).put(last, count)
        if first.at is not None and first.stood.registered_on < first.stood.known_on:
            _put(self._brought_in, first.at, count)
        self._lead = max(self._lead, life[-1][0] - max(noted.stood.known_on for noted in story))
        self._put_life(life, count)

    def _put_life(self, life: Life, count: int) -> None:
        place = bisect_right(life, self.day, key=itemgetter(0))
        stands = life[place - 1][1] if place else None
        if stands is not None:
            if count > 0:
                self.ledger.add(stands, count)
            else:
                self.ledger.remove(stands, -count)
        for day, comes in life[place:]:
            changes = self._ahead.setdefault(day, Counter())
            _put(changes, (stands, comes), count)
            if not changes:
                del self._ahead[day]
            stands = comes


def concerns(target: Target, stood: Stood) -> bool:
    """Tell whether a record that ever stood so can move a count or the forecast of `target`.

    One that was there before anything counts moves neither, nor one that was registered and dated when all is over.
    """
    begins_in_time = stood.counts_on >= target.counts_since or not stood.is_walk_in
    ends_in_time = stood.counts_on <= target.due_on or stood.registered_on <= target.due_on
    return begins_in_time and ends_in_time and record_on((stood,), target, date.max) is not None


def with_regions(target: Target, regions: Iterable[str]) -> Target:
    """Return the target with a filter that names all codes that its regions mean."""
    return replace(target, filter=replace(target.filter, regions=tuple(regions)))


def _put(counter: Counter[_Key], key: _Key, count: int) -> None:
    """Count so many more, or fewer; what comes to nothing is forgotten."""
    counter[key] += count
    if not counter[key]:
        del counter[key]
