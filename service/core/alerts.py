"""Alerts: what is told when a target's pace changes, and what becomes of its alert.

A change of pace is a `Turn`: the event that partners get, whether it takes back a result that was told as final, the
level of the alert from then on, and what people are told. At most one alert of a target is not resolved.

Source: PRODUCT.md section 5, and the first lines of section 6. What they leave open: docs/adr/0013-alerts.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from service.core.errors import FieldProblem, TransitionNotAllowed
from service.core.events import EventType
from service.core.fields import REMARK, Bad, Field, Fields, day, instant, one_of, problem
from service.core.pace import Pace
from service.core.parameters import PAGE, Parameter, Parameters
from service.core.records import SEOUL, utc_text
from service.core.target_fields import code

REMIND_EVERY = timedelta(days=30)
SNOOZE_AT_MOST = timedelta(days=366)
"""Longer would be switching an alert off: for that a target is closed."""
_DATE_LENGTH = len("2026-12-31")


class Level(StrEnum):
    """What an alert says of its target."""

    BEHIND = "behind"
    MISSED = "missed"


class AlertState(StrEnum):
    """Whether somebody has to look at an alert, has looked, or it is over."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Notice(StrEnum):
    """What people are told of, by the channels that a setting names."""

    BEHIND = "behind"
    MISSED = "missed"
    RECOVERED = "recovered"
    MET = "met"


# --- a change of pace ---


