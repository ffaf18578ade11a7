"""Splitting a value: months with their gaps, regions rolled up, and what each caller is shown."""

from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from service.core.breakdown import By, Heading, Tally, by_month, headings, in_force, items, with_baseline
from service.core.regions import Region, RegionBook
from service.core.standing import facts_on, standing
from service.core.targets import Target, TargetFilter

DAYS = st.dates(date(2025, 8, 1), date(2027, 3, 31))
COUNTS = st.dictionaries(DAYS, st.integers(1, 5), max_size=12)
BOOK = RegionBook(
    [
        Region("12", None, "전남광주", "Jeonnam-Gwangju", "전남광주", "Jeonnam-Gwangju", "city"),
        Region("29", "KR-29", "광주", "Gwangju", "광주", "Gwangju", "city", successor="12"),
        Region("41", "KR-41", "경기도", "Gyeonggi-do", "경기", "Gyeonggi", "province"),
    ]
)


def make_target(**changes: object) -> Target:
    fields = {"starts_on": date(2026, 1, 15), "due_on": date(2026, 12, 31), "goal": 100}
    return Target(**(fields | changes))  # type: ignore[arg-type]  # a builder


@given(counting=COUNTS, submitted=COUNTS, as_of=DAYS, baseline=st.integers(0, 9))
def test_months_add_up_to_the_targets_own_figures(
    counting: dict[date, int], submitted: dict[date, int], as_of: date, baseline: int
) -> None:
    target = make_target(counts_from=date(2025, 9, 10), baseline=baseline, trajectory=((date(2026, 6, 30), 70),))
    whole = standing(target, facts_on(target, counting, submitted, as_of), as_of)
    tallies = by_month(target, counting, submitted, as_of)
    parts = with_baseline(tallies, target).values()
    assert sum(part.value for part in parts) == whole.value
    assert sum(part.waiting for part in parts) == whole.waiting
    assert sum(part.planned for part in parts) == whole.pipeline.planned
    if as_of >= target.starts_on:
        assert sum(part.gap or 0 for part in parts) == whole.gap


def test_month_that_is_not_over_is_asked_for_its_days_so_far() -> None:
    target = make_target(starts_on=date(2026, 1, 1), due_on=date(2026, 12, 31), goal=365)
    tallies = by_month(target, {date(2026, 2, 3): 5}, {}, date(2026, 2, 10))
    assert [tallies[month].gap for month in ("2026-01", "2026-02", "2026-03")] == [-31, 5 - 10, None]


def test_months_before_the_window_are_where_the_plan_begins() -> None:
    target = make_target(counts_from=date(2025, 9, 10))
    tallies = by_month(target, {date(2025, 10, 1): 4, date(2026, 1, 3): 2}, {}, date(2026, 1, 14))
    assert (tallies["2025-10"].value, tallies["2025-10"].gap) == (4, 0)
    assert "2025-11" not in tallies
    assert (tallies["2026-01"].value, tallies["2026-01"].gap) == (2, 0)


def test_months_reach_to_the_calendars_edge() -> None:
    target = make_target(starts_on=date(2180, 1, 1), due_on=date(2199, 12, 31))
    tallies = by_month(target, {}, {}, date(2199, 12, 31))
    assert (len(tallies), sum(tally.gap or Fraction(0) for tally in tallies.values())) == (240, -100)


def test_retired_region_is_rolled_up_to_the_one_in_force() -> None:
    assert in_force({"29": Tally(1, 2, 3), "12": Tally(1), None: Tally(5)}, BOOK) == {
        "12": Tally(2, 2, 3),
        None: Tally(5),
    }


def test_every_region_in_force_that_the_filter_lets_pass_is_named() -> None:
    everywhere = headings(By.REGION, make_target(), {}, book=BOOK, models=())
    filtered = make_target(filter=TargetFilter(regions=("29",)))
    there = headings(By.REGION, filtered, {}, book=BOOK, models=())
    assert [heading.key for heading in everywhere] == ["12", "41", None]
    assert [heading.key for heading in there] == ["12", None]


def test_every_division_and_project_type_that_the_filter_lets_pass_is_named() -> None:
    target = make_target(filter=TargetFilter(industries=("26", "30"), project_types=("mini",)))
    assert [one.key for one in headings(By.INDUSTRY, target, {}, book=BOOK, models=())] == ["26", "30", None]
    assert [one.key for one in headings(By.PROJECT_TYPE, target, {}, book=BOOK, models=())] == ["mini", None]


def test_models_are_in_the_order_of_their_ids() -> None:
    models = [Heading("b", "나", "B"), Heading("a", "가", "A")]
    found = headings(By.FOUNDATION_MODEL, make_target(), {}, book=BOOK, models=models)
    assert [one.key for one in found] == ["a", "b", None]


def test_baseline_stands_under_no_key() -> None:
    assert with_baseline({None: Tally(1), "41": Tally(2)}, make_target(baseline=7))[None] == Tally(8)


def test_month_is_named_in_both_languages() -> None:
    (named, _) = headings(By.MONTH, make_target(), {"2026-03": Tally()}, book=BOOK, models=())
    assert (named.name_ko, named.name_en, named.is_always_shown) == ("2026년 3월", "March 2026", True)


def test_what_only_waits_is_not_there_for_those_who_do_not_see_the_pipeline() -> None:
    found = [Heading("a", "가", "A"), Heading("b", "나", "B")]
    tallies = {"a": Tally(waiting=1), "b": Tally(value=1, planned=2)}
    for_all = items(By.FOUNDATION_MODEL, found, tallies, total=3, pipeline=False)
    assert for_all == [{"key": "b", "name_ko": "나", "name_en": "B", "value": 1, "share": 0.333}]
    whole = items(By.FOUNDATION_MODEL, found, tallies, total=3, pipeline=True)
    assert [(one["key"], one["planned"], one["waiting"]) for one in whole] == [("a", 0, 1), ("b", 2, 0)]


def test_a_share_of_nothing_is_nothing() -> None:
    (item,) = items(By.MONTH, [Heading("2026-01", "", "", is_always_shown=True)], {}, total=0, pipeline=True)
    assert (item["share"], item["gap"]) == (0, None)
