"""How records change from day to day, and that a ledger gone on by the changes is the one made anew."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.core.ledger import Course, Ledger, Life, Record, Shift, life_with_hindsight, shifts
from tests.core.builders import make_target

EVE = date(2025, 12, 31)
TARGET = make_target()


def on(number: int) -> date:
    """Return the day of the window with this number: 1 is `starts_on`."""
    return EVE + timedelta(days=number)


def ledger_of(*records: Record) -> Ledger:
    ledger = Ledger(TARGET)
    for record in records:
        ledger.add(record)
    return ledger


PROMISED = Record(on(10), promises=((on(10), on(90)),))
MOVED = Record(on(10), promises=((on(10), on(90)), (on(50), on(120))))
LANDED = Record(on(10), on(95), promises=MOVED.promises)
WALK_IN = Record(on(50), on(40))


# --- what is known ---


@pytest.mark.parametrize(
    ("record", "day", "known"),
    [
        (LANDED, 9, None),
        (LANDED, 10, PROMISED),
        (LANDED, 49, PROMISED),
        (LANDED, 50, MOVED),
        (LANDED, 94, MOVED),
        (LANDED, 95, LANDED),
        (WALK_IN, 49, None),
        (WALK_IN, 50, WALK_IN),
        (Record(on(50), on(40), on(60), verified=False), 59, Record(on(50), on(40), verified=False)),
        (Record(on(50), on(40), on(60)), 60, Record(on(50), on(40), on(60))),
    ],
)
def test_a_record_is_known_as_far_as_it_has_happened(record: Record, day: int, known: Record | None) -> None:
    assert record.as_known(on(day)) == known


def test_a_life_with_hindsight_has_a_view_for_each_day_on_which_something_happened() -> None:
    gone = Record(on(10), on(95), on(130), MOVED.promises)
    assert life_with_hindsight(gone) == [(on(10), PROMISED), (on(50), MOVED), (on(95), LANDED), (on(130), gone)]


# --- from day to day ---


def test_shifts_come_by_their_day_with_what_goes_and_what_comes() -> None:
    lives: list[tuple[Life, int]] = [
        ([(on(10), PROMISED), (on(50), MOVED), (on(70), None), (on(80), MOVED)], 3),
        ([(on(40), None), (on(50), WALK_IN), (on(60), WALK_IN)], 1),
    ]
    assert shifts(lives) == [
        Shift(on(10), None, PROMISED, 3),
        Shift(on(50), PROMISED, MOVED, 3),
        Shift(on(50), None, WALK_IN, 1),
        Shift(on(70), MOVED, None, 3),
        Shift(on(80), None, MOVED, 3),
    ]


def test_a_course_is_what_is_known_on_each_day_it_is_asked_for() -> None:
    course = Course(Ledger(TARGET), shifts([(life_with_hindsight(LANDED), 2), (life_with_hindsight(WALK_IN), 1)]))
    found = [course.ledger_on(on(day)).copy() for day in (9, 10, 49, 60, 60, 400)]
    assert found == [
        ledger_of(),
        ledger_of(PROMISED, PROMISED),
        ledger_of(PROMISED, PROMISED),
        ledger_of(MOVED, MOVED, WALK_IN),
        ledger_of(MOVED, MOVED, WALK_IN),
        ledger_of(LANDED, LANDED, WALK_IN),
    ]


def test_a_course_goes_on_from_the_ledger_that_it_is_given() -> None:
    course = Course(ledger_of(PROMISED), [Shift(on(50), PROMISED, MOVED, 1)])
    assert course.ledger_on(on(50)) == ledger_of(MOVED)


def test_a_record_that_leaves_the_target_is_in_the_ledger_no_more() -> None:
    course = Course(ledger_of(PROMISED, WALK_IN), [Shift(on(50), PROMISED, None, 1)])
    assert course.ledger_on(on(50)) == ledger_of(WALK_IN)


def test_a_ledger_is_copied_and_taken_from() -> None:
    ledger = ledger_of(PROMISED, WALK_IN)
    taken = ledger.copy()
    taken.remove(PROMISED)
    assert (ledger, taken) == (ledger_of(PROMISED, WALK_IN), ledger_of(WALK_IN))
    with pytest.raises(ValueError, match="registered=10"):
        taken.remove(PROMISED)


def test_promises_are_put_in_order_and_of_one_day_the_last_word_holds() -> None:
    assert ledger_of(Record(on(10), promises=(MOVED.promises[1], MOVED.promises[0]))) == ledger_of(MOVED)
    twice = ((on(10), on(120)), (on(10), on(90)))
    assert ledger_of(Record(on(10), promises=twice)).tally.pending == {(10, (10, 90)): 1}


def test_records_that_stand_alike_cost_as_much_as_one() -> None:
    one, many = ledger_of(MOVED), Ledger(TARGET)
    many.add(MOVED, 1_000_000)
    assert many.tally.pending.keys() == one.tally.pending.keys()
    assert many.tally.pending.total() == 1_000_000


# --- in general ---

DAYS = st.integers(-30, 60)


@st.composite
def records(draw: st.DrawFn) -> Record:
    registered = draw(DAYS)
    known = draw(st.lists(st.integers(registered, 60), max_size=3))
    promises = tuple((on(day), on(draw(DAYS))) for day in known)
    landed, withdrawn = draw(st.none() | DAYS.map(on)), draw(st.none() | st.integers(registered, 60).map(on))
    return Record(on(registered), landed, withdrawn, promises, draw(st.booleans()))


@given(st.lists(st.tuples(records(), st.integers(1, 3)), max_size=8))
@hypothesis_settings(max_examples=40)
def test_a_ledger_gone_on_is_the_one_made_anew(register: list[tuple[Record, int]]) -> None:
    course = Course(Ledger(TARGET), shifts((life_with_hindsight(record), count) for record, count in register))
    for number in range(-30, 61):
        known = [record.as_known(on(number)) for record, count in register for _ in range(count)]
        assert course.ledger_on(on(number)) == ledger_of(*(record for record in known if record))
