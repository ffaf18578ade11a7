"""`python -m benchmarks.pace_study`: is `behind` said rightly and early, compared with simpler rules?

Simulates programmes in the worlds of `pace_worlds`, asks four rules on every day what a ministry would have been told,
and counts: precision (alerted programmes that miss), recall (misses that were alerted), false alarm (programmes that
met the goal and were alerted all the same), lead (median share of the window left at the first alert of a miss).
The same seed gives the same tables on every machine.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks.pace_chart import Programme, chart
from benchmarks.pace_scores import COUNTS, OURS, RATIO, STRAIGHT, Alarms, Outcome, tables
from benchmarks.pace_worlds import WORLDS, World, final_value, landings, programme
from service.core.forecast import Known, outlook, window
from service.core.pace import DayPace, Pace, Record, replay
from service.core.plan import path
from service.core.tally import Entry, Tally
from service.core.targets import Target

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "pace.md"
CHART = DOCUMENT.with_name("pace-programme.svg")
MARKS = ("<!-- study: written by benchmarks/pace_study.py -->", "<!-- /study -->")
PROGRAMMES = 400
SEED = 2026
LOW_RATIO = 0.8
ONE_ASKED, FIVE_ASKED = 1, 5
"""What the straight line has to ask for before the two simple rules speak: one (day 4), and five, of which a fifth is
one (day 19)."""
SAMPLED_EVERY_DAYS = 10
"""Days between the forecasts that enter the table of calibration; those of neighbouring days are nearly the same."""
DRAWN_WORLD = "F"
DRAWN_ABOVE_GOAL = range(5, 16)
RULE_NAMES = {
    STRAIGHT: ("직선 미달", "below the straight line"),
    RATIO: ("계획의 80% 미만", "below 80 % of it"),
    COUNTS: ("실적만으로 예측", "forecast, counts alone"),
    OURS: ("이 서비스의 규칙", "our rule, with those ahead"),
}


# --- one programme ---


def follow(letter: str, seed: int, number: int) -> Outcome:
    """Return what became of a programme and what was said of it."""
    world, records = WORLDS[letter], programme(letter, seed, number)
    days = days_of(world, records)
    return Outcome(
        letter,
        final_value(world.target, records) >= world.target.goal,
        alarms_of(world, records, days),
        [
            day.probability
            for day in days[SAMPLED_EVERY_DAYS - 1 :: SAMPLED_EVERY_DAYS]
            if day.probability is not None and day.pace is not Pace.MET and day.day < world.target.due_on
        ],
    )


def days_of(world: World, records: list[Record]) -> list[DayPace]:
    """Return the programme's days up to the one on which its goal is met: none of the rules can alarm after it."""
    landed, goal = landings(world.target, records), world.target.goal
    return replay(world.target, records, landed[goal - 1] if len(landed) >= goal else world.target.due_on)


def alarms_of(world: World, records: Sequence[Record], days: Sequence[DayPace]) -> Alarms:
    """Return when each rule raises its alarm; `days` are the programme's."""
    asked = world.target.goal / world.target.window_days
    plans = [(day.value, asked * number) for number, day in enumerate(days, 1)]
    return {
        STRAIGHT: _first(plan >= ONE_ASKED and value < plan for value, plan in plans),
        RATIO: _first(plan >= FIVE_ASKED and value / plan < LOW_RATIO for value, plan in plans),
        COUNTS: _first(_are_counts_low(world.target, records, len(days))),
        OURS: _first(day.pace is Pace.BEHIND for day in days),
    }


def _first(days: Iterable[bool]) -> int | None:
    return next((number for number, is_alarm in enumerate(days, 1) if is_alarm), None)


def _are_counts_low(target: Target, records: Sequence[Record], days: int) -> Iterator[bool]:
    """Tell of each day whether the forecast has been low long enough, if each record is a walk-in of its landing.

    Nothing holds this rule back: waiting for a call that may come is a part of ours.
    """
    landed = Counter(target.day_number(record.landed_on) for record in records if record.landed_on is not None)
    view, tally, low_days = window(path(target, 0)), Tally(), 0
    for number in range(1, days + 1):
        tally.add(Entry(number, number), landed[number])
        chance = outlook(view, Known(number, tally)).probability()
        low_days = low_days + 1 if chance < target.alert_policy.raise_below else 0
        yield low_days >= target.alert_policy.hold_days


