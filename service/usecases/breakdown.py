"""A target's value split up, on a day, by the register as it was known at an instant.

The parts of a question are made once for each state of the register, from what the target's view has counted; the
names beside them are read each time.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from service.core import breakdown
from service.core.breakdown import FITTING, By, Tallies, Tally
from service.core.errors import Invalid, NotFound
from service.core.fields import parameter_problem
from service.core.progress import TargetInForce
from service.core.records import day_in_seoul, utc_text
from service.core.regions import Region, RegionBook
from service.core.standing import facts_on
from service.core.target_view import DatedCounts, Side, TargetView
from service.core.targets import Target
from service.db.engine import HotPool
from service.db.read_models.breakdown import Part, name_models, read_parts, read_parts_by_model
from service.db.read_models.progress import Horizon, read_targets_in_force
from service.usecases.target_views import TargetViews, state_at

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

    def __init__(self, pool: HotPool, views: TargetViews | None = None) -> None:
        self._pool = pool
        self._views = views or TargetViews(pool)
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
        horizon = await self._views.look()
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
        in_force = await self._target(question, question.known_at or horizon.known_at)
        target = in_force.target
        tallies, counts = await self._tally(question, in_force, horizon, book)
        if question.by is By.REGION:
            tallies = breakdown.in_force(tallies, book)
        total = facts_on(target, counts.counting, counts.submitted, question.as_of).value
        parts = breakdown.with_baseline(tallies, target)
        counted = _Counted(target, parts, total, counts.synthetic > 0, horizon, book.by_code)
        self._remembered.pop(question, None)
        if len(self._remembered) >= REMEMBERED_AT_MOST:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[question] = counted
        return counted

    async def _target(self, question: SplitQuestion, known_at: datetime) -> TargetInForce:
        found = await read_targets_in_force(self._pool, question.code, known_at)
        if not found:
            raise NotFound
        fitting = FITTING[found[0].target.metric]
        if question.by not in fitting:
            raise Invalid([parameter_problem("by", "does_not_fit_metric", allowed=", ".join(fitting))])
        return found[0]

    async def _tally(
        self, question: SplitQuestion, in_force: TargetInForce, horizon: Horizon, book: RegionBook
    ) -> tuple[Tallies, DatedCounts]:
        """Return the parts, and the counts of the whole target."""
        target, as_of = in_force.target, question.as_of
        today = day_in_seoul(question.known_at or horizon.known_at)
        state = question.known_at or state_at(horizon)
        first = min(target.starts_on, today)
        async with self._views.at(in_force, book, known_at=state, last=today, first=first) as view:
            if question.by is By.MONTH:
                parts = breakdown.by_month(target, view.counts.counting, view.counts.submitted, as_of)
            elif question.by is By.FOUNDATION_MODEL:
                # Whether a model is shown changes with the model, so no count of factories can be kept up.
                parts = _tallies(target, _counts(await read_parts_by_model(self._pool, view.target, state)), as_of)
            else:
                parts = _tallies(target, await self._split(view, _SIDES[question.by]), as_of)
            return parts, view.counts.copy()

    async def _split(self, view: TargetView, side: Side) -> Mapping[str | None, DatedCounts]:
        """Return the counts by a side: read once, and then kept up by the view."""
        if side not in view.splits:
            view.splits[side] = _counts(await read_parts(self._pool, side, view.target, view.known_at))
        return view.splits[side]


_SIDES: Mapping[By, Side] = {By.REGION: "region", By.INDUSTRY: "division", By.PROJECT_TYPE: "project_type"}


def _counts(found: Iterable[Part]) -> dict[str | None, DatedCounts]:
    counts: dict[str | None, DatedCounts] = {}
    for part in found:
        of_key = counts.setdefault(part.key, DatedCounts())
        (of_key.submitted if part.is_submitted else of_key.counting)[part.counts_on] += part.records
    return counts


def _tallies(target: Target, counts: Mapping[str | None, DatedCounts], as_of: date) -> dict[str | None, Tally]:
    last = min(as_of, target.due_on)
    return {key: _tally(of_key, last) for key, of_key in counts.items() if of_key.counting or of_key.submitted}


def _tally(counts: DatedCounts, last: date) -> Tally:
    value = sum(count for on, count in counts.counting.items() if on <= last)
    waiting = sum(count for on, count in counts.submitted.items() if on <= last)
    return Tally(value=value, waiting=waiting, planned=counts.submitted.total() - waiting)


def _etag(state: Any) -> str:
    """Return a tag of the parts and the register's state, without the moment at which somebody asked."""
    return f'"{sha256(orjson.dumps(state)).hexdigest()[:_TAG_DIGITS]}"'
