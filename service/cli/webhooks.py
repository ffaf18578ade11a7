"""`ax-registry webhooks`: everyone's endpoints, and sending a delivery again."""

from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from service.cli.failures import NOT_FOUND, CommandFailed
from service.cli.output import AsJson, tell, tell_rows
from service.cli.register import do_in_register
from service.core.access import Act
from service.core.errors import NotFound
from service.core.fields import Bad, identifier
from service.core.webhook_deliveries import delivery_fields
from service.core.webhook_endpoints import public_fields
from service.db.read_models.webhook_endpoints import list_every_endpoint
from service.usecases.webhook_deliveries import lock_delivery, redeliver

app = typer.Typer(help="List webhook endpoints, and send a delivery again.", no_args_is_help=False)

_COLUMNS = ("state", "organization", "url", "pending", "held", "last_success_at", "failing_since", "disable_at", "id")


@app.command("list")
def show(*, as_json: AsJson = False) -> None:
    """List the endpoints of all organizations, the oldest first, and how each is doing."""

    async def work(tx: AsyncSession, _act: Act) -> list[dict[str, Any]]:
        return [
            {**public_fields(one.endpoint), "organization": one.organization} for one in await list_every_endpoint(tx)
        ]

    rows = do_in_register(work)
    tell_rows(_COLUMNS, rows if as_json else [{**row, **row["health"]} for row in rows], as_json=as_json)


@app.command("redeliver")
def send_again(
    delivery: Annotated[str, typer.Argument(metavar="ID", help="The delivery's id.")], *, as_json: AsJson = False
) -> None:
    """Send a delivery again, the same id and bytes; its attempts begin anew."""

    async def work(tx: AsyncSession, act: Act) -> dict[str, Any]:
        locked = await lock_delivery(tx, identifier(delivery), act=act)
        return delivery_fields(await redeliver(tx, locked, act=act))

    try:
        shown = do_in_register(work)
    except (Bad, NotFound):
        raise CommandFailed(f"no delivery that is still kept has the id '{delivery}'", status=NOT_FOUND) from None
    sentence = f"{shown['event_type']} {shown['event_id']} is {shown['state']} again."
    tell(sentence, shown, as_json=as_json)
