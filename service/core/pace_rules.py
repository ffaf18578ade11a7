"""Which word a day gets: the states of pace, each day's from its own signs and the day before.

Nothing here knows records or plans: what they amount to comes in as `Signs`.

Source: PRODUCT.md section 4, "Pace".
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from service.core.targets import Target

SILENT_DAYS = 182
FIRST_BATCH_DAYS = 30
LOW_CHANCE, CLEARED_CHANCE, HIGH_CHANCE = 0.5, 0.6, 0.9
LOW_INDEX, CLEARED_INDEX, HIGH_INDEX = Fraction(90, 100), Fraction(95, 100), Fraction(105, 100)


class Pace(StrEnum):
    """The word for how a target is doing."""

    NOT_STARTED = "not_started"
    AHEAD = "ahead"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    BEHIND = "behind"
    MET = "met"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What a day is judged by, all of it known at its end.

    `probability`: of meeting the goal, 0 to 1. `schedule_index`: null while the plan has not moved. `has_landings`:
    whether any record has landed since `starts_on`; `has_ahead`: whether any was registered ahead.
    """

    day: date
    value: int
    waiting: int
    probability: float
    schedule_index: Fraction | None
    has_landings: bool
    has_ahead: bool

    @property
    def index(self) -> Fraction:
        """The schedule index to judge by: a plan that has not moved is kept."""
        return Fraction(1) if self.schedule_index is None else self.schedule_index


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPace:
    """How a day ended: what is stored of it, and all that the next day has to know.

    `probability` is null while not started. `since`: the first of the days in a row with this pace. `low_days`,
    `lagging_days`: how many days in a row, this one included, have spoken for `behind` and for `at_risk`.
    """

    day: date
    value: int
    probability: float | None
    pace: Pace
    since: date
    low_days: int = 0
    lagging_days: int = 0


def judge(target: Target, signs: Signs, eve: DayPace | None) -> DayPace:
    """Return how a day ended that is not before `starts_on`; `eve` is how the day before did, null on `starts_on`."""
    if _is_silent(target, signs):
        return DayPace(
            day=signs.day,
            value=signs.value,
            probability=None,
            pace=Pace.NOT_STARTED,
            since=_since(Pace.NOT_STARTED, signs, eve),
        )
    low_days, lagging_days = _low_days(target, signs, eve), _lagging_days(signs, eve)
    pace = _pace(target, signs, None if eve is None else eve.pace, low_days=low_days, lagging_days=lagging_days)
    return DayPace(
        day=signs.day,
        value=signs.value,
        probability=signs.probability,
        pace=pace,
        since=_since(pace, signs, eve),
        low_days=low_days,
        lagging_days=lagging_days,
    )


def _since(pace: Pace, signs: Signs, eve: DayPace | None) -> date:
    return eve.since if eve is not None and eve.pace is pace else signs.day


def _is_silent(target: Target, signs: Signs) -> bool:
    """Whether nothing at all is known, early enough for a call to be still to come (rule 1)."""
    is_early = target.day_number(signs.day) <= min(SILENT_DAYS, target.window_days / 2)
    return is_early and not signs.has_landings and not signs.has_ahead


def _low_days(target: Target, signs: Signs, eve: DayPace | None) -> int:
    """Return how many days in a row had too small a chance; none is counted while the ministry says a call will come.

    That no day is counted keeps `behind` from being entered too, for it takes at least one.
    """
    is_call_to_come = target.call_closes_on is not None and signs.day <= target.call_closes_on
    if is_call_to_come or signs.probability >= target.alert_policy.raise_below:
        return 0
    return 1 + (eve.low_days if eve else 0)


def _lagging_days(signs: Signs, eve: DayPace | None) -> int:
    if signs.probability >= LOW_CHANCE or signs.index >= LOW_INDEX:
        return 0
    return 1 + (eve.lagging_days if eve else 0)


def _pace(target: Target, signs: Signs, before: Pace | None, *, low_days: int, lagging_days: int) -> Pace:
    """Return the word for a day on which something is known, or should be by now (rules 2 to 5)."""
    if signs.value >= target.goal:
        return Pace.MET
    if signs.day > target.due_on:  # the queue decides
        return Pace.ON_TRACK if signs.value + signs.waiting >= target.goal else Pace.MISSED
    if _is_behind(target, signs, before, low_days):
        return Pace.BEHIND
    if _is_at_risk(target, signs, before, lagging_days):
        return Pace.AT_RISK
    if signs.probability > HIGH_CHANCE and signs.index > HIGH_INDEX:
        return Pace.AHEAD
    return Pace.ON_TRACK


def _is_behind(target: Target, signs: Signs, before: Pace | None, low_days: int) -> bool:
    """Whether `behind` is entered, or not left yet (rule 3)."""
    if before is Pace.BEHIND:
        return signs.probability <= target.alert_policy.clear_above
    # What a first batch lacks, the next ones may bring; low days are counted meanwhile.
    is_first_batch = signs.has_ahead and target.day_number(signs.day) <= min(FIRST_BATCH_DAYS, target.window_days / 12)
    return low_days >= target.alert_policy.hold_days and not is_first_batch


def _is_at_risk(target: Target, signs: Signs, before: Pace | None, lagging_days: int) -> bool:
    """Whether `at_risk` is entered, or not left yet (rule 4)."""
    if before is Pace.AT_RISK:
        return signs.probability <= CLEARED_CHANCE and signs.index < CLEARED_INDEX
    return lagging_days >= target.alert_policy.hold_days
