"""Will the goal be met: how many more may land, from what is registered ahead and from what is still to be registered.

We count what has landed, add what is registered and due by the deadline, each record weighed by how such promises have
been kept, and add what is still to be registered, read off the plan and scaled by how registrations have kept up.
Days are numbers within the window: 1 is `starts_on`, days up to 0 lie before. Letters in brackets are the source's.

Source: research/forecast.md, section 2.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import chain
from math import fsum

from service.core.plan import Path
from service.core.promises import Chances, life_table
from service.core.spread import Spread, spread
from service.core.tally import Tally

PRIOR_RECORDS = 10
"""How many records the belief is worth that the plan will be kept, before anything has landed."""
LEAST_PLAN_SHARE = 0.02
"""No record is held against a smaller share of the plan: its first days ask for next to nothing."""
YOUNG_DAYS = 45
YEAR_DAYS = 365


@dataclass(frozen=True, slots=True)
class Window:
    """A plan without its start: `planned(day)` of `goal` are asked for by the end of `day`, all after `days` days."""

    days: int
    goal: int
    planned: Callable[[int], float]


@lru_cache(maxsize=64)
def window(way: Path) -> Window:
    """Return the window of a path; each day of it is worked out once, whichever day asks."""
    eve, due = way.points[0][0], way.points[-1][0]
    days, goal = due - eve, way.goal - way.start

    @cache
    def inside(day: int) -> float:
        return float(way.plan(date.fromordinal(eve + day)) - way.start)

    def planned(day: int) -> float:
        if day <= 0:
            return 0.0
        return inside(day) if day < days else float(goal)

    return Window(days, goal, planned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What has landed inside the window (n), what more is needed, and what may come.

    `pipeline` (C) and `unregistered` (U) are expected numbers, of records registered ahead and of those still to be
    registered; `variance` is that of their sum. `need` is 0 or less once the goal is reached.
    """

    landed: int
    need: int
    pipeline: float = 0.0
    unregistered: float = 0.0
    variance: float = 0.0

    def further(self) -> Spread:
        """Return how likely each number of further landings is (step 6)."""
        return spread(self.pipeline + self.unregistered, self.variance)

    def probability(self) -> float:
        """Return the chance, 0 to 1, that what is needed lands by the end of the window (step 6)."""
        return self.further().at_least(self.need) if self.need > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Known:
    """A register as it was known at the end of `today`: nothing that its tally holds happened later."""

    today: int
    tally: Tally


def outlook(view: Window, known: Known) -> Outlook:
    """Return what may still land, at the end of a day up to the window's last.

    Source: research/forecast.md, section 2, steps 0 to 5.
    """
    pipeline, landed = _pipeline(view, known), known.tally.landed
    mean, variance = _unregistered(view, known, pipeline) if view.goal > 0 else (0.0, 0.0)
    return Outlook(
        landed=landed,
        need=view.goal - landed,
        pipeline=pipeline.mean,
        unregistered=mean,
        variance=variance + pipeline.variance,
    )


@dataclass(frozen=True, slots=True)
class _Pipeline:
    """How many pending records may land (C, V_C), and what is expected of those with the same lead, one by one.

    Sums of these shares are exact, so that the order in which a tally holds them doesn't show.
    """

    mean: float
    variance: float
    by_lead: Mapping[int, list[float]]


def _pipeline(view: Window, known: Known) -> _Pipeline:
    """Return what the pending records are good for (steps 1 and 2).

    One without any promise, which the registry never makes, is expected never.
    """
    tally, today = known.tally, known.today
    chances = Chances(life_table(tally.promises, today), today, view.days)
    by_lead: dict[int, list[float]] = defaultdict(list)
    variances = []
    for (registered, promise), count in tally.pending.items():
        chance = chances.to_land(promise)
        expected = count * chance
        by_lead[max(promise[1], today) - registered].append(expected)
        variances.append(expected * (1 - chance))
    mean, variance = fsum(chain.from_iterable(by_lead.values())), fsum(variances)
    return _Pipeline(mean, variance + _doubt(mean, known), by_lead)


