"""Simulated programmes for the study of pace: worlds in which registers grow in different ways.

A world is made from its one-line description in the study's source; what that leaves open is decided here and said in
its docstring. Days are numbers within the window: 1 is `starts_on`, days up to 0 lie before. Everything is drawn from
one seeded generator per programme, so a programme is the same on every machine.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from math import exp
from random import Random
from statistics import median

from service.core.pace import Record
from service.core.targets import Target

STRENGTH_SPREAD = 0.35
"""Standard deviation of the logarithm of a programme's strength; its median is 1."""
PILOTS = 400
"""Programmes from which a world's size is set so that about half of them miss; they aren't in the study."""

EVE = date(2025, 12, 31)
ONE_YEAR = Target(starts_on=date(2026, 1, 1), due_on=date(2026, 12, 31), goal=100)
FIVE_YEARS = Target(
    starts_on=date(2026, 1, 1), due_on=date(2030, 12, 31), goal=500, trajectory=((date(2026, 12, 31), 100),)
)
CALL_DAYS = (45, 60, 90, 120)
"""The days on which a call's batches are registered, as in the check values of the forecast."""
JULY_DAYS = (182, 189, 196, 203)
"""1, 8, 15 and 22 July."""
LATE_CALL_DAYS = (250, 265)
LAST_QUARTER = (275, 335)
"""Calls promise days in October and November, so that what is kept lands in the last quarter."""
A_FORTNIGHT_LATER = (289, 349)
"""16 October to 15 December: a call in July promises somewhat later than one in spring."""
LEAD = (90, 150)
"""Days that a steady stream's promises lie ahead: four months, give or take one."""
FIRST_STEADY_DAY = -180
"""A steady stream begins half a year before the window, so that it flows, nearly in full, from the first day on."""
A_YEAR_BEFORE = -365
WEAKER = 0.7
"""Programmes that dry up have had fewer registrations all along, by this factor."""


def day_of(number: int) -> date:
    """Return the day of the window with this number."""
    return EVE + timedelta(days=number)


# --- how single records go ---


@dataclass(frozen=True, slots=True)
class Habits:
    """How promises are kept: shares of 1, and days.

    Of those kept a quarter land up to ten days early; a share `tail` is late by an exponential time of `tail_days` on
    average, the others by one of `late_days`. `phantoms` neither land nor are withdrawn. `replanned` ones get a date 30
    to 90 days later shortly before their day.
    """

    withdrawn: float = 0.10
    phantoms: float = 0.0
    late_days: float = 10.0
    tail: float = 0.25
    tail_days: float = 45.0
    replanned: float = 0.0


RELIABLE = Habits()
PADDED = Habits(phantoms=0.30)
REPLANNED = Habits(replanned=0.40)
CANCELLED = Habits(withdrawn=0.25, tail=0.60, tail_days=90.0)
EVENLY_LATE = Habits(late_days=30.0, tail=0.0)
"""As late on the whole, but without the forecast's assumption of many soon and a few very late."""
EARLY = 0.25


def walk_in(day: int) -> Record:
    """Return a record that lands on the day it is registered."""
    return Record(day_of(day), landed_on=day_of(day))


def promised(random: Random, day: int, planned: int, habits: Habits = RELIABLE) -> Record:
    """Return a record registered on `day` for `planned`, with what becomes of it."""
    promises = [(day, planned)]
    if random.random() < habits.replanned:
        planned += random.randint(30, 90)
        promises.append((max(day + 1, promises[0][1] - random.randint(0, 14)), planned))
    record = Record(day_of(day), promises=tuple((day_of(known), day_of(due)) for known, due in promises))
    fate = random.random()
    if fate < habits.withdrawn:
        return replace(record, withdrawn_on=day_of(random.randint(day + 1, planned)))
    if fate < habits.withdrawn + habits.phantoms:
        return record
    return replace(record, landed_on=day_of(max(day + 1, planned + lateness(random, habits))))


def lateness(random: Random, habits: Habits) -> int:
    """Return by how many days a kept promise is late; negative is early."""
    kind = random.random()
    if kind < EARLY:
        return -random.randint(0, 10)
    return 1 + int(random.expovariate(1 / (habits.tail_days if kind < EARLY + habits.tail else habits.late_days)))


# --- how they come ---


def arrivals(random: Random, expected: float, first: int, last: int) -> Iterator[int]:
    """Yield the days of a Poisson process with `expected` arrivals spread evenly over `first` to `last`."""
    days = last - first + 1
    at = random.expovariate(expected / days)
    while at < days:
        yield first + int(at)
        at += random.expovariate(expected / days)


