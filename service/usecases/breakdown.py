"""A target's value split up, on a day, by the register as it was known at an instant.

The counts of a question are made once for each state of the register; the names beside them are read each time.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from service.core import breakdown
from service.core.breakdown import FITTING, By, Tallies
from service.core.errors import Invalid, NotFound
from service.core.fields import parameter_problem
from service.core.records import utc_text
from service.core.regions import Region, RegionBook
from service.core.standing import facts_on
from service.core.targets import Target
from service.db.engine import HotPool
from service.db.read_models.breakdown import name_models, read_tallies
from service.db.read_models.progress import Horizon, read_counts, read_horizon, read_targets_in_force

REMEMBERED_AT_MOST = 500
"""Answers kept by a process, some kilobytes each."""
_TAG_DIGITS = 24


class SplitQuestion(NamedTuple):
    """What is asked: one target on a day, known now (None) or at an instant, split by something."""

    code: str
    by: By
    as_of: date
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SplitAnswer:
    """The parts as JSON text, and their ETag."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class _Counted:
    target: Target
    tallies: Tallies
    total: int
    synthetic: bool
    horizon: Horizon
    regions: Mapping[str, Region]


class BreakdownAnswers:
    """Answers questions about the parts of a value; one count at a time is made, so that counting starves nothing."""

    def __init__(self, pool: HotPool) -> None:
        self._pool = pool
        self._remembered: dict[SplitQuestion, _Counted] = {}
        self._turn = asyncio.Lock()

    async def answer(self, question: SplitQuestion, book: RegionBook, *, pipeline: bool) -> SplitAnswer:
        """Return the parts; `pipeline` tells whether the caller sees what is registered and does not count yet.

        Raises:
            NotFound: there is no such target.
            Invalid: `known_at` is later than now, or the target's metric can't be split so.
        """
        counted = await self._counted(question, book)
        ids = [UUID(key) for key in counted.tallies if key] if question.by is By.FOUNDATION_MODEL else []
        models = await name_models(self._pool, ids)
        found = breakdown.headings(question.by, counted.target, counted.tallies, book=book, models=models)
        items = breakdown.items(question.by, found, counted.tallies, total=counted.total, pipeline=pipeline)
        body = {
            "items": items,
            "next": None,
            "as_of": question.as_of.isoformat(),
            "known_at": utc_text(question.known_at or counted.horizon.known_at),
            "synthetic": counted.synthetic,
        }
        state = question.known_at or counted.horizon.last_change
        return SplitAnswer(orjson.dumps(body), _etag([state, question.as_of, counted.synthetic, items]))

    async def _counted(self, question: SplitQuestion, book: RegionBook) -> _Counted:
        horizon = await read_horizon(self._pool)
        if question.known_at is not None and question.known_at > horizon.known_at:
            await self._target(question, horizon.known_at)
            raise Invalid([parameter_problem("known_at", "after_now", now=utc_text(horizon.known_at))])
        remembered = self._still_true(question, horizon, book)
        if remembered is not None:
            return remembered
        async with self._turn:
            remembered = self._still_true(question, horizon, book)
            return remembered or await self._count(question, horizon, book)

    def _still_true(self, question: SplitQuestion, horizon: Horizon, book: RegionBook) -> _Counted | None:
        kept = self._remembered.get(question)
        if kept is None or kept.horizon.last_change != horizon.last_change or kept.regions != book.by_code:
            return None
        return kept

    async def _count(self, question: SplitQuestion, horizon: Horizon, book: RegionBook) -> _Counted:
        known_at = question.known_at or horizon.known_at
        target = await self._target(question, known_at)
        regions = sorted({meant for code in target.filter.regions for meant in book.codes_meant_by(code)})
        tallies, total, synthetic = await self._tally(question, target, regions=regions, known_at=known_at)
        if question.by is By.REGION:
            tallies = breakdown.in_force(tallies, book)
        parts = breakdown.with_baseline(tallies, target)
        counted = _Counted(target, parts, total, synthetic, horizon, book.by_code)
        self._remembered.pop(question, None)
        if len(self._remembered) >= REMEMBERED_AT_MOST:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[question] = counted
        return counted

    async def _target(self, question: SplitQuestion, known_at: datetime) -> Target:
        found = await read_targets_in_force(self._pool, question.code, known_at)
        if not found:
            raise NotFound
        target = found[0].target
        fitting = FITTING[target.metric]
        if question.by not in fitting:
            raise Invalid([parameter_problem("by", "does_not_fit_metric", allowed=", ".join(fitting))])
        return target

    async def _tally(
        self, question: SplitQuestion, target: Target, *, regions: list[str], known_at: datetime
    ) -> tuple[Tallies, int, bool]:
        """Return the parts, the target's whole value, and whether any of it is synthetic.

        The value is not the parts' sum where a factory stands under several.
        """
        by, as_of = question.by, question.as_of
        if by in (By.REGION, By.INDUSTRY, By.PROJECT_TYPE):
            tallies, synthetic = await self._read(question, target, regions=regions, known_at=known_at)
            return tallies, target.baseline + sum(tally.value for tally in tallies.values()), synthetic
        counts = await read_counts(self._pool, target, regions=regions, known_at=known_at)
        total = facts_on(target, counts.counting, counts.submitted, as_of).value
        if by is By.MONTH:
            return breakdown.by_month(target, counts.counting, counts.submitted, as_of), total, counts.synthetic
        tallies, synthetic = await self._read(question, target, regions=regions, known_at=known_at)
        return tallies, total, synthetic

    async def _read(
        self, question: SplitQuestion, target: Target, *, regions: list[str], known_at: datetime
    ) -> tuple[Tallies, bool]:
        by, as_of = question.by, question.as_of
        return await read_tallies(self._pool, by, target, regions=regions, as_of=as_of, known_at=known_at)


def _etag(state: Any) -> str:
    """Return a tag of the parts and the register's state, without the moment at which somebody asked."""
    return f'"{sha256(orjson.dumps(state)).hexdigest()[:_TAG_DIGITS]}"'
