"""A target's progress as it is asked for and shown: the parameters of the question, the fields of the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from service.core.fields import Bad, day, instant
from service.core.pace import Forecast, Progress
from service.core.parameters import Parameter, Parameters
from service.core.records import SEOUL, utc_text
from service.core.rounding import (
    INDEX_PLACES,
    PLAN_PLACES,
    PROBABILITY_PLACES,
    RATE_PLACES,
    SHARE_PLACES,
    half_up,
)
from service.core.standing import Standing
from service.core.summaries import summary
from service.core.targets import Target
from service.core.text import Text

_DATE_LENGTH = len("2026-12-31")


@dataclass(frozen=True, slots=True)
class TargetInForce:
    """The revision of a target that judges every day, past ones too."""

    target: Target
    version: int


def known_at(raw: str) -> datetime:
    """Take an instant, or a date for the end of that day in Seoul.

    Raises:
        Bad: it is neither; a day or instant ahead is found only by whoever knows the time.
    """
    try:
        if len(raw) == _DATE_LENGTH:
            return datetime.combine(day(raw), time.max, SEOUL).astimezone(UTC)
        # In a query an unescaped "+09:00" arrives as " 09:00"; a space has no other place in an instant.
        return instant(raw.replace(" ", "+"))
    except Bad as bad:
        if bad.code == "out_of_range":
            raise
        raise Bad("not_a_date_or_instant") from None


PARAMETERS: Parameters = {
    "as_of": Parameter(day, description="The day that is looked at; by default today, in Seoul.", example="2026-11-22"),
    "known_at": Parameter(
        known_at,
        description="The register as it was known at this instant (a date: at the end of that day in Seoul).",
        example="2026-11-22T09:00:00Z",
    ),
}


def progress_fields(
    in_force: TargetInForce, standing: Standing, *, as_of: date, known_at: datetime, synthetic: bool = False
) -> dict[str, Any]:
    """Return progress ready for JSON, rounded half up as PRODUCT.md section 4 says; `summary` in both languages.

    `standing` is a `Progress` except for a day to come, of which there is no forecast. `known_at` is aware UTC.
    `synthetic`: some of the target's records were made up for demonstration.
    """
    target, pipeline = in_force.target, standing.pipeline
    judged = standing if isinstance(standing, Progress) else None
    return {
        "code": target.code,
        "name_ko": target.name_ko,
        "name_en": target.name_en,
        "metric": target.metric.value,
        "target_version": in_force.version,
        "state": target.state.value,
        "plan_basis": target.plan_basis.value,
        "as_of": as_of.isoformat(),
        "known_at": utc_text(known_at),
        "synthetic": synthetic,
        "value": standing.value,
        "goal": standing.goal,
        "remaining": standing.remaining,
        "share": half_up(standing.share, SHARE_PLACES),
        "waiting": standing.waiting,
        "plan": half_up(standing.plan, PLAN_PLACES),
        "gap": half_up(standing.gap, PLAN_PLACES),
        "schedule_index": half_up(standing.schedule_index, INDEX_PLACES),
        "days_ahead": standing.days_ahead,
        "rate_required": half_up(standing.rate_required, RATE_PLACES),
        "rate_recent": half_up(standing.rate_recent, RATE_PLACES),
        "forecast": judged and _forecast_fields(judged.forecast),
        "pipeline": {
            "planned": pipeline.planned,
            "waiting": pipeline.waiting,
            "if_all_land": pipeline.if_all_land,
        },
        "pace": judged and judged.pace.value,
        "since": judged and judged.since and judged.since.isoformat(),
        "summary": summary(standing, target, as_of),
    }


def in_language(fields: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return progress with its summary in a language, `ko` or `en`."""
    said: Text = fields["summary"]
    return {**fields, "summary": said.in_language(language)}


def _forecast_fields(forecast: Forecast) -> dict[str, Any]:
    return {
        "probability": half_up(forecast.probability, PROBABILITY_PLACES),
        "p10": forecast.p10,
        "p50": forecast.p50,
        "p90": forecast.p90,
        "expected_on": forecast.expected_on and forecast.expected_on.isoformat(),
    }