def poisson(random: Random, expected: float) -> int:
    """Return a Poisson number, as the arrivals of one day."""
    return sum(1 for _ in arrivals(random, expected, 1, 1))


def steady(
    random: Random, expected: float, habits: Habits = RELIABLE, first: int = FIRST_STEADY_DAY, last: int = 365
) -> list[Record]:
    """Return a steady stream registered ahead, `expected` of them a year."""
    yearly = expected * (last - first + 1) / 365
    return [promised(random, day, day + random.randint(*LEAD), habits) for day in arrivals(random, yearly, first, last)]


def call(
    random: Random,
    expected: float,
    habits: Habits = RELIABLE,
    days: tuple[int, ...] = CALL_DAYS,
    due: tuple[int, int] = LAST_QUARTER,
    year: int = 0,
) -> list[Record]:
    """Return a call: its batches, equally large on average, all promised for a day of `due`, the last quarter."""
    found = []
    for day in days:
        for _ in range(poisson(random, expected / len(days))):
            planned = random.randint(*due)
            found.append(promised(random, day + 365 * year, planned + 365 * year, habits))
    return found


def strength(random: Random) -> float:
    """Return a programme's strength, by which the number of its records is multiplied."""
    return exp(random.gauss(0, STRENGTH_SPREAD))


# --- worlds ---


@dataclass(frozen=True, slots=True)
class World:
    """A way in which programmes go: `grow` gives the records of one, `expected` being the number a year."""

    letter: str
    name: str
    grow: Callable[[Random, float], list[Record]]
    target: Target = ONE_YEAR


def even_walk_ins(random: Random, expected: float) -> list[Record]:
    """A. Even, walk-ins: a Poisson process over the year, each record registered on the day it lands."""
    return [walk_in(day) for day in arrivals(random, expected, 1, 365)]


def back_loaded(random: Random, expected: float) -> list[Record]:
    """B. Back-loaded, plan knows: walk-ins, a tenth in the first quarter, then 2, 3, 4 tenths; so does the plan."""
    quarters = ((1, 90), (91, 181), (182, 273), (274, 365))
    return [
        walk_in(day)
        for tenths, (first, last) in enumerate(quarters, 1)
        for day in arrivals(random, expected * tenths / 10, first, last)
    ]


def batches_of_five(random: Random, expected: float) -> list[Record]:
    """C. Batches of five: walk-ins, always five on one day, the days a Poisson process."""
    return [walk_in(day) for day in arrivals(random, expected / 5, 1, 365) for _ in range(5)]


def five_years(random: Random, expected: float) -> list[Record]:
    """D. Five-year stock: walk-ins evenly over five years, 500 by 2030 with 100 in 2026 (the programme's own goals)."""
    return [walk_in(day) for day in arrivals(random, 5 * expected, 1, FIVE_YEARS.window_days)]


def steady_pipeline(random: Random, expected: float) -> list[Record]:
    """E. Steady pipeline: registered 3 to 5 months ahead, since half a year before the window.

    How promises are kept, here and in all worlds that don't say otherwise: one in ten is withdrawn; of the others a
    quarter is up to ten days early, half ten days late on average, and a quarter forms a tail of 45 days on average.
    """
    return steady(random, expected)


def yearly_call(random: Random, expected: float) -> list[Record]:
    """F, G. Yearly call: four batches on days 45 to 120, all promised for October and November.

    Of F the plan is straight; of G it knows: nothing up to 30 September, then straight to the goal.
    """
    return call(random, expected)


def padded(random: Random, expected: float) -> list[Record]:
    """H. Padded with phantoms: as E, but three in ten never land and are never withdrawn; a year of it before."""
    return steady(random, expected, PADDED, first=A_YEAR_BEFORE)


def drying_up(random: Random, expected: float) -> list[Record]:
    """I. Dries up in June (half do): as E, with a year of it before.

    In half of the programmes nothing is registered from a day in June on; these were weaker from the start.
    """
    if random.random() < 1 / 2:
        return steady(random, WEAKER * expected, first=A_YEAR_BEFORE, last=random.randint(151, 180))
    return steady(random, expected, first=A_YEAR_BEFORE)


def half_and_half(random: Random, expected: float) -> list[Record]:
    """J. Half ahead, half walk-in: half of E and half of A."""
    return [*steady(random, expected / 2), *even_walk_ins(random, expected / 2)]


def cold_start(random: Random, expected: float) -> list[Record]:
    """K. Cold start, 4-month lead: as E, but the register opens with the window; the plan is straight all the same."""
    return steady(random, expected, first=1)


def replanned(random: Random, expected: float) -> list[Record]:
    """L. Steady, dates re-planned: as E; four in ten get a date 1 to 3 months later in the last fortnight."""
    return steady(random, expected, REPLANNED)


