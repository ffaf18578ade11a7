"""A record's lifecycle as the forecast reads it, transition by transition, and held to a plain recount."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.core.errors import NotYetAdopted, TransitionNotAllowed
from service.core.ledger import Course, Ledger, shifts
from service.core.lifecycle import COUNTING, Action, Status, next_status, status_after_edit
from service.core.pace import DayPace, Pace, Record, assess, days_after, replay
from service.core.plan import plan
from service.core.record_lives import Stood, life_of, record_on
from service.core.targets import Target, TargetFilter
from tests.core.builders import make_target
from tests.core.registers import lives_on

EVE = date(2025, 12, 31)
TARGET = make_target(counts_from=EVE - timedelta(days=20))
SUBMITTED, VERIFIED, REJECTED, WITHDRAWN, RETIRED = Status


def on(number: int) -> date:
    """Return the day of the window with this number: 1 is `starts_on`, 365 `due_on`."""
    return EVE + timedelta(days=number)


def make_stood(known: int, status: Status, date_: int, *, registered: int, **dimensions: Any) -> Stood:
    return Stood(known_on=on(known), status=status, counts_on=on(date_), registered_on=on(registered), **dimensions)


def story(*steps: tuple[int, Status, int], registered: int | None = None) -> list[Stood]:
    """Return what was noted: (day, status, the record's date); it is registered on the first day, or on another."""
    first = steps[0][0] if registered is None else registered
    return [make_stood(*step, registered=first) for step in steps]


def walk_in(registered: int, landed: int, *, verified: bool, withdrawn: int | None = None) -> Record:
    return Record(on(registered), on(landed), None if withdrawn is None else on(withdrawn), verified=verified)


def ahead(
    *promises: tuple[int, int],
    registered: int | None = None,
    landed: int | None = None,
    withdrawn: int | None = None,
) -> Record:
    """Return a record registered on the day of its first promise, or on another."""
    return Record(
        on(promises[0][0] if registered is None else registered),
        landed_on=None if landed is None else on(landed),
        withdrawn_on=None if withdrawn is None else on(withdrawn),
        promises=tuple((on(known), on(planned)) for known, planned in promises),
        verified=landed is not None,
    )


# --- transition by transition ---

WALK_IN = {
    "registered: it lands on its date, waiting": (
        story((50, SUBMITTED, 40)),
        {49: None, 50: walk_in(50, 40, verified=False), 300: walk_in(50, 40, verified=False)},
    ),
    "registered on its date": (story((50, SUBMITTED, 50)), {50: walk_in(50, 50, verified=False)}),
    "verified: it landed on its date, whenever somebody looked": (
        story((50, SUBMITTED, 40), (71, VERIFIED, 40)),
        {70: walk_in(50, 40, verified=False), 71: walk_in(50, 40, verified=True)},
    ),
    "verified after the window": (
        story((350, SUBMITTED, 340), (380, VERIFIED, 340)),
        {379: walk_in(350, 340, verified=False), 380: walk_in(350, 340, verified=True)},
    ),
    "dated after the window": (
        story((370, SUBMITTED, 368), (380, VERIFIED, 368)),
        {380: walk_in(370, 368, verified=True)},
    ),
    "dated before everything that counts": (
        story((5, SUBMITTED, -200), (6, VERIFIED, -200)),
        {6: walk_in(5, -200, verified=True)},
    ),
    "rejected, then resubmitted": (
        story((50, SUBMITTED, 40), (60, REJECTED, 40), (65, SUBMITTED, 40), (70, VERIFIED, 40)),
        {
            59: walk_in(50, 40, verified=False),
            60: walk_in(50, 40, verified=False, withdrawn=60),
            64: walk_in(50, 40, verified=False, withdrawn=60),
            65: walk_in(50, 40, verified=False),
            70: walk_in(50, 40, verified=True),
        },
    ),
    "withdrawn after it was verified, then reopened": (
        story((50, SUBMITTED, 40), (60, VERIFIED, 40), (90, WITHDRAWN, 40), (95, SUBMITTED, 40)),
        {
            89: walk_in(50, 40, verified=True),
            90: walk_in(50, 40, verified=False, withdrawn=90),
            95: walk_in(50, 40, verified=False),
        },
    ),
    "retired: it was there": (
        story((50, SUBMITTED, 40), (60, VERIFIED, 40), (90, RETIRED, 40)),
        {90: walk_in(50, 40, verified=True)},
    ),
    "edited by its owner: it waits again": (
        story((50, SUBMITTED, 40), (60, VERIFIED, 40), (90, SUBMITTED, 45)),
        {89: walk_in(50, 40, verified=True), 90: walk_in(50, 45, verified=False)},
    ),
    "edited by the ministry, in place": (
        story((50, SUBMITTED, 40), (60, VERIFIED, 40), (90, VERIFIED, 45)),
        {89: walk_in(50, 40, verified=True), 90: walk_in(50, 45, verified=True)},
    ),
}
AHEAD = {
    "registered: pending with its promise": (
        story((50, SUBMITTED, 100)),
        {49: None, 50: ahead((50, 100)), 300: ahead((50, 100))},
    ),
    "verified: it lands on that day": (
        story((50, SUBMITTED, 100), (112, VERIFIED, 100)),
        {111: ahead((50, 100)), 112: ahead((50, 100), landed=112), 300: ahead((50, 100), landed=112)},
    ),
    "dated before the window: it lands on its date": (
        story((-50, SUBMITTED, -10), (12, VERIFIED, -10)),
        {11: ahead((-50, -10)), 12: ahead((-50, -10), landed=-10)},
    ),
    "dated on the first day": (story((-50, SUBMITTED, 1), (12, VERIFIED, 1)), {12: ahead((-50, 1), landed=12)}),
    "verified before the window": (
        story((-50, SUBMITTED, -10), (-5, VERIFIED, -10)),
        {-5: ahead((-50, -10), landed=-10)},
    ),
    "dated before everything that counts: it teaches all the same": (
        story((-400, SUBMITTED, -300), (-290, VERIFIED, -300)),
        {1: ahead((-400, -300), landed=-300)},
    ),
    "dated inside the window, verified after it: it lands on the last day": (
        story((50, SUBMITTED, 365), (380, VERIFIED, 365)),
        {379: ahead((50, 365)), 380: ahead((50, 365), landed=365)},
    ),
    "dated after the window": (
        story((50, SUBMITTED, 366), (380, VERIFIED, 366)),
        {380: ahead((50, 366), landed=380)},
    ),
    "promised anew: each date from the day of its change": (
        story((50, SUBMITTED, 100), (90, SUBMITTED, 150), (140, SUBMITTED, 120), (160, VERIFIED, 120)),
        {
            89: ahead((50, 100)),
            90: ahead((50, 100), (90, 150)),
            140: ahead((50, 100), (90, 150), (140, 120)),
            160: ahead((50, 100), (90, 150), (140, 120), landed=160),
        },
    ),
    "promised twice on one day": (
        story((50, SUBMITTED, 100), (50, SUBMITTED, 150)),
        {50: ahead((50, 100), (50, 150))},
    ),
    "rejected, amended meanwhile, then resubmitted": (
        story((50, SUBMITTED, 100), (60, REJECTED, 100), (63, REJECTED, 130), (65, SUBMITTED, 130)),
        {
            60: ahead((50, 100), withdrawn=60),
            63: ahead((50, 100), (63, 130), withdrawn=60),
            65: ahead((50, 100), (63, 130)),
        },
    ),
    "withdrawn before its day": (
        story((50, SUBMITTED, 100), (70, WITHDRAWN, 100)),
        {69: ahead((50, 100)), 70: ahead((50, 100), withdrawn=70), 300: ahead((50, 100), withdrawn=70)},
    ),
    "withdrawn after it had landed: as if it never had": (
        story((50, SUBMITTED, 100), (112, VERIFIED, 100), (150, WITHDRAWN, 100)),
        {149: ahead((50, 100), landed=112), 150: ahead((50, 100), withdrawn=150)},
    ),
    "reopened after a withdrawal, then rejected": (
        story((50, SUBMITTED, 100), (70, WITHDRAWN, 100), (80, SUBMITTED, 100), (85, REJECTED, 100)),
        {79: ahead((50, 100), withdrawn=70), 80: ahead((50, 100)), 85: ahead((50, 100), withdrawn=85)},
    ),
    "reopened after a verification: the landing is undone until the next one": (
        story((50, SUBMITTED, 100), (112, VERIFIED, 100), (150, SUBMITTED, 100), (155, VERIFIED, 100)),
        {150: ahead((50, 100)), 154: ahead((50, 100)), 155: ahead((50, 100), landed=155)},
    ),
    "edited by its owner after a verification: pending, with the new date": (
        story((50, SUBMITTED, 100), (112, VERIFIED, 100), (150, SUBMITTED, 200)),
        {149: ahead((50, 100), landed=112), 150: ahead((50, 100), (150, 200))},
    ),
    "edited by the ministry in place, to an earlier day: it landed when it was verified": (
        story((50, SUBMITTED, 100), (112, VERIFIED, 100), (150, VERIFIED, 105)),
        {150: ahead((50, 100), (150, 105), landed=112)},
    ),
    "edited by the ministry in place, to a day after the verification: it was not there before": (
        story((50, SUBMITTED, 100), (112, VERIFIED, 100), (150, VERIFIED, 140)),
        {149: ahead((50, 100), landed=112), 150: ahead((50, 100), (150, 140), landed=140)},
    ),
    "edited by the ministry in place, to a day after the window": (
        story((50, SUBMITTED, 100), (112, VERIFIED, 100), (380, VERIFIED, 370)),
        {379: ahead((50, 100), landed=112), 380: ahead((50, 100), (380, 370), landed=370)},
    ),
    "edited by the ministry in place, to a day before the window": (
        story((-50, SUBMITTED, 100), (112, VERIFIED, 100), (150, VERIFIED, -10)),
        {150: ahead((-50, 100), (150, -10), landed=-10)},
    ),
    "retired: it landed and stays landed": (
        story((50, SUBMITTED, 100), (112, VERIFIED, 100), (200, RETIRED, 100)),
        {200: ahead((50, 100), landed=112)},
    ),
    "verified and retired on one day": (
        story((50, SUBMITTED, 100), (112, VERIFIED, 100), (112, RETIRED, 100)),
        {112: ahead((50, 100), landed=112)},
    ),
    "reopened after it was retired": (
        story((50, SUBMITTED, 100), (112, VERIFIED, 100), (200, RETIRED, 100), (210, SUBMITTED, 100)),
        {210: ahead((50, 100))},
    ),
    "changed in nothing that matters here": (
        story((50, SUBMITTED, 100), (60, SUBMITTED, 100)),
        {60: ahead((50, 100))},
    ),
}
ACROSS = {
    "a walk-in's date moved ahead: pending like any other": (
        story((50, SUBMITTED, 40), (60, SUBMITTED, 100), (112, VERIFIED, 100)),
        {
            59: walk_in(50, 40, verified=False),
            60: ahead((50, 40), (60, 100)),
            112: ahead((50, 40), (60, 100), landed=112),
        },
    ),
    "a date ahead moved back before the registration: it was there all along": (
        story((50, SUBMITTED, 100), (60, SUBMITTED, 45), (70, VERIFIED, 45)),
        {59: ahead((50, 100)), 60: walk_in(50, 45, verified=False), 70: walk_in(50, 45, verified=True)},
    ),
    "a date ahead moved back to the day of the registration": (
        story((50, SUBMITTED, 100), (60, SUBMITTED, 50)),
        {60: walk_in(50, 50, verified=False)},
    ),
    "a date ahead moved to a day that has come: still a promise": (
        story((50, SUBMITTED, 100), (60, SUBMITTED, 51)),
        {60: ahead((50, 100), (60, 51))},
    ),
    "there and back": (
        story((50, SUBMITTED, 100), (60, SUBMITTED, 45), (70, SUBMITTED, 100)),
        {70: ahead((50, 100), (60, 45), (70, 100))},
    ),
    "a verified walk-in moved past its registration by the ministry": (
        story((50, SUBMITTED, 40), (60, VERIFIED, 40), (90, VERIFIED, 80)),
        {89: walk_in(50, 40, verified=True), 90: ahead((50, 40), (90, 80), landed=80)},
    ),
}
BACKFILLED = {
    "brought in later: known, and waiting, from the earlier day on": (
        story((200, SUBMITTED, 40), (205, VERIFIED, 40), registered=50),
        {49: None, 50: walk_in(50, 40, verified=False), 205: walk_in(50, 40, verified=True)},
    ),
    "brought in with a date that was ahead then: promised on the earlier day": (
        story((200, SUBMITTED, 100), (205, VERIFIED, 100), registered=50),
        {49: None, 50: ahead((50, 100)), 204: ahead((50, 100)), 205: ahead((50, 100), landed=205)},
    ),
    "last year's, with the date it was planned for and then the actual one": (
        story((20, SUBMITTED, -120), (20, SUBMITTED, -90), (21, VERIFIED, -90), registered=-300),
        {
            19: ahead((-300, -120)),
            20: ahead((-300, -120), (20, -90)),
            21: ahead((-300, -120), (20, -90), landed=-90),
        },
    ),
    "stamped after midnight of the day it was registered": (
        story((51, SUBMITTED, 100), registered=50),
        {49: None, 50: ahead((50, 100))},
    ),
    "verified, by a clock that is ahead, on the eve of its date: it lands on its date": (
        story((50, SUBMITTED, 100), (99, VERIFIED, 100)),
        {100: ahead((50, 100), landed=100), 300: ahead((50, 100), landed=100)},
    ),
    "the same, and reopened at once": (
        story((50, SUBMITTED, 100), (99, VERIFIED, 100), (100, SUBMITTED, 100)),
        {98: ahead((50, 100)), 100: ahead((50, 100)), 300: ahead((50, 100))},
    ),
    "stamped by a clock that then stepped back": (
        story((50, SUBMITTED, 100), (60, SUBMITTED, 120), (59, VERIFIED, 58), registered=50),
        {59: ahead((50, 100)), 60: ahead((50, 100), (60, 120), (60, 58), landed=60)},
    ),
}
STORIES = {"walk-in": WALK_IN, "ahead": AHEAD, "across": ACROSS, "backfilled": BACKFILLED}


@pytest.mark.parametrize(
    ("stoods", "day", "record"),
    [
        pytest.param(stoods, day, record, id=f"{place}: {name}, day {day}")
        for place, stories in STORIES.items()
        for name, (stoods, days) in stories.items()
        for day, record in days.items()
    ],
)
def test_a_record_as_it_stood(stoods: list[Stood], day: int, record: Record | None) -> None:
    assert record_on(stoods, TARGET, on(day)) == record


def test_a_landing_that_is_noted_before_its_day_is_not_known_before_it() -> None:
    found = record_on(story((50, SUBMITTED, 100), (99, VERIFIED, 100)), TARGET, on(99))
    assert found is not None
    assert (found.landed_on, found.promises) == (None, ((on(50), on(100)),))


def test_a_record_without_any_standing_is_none() -> None:
    assert record_on([], TARGET, on(1)) is None


# --- the filter ---

MINE = {"region": "41", "division": "26", "project_type": "mini", "model_kind": "industry"}


@pytest.mark.parametrize(
    ("chosen", "passes"),
    [
        (TargetFilter(), True),
        (TargetFilter(regions=("11", "41")), True),
        (TargetFilter(regions=("11",)), False),
        (TargetFilter(industries=("26",)), True),
        (TargetFilter(industries=("10",)), False),
        (TargetFilter(project_types=("mini",)), True),
        (TargetFilter(project_types=("humanoid",)), False),
        (TargetFilter(model_kinds=("industry",)), True),
        (TargetFilter(model_kinds=("foundation",)), False),
        (TargetFilter(regions=("41",), industries=("10",)), False),
    ],
)
def test_a_record_passes_the_filter_in_every_part(chosen: TargetFilter, *, passes: bool) -> None:
    stoods = [make_stood(50, SUBMITTED, 40, registered=50, **MINE)]
    assert (record_on(stoods, replace(TARGET, filter=chosen), on(50)) is not None) is passes


def test_what_a_record_does_not_have_passes_no_filter() -> None:
    target = replace(TARGET, filter=TargetFilter(project_types=("mini",)))
    assert record_on(story((50, SUBMITTED, 40)), target, on(50)) is None


def test_the_filter_asks_for_what_was_known_that_day() -> None:
    target = replace(TARGET, filter=TargetFilter(regions=("41",)))
    stoods = [
        make_stood(50, SUBMITTED, 100, registered=50, region="11"),
        make_stood(60, SUBMITTED, 120, registered=50, region="11"),
        make_stood(70, SUBMITTED, 120, registered=50, region="41"),
        make_stood(130, VERIFIED, 120, registered=50, region="41"),
        make_stood(140, VERIFIED, 120, registered=50, region="11"),
    ]
    records = [record_on(stoods, target, on(day)) for day in (69, 70, 130, 140)]
    # It comes with its whole past, and is gone when it leaves.
    assert records == [None, ahead((50, 100), (60, 120)), ahead((50, 100), (60, 120), landed=130), None]


# --- all records, day by day ---


def test_records_come_as_they_stood_on_any_day_in_any_order() -> None:
    lives = lives_on({"a": story((50, SUBMITTED, 40)), "b": story((60, SUBMITTED, 100))}, TARGET)
    assert [lives(on(day)) for day in (60, 49, 50)] == [
        [walk_in(50, 40, verified=False), ahead((60, 100))],
        [],
        [walk_in(50, 40, verified=False)],
    ]


# --- in general: random lives by the lifecycle's own rules ---

SHORT = make_target(due_on=on(60), goal=8, counts_from=on(-20), baseline=2)
DAYS = st.integers(-30, 90)
ANY_EVE = DayPace(day=EVE, value=0, probability=None, pace=Pace.NOT_STARTED, since=EVE)
"""Saves going through the days before; no count depends on how they ended."""


def stands(before: Stood, day: int, action: Action | None, *, date_: int, by_staff: bool) -> Stood | None:
    """Return how the record stands after a call, or after an edit of its date; None if it is refused."""
    try:
        if action:
            status = next_status(before.status, action, counts_on=before.counts_on, today=on(day))
            return replace(before, known_on=on(day), status=status)
        status = status_after_edit(
            before.status, counting_changed=True, by_staff=by_staff, counts_on=on(date_), today=on(day)
        )
        return replace(before, known_on=on(day), status=status, counts_on=on(date_))
    except (NotYetAdopted, TransitionNotAllowed):
        return None


@st.composite
def histories(draw: st.DrawFn) -> list[Stood]:
    known, date_ = draw(DAYS), draw(DAYS)
    stoods = [make_stood(known, SUBMITTED, date_, registered=known - draw(st.integers(0, 40)))]
    calls = st.tuples(
        st.integers(0, 20), st.none() | st.sampled_from(Action) | st.just(Action.VERIFY), DAYS, st.booleans()
    )
    for later, action, moved_to, by_staff in draw(st.lists(calls, max_size=8)):
        known += later
        if stood := stands(stoods[-1], known, action, date_=moved_to, by_staff=by_staff):
            stoods.append(stood)
    return stoods


REGISTERS = st.lists(histories(), max_size=8)


def stood_on(stoods: Sequence[Stood], day: date) -> list[Stood]:
    """Return the one that held at the end of `day`, if any: the first from the registration on."""
    if stoods[0].registered_on > day:
        return []
    return [[stoods[0], *(stood for stood in stoods[1:] if stood.known_on <= day)][-1]]


def recount(target: Target, register: Sequence[Sequence[Stood]], day: date) -> tuple[int, int, int, int]:
    """Return value, start, waiting and planned, record by record as the contract says them."""
    since, last = target.counts_since, min(day, target.due_on)
    known = [stood for stoods in register for stood in stood_on(stoods, day)]
    counting = [stood.counts_on for stood in known if stood.status in COUNTING]
    submitted = [stood.counts_on for stood in known if stood.status is SUBMITTED]
    return (
        target.baseline + sum(since <= on <= last for on in counting),
        target.baseline + sum(since <= on < target.starts_on for on in counting),
        sum(since <= on <= last for on in submitted),
        sum(since <= on <= target.due_on and on > day for on in submitted),
    )


@given(REGISTERS, st.integers(1, 100))
@hypothesis_settings(max_examples=60)
def test_the_counts_are_those_of_a_plain_recount(register: list[list[Stood]], number: int) -> None:
    day, lives = on(number), lives_on(dict(enumerate(register)), SHORT)
    found = assess(SHORT, lives(day), day, eve=ANY_EVE)
    value, start, waiting, planned = recount(SHORT, register, day)
    assert (found.value, found.waiting, found.pipeline.planned) == (value, waiting, planned)
    assert found.plan == plan(SHORT, start, day)


@given(REGISTERS)
@hypothesis_settings(max_examples=15)
def test_a_replay_goes_through_the_recounts(register: list[list[Stood]]) -> None:
    found = replay(SHORT, lives_on(dict(enumerate(register)), SHORT), on(80))
    assert [day.value for day in found] == [recount(SHORT, register, on(number))[0] for number in range(1, 81)]


@given(st.lists(st.tuples(histories(), st.integers(1, 3)), max_size=6))
@hypothesis_settings(max_examples=15)
def test_a_course_through_lives_gives_the_days_of_records_looked_up(register: list[tuple[list[Stood], int]]) -> None:
    each = [stoods for stoods, count in register for _ in range(count)]
    course = Course(Ledger(SHORT), shifts((life_of(stoods, SHORT), count) for stoods, count in register))
    found = list(days_after(SHORT, course.ledger_on, None, on(80)))
    assert found == replay(SHORT, lives_on(dict(enumerate(each)), SHORT), on(80))


@given(histories(), DAYS)
@hypothesis_settings(max_examples=60)
def test_what_happens_later_changes_no_day(stoods: list[Stood], number: int) -> None:
    day = on(number)
    known = [stoods[0], *(stood for stood in stoods[1:] if stood.known_on <= day)]
    assert record_on(stoods, SHORT, day) == record_on(known, SHORT, day)


@given(histories())
@hypothesis_settings(max_examples=60)
def test_a_record_of_each_kind_is_whole(stoods: list[Stood]) -> None:
    for day, record in life_of(stoods, SHORT):
        assert record is not None
        is_walk_in = record.landed_on is not None and record.landed_on <= record.registered_on
        assert is_walk_in is not bool(record.promises)
        assert record.landed_on is None or record.landed_on <= day
        assert record.withdrawn_on is None or not record.verified
