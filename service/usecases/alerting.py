"""Telling the pace: partners by an event, people by a message, everyone who looks by an alert. Each change once.

What was last told of a target stands in its row of `pace_told`. Whoever tells compares it, under the lock of the
target's row, with what it was when the pace was worked out; if it has changed since, or the target was revised, the
pace is worked out again. So any number of processes may tell at the same time, and whoever dies has told nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from secrets import randbits
from typing import Any

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Act
from service.core.alert_messages import message
from service.core.alerts import (
    Alert,
    Level,
    Notice,
    Told,
    Turn,
    change_level,
    event_data,
    is_reminder_due,
    open_alert,
    remind,
    resolve,
    turns,
)
from service.core.events import EventType
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.pace import Pace
from service.core.records import day_in_seoul
from service.core.regions import RegionBook
from service.core.targets import RegisteredTarget, TargetState, public_fields
from service.db.engine import Database
from service.db.read_models.progress import Horizon, read_horizon
from service.db.repositories import alerts, audit, notifications, targets
from service.db.repositories.alerts import Watched
from service.telemetry import where_it_failed
from service.usecases.progress import ProgressAnswers, Question
from service.usecases.publishing import publish_target

log = structlog.get_logger()

DAY_ENDS_AFTER = timedelta(minutes=5)
"""After midnight in Seoul the day that ended is told, and the new one begins to be."""
TRIES = 5
"""How often the pace is worked out again because somebody else was quicker; then it waits for the next round."""
ALERT = "alert"
"""What the audit calls an alert."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A target's pace on the days that are to be told, the last of them today, and what it was worked out from.

    `known_at` can lie a while before `now`: as long as nothing has changed.
    """

    paces: Mapping[date, Pace]
    today: date
    known_at: datetime
    now: datetime
    version: int

    def told(self) -> Told:
        """Return what will have been told."""
        return Told(self.today, self.paces[self.today], self.known_at)


async def tell_all(database: Database, answers: ProgressAnswers, book: RegionBook) -> int:
    """Tell the pace of every active target; return how many events were published, which are yet to be announced.

    What fails for one target is logged, and keeps no other from being told.
    """
    async with database.session() as tx:
        found = await alerts.watched(tx)
    published = 0
    for one in found:
        try:
            published += await tell_pace(database, answers, one, book)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next round tries again
            log.warning("pace_not_told", target=one.code, error=type(error).__name__, where=where_it_failed(error)[-3:])
    return published


async def tell_pace(database: Database, answers: ProgressAnswers, watched: Watched, book: RegionBook) -> int:
    """Tell what has become of a target's pace since it was last told, day by day; return how many events that took.

    `watched` must have been read before the call: what is looked at here is then known later than what was told.
    """
    for _ in range(TRIES):
        seen = await _look(answers, watched, await read_horizon(database.pool), book)
        if seen is None or not _is_news(watched, seen):
            return 0
        shown = await _shown(answers, watched, seen, book)
        async with database.session() as tx:
            published = await _tell(tx, watched, seen, shown)
        if published is not None:
            return published
        again = await _watched_again(database, watched.code)
        if again is None:
            return 0
        watched = again
    return 0


def day_to_judge(horizon: Horizon) -> date:
    """Return the last day that is to be told: in the first minutes after midnight still the one before.

    Unless something has changed since midnight: that is told as soon as at any other time.
    """
    day = day_in_seoul(horizon.known_at - DAY_ENDS_AFTER)
    return day if horizon.last_change is None else max(day, day_in_seoul(horizon.last_change))


async def resolve_alert_of(tx: AsyncSession, code: str, *, act: Act) -> None:
    """Resolve the alert of a target, whose row is locked, because it is not watched any more."""
    alert = await alerts.lock_unresolved(tx, code)
    if alert is None:
        return
    await alerts.save(tx, resolve(alert, now=act.now))
    await audit.add_entry(
        tx,
        entry_id=uuid7(act.now, randbits(RANDOM_BITS)),
        act=act,
        action="resolved",
        record_type=ALERT,
        record_id=alert.id,
        before={"state": alert.state.value},
        after={"state": "resolved"},
        changed=("state",),
    )


# --- working it out ---


async def _look(answers: ProgressAnswers, watched: Watched, horizon: Horizon, book: RegionBook) -> _Seen | None:
    """Return the pace of each day from the last told one to today; null if the target is too large for a pace."""
    today = day_to_judge(horizon)
    last = await _progress(answers, Question(watched.code, today), book)
    known_at = datetime.fromisoformat(last["known_at"])
    first = today if watched.told is None else min(watched.told.day, today)
    ended = [first + timedelta(days=number) for number in range((today - first).days)]
    found = [await _progress(answers, Question(watched.code, day, known_at), book) for day in ended]
    found.append(last)
    if any(one["pace"] is None for one in found):
        return None
    paces = {day: Pace(one["pace"]) for day, one in zip((*ended, today), found, strict=True)}
    return _Seen(paces=paces, today=today, known_at=known_at, now=horizon.known_at, version=last["target_version"])


async def _progress(answers: ProgressAnswers, question: Question, book: RegionBook) -> dict[str, Any]:
    return dict(orjson.loads((await answers.answer(question, book)).body))


def _is_news(watched: Watched, seen: _Seen) -> bool:
    told, alert = watched.told, watched.alert
    is_same = told is not None and (told.day, told.pace) == (seen.today, seen.paces[seen.today])
    return not is_same or (alert is not None and is_reminder_due(alert, seen.now))


async def _shown(
    answers: ProgressAnswers, watched: Watched, seen: _Seen, book: RegionBook
) -> Mapping[date, Mapping[str, Any]]:
    """Return the progress of each day of which something may be told, in both languages."""
    days = {seen.today, *(day for day, _ in turns(watched.told, seen.paces))}
    return {day: await _in_both_languages(answers, Question(watched.code, day, seen.known_at), book) for day in days}


async def _in_both_languages(answers: ProgressAnswers, question: Question, book: RegionBook) -> dict[str, Any]:
    english = orjson.loads((await answers.answer(question, book, "en")).body)
    return await _progress(answers, question, book) | {"summary_en": english["summary"]}


async def _watched_again(database: Database, code: str) -> Watched | None:
    async with database.session() as tx:
        return next((one for one in await alerts.watched(tx) if one.code == code), None)


# --- telling it ---


async def _tell(tx: AsyncSession, watched: Watched, seen: _Seen, shown: Mapping[date, Mapping[str, Any]]) -> int | None:
    """Write what is to be told, in one transaction; null if it was worked out from what is not so any more."""
    target = await targets.lock(tx, watched.code)
    if target is None or target.target.state is TargetState.CLOSED:
        return 0
    if target.version != seen.version or await alerts.find_told(tx, watched.code) != watched.told:
        return None
    telling = _Telling(tx, target, await alerts.lock_unresolved(tx, watched.code), seen.now)
    for day, change in turns(watched.told, seen.paces):
        await telling.tell(change, shown[day])
    if telling.alert is not None and is_reminder_due(telling.alert, seen.now):
        await telling.remind(shown[seen.today])
    await alerts.save_told(tx, watched.code, seen.told())
    return telling.published


class _Telling:
    """Writes events, alert and messages of one target, whose row is locked; `alert` is the one not resolved."""

    def __init__(self, tx: AsyncSession, target: RegisteredTarget, alert: Alert | None, now: datetime) -> None:
        self._tx = tx
        self._target = target
        self._now = now
        self.alert = alert
        self.published = 0

    async def tell(self, change: Turn, progress: Mapping[str, Any]) -> None:
        """Tell of a change of pace; `progress` is that of its day."""
        is_of_target = change.event in (EventType.TARGET_MET, EventType.TARGET_MISSED)
        data = event_data(public_fields(self._target) if is_of_target else progress, change)
        event_id = None if change.event is None else await self._publish(change.event, data)
        await self._follow(change.level, progress)
        if change.notice is not None:
            said = message(progress, before=change.before, after=change.after)
            await notifications.add(self._tx, event_id, target=self._code, kind=change.notice, message=said)

    async def remind(self, progress: Mapping[str, Any]) -> None:
        """Say again that the target is behind."""
        assert self.alert is not None  # noqa: S101 - it is its reminder that is due
        event_id = await self._publish(EventType.PACE_STILL_BEHIND, progress)
        said = message(progress, before=Pace.BEHIND, after=Pace.BEHIND)
        await notifications.add(self._tx, event_id, target=self._code, kind=Notice.BEHIND, message=said)
        self.alert = remind(self.alert, now=self._now)
        await alerts.save(self._tx, self.alert)

    @property
    def _code(self) -> str:
        return self._target.target.code

    async def _publish(self, type_: EventType, data: Mapping[str, Any]) -> Any:
        sequence = await targets.next_event_sequence(self._tx, self._code)
        event = await publish_target(self._tx, type_, self._code, data, sequence=sequence, now=self._now)
        self.published += 1
        return event.id

    async def _follow(self, level: Level | None, progress: Mapping[str, Any]) -> None:
        """Open, raise, lower or resolve the alert."""
        if level is None:
            if self.alert is not None:
                await alerts.save(self._tx, resolve(self.alert, now=self._now))
                self.alert = None
        elif self.alert is None:
            alert_id = uuid7(self._now, randbits(RANDOM_BITS))
            self.alert = open_alert(alert_id, self._code, level, snapshot=progress, now=self._now)
            await alerts.add(self._tx, self.alert)
        elif self.alert.level is not level:
            self.alert = change_level(self.alert, level, snapshot=progress, now=self._now)
            await alerts.save(self._tx, self.alert)