@dataclass(frozen=True, slots=True)
class Told:
    """The pace that was last told of a target, of which day, and up to which instant the register was known for it."""

    day: date
    pace: Pace
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of pace, and what is to be told of it.

    `event`: null where the new pace says nothing to partners. `corrected`: it takes back `met` or `missed`. `level`: of
    the alert from now on; null: none is open. `notice`: null where people are told nothing.
    """

    before: Pace
    after: Pace
    event: EventType | None
    corrected: bool
    level: Level | None
    notice: Notice | None


_TROUBLED = frozenset({Pace.BEHIND, Pace.AT_RISK})
_DECIDED = frozenset({Pace.MET, Pace.MISSED})
_EVENT_INTO = {
    Pace.BEHIND: EventType.PACE_BEHIND,
    Pace.AT_RISK: EventType.PACE_AT_RISK,
    Pace.MET: EventType.TARGET_MET,
    Pace.MISSED: EventType.TARGET_MISSED,
}
_NOTICE_OF = {
    EventType.PACE_BEHIND: Notice.BEHIND,
    EventType.PACE_STILL_BEHIND: Notice.BEHIND,
    EventType.PACE_RECOVERED: Notice.RECOVERED,
    EventType.TARGET_MET: Notice.MET,
    EventType.TARGET_MISSED: Notice.MISSED,
}
_TAKEN_BACK = {Pace.MET: Notice.MET, Pace.MISSED: Notice.MISSED}
LEVEL_OF = {Pace.BEHIND: Level.BEHIND, Pace.MISSED: Level.MISSED}


def turn(before: Pace, after: Pace) -> Turn | None:
    """Return what is to be told when a pace follows on another; null if it is the same one.

    Who was told `met` or `missed` is told too when that is taken back, whatever the pace is then.
    """
    if before is after:
        return None
    event = _event(before, after)
    notice = None if event is None else _NOTICE_OF.get(event)
    return Turn(
        before=before,
        after=after,
        event=event,
        corrected=event is not None and before in _DECIDED,
        level=LEVEL_OF.get(after),
        notice=notice or _TAKEN_BACK.get(before),
    )


def _event(before: Pace, after: Pace) -> EventType | None:
    if after in (Pace.ON_TRACK, Pace.AHEAD):
        return EventType.PACE_RECOVERED if before in _TROUBLED | _DECIDED else None
    return _EVENT_INTO.get(after)


def turns(told: Told | None, paces: Mapping[date, Pace]) -> Iterator[tuple[date, Turn]]:
    """Yield every change of pace that has not been told, with its day; `paces` in order, from the last told day on.

    Of a target of which nothing was told yet the last day alone is told, as if it had not started before: its past is
    no news.
    """
    days = list(paces.items())
    last = Pace.NOT_STARTED if told is None else told.pace
    for on, pace in days[-1:] if told is None else days:
        change = turn(last, pace)
        last = pace
        if change is not None:
            yield on, change


def event_data(data: Mapping[str, Any], change: Turn) -> dict[str, Any]:
    """Return what the event of a change says: the progress, or the target, and that it is a correction."""
    return {**data, "corrected": True} if change.corrected else dict(data)


# --- an alert ---


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who has looked at an alert, when, and what they say of it. `by`: the label of their key."""

    by: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert. `snapshot` is the progress at its opening, or when its level last changed; `since` of that pace.

    `version` rises by one with every change that shows; `reminded_at` is when people were last told of it.
    """

    id: UUID
    target: str
    level: Level
    opened_at: datetime
    since: date
    snapshot: Mapping[str, Any]
    reminded_at: datetime
    updated_at: datetime
    state: AlertState = AlertState.OPEN
    resolved_at: datetime | None = None
    acknowledgement: Acknowledgement | None = None
    snoozed_until: datetime | None = None
    snooze_reason: str | None = None
    synthetic: bool = False
    version: int = 1


def open_alert(alert_id: UUID, target: str, level: Level, *, snapshot: Mapping[str, Any], now: datetime) -> Alert:
    """Return a new alert; `snapshot` is the progress as JSON has it."""
    return Alert(
        id=alert_id,
        target=target,
        level=level,
        opened_at=now,
        since=date.fromisoformat(snapshot["since"]),
        snapshot=snapshot,
        reminded_at=now,
        updated_at=now,
        synthetic=snapshot["synthetic"],
    )


def change_level(alert: Alert, level: Level, *, snapshot: Mapping[str, Any], now: datetime) -> Alert:
    """Return an alert raised to `missed`, or lowered to `behind` because `missed` was taken back.

    It says something that nobody has looked at yet: what was acknowledged or put off was the other level.
    """
    anew = open_alert(alert.id, alert.target, level, snapshot=snapshot, now=now)
    return replace(_next(alert, now), **{name: getattr(anew, name) for name in _OF_A_LEVEL})


_OF_A_LEVEL = (
    "level",
    "state",
    "since",
    "snapshot",
    "reminded_at",
    "acknowledgement",
    "snoozed_until",
    "snooze_reason",
    "synthetic",
)


def resolve(alert: Alert, *, now: datetime) -> Alert:
    """Return an alert that is over."""
    return replace(_next(alert, now), state=AlertState.RESOLVED, resolved_at=now)


def acknowledge(alert: Alert, *, by: str, note: str, now: datetime) -> Alert:
    """Return an alert that somebody has looked at; a `missed` one is over with it, for nothing can mend it any more.

    Raises:
        TransitionNotAllowed: it is not open.
    """
    if alert.state is not AlertState.OPEN:
        raise TransitionNotAllowed(status=alert.state.value, action="acknowledge", allowed=AlertState.OPEN.value)
    looked = replace(alert, acknowledgement=Acknowledgement(by, now, note))
    if alert.level is Level.MISSED:
        return resolve(looked, now=now)
    return replace(_next(looked, now), state=AlertState.ACKNOWLEDGED)


def snooze(alert: Alert, *, until: datetime, reason: str, now: datetime) -> Alert:
    """Return an alert of which nobody is reminded before `until`.

    Raises:
        TransitionNotAllowed: it is resolved.
    """
    if alert.state is AlertState.RESOLVED:
        allowed = f"{AlertState.ACKNOWLEDGED.value}, {AlertState.OPEN.value}"
        raise TransitionNotAllowed(status=alert.state.value, action="snooze", allowed=allowed)
    return replace(_next(alert, now), snoozed_until=until, snooze_reason=reason)


def is_reminder_due(alert: Alert, now: datetime) -> bool:
    """Tell whether a target has been behind for so long that it is to be said again.

    An acknowledged alert is reminded of too: who has looked may still forget. Snoozing puts it off.
    """
    is_snoozed = alert.snoozed_until is not None and now < alert.snoozed_until
    is_behind = alert.level is Level.BEHIND and alert.state is not AlertState.RESOLVED
    return is_behind and not is_snoozed and now - alert.reminded_at >= REMIND_EVERY


def remind(alert: Alert, *, now: datetime) -> Alert:
    """Return an alert of which people have just been reminded; nothing that shows has changed."""
    return replace(alert, reminded_at=now)


def _next(alert: Alert, now: datetime) -> Alert:
    return replace(alert, version=alert.version + 1, updated_at=max(now, alert.updated_at))


# --- what callers give and see ---


def end_of_snooze(value: Any) -> datetime:
    """Take an instant, or a date for the end of that day in Seoul.

    Raises:
        Bad: it is neither.
    """
    try:
        if isinstance(value, str) and len(value) == _DATE_LENGTH:
            return datetime.combine(day(value), time.max, SEOUL).astimezone(UTC)
        return instant(value)
    except Bad as bad:
        if bad.code == "out_of_range":
            raise
        raise Bad("not_a_date_or_instant") from None


ACKNOWLEDGING_FIELDS: Fields = {"note": Field(REMARK, required=True)}
SNOOZING_FIELDS: Fields = {"until": Field(end_of_snooze, required=True), "reason": Field(REMARK, required=True)}

_STATES, _LEVELS = tuple(AlertState), tuple(Level)
LIST_PARAMETERS: Parameters = {
    **PAGE,
    "state": Parameter(one_of(_STATES), description="Those in this state only.", values=_STATES),
    "level": Parameter(one_of(_LEVELS), description="Those of this level only.", values=_LEVELS),
    "target": Parameter(code, description="Those of this target only, by its code.", example="factories-2026"),
}


def snooze_problems(until: datetime, *, now: datetime) -> list[FieldProblem]:
    """Return what forbids an end of a snooze: it lies behind, or further ahead than anybody can mean."""
    if until <= now:
        return [problem("until", "in_the_past")]
    latest = now + SNOOZE_AT_MOST
    return [] if until <= latest else [problem("until", "out_of_range", low=utc_text(now), high=utc_text(latest))]


def alert_fields(alert: Alert, language: str) -> dict[str, Any]:
    """Return an alert ready for JSON, its summary in a language, `ko` or `en`."""
    acknowledged = alert.acknowledgement
    return {
        "id": str(alert.id),
        "target": alert.target,
        "level": alert.level.value,
        "state": alert.state.value,
        "opened_at": utc_text(alert.opened_at),
        "since": alert.since.isoformat(),
        "resolved_at": alert.resolved_at and utc_text(alert.resolved_at),
        "summary": alert.snapshot["summary_en" if language == "en" else "summary"],
        "snapshot": dict(alert.snapshot),
        "acknowledgement": acknowledged and acknowledgement_fields(acknowledged),
        "snoozed_until": alert.snoozed_until and utc_text(alert.snoozed_until),
        "synthetic": alert.synthetic,
        "created_at": utc_text(alert.opened_at),
        "updated_at": utc_text(alert.updated_at),
        "version": alert.version,
    }


def acknowledgement_fields(given: Acknowledgement) -> dict[str, Any]:
    """Return who has looked, ready for JSON."""
    return {"by": given.by, "at": utc_text(given.at), "note": given.note}
