"""Progress: where each target stands on a day, by the register as it was known at an instant.

An answer is made once for each state of the register and remembered as the bytes that go out. What is remembered is
still true while nothing has changed, so it keeps the instant it was known at.
"""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import orjson

from service.core.errors import Invalid, NotFound
from service.core.fields import parameter_problem
from service.core.progress import TargetInForce, progress_fields
from service.core.records import utc_text
from service.core.regions import RegionBook
from service.core.standing import facts_on, standing
from service.core.targets import Target
from service.db.engine import HotPool
from service.db.read_models.progress import (
    Horizon,
    read_counts,
    read_horizon,
    read_targets_in_force,
    target_exists,
)

REMEMBERED_AT_MOST = 2_000
"""Answers kept by a process, about a kilobyte each."""
COUNTS_AT_ONCE = 2
"""Answers that a process makes at the same time; the other connections are for everything else."""
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
    answer: Answer
    horizon: Horizon


class HorizonLooks:
    """Looks how far the register is known, one look for all who ask at about the same time.

    Nobody is given a look that began before they asked, so that each sees what was committed before. Many readers cost
    the database, and this process, little more than one.
    """

    def __init__(self, pool: HotPool) -> None:
        self._pool = pool
        self._waiting: list[asyncio.Future[Horizon]] = []
        self._looking: asyncio.Task[None] | None = None

    async def look(self) -> Horizon:
        """Return the horizon of a look that begins after this call."""
        answer: asyncio.Future[Horizon] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        return await answer

    async def _look(self) -> None:
        try:
            while self._waiting:
                served, self._waiting = self._waiting, []
                try:
                    _tell(served, await read_horizon(self._pool))
                except Exception as error:  # noqa: BLE001 - whatever it is, it is told to those who wait for it
                    _tell(served, error)
        finally:
            self._looking = None


def _tell(waiting: list[asyncio.Future[Horizon]], outcome: Horizon | Exception) -> None:
    for one in waiting:
        if one.done():  # its caller has gone
            continue
        if isinstance(outcome, Exception):
            one.set_exception(outcome)
        else:
            one.set_result(outcome)


class ProgressAnswers:
    """Answers questions about progress, each once for each state of the register.

    One answer to a question is made at a time, and few in all: however fast the register changes, and however many
    ask, counting takes no more than its share of the database.
    """

    def __init__(self, pool: HotPool) -> None:
        self._pool = pool
        self._looks = HorizonLooks(pool)
        self._remembered: dict[Question, _Remembered] = {}
        self._turns: WeakValueDictionary[Question, asyncio.Lock] = WeakValueDictionary()
        self._counting = asyncio.Semaphore(COUNTS_AT_ONCE)
        self._book: RegionBook | None = None

    async def answer(self, question: Question, book: RegionBook) -> Answer:
        """Return the progress asked for; everything committed before the call is in it.

        Raises:
            NotFound: there is no such target.
            Invalid: `known_at` is later than now.
        """
        self._follow(book)
        horizon = await self._looks.look()
        remembered = self._remembered.get(question)
        if remembered is not None and remembered.horizon.last_change == horizon.last_change:
            return remembered.answer
        if question.known_at is not None and question.known_at > horizon.known_at:
            await self.require_target(question.code)
            raise Invalid([parameter_problem("known_at", "after_now", now=utc_text(horizon.known_at))])
        turn = self._turns.setdefault(question, asyncio.Lock())
        async with turn:
            remembered = self._remembered.get(question)
            if remembered is not None and remembered.horizon.known_at >= horizon.known_at:
                return remembered.answer  # begun after this call asked, while it waited for its turn
            return await self._make(question, book)

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

    async def _make(self, question: Question, book: RegionBook) -> Answer:
        memory = self._remembered
        async with self._counting:
            horizon = await self._looks.look()
            known_at = question.known_at or horizon.known_at
            found = await read_targets_in_force(self._pool, question.code, known_at)
            if question.code is not None and not found:
                raise NotFound
            items = [await self._progress(one, as_of=question.as_of, known_at=known_at, book=book) for one in found]
        body = items[0] if question.code is not None else {"items": items, "next": None}
        answer = Answer(orjson.dumps(body), _etag(items, question, horizon))
        # If regions have merged meanwhile, this goes into the memory that nobody asks any more.
        memory.pop(question, None)
        if len(memory) >= REMEMBERED_AT_MOST:
            del memory[next(iter(memory))]
        memory[question] = _Remembered(answer, horizon)
        return answer

    async def _progress(
        self, in_force: TargetInForce, *, as_of: date, known_at: datetime, book: RegionBook
    ) -> dict[str, Any]:
        target = in_force.target
        counts = await read_counts(self._pool, target, regions=_regions(target, book), known_at=known_at)
        facts = facts_on(target, counts.counting, counts.submitted, as_of)
        return progress_fields(in_force, standing(target, facts, as_of), as_of=as_of, known_at=known_at)


def _regions(target: Target, book: RegionBook) -> list[str]:
    """Return every code under which records of the filter's regions stand, now or before a merger."""
    return sorted({meant for code in target.filter.regions for meant in book.codes_meant_by(code)})


def _etag(items: list[dict[str, Any]], question: Question, horizon: Horizon) -> str:
    """Return a tag of the figures and the register's state, without the moment at which somebody asked.

    So every process gives the same tag until something changes, and for a `known_at` asked for, always.
    """
    figures = [{name: value for name, value in item.items() if name != "known_at"} for item in items]
    state = [question.known_at or horizon.last_change, figures]
    return f'"{sha256(orjson.dumps(state)).hexdigest()[:_TAG_DIGITS]}"'
