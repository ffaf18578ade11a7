"""`ax-registry organizations`: register and list them."""

from typing import Annotated, Any

import orjson
import typer
from sqlalchemy.ext.asyncio import AsyncSession

from service.cli.failures import WRONG_USE, CommandFailed
from service.cli.output import AsJson, tell, tell_rows
from service.cli.register import do_in_register
from service.core.access import Act
from service.core.organizations import KINDS, all_fields
from service.core.text import fold
from service.usecases.organizations import register_organization, show_page

app = typer.Typer(help="Register and list organizations.", no_args_is_help=False)

_COLUMNS = ("id", "kind", "state", "name", "name_en", "business_registration_number", "created_at")
_AT_ONCE = 200


@app.command("create")
def create(
    *,
    name: Annotated[str, typer.Option(help="Its name.")],
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")],
    name_en: Annotated[str | None, typer.Option(help="Its English name.")] = None,
    business_registration_number: Annotated[str | None, typer.Option(help="Ten digits.")] = None,
    contact_email: Annotated[str | None, typer.Option(help="Private.")] = None,
    as_json: AsJson = False,
) -> None:
    """Register an organization and print its id."""
    given = {
        "name": name,
        "kind": kind,
        "name_en": name_en,
        "business_registration_number": business_registration_number,
        "contact_email": contact_email,
    }

    async def work(tx: AsyncSession, act: Act) -> dict[str, Any]:
        body = {field: value for field, value in given.items() if value is not None}
        made: dict[str, Any] = orjson.loads((await register_organization(tx, body, act=act)).body)
        return made

    made = do_in_register(work)
    tell(made["id"], made, as_json=as_json)


@app.command("list")
def show(
    *,
    query: Annotated[str | None, typer.Option("--q", help="Part of the name, Korean or English.")] = None,
    kind: Annotated[str | None, typer.Option(help=f"One of {', '.join(KINDS)}.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the organizations by name."""
    if kind is not None and kind not in KINDS:
        raise CommandFailed(f"--kind must be one of {', '.join(KINDS)}", status=WRONG_USE)
    asked = {"limit": _AT_ONCE, "sort": "name", "q": query and fold(query), "kind": kind, "state": None}

    async def work(tx: AsyncSession, act: Act) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        position: tuple[str, ...] | None = None
        while True:
            page = await show_page(tx, asked, caller=act.caller, position=position)
            rows += [all_fields(one) for one in page.items]
            position = page.position
            if position is None:
                return rows

    tell_rows(_COLUMNS, do_in_register(work), as_json=as_json)
