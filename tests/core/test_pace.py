"""Progress and pace from records: what counts, what waits, what is forecast, and that a day stays what it was."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.core.ledger import Course, Ledger, life_with_hindsight, shifts
from service.core.pace import DayPace, Forecast, Pace, Progress, Record, assess, days_after, replay
from service.core.plan import EmptyWindow
from service.core.standing import Pipeline
from service.core.tally import Entry
from service.core.targets import Target
from tests.core.builders import make_target
from tests.core.registers import CHECK_VALUES, CheckValue, judged_from_scratch

EVE = date(2025, 12, 31)
DUE = date(2026, 12, 31)


def on(number: int) -> date:
    """Return the day of the window with this number: 1 is `starts_on`."""
    return EVE + timedelta(days=number)


def make_walk_in(day: int, registered: int | None = None, **facts: Any) -> Record:
    return Record(on(day if registered is None else registered), landed_on=on(day), **facts)


def make_ahead(planned: int, *, registered: int = -10, landed: int | None = None, **facts: Any) -> Record:
    """Return a record registered ahead, on day -10."""
    promises = facts.pop("promises", ((on(registered), on(planned)),))
    return Record(on(registered), None if landed is None else on(landed), promises=promises, **facts)


def walk_ins(first: int, last: int) -> list[Record]:
    return [make_walk_in(day) for day in range(first, last + 1)]


def record_of(entry: Entry) -> Record:
    return Record(
        registered_on=on(entry.registered),
        landed_on=None if entry.landed is None else on(entry.landed),
        withdrawn_on=None if entry.withdrawn is None else on(entry.withdrawn),
        promises=tuple((on(known), on(planned)) for known, planned in entry.promises),
    )


def counts(records: Sequence[Record], day: int, **facts: Any) -> tuple[int, int, int]:
    """Return value, waiting and planned."""
    found = assess(make_target(**facts), records, on(day))
    assert found.waiting == found.pipeline.waiting
    return found.value, found.waiting, found.pipeline.planned


# --- check values ---


@pytest.mark.parametrize("case", CHECK_VALUES, ids=lambda case: case.name)
def test_progress_gives_the_check_values(case: CheckValue) -> None:
    found = assess(make_target(), [record_of(entry) for entry in case.entries], on(case.today))
    assert found.value == case.landed
    assert (found.forecast.p10, found.forecast.p50, found.forecast.p90) == case.quantiles
    if found.pace is Pace.NOT_STARTED:  # the first case: nothing is known at all, so no chance is shown
        assert (case.name, found.forecast.probability) == ("1 no pipeline", None)
    else:
        assert f"{found.forecast.probability:.4f}" == case.probability


# --- what counts, what waits ---


@pytest.mark.parametrize(
    ("record", "day", "expected"),
    [
        (make_walk_in(50), 50, (1, 0, 0)),
        (make_walk_in(50), 49, (0, 0, 0)),
        (make_walk_in(50, registered=60), 59, (0, 0, 0)),  # not known yet
        (make_walk_in(50, registered=60), 60, (1, 0, 0)),
        (make_walk_in(50, verified=False), 50, (0, 1, 0)),
        (make_walk_in(50, withdrawn_on=on(70)), 69, (1, 0, 0)),
        (make_walk_in(50, withdrawn_on=on(70)), 70, (0, 0, 0)),
        (make_walk_in(50, verified=False, withdrawn_on=on(70)), 70, (0, 0, 0)),
        (make_walk_in(365), 400, (1, 0, 0)),
        (make_walk_in(366), 400, (0, 0, 0)),  # the value is frozen at `due_on`
        (make_walk_in(365, registered=380), 400, (1, 0, 0)),
        (make_walk_in(366, verified=False), 400, (0, 0, 0)),
        (make_ahead(60), -11, (0, 0, 0)),
        (make_ahead(60), 59, (0, 0, 1)),
        (make_ahead(60), 60, (0, 1, 0)),
        (make_ahead(60, landed=80), 79, (0, 1, 0)),
        (make_ahead(60, landed=80), 80, (1, 0, 0)),
        (make_ahead(60, landed=80, verified=False), 80, (0, 1, 0)),
        (make_ahead(60, withdrawn_on=on(55)), 54, (0, 0, 1)),
        (make_ahead(60, withdrawn_on=on(55)), 55, (0, 0, 0)),
        (make_ahead(365), 364, (0, 0, 1)),
        (make_ahead(366), 364, (0, 0, 0)),
        (make_ahead(366), 400, (0, 0, 0)),
        (make_ahead(350), 400, (0, 1, 0)),
        (make_ahead(60, promises=((on(-10), on(60)), (on(50), on(90)))), 49, (0, 0, 1)),
        (make_ahead(60, promises=((on(-10), on(40)), (on(50), on(90)))), 49, (0, 1, 0)),
        (make_ahead(60, promises=((on(-10), on(40)), (on(50), on(90)))), 50, (0, 0, 1)),
        (make_ahead(60, promises=[(on(50), on(90)), (on(-10), on(40))]), 50, (0, 0, 1)),  # in any order
        (make_ahead(60, promises=((on(-10), on(40)), (on(-10), on(90)))), 50, (0, 0, 1)),  # the last word of a day
        (Record(on(50)), 60, (0, 0, 0)),
    ],
)
def test_a_record_counts_waits_or_is_planned(record: Record, day: int, expected: tuple[int, int, int]) -> None:
    assert counts([record], day) == expected


@pytest.mark.parametrize(
    ("record", "day", "expected"),
    [
        (make_walk_in(0), 10, (1, 0, 0)),
        (make_walk_in(-9), 10, (1, 0, 0)),
        (make_walk_in(-10), 10, (0, 0, 0)),
        (make_walk_in(0, verified=False), 10, (0, 1, 0)),
        (make_walk_in(0, registered=20), 10, (0, 0, 0)),
        (make_ahead(-5, registered=-50, landed=-5), 10, (1, 0, 0)),
        (make_ahead(-15, registered=-50, landed=-15), 10, (0, 0, 0)),
        (make_ahead(-5, registered=-50), 10, (0, 1, 0)),
        (make_ahead(-15, registered=-50), 10, (0, 0, 0)),
    ],
)
def test_records_count_from_counts_from(record: Record, day: int, expected: tuple[int, int, int]) -> None:
    assert counts([record], day, counts_from=on(-9)) == expected


def test_what_landed_before_the_window_is_the_plans_start() -> None:
    target = make_target(counts_from=on(-100), baseline=5)
    records = [make_walk_in(-3), make_ahead(-20, registered=-50, landed=-10), make_walk_in(-2, verified=False)]
    found = assess(target, [*records, make_walk_in(1)], on(73))
    assert (found.value, found.waiting, found.plan) == (8, 1, 7 + Fraction(93, 5))
    assert found.schedule_index == 1 / Fraction(93, 5)


def test_a_start_that_becomes_known_late_moves_the_plan_from_that_day() -> None:
    target, late = make_target(counts_from=on(-100)), [make_walk_in(-3, registered=50)]
    assert assess(target, late, on(49)).plan == Fraction(100 * 49, 365)
    assert assess(target, late, on(50)).plan == 1 + Fraction(99 * 50, 365)


# --- progress ---


def test_progress_in_full() -> None:
    records = [*walk_ins(1, 40), make_ahead(300), make_ahead(150)]
    assert assess(make_target(), records, on(183)) == Progress(
        value=40,
        goal=100,
        remaining=60,
        share=Fraction(2, 5),
        waiting=1,
        plan=Fraction(100 * 183, 365),
        gap=40 - Fraction(100 * 183, 365),
        schedule_index=40 / Fraction(100 * 183, 365),
        days_ahead=146 - 183,
        rate_required=Fraction(60 * 30, 182),
        rate_recent=Fraction(0),
        pipeline=Pipeline(planned=1, waiting=1, if_all_land=42),
        forecast=Forecast(probability=pytest.approx(0.0423, abs=1e-4), p10=71, p50=82, p90=95, expected_on=on(458)),
        pace=Pace.BEHIND,
        since=on(180),
    )


def test_counts_are_whole_and_a_chance_is_a_float() -> None:
    found = assess(make_target(), [*walk_ins(1, 40), make_ahead(300)], on(100))
    whole = (found.value, found.goal, found.remaining, found.waiting, found.forecast.p50, found.pipeline.planned)
    assert {type(figure) for figure in whole} == {int}
    assert type(found.forecast.probability) is float


def test_the_chance_reckons_with_what_waits_for_the_ministry() -> None:
    waiting = [Record(record.registered_on, record.landed_on, verified=False) for record in walk_ins(1, 60)]
    slow, quick = assess(make_target(), waiting, on(100)), assess(make_target(), walk_ins(1, 60), on(100))
    assert (slow.value, slow.waiting, quick.value) == (0, 60, 60)
    assert slow.forecast.probability == quick.forecast.probability
    assert (slow.forecast.p50, slow.forecast.expected_on) == (quick.forecast.p50, None)


@pytest.mark.parametrize("day", [0, -100])
def test_before_the_window_it_has_not_started(day: int) -> None:
    found = assess(make_target(), [make_ahead(50, registered=-200)], on(day))
    assert (found.pace, found.since, found.days_ahead) == (Pace.NOT_STARTED, None, None)
    assert (found.forecast.probability, found.forecast.expected_on) == (None, None)
    assert found.forecast.p10 < found.forecast.p90


def test_a_window_without_a_day_can_not_be_judged() -> None:
    with pytest.raises(EmptyWindow):
        assess(make_target(due_on=EVE), [], EVE)


def test_the_calendars_first_day_can_be_judged() -> None:
    target = make_target(starts_on=date.min, due_on=date(1, 12, 31))
    found = assess(target, [Record(date.min, date.min)], date.min)
    assert (found.value, found.since, len(replay(target, [], date(1, 1, 3)))) == (1, date.min, 3)


# --- after the last day ---


@pytest.mark.parametrize(
    ("records", "pace", "probability", "final"),
    [
        (walk_ins(1, 100), Pace.MET, 1.0, 100),
        (walk_ins(1, 99), Pace.MISSED, 0.0, 99),
        ([*walk_ins(1, 99), make_walk_in(366)], Pace.MISSED, 0.0, 99),
        ([*walk_ins(1, 99), make_walk_in(360, verified=False)], Pace.ON_TRACK, 1.0, 100),
        ([*walk_ins(1, 99), make_ahead(360)], Pace.ON_TRACK, 1.0, 100),
        ([*walk_ins(1, 98), make_ahead(360)], Pace.MISSED, 0.0, 99),
        ([*walk_ins(1, 99), make_ahead(366)], Pace.MISSED, 0.0, 99),
        ([*walk_ins(1, 99), make_ahead(360, withdrawn_on=on(370))], Pace.MISSED, 0.0, 99),
        (
            [*walk_ins(1, 99), make_ahead(360, landed=365)],
            Pace.MET,
            1.0,
            100,
        ),  # verified after, counts as of the last day
        ([], Pace.MISSED, 0.0, 0),
    ],
)
def test_after_the_last_day_only_the_queue_is_open(
    records: list[Record], pace: Pace, probability: float, final: int
) -> None:
    found = assess(make_target(), records, on(380))
    assert (found.pace, found.forecast.probability) == (pace, probability)
    assert {found.forecast.p10, found.forecast.p50, found.forecast.p90} == {final}


def test_the_queue_decides_day_by_day() -> None:
    verified_on = 375

    def records(day: date) -> list[Record]:
        late = make_walk_in(360, verified=day >= on(verified_on))
        return [*walk_ins(1, 99), late]

    found = replay(make_target(), records, on(380))
    assert [day.pace.value for day in found[365:]] == ["on_track"] * 9 + ["met"] * 6
    assert [day.value for day in found[373:375]] == [99, 100]


# --- replay ---


def test_a_replay_has_every_day_from_the_start() -> None:
    found = replay(make_target(), walk_ins(1, 20), on(40))
    assert [day.day for day in found] == [on(number) for number in range(1, 41)]
    assert [day.value for day in found] == [*range(1, 21), *[20] * 20]
    assert replay(make_target(), walk_ins(1, 20), EVE) == []


def test_a_programme_that_dries_up_is_called_behind_and_recovers() -> None:
    records = [*walk_ins(1, 40), *(make_walk_in(day) for day in range(190, 240) for _ in range(2))]
    words: list[str] = []
    for day in replay(make_target(), records, DUE):
        if day.pace.value not in words[-1:]:
            words.append(day.pace.value)
    assert words == ["on_track", "ahead", "on_track", "at_risk", "behind", "on_track", "ahead", "met"]


def test_records_may_be_given_as_they_stood_each_day() -> None:
    def records(day: date) -> list[Record]:
        return walk_ins(1, 30) if day < on(50) else walk_ins(1, 20)  # ten were corrected away on day 50

    found = replay(make_target(), records, on(60))
    assert [day.value for day in found[45:52]] == [30] * 4 + [20] * 3
    assert found[:49] == replay(make_target(), walk_ins(1, 30), on(49))
    assert assess(make_target(), records, on(60)).value == 20


def test_a_stored_day_is_enough_to_go_on_from() -> None:
    target, records = make_target(), [*walk_ins(1, 40), make_ahead(300)]
    stored = replay(target, records, on(200))
    assert judged_from_scratch(target, records, on(200), stored[198]) == stored[199]
    assert judged_from_scratch(target, records, on(1), None) == stored[0]
    assert assess(target, records, on(200), eve=stored[198]) == assess(target, records, on(200))


@pytest.mark.parametrize("place", [0, 40, 199])
def test_days_go_on_from_any_eve_as_if_they_had_been_gone_through_in_one(place: int) -> None:
    target, records = make_target(), [*walk_ins(1, 40), make_ahead(150, landed=160)]
    whole, course = (
        replay(target, records, on(200)),
        Course(Ledger(target), shifts((life_with_hindsight(record), 1) for record in records)),
    )
    assert list(days_after(target, course.ledger_on, whole[place], on(200))) == whole[place + 1 :]


# --- in general ---

SHORT = make_target(due_on=on(40), goal=8, counts_from=on(-20))
DAYS = st.integers(-30, 60)


@st.composite
def records(draw: st.DrawFn) -> Record:
    registered = draw(DAYS)
    withdrawn = draw(st.none() | DAYS.map(on))
    if draw(st.booleans()):
        landed = on(registered - draw(st.integers(0, 10)))
        return Record(on(registered), landed, withdrawn, verified=draw(st.booleans()))
    known = [registered, *draw(st.lists(st.integers(registered, 60), max_size=2))]
    promises = tuple((on(day), on(registered + draw(st.integers(1, 40)))) for day in known)
    landed = draw(st.none() | st.integers(registered + 1, 80).map(on))
    return Record(on(registered), landed, withdrawn, promises, draw(st.booleans()))


REGISTERS = st.lists(records(), max_size=25)


def known_on(register: Sequence[Record], day: date) -> list[Record]:
    """Return the records without all that happened after `day`."""
    return [known for record in register if (known := record.as_known(day))]


@given(REGISTERS, DAYS)
@hypothesis_settings(max_examples=50)
def test_a_replay_of_a_prefix_is_the_prefix_of_the_replay(register: list[Record], number: int) -> None:
    days = max(number, 0)
    assert replay(SHORT, register, on(number)) == replay(SHORT, register, on(60))[:days]


@given(REGISTERS, DAYS)
@hypothesis_settings(max_examples=50)
def test_nothing_known_after_a_day_changes_that_day(register: list[Record], number: int) -> None:
    day = on(number)
    known = known_on(register, day)
    assert replay(SHORT, known, day) == replay(SHORT, register, day)
    assert assess(SHORT, known, day) == assess(SHORT, register, day)


@given(REGISTERS)
@hypothesis_settings(max_examples=30)
def test_a_replay_with_hindsight_is_the_replay_lived_through(register: list[Record]) -> None:
    assert replay(SHORT, lambda day: known_on(register, day), on(60)) == replay(SHORT, register, on(60))


@given(REGISTERS)
@hypothesis_settings(max_examples=30)
def test_days_gone_through_are_those_judged_from_scratch_to_the_last_bit(register: list[Record]) -> None:
    eve = None
    for day in replay(SHORT, register, on(60)):
        assert day == judged_from_scratch(SHORT, register, day.day, eve)
        eve = day


@given(REGISTERS, st.integers(1, 60))
@hypothesis_settings(max_examples=50)
def test_progress_and_replay_agree_day_by_day(register: list[Record], number: int) -> None:
    stored = replay(SHORT, register, on(number))
    day, eve = stored[-1], stored[-2] if len(stored) > 1 else None
    for found in (assess(SHORT, register, on(number)), assess(SHORT, register, on(number), eve=eve)):
        assert day == DayPace(
            day=on(number),
            value=found.value,
            probability=found.forecast.probability,
            pace=found.pace,
            since=found.since,
            low_days=day.low_days,
            lagging_days=day.lagging_days,
        )


@given(REGISTERS, DAYS, st.permutations(range(25)))
@hypothesis_settings(max_examples=30)
def test_the_order_of_records_changes_nothing(register: list[Record], number: int, order: list[int]) -> None:
    shuffled = [register[place] for place in order if place < len(register)]
    assert replay(SHORT, shuffled, on(number)) == replay(SHORT, register, on(number))
    assert assess(SHORT, shuffled, on(number)) == assess(SHORT, register, on(number))


@given(REGISTERS, DAYS, st.integers(0, 9))
@hypothesis_settings(max_examples=50)
def test_progress_holds_together(register: list[Record], number: int, baseline: int) -> None:
    target = make_target(due_on=on(40), goal=10, counts_from=on(-20), baseline=baseline)
    found = assess(target, register, on(number))
    assert found.pipeline.if_all_land == found.value + found.waiting + found.pipeline.planned
    assert found.forecast.p10 <= found.forecast.p50 <= found.forecast.p90
    assert (found.pace is Pace.NOT_STARTED) is (found.forecast.probability is None)
    if found.pace is Pace.MET:
        assert found.forecast.probability == 1
    if number > 40:
        assert found.forecast.probability in {0.0, 1.0, None}


def test_five_years_are_replayed_from_a_trajectory() -> None:
    target: Target = make_target(due_on=date(2030, 12, 31), goal=500, trajectory=[(DUE, 100)])
    found = replay(target, walk_ins(1, 100), date(2027, 6, 30))
    assert [found[place].pace for place in (99, 364, 545)] == [Pace.AHEAD, Pace.ON_TRACK, Pace.BEHIND]
