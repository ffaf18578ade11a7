"""`ax-registry pace`: where every target stands, as a table in the terminal; `pace evaluate`: judge and tell it now."""

from typing import Annotated, Any

import orjson
import typer

from service.cli.failures import WRONG_USE, CommandFailed
from service.cli.output import AsJson, tell, tell_json, tell_rows
from service.cli.register import ask_register
from service.clock import utc_now
from service.core.fields import Bad, day
from service.core.records import day_in_seoul
from service.db.engine import Database
from service.db.repositories.regions import read_book
from service.db.signals import announce_news
from service.usecases.alerting import tell_all
from service.usecases.pace_watch import catch_up
from service.usecases.progress import ProgressAnswers, Question

_COLUMNS = ("target", "pace", "since", "value", "goal", "plan", "gap", "days_ahead", "needed", "had", "probability")
_LANGUAGES = ("ko", "en")
_CONNECTIONS = 3
"""Storing days holds one connection while others read."""

app = typer.Typer(help="Show where every target stands, or judge and tell it now.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def pace(
    context: typer.Context,
    *,
    as_of: Annotated[str | None, typer.Option(help="The day to look at, YYYY-MM-DD; default today in Seoul.")] = None,
    language: Annotated[str, typer.Option(help="Of the sentences below the table: ko or en.")] = "ko",
    as_json: AsJson = False,
) -> None:
    """Show where every target stands: its pace, value against plan, needed against had per 30 days, probability."""
    if context.invoked_subcommand is not None:
        return
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


@app.command()
def evaluate(*, as_json: AsJson = False) -> None:
    """Judge the pace now, as a worker does by itself: store the days that have ended, and tell what has changed.

    Each change is told once, whoever tells it: an event for partners, an alert, a message to people.
    """

    async def work(database: Database) -> tuple[int, int]:
        answers, book = ProgressAnswers(database.pool), await read_book(database.pool)
        stored = await catch_up(database.pool, book, answers.days)
        published = await tell_all(database, answers, book)
        if published:
            await announce_news(database.pool)
        return stored, published

    stored, published = ask_register(work, connections=_CONNECTIONS)
    facts = {"days_stored": stored, "events": published}
    tell(f"Stored {stored} days that have ended, and published {published} events.", facts, as_json=as_json)


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
