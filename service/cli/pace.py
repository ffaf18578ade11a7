"""`ax-registry pace`: where every target stands, as a table in the terminal."""

from typing import Annotated, Any

import orjson
import typer

from service.cli.failures import WRONG_USE, CommandFailed
from service.cli.output import AsJson, tell_json, tell_rows
from service.cli.register import ask_register
from service.clock import utc_now
from service.core.fields import Bad, day
from service.core.records import day_in_seoul
from service.db.engine import Database
from service.db.repositories.regions import read_book
from service.usecases.progress import ProgressAnswers, Question

_COLUMNS = ("target", "pace", "since", "value", "goal", "plan", "gap", "days_ahead", "needed", "had", "probability")
_LANGUAGES = ("ko", "en")


def pace(
    *,
    as_of: Annotated[str | None, typer.Option(help="The day to look at, YYYY-MM-DD; default today in Seoul.")] = None,
    language: Annotated[str, typer.Option(help="Of the sentences below the table: ko or en.")] = "ko",
    as_json: AsJson = False,
) -> None:
    """Show where every target stands: its pace, value against plan, needed against had per 30 days, probability."""
    if language not in _LANGUAGES:
        raise CommandFailed(f"--language must be one of {', '.join(_LANGUAGES)}", status=WRONG_USE)
    try:
        asked = day(as_of) if as_of else day_in_seoul(utc_now())
    except Bad as bad:
        raise CommandFailed(f"--as-of: {bad.message.en}", status=WRONG_USE) from None

    async def work(database: Database) -> bytes:
        answers = ProgressAnswers(database.pool)
        return (await answers.answer(Question(None, asked), await read_book(database.pool), language)).body

    found = orjson.loads(ask_register(work))
    if as_json:
        tell_json(found)
        return
    tell_rows(_COLUMNS, [_row(item) for item in found["items"]], as_json=False)
    for item in found["items"]:
        typer.echo(f"\n{item['code']}: {item['summary']}")


def _row(item: dict[str, Any]) -> dict[str, Any]:
    """Return one target's row; a day to come has no forecast."""
    forecast = item["forecast"] or {}
    return {
        **{name: item[name] for name in ("pace", "since", "value", "goal", "plan", "gap", "days_ahead")},
        "target": item["code"],
        "needed": item["rate_required"],
        "had": item["rate_recent"],
        "probability": forecast.get("probability"),
    }
