"""Progress: where each target stands on a day, by the register as it was known at an instant.

An answer is made once for each state of the register and remembered as the bytes that go out. What is remembered is
still true while nothing has changed, so it keeps the instant it was known at.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import orjson

from service.core.errors import Invalid, NotFound
from service.core.fields import parameter_problem
from service.core.pace import Progress
from service.core.progress import TargetInForce, in_language, progress_fields
from service.core.records import day_in_seoul, utc_text
from service.core.regions import RegionBook
from service.core.series import Step, series, series_fields
from service.core.standing import Standing, facts_on, standing
from service.core.targets import Target
from service.core.what_if import Supposed
from service.db.engine import HotPool
from service.db.read_models.progress import Horizon, read_targets_in_force, target_exists
from service.usecases.pace_days import Assessed, PaceDays
from service.usecases.target_views import TargetViews, state_at

REMEMBERED_AT_MOST = 2_000
"""Answers kept by a process, about two kilobytes for each language."""
COUNTS_AT_ONCE = 2
"""Answers that a process makes at the same time; the other connections are for everything else."""
LANGUAGES = ("ko", "en")
_TAG_DIGITS = 24


class Question(NamedTuple):
    """What is asked: one target, or all of them (None), on a day, known now (None) or at an instant."""

    code: str | None
    as_of: date
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Progress as JSON text, and its ETag: the same wherever the register and the figures are the same."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class _Remembered:
    answers: Mapping[str, Answer]
    """By language."""
    horizon: Horizon

    def still_holds(self, question: Question, horizon: Horizon) -> bool:
        """Whether nothing has changed since, nor a day come of which there was no forecast yet."""
        then, now = (min(day_in_seoul(each.known_at), question.as_of) for each in (self.horizon, horizon))
        return self.horizon.last_change == horizon.last_change and (then == now or question.known_at is not None)


class ProgressAnswers:
    """Answers questions about progress, each once for each state of the register.

    One answer to a question is made at a time, and few in all: however fast the register changes, and however many
    ask, counting takes no more than its share of the database.
    """

    def __init__(self, pool: HotPool, views: TargetViews | None = None) -> None:
        self._pool = pool
        self.days = PaceDays(pool, views)
        self._remembered: dict[Question, _Remembered] = {}
        self._turns: WeakValueDictionary[Question, asyncio.Lock] = WeakValueDictionary()
        self._counting = asyncio.Semaphore(COUNTS_AT_ONCE)
        self._book: RegionBook | None = None

    async def answer(self, question: Question, book: RegionBook, language: str = LANGUAGES[0]) -> Answer:
        """Return the progress asked for, in a language; everything committed before the call is in it.

        Raises:
            NotFound: there is no such target.
            Invalid: `known_at` is later than now.
        """
        self._follow(book)
        horizon = await self.days.views.look()
        remembered = self._remembered.get(question)
        if remembered is not None and remembered.still_holds(question, horizon):
            return remembered.answers[language]
        if question.known_at is not None and question.known_at > horizon.known_at:
            await self.require_target(question.code)
            raise Invalid([parameter_problem("known_at", "after_now", now=utc_text(horizon.known_at))])
        turn = self._turns.setdefault(question, asyncio.Lock())
        async with turn:
            remembered = self._remembered.get(question)
            if remembered is not None and remembered.horizon.known_at >= horizon.known_at:
                return remembered.answers[language]  # begun after this call asked, while it waited for its turn
            return (await self._make(question, book))[language]

    async def series(self, code: str, step: Step, *, today: date, book: RegionBook) -> Answer:
        """Return the points of a target's window as a chart draws them.

        Raises:
            NotFound: there is no such target.
        """
        async with self._counting:
            horizon, in_force = await self._now(code)
            found = await self._assess(in_force, today, book=book, known_at=horizon.known_at, horizon=horizon)
        forecast = None if found.progress is None else found.progress.forecast
        points = series(in_force.target, found.counts.counting, forecast, step=step, today=today)
        body = series_fields(points)
        return Answer(orjson.dumps(body), _tag([horizon.last_change, body]))

    async def what_if(
        self, code: str, supposed: Supposed, *, today: date, book: RegionBook, language: str
    ) -> dict[str, Any]:
        """Return the progress of a target as it would stand on `supposed.by`, a day to come.

        Raises:
            NotFound: there is no such target.
        """
        async with self._counting:
            horizon, in_force = await self._now(code)
            assessed = await self._assess(in_force, supposed.by, book=book, known_at=horizon.known_at, horizon=horizon)
        target, counts = in_force.target, assessed.counts
        counting = counts.counting + supposed.dated(today)
        found = standing(target, facts_on(target, counting, counts.submitted, supposed.by), supposed.by)
        told = progress_fields(
            in_force, found, as_of=supposed.by, known_at=horizon.known_at, synthetic=counts.synthetic > 0
        )
        return in_language(told, language)

    async def require_target(self, code: str | None) -> None:
        """Let a question about all targets pass, or about one that exists.

        Raises:
            NotFound: there is no such target.
        """
        if code is not None and not await target_exists(self._pool, code):
            raise NotFound

    def _follow(self, book: RegionBook) -> None:
        """Forget everything if regions have merged: what a filter's region means is not a change of the register."""
        if book is not self._book:
            if self._book is None or book.by_code != self._book.by_code:
                self._remembered = {}
            self._book = book

    async def _now(self, code: str) -> tuple[Horizon, TargetInForce]:
        horizon = await self.days.views.look()
        found = await read_targets_in_force(self._pool, code, horizon.known_at)
        if not found:
            raise NotFound
        return horizon, found[0]

    async def _make(self, question: Question, book: RegionBook) -> Mapping[str, Answer]:
        memory = self._remembered
        async with self._counting:
            horizon = await self.days.views.look()
            known_at = question.known_at or horizon.known_at
            found = await read_targets_in_force(self._pool, question.code, known_at)
            if question.code is not None and not found:
                raise NotFound
            items = [
                await self._progress(one, question.as_of, book=book, known_at=known_at, horizon=horizon)
                for one in found
            ]
        answers = {
            language: _answer([in_language(item, language) for item in items], question, horizon)
            for language in LANGUAGES
        }
        # If regions have merged meanwhile, this goes into the memory that nobody asks any more.
        memory.pop(question, None)
        if len(memory) >= REMEMBERED_AT_MOST:
            del memory[next(iter(memory))]
        memory[question] = _Remembered(answers, horizon)
        return answers

    async def _progress(
        self, in_force: TargetInForce, as_of: date, *, book: RegionBook, known_at: datetime, horizon: Horizon
    ) -> dict[str, Any]:
        assessed = await self._assess(in_force, as_of, book=book, known_at=known_at, horizon=horizon)
        found = _standing(in_force.target, assessed, as_of)
        synthetic = assessed.counts.synthetic > 0
        return progress_fields(in_force, found, as_of=as_of, known_at=known_at, synthetic=synthetic)

    async def _assess(
        self, in_force: TargetInForce, as_of: date, *, book: RegionBook, known_at: datetime, horizon: Horizon
    ) -> Assessed:
        state = state_at(horizon) if known_at == horizon.known_at else known_at
        return await self.days.assess(in_force, as_of, book=book, known_at=known_at, state_at=state)


def _standing(target: Target, assessed: Assessed, as_of: date) -> Standing:
    """Return the figures of a day, a `Progress` unless the day is still to come.

    The counts are as known at the question's instant; forecast, pace and since are what the day itself knew by its end.
    """
    found = standing(target, facts_on(target, assessed.counts.counting, assessed.counts.submitted, as_of), as_of)
    judged = assessed.progress
    if judged is None:
        return found
    figures = {figure.name: getattr(found, figure.name) for figure in fields(found)}
    return Progress(**figures, forecast=judged.forecast, pace=judged.pace, since=judged.since)


def _answer(items: list[dict[str, Any]], question: Question, horizon: Horizon) -> Answer:
    """Return the JSON text, under a tag of the figures and the register's state, without the moment of asking.

    So every process gives the same tag until something changes, and for a `known_at` asked for, always.
    """
    body = items[0] if question.code is not None else {"items": items, "next": None}
    figures = [{name: value for name, value in item.items() if name != "known_at"} for item in items]
    return Answer(orjson.dumps(body), _tag([question.known_at or horizon.last_change, figures]))


def _tag(state: Any) -> str:
    return f'"{sha256(orjson.dumps(state)).hexdigest()[:_TAG_DIGITS]}"'
