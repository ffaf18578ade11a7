"""What a tally counts where, and that only the records in it matter, not the way they came and went."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.core.tally import Entry, Tally
from tests.core.registers import tally_of


def places(entry: Entry) -> set[str]:
    """Return the names of what an entry is counted in."""
    tally = tally_of([entry])
    names = {name for name in Tally.__slots__ if name != "promises" and getattr(tally, name)}
    return names | {name for name in ("open", "ended") if getattr(tally.promises, name)}


PROMISE = ((-50, 20),)
OF_WINDOW = {"arrivals", "first_planned"}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (Entry(50, landed=50), {"counting", "walk_ins"}),
        (Entry(50, landed=1), {"counting", "walk_ins"}),
        (Entry(50, landed=0), {"counting"}),
        (Entry(50, landed=1, verified=False), {"submitted", "walk_ins"}),
        (Entry(50, landed=40, withdrawn=60), set()),
        (Entry(-50, landed=1, promises=PROMISE), {"counting", "leads", "ended", *OF_WINDOW}),
        (Entry(-50, landed=1, promises=PROMISE, verified=False), {"submitted", "leads", "ended", *OF_WINDOW}),
        (Entry(-50, landed=0, promises=PROMISE), {"counting", "ended"}),
        (Entry(-50, promises=PROMISE), {"submitted", "pending", "open", *OF_WINDOW}),
        (Entry(-50), {"arrivals", "unpromised"}),
        (Entry(-50, withdrawn=60, promises=PROMISE), {"ended", *OF_WINDOW}),
        (Entry(-50, landed=10, withdrawn=60, promises=PROMISE), {"ended", *OF_WINDOW}),
        (Entry(-50, landed=-10, withdrawn=60, promises=PROMISE), {"ended", *OF_WINDOW}),
    ],
)
def test_a_record_is_counted_by_how_it_stands(entry: Entry, expected: set[str]) -> None:
    assert places(entry) == expected


def test_counts_are_kept_by_the_days_that_matter() -> None:
    moved = Entry(10, promises=((10, 90), (50, 120)))
    landed = Entry(10, landed=95, promises=((10, 90), (50, 120)))
    tally = tally_of([moved, landed, Entry(7, landed=5)])
    assert (tally.counting, tally.submitted, tally.walk_ins) == ({95: 1, 5: 1}, {120: 1}, {5: 1})
    assert (tally.arrivals, tally.first_planned, tally.leads) == ({10: 2}, {(10, 90): 2}, {85: 1})
    assert (tally.pending, tally.promises.open) == ({(10, (50, 120)): 1}, {(10, 90): 1, (50, 120): 1})
    assert tally.promises.ended == {(2, "landed"): 1, (0, "landed"): 1}
    assert tally.landed == 2


DAYS = st.integers(-40, 60)
ENTRIES = st.builds(
    Entry,
    DAYS,
    st.none() | DAYS,
    st.none() | DAYS,
    st.lists(st.tuples(DAYS, DAYS), max_size=3).map(tuple),
    st.booleans(),
)
GROUPS = st.lists(st.tuples(ENTRIES, st.integers(1, 3)), max_size=12)


@given(GROUPS, GROUPS, st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=50)
def test_what_came_and_went_leaves_nothing(stay: list, go: list, random: object) -> None:
    tally, steps = Tally(), [*stay, *go]
    random.shuffle(steps)  # type: ignore[attr-defined]  # hypothesis gives a Random
    for entry, count in steps:
        tally.add(entry, count)
    for entry, count in go:
        tally.remove(entry, count)
    assert tally == tally_of(entry for entry, count in stay for _ in range(count))
    counters = [getattr(tally, name) for name in Tally.__slots__ if name != "promises"]
    counters += [tally.promises.open, tally.promises.ended]
    assert all(count > 0 for counter in counters for count in counter.values())


@given(ENTRIES, GROUPS)
@hypothesis_settings(max_examples=20)
def test_a_copy_goes_its_own_way(entry: Entry, groups: list) -> None:
    tally = tally_of(each for each, _ in groups)
    taken = tally.copy()
    taken.add(entry)
    assert tally == tally_of(each for each, _ in groups)
    taken.remove(entry)
    assert taken == tally


def test_more_can_not_be_taken_out_than_was_put_in() -> None:
    tally = tally_of([Entry(5, landed=5)])
    with pytest.raises(ValueError, match="landed=5"):
        tally.remove(Entry(5, landed=5), 2)


def test_none_is_no_count() -> None:
    tally = Tally()
    tally.add(Entry(5, landed=5), 0)
    assert tally == Tally()
    assert not tally.walk_ins
