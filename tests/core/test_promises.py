"""How promises were kept, and what a pending one is worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.promises import LAND_PRIOR, WITHDRAW_PRIOR, Chances, Promises, life_table
from service.core.tally import Entry
from tests.core.registers import known_by

TODAY = 100
DAYS = st.integers(min_value=-400, max_value=700)


def make_entry(planned: int = 90, *, known_on: int = 10, **facts: int) -> Entry:
    """Return a record registered ahead on day 10 for day 90."""
    return Entry(known_on, promises=((known_on, planned),), **facts)


def shares(*entries: Entry, today: int = TODAY) -> list[tuple[float, float]]:
    """Return the shares that land and that are withdrawn, row by row."""
    table = life_table(known_by(entries, today).tally.promises, today)
    return [((1 - row.keep) * row.land_share, (1 - row.keep) * (1 - row.land_share)) for row in table]


def expected_shares(**changes: tuple[float, float, float]) -> list[tuple[float, float]]:
    """Return the priors, but for rows `r0` to `r6` given as (landed, withdrawn, seen)."""
    found = []
    for row, (land, withdraw) in enumerate(zip(LAND_PRIOR, WITHDRAW_PRIOR, strict=True)):
        landed, withdrawn, seen = changes.get(f"r{row}", (0, 0, 0))
        found.append(((4 * land + landed) / (4 + seen), (4 * withdraw + withdrawn) / (4 + seen)))
    return found


# --- the life table ---


def test_before_any_promise_the_table_is_what_was_thought() -> None:
    assert shares() == [pytest.approx(row) for row in expected_shares()]


@pytest.mark.parametrize(
    ("entry", "rows"),
    [
        (make_entry(landed=75), {"r0": (1, 0, 1)}),  # 15 days early
        (make_entry(landed=76), {"r0": (0, 0, 1), "r1": (1, 0, 1)}),
        (make_entry(landed=90), {"r0": (0, 0, 1), "r1": (1, 0, 1)}),
        (make_entry(landed=91), {"r0": (0, 0, 1), "r1": (0, 0, 1), "r2": (1, 0, 1)}),
        (make_entry(landed=100, withdrawn=101), {"r0": (0, 0, 1), "r1": (0, 0, 1), "r2": (1, 0, 1)}),
        (make_entry(withdrawn=80), {"r0": (0, 0, 1), "r1": (0, 1, 1)}),
        (make_entry(landed=80, withdrawn=91), {"r0": (0, 0, 1), "r1": (0, 0, 1), "r2": (0, 1, 1)}),
        (make_entry(), {"r0": (0, 0, 1), "r1": (0, 0, 1), "r2": (0, 0, 10 / 14)}),  # 10 days late, still open
        (make_entry(landed=101), {"r0": (0, 0, 1), "r1": (0, 0, 1), "r2": (0, 0, 10 / 14)}),  # not known yet
        (make_entry(100), {"r0": (0, 0, 1), "r1": (0, 0, 1)}),  # the second row has just been passed
        (make_entry(205), {"r0": (0, 0, 90 / 180)}),  # known for 90 of the 180 days to 15 before its date
        (make_entry(115, known_on=100), {"r0": (0, 0, 1)}),  # known too late for the first row: passed at once
        (make_entry(116, known_on=100), {"r0": (0, 0, 0)}),
        (make_entry(-300, known_on=-400), {f"r{row}": (0, 0, 1) for row in range(7)}),  # beyond the table
        (make_entry(-50, known_on=-90, landed=-45), {"r0": (0, 0, 1), "r1": (0, 0, 1), "r2": (1, 0, 1)}),
        (Entry(10, landed=10, promises=((10, 90),)), {}),  # a walk-in promises nothing
        (Entry(10), {}),
    ],
)
def test_a_promise_is_followed_row_by_row_to_its_end(entry: Entry, rows: dict[str, tuple[float, float, float]]) -> None:
    assert shares(entry) == [pytest.approx(row) for row in expected_shares(**rows)]


def test_a_promise_that_was_replaced_shares_the_records_outcome() -> None:
    moved = Entry(10, landed=95, promises=((10, 50), (40, 90), (101, 95)))  # the last is not known by day 100
    rows = {f"r{row}": (0.0, 0.0, 2.0) for row in (0, 1)}
    rows |= {"r2": (1, 0, 2), "r3": (0, 0, 1), "r4": (1, 0, 1)}  # 5 days late on the second, 45 on the first
    assert shares(moved) == [pytest.approx(row) for row in expected_shares(**rows)]


@given(st.lists(st.builds(make_entry, DAYS, known_on=DAYS, landed=DAYS, withdrawn=DAYS), max_size=30), DAYS)
def test_some_always_keep_on_and_some_always_land(entries: list[Entry], today: int) -> None:
    assert all(
        0 < row.keep < 1 and 0 < row.land_share < 1
        for row in life_table(known_by(entries, today).tally.promises, today)
    )


def test_promises_that_came_due_or_ended_have_seasoned() -> None:
    entries = [
        make_entry(100),
        make_entry(101),
        make_entry(200, landed=100),
        make_entry(200, withdrawn=100),
        make_entry(200, landed=101),
        make_entry(-10, known_on=-50, landed=-5),
        Entry(10, promises=((10, 50), (40, 150))),
        Entry(10, landed=10, promises=((10, 10),)),
    ]
    assert known_by(entries, TODAY).tally.promises.seasoned(TODAY) == 5


# --- the chance of one that is pending ---

PRIORS = life_table(Promises(), 0)


def chance(planned: int, *, known_on: int = 10, today: int = TODAY, last: int = 365) -> float:
    return Chances(PRIORS, today, last).to_land((known_on, planned))


def test_a_row_that_is_passed_whole_lands_its_share() -> None:
    assert chance(114, last=114) == pytest.approx(0.20 * 14 / 15, abs=0.01)
    assert chance(100, last=114) == pytest.approx(0.50)
    assert chance(100, last=130) == pytest.approx(0.50 + 0.48 * 0.30)


def test_a_row_that_is_passed_in_part_keeps_in_proportion_of_its_exponent() -> None:
    kept = 0.48 ** (7 / 14)
    assert chance(100, last=107) == pytest.approx(0.50 / 0.52 * (1 - kept))
    assert chance(93, last=107) == pytest.approx(0.50 / 0.52 * (1 - kept))


def test_the_first_row_reaches_from_the_day_of_the_promise_to_15_days_before_its_date() -> None:
    assert chance(305, last=290) == pytest.approx(0.02 / 0.07 * (1 - 0.93 ** (190 / 280)))
    assert chance(305, known_on=100, last=290) == pytest.approx(0.02)


@pytest.mark.parametrize("planned", [110, 115])
def test_a_promise_known_too_late_for_the_first_row_starts_in_the_second(planned: int) -> None:
    assert chance(planned, known_on=100, last=planned - 15) == 0
    assert chance(planned, known_on=100, last=planned) > 0


def test_nothing_lands_beyond_a_year_of_lateness_or_without_a_day_left() -> None:
    assert chance(-265, known_on=-300) == 0
    assert chance(-264, known_on=-300) > 0
    assert chance(-264, known_on=-300) == chance(-264, known_on=-300, last=9999)
    assert chance(50, today=365) == 0


@given(DAYS, st.integers(-400, TODAY), st.integers(TODAY, 900), st.integers(0, 400))
def test_more_time_never_lowers_a_chance(planned: int, known_on: int, last: int, more: int) -> None:
    sooner, later = chance(planned, known_on=known_on, last=last), chance(planned, known_on=known_on, last=last + more)
    assert 0 <= sooner <= later + 1e-15 < 1
