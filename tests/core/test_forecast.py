"""The forecast: its check values, agreement with its description, and what can be said of it in general."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from math import inf
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.core.forecast import Known, Outlook, Window, outlook, window
from service.core.plan import path
from service.core.spread import spread
from service.core.tally import Entry, Tally
from tests.core.builders import make_target
from tests.core.forecast_by_text import forecast_by_text
from tests.core.registers import (
    CHECK_VALUES,
    CheckValue,
    as_known,
    known_by,
    moved,
    pending,
    steady,
    tally_of,
    walk_ins,
)

EVE = date(2025, 12, 31)
LAST = 365


def make_window(goal: int = 100, start: int = 0, days: int = LAST, **facts: object) -> Window:
    return window(path(make_target(goal=goal, due_on=EVE + timedelta(days=days), **facts), start))


def look(entries: Sequence[Entry], today: int, view: Window | None = None) -> Outlook:
    return outlook(view or make_window(), known_by(entries, today))


# --- check values ---


@pytest.mark.parametrize("case", CHECK_VALUES, ids=lambda case: case.name)
def test_the_forecast_gives_the_check_values(case: CheckValue) -> None:
    found = look(case.entries, case.today)
    assert (found.landed, found.need) == (case.landed, 100 - case.landed)
    assert f"{found.pipeline:.3f} {found.unregistered:.3f} {found.variance:.3f}" == case.expected
    assert f"{found.probability():.4f}" == case.probability
    assert tuple(found.landed + count for count in found.further().smallest(0.1, 0.5, 0.9)) == case.quantiles


# --- the window ---


def test_a_window_asks_for_nothing_before_it_and_for_all_after_it() -> None:
    view = make_window(start=20)
    assert [view.planned(day) for day in (-900, 0, 73, 365, 9999)] == [0, 0, 16, 80, 80]
    assert (view.days, view.goal) == (365, 80)


def test_a_window_follows_the_trajectory() -> None:
    view = make_window(trajectory=[(EVE + timedelta(days=100), 10)])
    assert [view.planned(day) for day in (50, 100, 365)] == [5, 10, 100]


# --- agreement with the description ---

DAYS = st.integers(min_value=-300, max_value=500)


@st.composite
def records(draw: st.DrawFn) -> Entry:
    """Draw a record: a walk-in, or one registered ahead with up to three promises; landed, withdrawn, or neither."""
    registered = draw(DAYS)
    if draw(st.booleans()):
        return Entry(registered, registered - draw(st.integers(0, 40)), draw(st.none() | DAYS))
    known = sorted([registered, *draw(st.lists(st.integers(registered, 500), max_size=2))])
    promises = tuple((day, registered + draw(st.integers(1, 400))) for day in known)
    landed = draw(st.none() | st.integers(registered + 1, 600))
    return Entry(registered, landed, draw(st.none() | DAYS), draw(st.just(promises) | st.just(())))


REGISTERS = st.lists(records(), max_size=40)


@given(REGISTERS, st.integers(-100, LAST), st.integers(1, 120), st.sampled_from([60, LAST, 800]))
def test_the_forecast_is_what_its_description_says(entries: list[Entry], today: int, goal: int, days: int) -> None:
    view, today = make_window(goal, days=days), min(today, days)
    plain = [
        (e.registered, inf if e.landed is None else e.landed, inf if e.withdrawn is None else e.withdrawn, e.promises)
        for e in entries
    ]
    asked = lambda day: goal * min(max(day, 0), days) / days  # noqa: E731 -- the plan in one line
    expected = forecast_by_text(plain, today, goal=goal, last=days, plan=asked)
    found = look(entries, today, view)
    assert (found.landed, found.pipeline, found.unregistered, found.variance) == pytest.approx(expected, rel=1e-9)


@given(REGISTERS, st.integers(-100, LAST), st.integers(0, 130))
def test_a_forecast_is_a_chance_and_never_below_what_is_there(entries: list[Entry], today: int, start: int) -> None:
    found = look(entries, today, make_window(start=start))
    p10, p50, p90 = found.further().smallest(0.1, 0.5, 0.9)
    assert 0 <= found.probability() <= 1
    assert 0 <= p10 <= p50 <= p90
    assert found.variance >= 0


@given(REGISTERS, st.integers(-100, LAST))
def test_chance_and_quantiles_say_the_same(entries: list[Entry], today: int) -> None:
    found = look(entries, today)
    p10, p50, p90 = found.further().smallest(0.1, 0.5, 0.9)
    for share, count in ((0.1, p10), (0.5, p50), (0.9, p90)):
        assert (found.probability() > 1 - share + 1e-9) <= (count >= found.need)


@given(REGISTERS, REGISTERS, st.integers(-100, LAST), st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=40)
def test_the_way_to_a_register_does_not_show_in_a_single_bit(
    entries: list[Entry], others: list[Entry], today: int, random: Random
) -> None:
    known, gone = ([each for entry in some if (each := as_known(entry, today))] for some in (entries, others))
    tally, steps = Tally(), [*known, *gone]
    random.shuffle(steps)
    for entry in steps:
        tally.add(entry)
    random.shuffle(gone)
    for entry in gone:
        tally.remove(entry)
    assert outlook(make_window(), Known(today, tally)) == outlook(make_window(), Known(today, tally_of(known)))


def test_a_million_records_are_reckoned_with_like_a_few() -> None:
    entries, many = [*walk_ins(*range(1, 101)), *pending(*range(150, 350)), *steady(-100, 30, 4, 60)], Tally()
    for entry in entries:
        many.add(entry, 3_000)
    found = outlook(make_window(1_000_000), Known(101, many))
    p10, p50, p90 = found.further().smallest(0.1, 0.5, 0.9)
    assert found.landed == 3_000 * known_by(entries, 101).tally.landed
    assert p10 < p50 < p90
    assert p10 < found.pipeline + found.unregistered < p90
    assert 0 < found.probability() < 1


# --- counts alone ---


@given(st.lists(st.integers(1, LAST), max_size=120), st.integers(1, LAST), st.integers(1, 150))
def test_with_nothing_registered_ahead_it_is_the_forecast_from_counts(days: list[int], today: int, goal: int) -> None:
    found = look([Entry(day, day) for day in days], today, make_window(goal))
    landed = [day for day in days if day <= today]
    per_day = Counter(landed).values()
    batch = (10 + sum(count**2 for count in per_day)) / (5 + len(landed))
    asked = goal * today / LAST
    strength, due = 10 + len(landed) / batch, 10 + asked / batch  # Gamma–Poisson: shape and rate
    mean = (goal - asked) * strength / due
    assert (found.landed, found.pipeline) == (len(landed), 0)
    assert found.unregistered == pytest.approx(mean)
    assert found.variance == pytest.approx(batch * mean + mean**2 / strength)


@pytest.mark.parametrize(
    "entry",
    [
        Entry(-90, -50, promises=((-90, -60),)),
        Entry(-50, -50),
        Entry(40, 30, withdrawn=45),
        Entry(61, promises=((61, 99),)),
    ],
    ids=["landed before the window", "walk-in before the window", "walk-in withdrawn", "not registered yet"],
)
def test_what_does_not_concern_the_window_leaves_the_forecast_from_counts(entry: Entry) -> None:
    counts = walk_ins(1, 8, 15, 22)
    assert look([*counts, entry], 60) == look(counts, 60)


def test_promises_kept_before_the_window_teach_what_those_in_it_are_worth() -> None:
    kept = [Entry(-100, -40, promises=((-100, -40),))] * 20
    assert look([*kept, *pending(90)], 60).pipeline > look(pending(90), 60).pipeline


def test_promises_broken_teach_it_too() -> None:
    broken = [Entry(-100, withdrawn=20, promises=((-100, 20),))] * 20
    assert look([*broken, *pending(90)], 60).pipeline < look(pending(90), 60).pipeline


def test_a_record_without_a_promise_is_expected_never() -> None:
    found = look([Entry(10)], 60)
    assert (found.landed, found.pipeline) == (0, 0)
    assert found.unregistered > 0


# --- an open call ---


def test_a_fresh_batch_keeps_the_range_wide() -> None:
    fresh, old = look(pending(*[300] * 20, known_on=60), 100), look(pending(*[300] * 20, known_on=60), 106)
    assert fresh.unregistered > old.unregistered + 10
    assert fresh.variance > 3 * old.variance


def test_the_season_of_last_year_is_expected_again_in_the_last_year() -> None:
    view = make_window(200, days=730)
    call = pending(*[350] * 40, known_on=200)
    at_once = look(call, 500, view)
    late = look(pending(*[366] * 40, known_on=200), 500, view)
    early = look(pending(*[350] * 40, known_on=100), 500, view)
    assert at_once.variance > 2 * late.variance  # promised for after that year's deadline: no sign of a season
    assert at_once.variance > 2 * early.variance  # came more than a year ago: the season has passed


def test_no_season_is_expected_again_before_the_last_year() -> None:
    view, call = make_window(200, days=730), pending(*[350] * 40, known_on=200)
    assert look(call, 366, view).variance > 2 * look(call, 365, view).variance


# --- the goal ---


def test_a_goal_that_is_reached_is_certain() -> None:
    assert look(walk_ins(*range(1, 101)), 100).probability() == 1
    assert look([], 50, make_window(start=100)).probability() == 1


def test_nothing_more_is_planned_once_the_start_is_beyond_the_goal() -> None:
    found = look(pending(90), 60, make_window(start=120))
    assert (found.need, found.unregistered, found.probability()) == (-20, 0, 1)
    assert found.pipeline > 0


def test_on_the_last_day_what_is_missing_is_missing() -> None:
    found = look([*walk_ins(*range(1, 100)), *pending(350)], LAST)
    assert (found.need, found.probability(), found.further().smallest(0.9)) == (1, 0, [0])


# --- a landing ---
# Provable: the forecast from counts is negative binomial with a success share that a landing leaves alone and a size
# that it raises, as long as the batch factor φ stays; so the count to come rises (in stochastic order) while the need
# falls. But a landing moves φ too: on a day of its own it shows that things come one by one, which narrows the range
# and makes the improbable more so; in a growing batch it widens the range, which makes the probable less so. Searched
# through for the straight plan of a year, landings on days of their own lower no chance above 0.005, and none by more
# than 0.0002. With records registered ahead nothing general holds, for a landing also makes what is left more certain.


@given(
    worth=st.integers(0, 150),
    left=st.floats(0.01, 200),
    asked=st.floats(0, 200),
    batch=st.floats(1.01, 20),
    need=st.integers(2, 200),
)
def test_a_landing_raises_the_forecast_from_counts_while_batches_stay(
    worth: int, left: float, asked: float, batch: float, need: int
) -> None:
    def probability(landed: int, need: int) -> float:
        strength = 10 + landed / batch
        mean = left * strength / (10 + asked / batch)
        return spread(mean, batch * mean + mean**2 / strength).at_least(need)

    assert probability(worth + 1, need - 1) >= probability(worth, need) - 1e-12


@given(st.data(), st.integers(2, LAST))
def test_a_landing_on_a_day_of_its_own_raises_a_chance_worth_the_name(data: st.DataObject, today: int) -> None:
    landed = data.draw(st.integers(0, min(today - 1, 99)))
    before, after = (look(walk_ins(*range(1, count + 1)), today).probability() for count in (landed, landed + 1))
    assert after >= before - (0 if before > 0.005 else 0.0002)


def first_pending(case: CheckValue) -> Entry | None:
    """Return the first of the case's entries that is pending on its day."""
    return next((entry for entry in case.entries if known_by([entry], case.today).tally.pending), None)


