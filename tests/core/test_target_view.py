"""A view that is brought from instant to instant, forwards and back, is the one that is counted from scratch."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.core.ledger import Ledger
from service.core.lifecycle import Status
from service.core.pace_reading import reading
from service.core.record_lives import Stood
from service.core.records import SEOUL, day_in_seoul
from service.core.target_view import DatedCounts, Noted, TargetView, concerns, known_by, with_regions
from service.core.targets import Target, TargetFilter
from tests.core.builders import make_target
from tests.core.registers import lives_on

FIRST = date(2026, 1, 1)
TARGET = make_target(
    counts_from=FIRST, starts_on=FIRST + timedelta(days=4), due_on=FIRST + timedelta(days=30), goal=5,
    filter=TargetFilter(regions=("11", "12")),
)  # fmt: skip
HOURS = st.integers(0, 24 * 40)
STATUSES = st.sampled_from(list(Status))


def at(hours: float) -> datetime:
    return (datetime.combine(FIRST, datetime.min.time(), SEOUL) + timedelta(hours=hours)).astimezone(UTC)


def make_noted(hours: float, *, counts_on: date, registered_on: date, synthetic: bool = False, **facts: str) -> Noted:
    facts = {"region": "11", "status": Status.VERIFIED} | facts
    known_on = day_in_seoul(at(hours))
    stood = Stood(known_on=known_on, counts_on=counts_on, registered_on=registered_on, **facts)  # type: ignore[arg-type]  # a status among them
    return Noted(at(hours), stood, synthetic)


@st.composite
def stories(draw: st.DrawFn) -> list[Noted]:
    """Draw a story: stamps that mostly rise, dates around the window, a registration before, on or after the stamp."""
    hours = sorted(draw(st.lists(HOURS, min_size=1, max_size=4)))
    if draw(st.integers(0, 9)) == 0:
        hours.reverse()  # the clock that stamps has stepped back
    registered_on = day_in_seoul(at(hours[0])) + timedelta(days=draw(st.sampled_from((0, 0, 0, -6, -1, 1, 3))))
    synthetic = draw(st.booleans())
    return [
        make_noted(
            hour,
            counts_on=FIRST + timedelta(days=draw(st.integers(-3, 36))),
            registered_on=registered_on,
            synthetic=synthetic,
            status=draw(STATUSES),
            region=draw(st.sampled_from(("11", "12", "41"))),
        )
        for hour in hours
    ]


REGISTERS = st.lists(stories(), max_size=7)


def counted(register: Sequence[Sequence[Noted]], known_at: datetime, day: date) -> TargetView:
    """Return a view counted from scratch, split by region."""
    view = TargetView(TARGET, known_at=known_at, day=day, demo_changed_at=None)
    view.splits["region"] = {}
    known = [known_by(story, known_at) for story in register]
    view.add_all((story, 1) for story in known if any(concerns(TARGET, noted.stood) for noted in story))
    return view


def ledger_of(register: Sequence[Sequence[Noted]], known_at: datetime, day: date) -> Ledger:
    """Return the ledger of the records as `lives_on` gives them."""
    known = [[noted.stood for noted in known_by(story, known_at)] for story in register]
    mattering = [stoods for stoods in known if any(concerns(TARGET, stood) for stood in stoods)]
    ledger = Ledger(TARGET)
    for record in lives_on(dict(enumerate(mattering)), TARGET)(day):
        if there := record.as_known(day):
            ledger.add(there)
    return ledger


def split_by_region(view: TargetView) -> dict[str | None, DatedCounts]:
    return {key: counts for key, counts in view.splits["region"].items() if counts != DatedCounts()}


def changed(view: TargetView, register: Sequence[Sequence[Noted]], known_at: datetime, day: date) -> list[list[Noted]]:
    """Return what would be read of the register to bring a view there, and no more."""
    after, until = view.changed_after(known_at, day), max(view.known_at, known_at)
    known = [[noted for noted in story if noted.at and noted.at <= until] for story in register]
    return [story for story in known if any(noted.at and noted.at > after for noted in story)]


@given(REGISTERS, st.lists(st.tuples(HOURS, st.integers(0, 8), st.booleans()), min_size=1, max_size=6))
@hypothesis_settings(max_examples=150)
def test_view_is_what_a_count_from_scratch_gives_wherever_it_came_from(
    register: list[list[Noted]], moves: list[tuple[int, int, bool]]
) -> None:
    view = counted(register, at(0), FIRST)
    for hours, days_before, goes_apart in moves:
        known_at = at(hours)
        day = day_in_seoul(known_at) - timedelta(days=days_before)
        view = view.copy() if goes_apart else view
        view.bring_to(changed(view, register, known_at, day), known_at=known_at, day=day)
        while view.day < day:
            view.go_to_next_day()
        fresh = counted(register, known_at, day)
        assert (view.known_at, view.day) == (known_at, day)
        assert view.counts == fresh.counts
        assert view.reading == fresh.reading
        assert split_by_region(view) == split_by_region(fresh)
        assert view.ledger == fresh.ledger == ledger_of(register, known_at, day)


@given(REGISTERS, HOURS)
def test_counts_and_reading_are_those_of_every_record_as_it_stands(register: list[list[Noted]], hours: int) -> None:
    view = counted(register, at(hours), FIRST)
    counts, brought_in = DatedCounts(), []
    for story in (known_by(story, at(hours)) for story in register):
        if not any(concerns(TARGET, noted.stood) for noted in story):
            continue
        last = story[-1]
        if FIRST <= last.stood.counts_on <= TARGET.due_on and last.stood.region != "41":
            counts.put(last, 1)
        if story[0].stood.registered_on < story[0].stood.known_on:
            brought_in.append(story[0].at)
    assert view.counts == counts
    newest = max(filter(None, brought_in), default=None)
    assert view.reading == reading(("11", "12"), brought_in_at=newest, demo_changed_at=None)


def test_one_who_goes_apart_leaves_the_other_as_it_was() -> None:
    story = [make_noted(24 * day, counts_on=FIRST, registered_on=FIRST) for day in (0, 3)]
    view = counted([story], at(1), FIRST)
    other = view.copy()
    other.bring_to([story], known_at=at(100), day=FIRST)
    other.go_to_next_day()
    assert (view.known_at, view.day) == (at(1), FIRST)
    assert view.ledger == ledger_of([story], at(1), FIRST)
    assert view.counts == counted([story], at(1), FIRST).counts


def test_many_that_stood_alike_are_put_in_at_once() -> None:
    story = [make_noted(30, counts_on=FIRST, registered_on=FIRST + timedelta(days=1), synthetic=True)]
    view = TargetView(TARGET, known_at=at(48), day=FIRST + timedelta(days=2), demo_changed_at=at(40))
    view.add_all([(story, 1_000_000)])
    assert (view.counts.counting, view.counts.synthetic) == ({FIRST: 1_000_000}, 1_000_000)
    assert view.ledger.tally.landed == 0, "it was there before the window"
    assert view.reading == " demo 2026-01-02T07:00:00.000000Z 11 12"


def test_record_that_was_there_before_or_comes_when_all_is_over_does_not_concern() -> None:
    def stood(counts_on: int, registered_on: int, region: str = "11") -> Stood:
        days = {"counts_on": FIRST + timedelta(days=counts_on), "registered_on": FIRST + timedelta(days=registered_on)}
        return Stood(known_on=FIRST, status=Status.SUBMITTED, region=region, **days)

    found = [stood(-1, 0), stood(-1, -9), stood(0, 5), stood(31, 30), stood(31, 31), stood(5, 31), stood(5, 5, "41")]
    assert [concerns(TARGET, one) for one in found] == [False, True, True, True, False, True, False]


def test_target_with_regions_names_all_their_codes() -> None:
    target: Target = with_regions(make_target(filter=TargetFilter(regions=("12",))), ["12", "29"])
    assert target.filter.regions == ("12", "29")
