"""Progress as it is asked for and shown."""

from dataclasses import fields
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from service.core.fields import Bad
from service.core.pace import Forecast, Pace, Progress
from service.core.progress import TargetInForce, in_language, known_at, progress_fields
from service.core.standing import Facts, Pipeline, Standing, standing
from tests.core.builders import NOON, make_target


def make_standing(**facts: Any) -> Standing:
    plain: dict[str, Any] = {
        "value": 40,
        "goal": 100,
        "remaining": 60,
        "share": Fraction(2, 5),
        "waiting": 3,
        "plan": Fraction(201, 4),
        "gap": Fraction(-41, 4),
        "schedule_index": Fraction(2, 3),
        "days_ahead": -61,
        "rate_required": Fraction(39, 20),
        "rate_recent": Fraction(5),
        "pipeline": Pipeline(planned=7, waiting=3, if_all_land=50),
    }
    return Standing(**{**plain, **facts})


def shown(found: Standing) -> dict[str, Any]:
    target = make_target(code="factories-2026", name_ko="공장", name_en="factories")
    return progress_fields(TargetInForce(target, version=2), found, as_of=date(2026, 7, 2), known_at=NOON)


def test_a_date_means_its_end_in_seoul() -> None:
    assert known_at("2026-11-22") == datetime(2026, 11, 22, 14, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw", ["2026-11-22T12:00:00+09:00", "2026-11-22T12:00:00 09:00", "2026-11-22T03:00:00Z", "2026-11-22t03:00:00.0z"]
)
def test_an_instant_is_taken_also_with_a_plus_that_was_not_escaped(raw: str) -> None:
    assert known_at(raw) == NOON


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "not_a_date_or_instant"),
        ("yesterday", "not_a_date_or_instant"),
        ("2026-02-30", "not_a_date_or_instant"),
        ("2026-11-22T03:00", "not_a_date_or_instant"),
        ("1949-12-31", "out_of_range"),
        ("2200-01-01T00:00:00Z", "out_of_range"),
    ],
)
def test_what_is_neither_is_refused(raw: str, code: str) -> None:
    with pytest.raises(Bad) as refused:
        known_at(raw)
    assert refused.value.code == code


def test_figures_are_shown_half_up() -> None:
    rounded = shown(make_standing())
    names = ("share", "plan", "gap", "schedule_index", "rate_required", "rate_recent")
    assert {name: rounded[name] for name in names} == {
        "share": 0.4,
        "plan": 50.3,
        "gap": -10.3,
        "schedule_index": 0.667,
        "rate_required": 2.0,
        "rate_recent": 5.0,
    }


def test_what_there_is_not_is_null() -> None:
    nothing = dict.fromkeys(("schedule_index", "days_ahead", "rate_required", "rate_recent"))
    rounded = shown(make_standing(**nothing))
    assert {name: rounded[name] for name in nothing} == nothing


def test_counts_are_shown_as_they_are() -> None:
    rounded = shown(make_standing())
    names = ("value", "goal", "remaining", "waiting", "days_ahead", "pipeline")
    assert [rounded[name] for name in names] == [
        40,
        100,
        60,
        3,
        -61,
        {"planned": 7, "waiting": 3, "if_all_land": 50},
    ]


def make_progress(**facts: Any) -> Progress:
    figures = make_standing()
    judged: dict[str, Any] = {
        "forecast": Forecast(0.12345, p10=60, p50=70, p90=85, expected_on=date(2027, 3, 1)),
        "pace": Pace.AT_RISK,
        "since": date(2026, 6, 20),
    }
    return Progress(**{one.name: getattr(figures, one.name) for one in fields(figures)}, **(judged | facts))


def test_forecast_and_pace_are_shown_where_there_are_any() -> None:
    told, to_come = shown(make_progress()), shown(make_standing())
    assert (told["pace"], told["since"]) == ("at_risk", "2026-06-20")
    assert told["forecast"] == {"probability": 0.1235, "p10": 60, "p50": 70, "p90": 85, "expected_on": "2027-03-01"}
    assert (to_come["forecast"], to_come["pace"], to_come["since"]) == (None, None, None)


def test_nothing_expected_and_no_chance_are_null() -> None:
    unknown = Forecast(None, p10=0, p50=1, p90=2, expected_on=None)
    told = shown(make_progress(forecast=unknown, pace=Pace.NOT_STARTED, since=None))
    assert (told["forecast"]["probability"], told["forecast"]["expected_on"], told["since"]) == (None, None, None)


def test_summary_is_in_the_language_asked_for() -> None:
    told = shown(make_progress())
    korean, english = (in_language(told, language) for language in ("ko", "en"))
    assert (korean["summary"], english["summary"]) == (told["summary"].ko, told["summary"].en)
    assert {**korean, "summary": ""} == {**english, "summary": ""}


def test_it_says_of_which_target_and_day_it_speaks() -> None:
    found = shown(standing(make_target(), Facts(start=0, value=0, value_before=0), date(2026, 7, 2)))
    names = ("code", "metric", "target_version", "state", "plan_basis", "as_of", "known_at")
    assert [found[name] for name in names] == [
        "factories-2026",
        "factories",
        2,
        "active",
        "assumed",
        "2026-07-02",
        "2026-11-22T03:00:00.000000Z",
    ]