def landed_today(case: CheckValue) -> list[Entry]:
    """Return the case's register with its first pending record landed today instead."""
    lands = first_pending(case)
    assert lands is not None
    rest = list(case.entries)
    rest.remove(lands)
    return [*rest, Entry(lands.registered, case.today, promises=lands.promises)]


WITH_PENDING = [case for case in CHECK_VALUES if first_pending(case)]


@pytest.mark.parametrize("case", WITH_PENDING, ids=lambda case: case.name)
def test_a_promised_record_that_lands_raises_the_count_expected_in_the_end(case: CheckValue) -> None:
    before, after = (look(entries, case.today) for entries in (case.entries, landed_today(case)))
    assert after.landed + after.pipeline + after.unregistered > before.landed + before.pipeline + before.unregistered


def test_the_first_landing_of_a_call_says_that_its_promises_are_kept_as_thought_and_no_better() -> None:
    case = next(case for case in CHECK_VALUES if case.name == "6 the whole call")
    before, after = (look(entries, case.today) for entries in (case.entries, landed_today(case)))
    assert after.variance < before.variance
    assert f"{before.probability():.4f} {after.probability():.4f}" == "0.1233 0.1189"


def test_a_date_put_off_beyond_the_end_lowers_the_chance() -> None:
    assert look(moved(200, 400), 100).pipeline < look(moved(200, 300), 100).pipeline