# --- the chart ---


def drawing(seed: int) -> str:
    """Return the chart of the first programme that ends a little above its goal, in a yearly call's world."""
    world, number = WORLDS[DRAWN_WORLD], 0
    records = programme(DRAWN_WORLD, seed, number)
    while final_value(world.target, records) - world.target.goal not in DRAWN_ABOVE_GOAL:
        number += 1
        records = programme(DRAWN_WORLD, seed, number)
    final = final_value(world.target, records)
    days = replay(world.target, records, world.target.due_on)
    alarms = alarms_of(world, records, days_of(world, records))
    return chart(
        Programme(
            target=world.target,
            days=days,
            registered=[_there(records, day.day) for day in days],
            alarms={names: alarms[rule] for rule, names in RULE_NAMES.items()},
            title=(
                f"봄에 공모하고 4분기에 도입하는 해: 목표를 달성한 모의 사례 (최종 {final}건)",
                f"Call in spring, adoption in the last quarter: a simulated year that met its goal, with {final}",
            ),
        )
    )


def _there(records: Iterable[Record], day: date) -> int:
    """Return how many are registered by the end of `day` and not withdrawn."""
    later = day + timedelta(days=1)
    return sum(record.registered_on <= day and (record.withdrawn_on or later) > day for record in records)


# --- the command ---


def main() -> None:
    """Run the study."""
    options = _options()
    by_world = {letter: _outcomes(letter, options) for letter in options.worlds}
    text = study_text(by_world, programmes=options.programmes, seed=options.seed)
    print(text)
    if options.write:
        DOCUMENT.write_text(with_study(DOCUMENT.read_text(encoding="utf-8"), text), encoding="utf-8")
        CHART.write_text(drawing(options.seed), encoding="utf-8")


def study_text(by_world: dict[str, list[Outcome]], *, programmes: int, seed: int) -> str:
    """Return the study as Markdown."""
    command = f"python -m benchmarks.pace_study --programmes {programmes} --seed {seed} --worlds {','.join(by_world)}"
    return f"{programmes} simulated programmes a world. Made by\n`{command}`.\n\n{tables(by_world)}"


def with_study(page: str, text: str) -> str:
    """Return the document with `text` between its marks."""
    before, rest = page.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    return f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}"


def _outcomes(letter: str, options: argparse.Namespace) -> list[Outcome]:
    jobs = [(letter, options.seed, number) for number in range(options.programmes)]
    began = time.perf_counter()
    if options.processes == 1:
        found = [follow(*job) for job in jobs]
    else:
        with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
            found = pool.starmap(follow, jobs, chunksize=10)
    print(f"[{time.perf_counter() - began:6.1f} s] {letter} {WORLDS[letter].name}", file=sys.stderr, flush=True)
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pace_study", description=__doc__)
    parser.add_argument("--programmes", type=_count, default=PROGRAMMES, help=f"programmes a world ({PROGRAMMES})")
    parser.add_argument("--worlds", type=_letters, default=list(WORLDS), help="letters, with commas (all)")
    parser.add_argument("--seed", type=int, default=SEED, help=f"({SEED})")
    parser.add_argument("--processes", type=_count, default=min(2, os.cpu_count() or 1), help="(2)")
    parser.add_argument("--write", action="store_true", help="keep tables and chart in docs/")
    return parser.parse_args()


def _count(text: str) -> int:
    if (count := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


def _letters(text: str) -> list[str]:
    letters = text.upper().split(",")
    if unknown := [letter for letter in letters if letter not in WORLDS]:
        raise argparse.ArgumentTypeError(f"no such world: {', '.join(unknown)}")
    return letters


if __name__ == "__main__":
    main()