def _doubt(mean: float, known: Known) -> float:
    """Return the variance of all pending records together: they may keep their word better or worse than was seen."""
    tally = known.tally
    if mean <= 0:
        return 0.0
    kept = mean / (tally.pending.total() + tally.unpromised.total())
    return mean**2 * (1 - kept) / kept / (PRIOR_RECORDS + tally.promises.seasoned(known.today) + 1)


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What the plan has shown so far: what is known is `worth` that many records, against `asked` planned ones.

    X*, E, and R: what of the plan no registration can stand for yet, because it lies further ahead than they come.
    """

    worth: float
    asked: float
    left: float


def _lesson(view: Window, known: Known, pipeline: _Pipeline) -> _Lesson:
    """Return what landings and promises say of the plan, each held against it as far ahead as it came (steps 0, 3)."""
    today, tally = known.today, known.tally
    so_far = view.planned(today)
    if not tally.arrivals or tally.landed + pipeline.mean <= 0:
        return _Lesson(tally.landed, so_far, view.goal - so_far)
    eve = min(tally.arrivals) - 1
    held = [(float(tally.walk_ins.total()), so_far, so_far)]  # weight, asked since the first could come, and in all
    for lead in sorted({*tally.leads, *pipeline.by_lead}):
        weight = tally.leads[lead] + fsum(pipeline.by_lead.get(lead, ()))
        upto = view.planned(today + lead)
        held.append((weight, upto - view.planned(eve + lead), upto))
    least = LEAST_PLAN_SHARE * view.goal
    rated = [(weight, max(asked, least), view.goal - upto) for weight, asked, upto in held]
    s1 = sum(weight / asked for weight, asked, _ in rated)
    s2 = sum(weight / asked**2 for weight, asked, _ in rated)
    left = sum(weight / asked * rest for weight, asked, rest in rated) / s1
    return _Lesson(worth=s1**2 / s2, asked=s1 / s2, left=left)


def _call(view: Window, known: Known, pipeline: _Pipeline) -> float:
    """Return how far, 0 to below 1, the register looks like a call that is open or will be repeated (ω, step 4)."""
    today, tally = known.today, known.tally
    recent = _arrived_after(tally, today - YEAR_DAYS)
    if recent == 0:
        return 0.0
    young = _arrived_after(tally, today - YOUNG_DAYS)
    total = tally.landed + pipeline.mean
    share_ahead = (total - tally.walk_ins.total()) / total if total > 0 else 1.0
    return (1 - 1 / _batch(tally.arrivals)) * max(young, _again(view, known)) / recent * share_ahead


def _arrived_after(tally: Tally, day: int) -> int:
    return sum(count for registered, count in tally.arrivals.items() if registered > day)


def _again(view: Window, known: Known) -> int:
    """Return how many came a year ago in the season still ahead, first promised before that year's deadline."""
    since, last_due = known.today - YEAR_DAYS, view.days - YEAR_DAYS
    if last_due >= known.today:
        return 0
    return sum(
        count
        for (registered, planned), count in known.tally.first_planned.items()
        if since < registered <= last_due and planned <= last_due
    )


def _batch(per_day: Mapping[int, int]) -> float:
    """Return how many come at once, 1 or more (φ)."""
    counts = per_day.values()
    return max(1.0, (PRIOR_RECORDS + sum(count * count for count in counts)) / (5 + sum(counts)))


def _unregistered(view: Window, known: Known, pipeline: _Pipeline) -> tuple[float, float]:
    """Return mean and variance of what is still to be registered and to land in the window (U, step 5)."""
    lesson, call = _lesson(view, known, pipeline), _call(view, known, pipeline)
    batch = _batch(known.tally.arrivals + known.tally.walk_ins)
    strength = PRIOR_RECORDS + lesson.worth / batch
    mean = lesson.left * strength / (PRIOR_RECORDS + lesson.asked / batch)
    variance = batch * mean + mean**2 / strength
    # A call may still bring what is missing, or what the plan asks of the last year, whichever is less.
    last_year = view.goal - view.planned(view.days - YEAR_DAYS)
    by_call = max(mean, min(view.goal - known.tally.landed - pipeline.mean, last_year))
    call_variance = batch * by_call + by_call**2 / PRIOR_RECORDS
    apart = call * (1 - call) * (by_call - mean) ** 2
    return (1 - call) * mean + call * by_call, (1 - call) * variance + call * call_variance + apart