def evenly_late_call(random: Random, expected: float) -> list[Record]:
    """F+. As F, but three in four land late by an exponential time of 30 days: slower at first, then surer."""
    return call(random, expected, EVENLY_LATE)


def july_call(random: Random, expected: float) -> list[Record]:
    """M. Yearly call in July: as F, the batches on 1, 8, 15 and 22 July, promised a fortnight later than in F."""
    return call(random, expected, days=JULY_DAYS, due=A_FORTNIGHT_LATER)


def padded_call(random: Random, expected: float) -> list[Record]:
    """N. Padded yearly call: as F, but three in ten never land and are never withdrawn."""
    return call(random, expected, PADDED)


def second_year(random: Random, expected: float) -> list[Record]:
    """P. Yearly call, second year: as F, with the same call of the year before, of a strength of its own."""
    return [*call(random, 110 * strength(random), year=-1), *call(random, expected)]


def padded_second_year(random: Random, expected: float) -> list[Record]:
    """Q. Padded call, second year: as N, with last year's padded call, of a strength of its own."""
    return [*call(random, 150 * strength(random), PADDED, year=-1), *call(random, expected, PADDED)]


def cancelled(random: Random, expected: float) -> list[Record]:
    """R. Steady, 25 % cancelled, tail 90 d: as E with a quarter withdrawn; six in ten of those kept form the tail."""
    return steady(random, expected, CANCELLED)


def late_call(random: Random, expected: float) -> list[Record]:
    """T. A late call after a thin stream: three in ten walk in all year; a call in September brings the others."""
    return [*even_walk_ins(random, 0.3 * expected), *call(random, 0.7 * expected, days=LATE_CALL_DAYS)]


_B_PLAN = ((day_of(90), 10), (day_of(181), 30), (day_of(273), 60))
WORLDS = {
    world.letter: world
    for world in (
        World("A", "even, walk-ins", even_walk_ins),
        World("B", "back-loaded, plan knows", back_loaded, replace(ONE_YEAR, trajectory=_B_PLAN)),
        World("C", "batches of five", batches_of_five),
        World("D", "five-year stock", five_years, FIVE_YEARS),
        World("E", "steady pipeline", steady_pipeline),
        World("F", "yearly call, straight plan", yearly_call),
        World("G", "yearly call, plan knows", yearly_call, replace(ONE_YEAR, trajectory=((day_of(273), 0),))),
        World("H", "padded with phantoms", padded),
        World("I", "dries up in June (half do)", drying_up),
        World("J", "half ahead, half walk-in", half_and_half),
        World("K", "cold start, 4-month lead", cold_start),
        World("L", "steady, dates re-planned", replanned),
        World("M", "yearly call in July", july_call),
        World("N", "padded yearly call", padded_call),
        World("P", "yearly call, second year", second_year),
        World("Q", "padded call, second year", padded_second_year),
        World("R", "steady, 25 % cancelled, tail 90 d", cancelled),
        World("T", "late call after a thin stream", late_call),
        World("F+", "as F, all a month late", evenly_late_call),
        World(
            "T+",
            "the same, call declared",
            late_call,
            replace(ONE_YEAR, call_closes_on=day_of(LATE_CALL_DAYS[-1])),
        ),
    )
}
"""By letter, as the study's source names them; F+ and T+ (T with `call_closes_on`) are ours."""


def landings(target: Target, records: list[Record]) -> list[date]:
    """Return the days inside the window on which records land, in order."""
    landed = (record.landed_on for record in records if record.landed_on is not None)
    return sorted(day for day in landed if target.starts_on <= day <= target.due_on)


def final_value(target: Target, records: list[Record]) -> int:
    """Return how many have landed inside the window in the end."""
    return len(landings(target, records))


@cache
def expected_a_year(letter: str, seed: int) -> float:
    """Return the number of records a year, at strength 1, with which about half of the programmes miss."""
    world = WORLDS[letter]
    yearly = float(ONE_YEAR.goal)
    finals = [_grow(world, seed, f"pilot {number}", yearly) for number in range(PILOTS)]
    return yearly * world.target.goal / median(final_value(world.target, records) for records in finals)


def programme(letter: str, seed: int, number: int) -> list[Record]:
    """Return the records of one programme of a world, in the order in which they were registered."""
    return _grow(WORLDS[letter], seed, str(number), expected_a_year(letter, seed))


def _grow(world: World, seed: int, name: str, expected: float) -> list[Record]:
    random = Random(f"{seed} {world.letter} {name}")  # noqa: S311 - a simulation has to be repeatable, not secret
    records = world.grow(random, expected * strength(random))
    return sorted(records, key=lambda record: record.registered_on)
