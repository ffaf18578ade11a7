"""The study of pace: its worlds hold together, its rules say what they say, and it runs."""

import subprocess
import sys
from datetime import date
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import pytest

from benchmarks.pace_scores import COUNTS, OURS, RATIO, STRAIGHT, Outcome, Score, calibration, calibration_error, score
from benchmarks.pace_study import (
    CHART,
    DOCUMENT,
    MARKS,
    RULE_NAMES,
    SEED,
    alarms_of,
    days_of,
    drawing,
    follow,
    with_study,
)
from benchmarks.pace_worlds import ONE_YEAR, WORLDS, World, day_of, landings, programme, walk_in
from service.core.pace import Record

ROOT = Path(__file__).resolve().parents[2]
EVEN = WORLDS["A"]


def alarms(records: list[Record], world: World = EVEN) -> dict[str, int | None]:
    return alarms_of(world, records, days_of(world, records))


def test_the_study_runs_and_prints_its_tables() -> None:
    options = ["--programmes", "2", "--worlds", "A,f", "--processes", "1", "--seed", "5"]

    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.pace_study", *options],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.returncode == 0, run.stderr
    assert "--programmes 2 --seed 5 --worlds A,F" in run.stdout
    for heading in ("False alarms", "Precision / recall / lead", "Beside the study", "Calibration"):
        assert f"### {heading}" in run.stdout
    assert run.stdout.count("| F yearly call, straight plan |") == 3


def test_an_unknown_world_is_refused() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.pace_study", "--worlds", "A,Z"],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.returncode == 2
    assert "no such world: Z" in run.stderr


# --- worlds ---


@pytest.mark.parametrize("letter", WORLDS)
def test_records_of_a_world_could_have_been(letter: str) -> None:
    for record in WORLDS[letter].grow(Random(SEED), 100.0):  # noqa: S311 - to be repeated
        if not record.promises:  # a walk-in
            assert record.landed_on == record.registered_on
            continue
        assert record.promises[0][0] == record.registered_on
        for known_on, planned_on in record.promises:
            assert known_on < planned_on
        ends = [day for day in (record.landed_on, record.withdrawn_on) if day is not None]
        assert len(ends) <= 1
        assert all(day > record.registered_on for day in ends)


@pytest.mark.parametrize("letter", ["A", "F", "I"])
def test_about_half_of_a_worlds_programmes_miss(letter: str) -> None:
    goal = WORLDS[letter].target.goal
    met = sum(len(landings(WORLDS[letter].target, programme(letter, SEED, number))) >= goal for number in range(100))
    assert 30 <= met <= 70


def test_a_programme_is_what_it_was() -> None:
    assert programme("F", SEED, 3) == programme("F", SEED, 3)
    assert programme("F", SEED, 3) != programme("F", SEED, 4)
    assert programme("F", SEED, 3) != programme("F", SEED + 1, 3)


# --- rules ---


def test_all_rules_are_silent_about_a_programme_that_runs_ahead() -> None:
    assert set(alarms([walk_in(day) for day in range(1, 120)]).values()) == {None}


def test_rules_alarm_in_the_order_of_their_patience() -> None:
    steady_then_nothing = [walk_in(day) for day in range(1, 220, 3)]  # 73: above the line until October
    found = alarms(steady_then_nothing)
    assert found[STRAIGHT] is not None
    assert found[STRAIGHT] < found[RATIO]
    assert found[COUNTS] == found[OURS] < found[RATIO]


def test_counts_alone_do_not_wait_for_a_call_and_our_rule_does() -> None:
    found = alarms([])
    assert (found[STRAIGHT], found[RATIO]) == (4, 19)
    assert found[COUNTS] < 40
    assert found[OURS] == 189  # seven low days after half a year of silence


def test_nothing_is_asked_once_the_goal_is_met() -> None:
    days = days_of(EVEN, [walk_in(day) for day in range(1, 101)])
    assert (len(days), days[-1].value) == (100, ONE_YEAR.goal)


# --- scores ---


def make_outcome(*, is_met: bool, alarm: int | None, chances: list[float] | None = None) -> Outcome:
    return Outcome("A", is_met, {OURS: alarm}, chances or [])


def test_a_score_counts_alarms_by_what_became_of_the_programme() -> None:
    outcomes = [
        make_outcome(is_met=False, alarm=73),
        make_outcome(is_met=False, alarm=146),
        make_outcome(is_met=False, alarm=219),
        make_outcome(is_met=False, alarm=None),
        make_outcome(is_met=True, alarm=10),
        make_outcome(is_met=True, alarm=None),
    ]
    assert score(outcomes, OURS) == Score(precision=3 / 4, recall=3 / 4, false_alarm=1 / 2, lead=1 - 146 / 365)


def test_where_nothing_can_be_divided_there_is_no_score() -> None:
    assert score([make_outcome(is_met=True, alarm=None)], OURS) == Score(None, None, 0.0, None)


def test_calibration_compares_what_was_said_with_what_came_true() -> None:
    outcomes = [
        make_outcome(is_met=True, alarm=None, chances=[0.82, 1.0]),
        make_outcome(is_met=False, alarm=None, chances=[0.88, 0.0]),
    ]
    found = [(tenth.number, tenth.count, tenth.said, tenth.met) for tenth in calibration(outcomes)]
    assert found == [(0, 1, 0.0, 0.0), (8, 2, pytest.approx(0.85), 0.5), (9, 1, 1.0, 1.0)]
    assert calibration_error(outcomes) == pytest.approx(0.35 * 2 / 4)


def test_a_programme_is_followed_alike_each_time() -> None:
    assert follow("A", SEED, 0) == follow("A", SEED, 0)


# --- the document ---


def test_tables_replace_those_that_were_there() -> None:
    page = f"before\n{MARKS[0]}\nold\n{MARKS[1]}\nafter\n"
    assert with_study(page, "new") == f"before\n{MARKS[0]}\nnew\n{MARKS[1]}\nafter\n"


def test_the_document_has_a_place_for_the_tables() -> None:
    page = DOCUMENT.read_text(encoding="utf-8")
    assert [page.count(mark) for mark in MARKS] == [1, 1]


def test_the_chart_kept_is_the_chart_drawn() -> None:
    drawn = drawing(SEED)
    texts = [element.text for element in ET.fromstring(drawn).iter() if element.text]  # noqa: S314 - our own
    assert CHART.read_text(encoding="utf-8") == drawn
    for names in RULE_NAMES.values():
        assert set(names) <= set(texts)


def test_days_are_those_of_2026() -> None:
    assert (day_of(1), day_of(365)) == (date(2026, 1, 1), date(2026, 12, 31))
