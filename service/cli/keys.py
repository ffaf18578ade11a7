"""`ax-registry keys`: make, list and revoke API keys."""

from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from service.cli.failures import CONFLICT, NOT_FOUND, CommandFailed
from service.cli.output import AsJson, tell, tell_rows
from service.cli.register import do_in_register
from service.core.access import Act
from service.core.api_keys import ROLES, ApiKey, key_fields
from service.core.errors import NotFound
from service.core.records import utc_text
from service.db.read_models.keys_of_all import list_every_key
from service.usecases.command_line_keys import SeveralMeant, create_key_for, revoke_key_called

app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=False)

_COLUMNS = ("prefix", "role", "organization", "label", "created_at", "expires_at", "last_used_at", "revoked_at", "id")


@app.command("create")
def create(
    *,
    organization: Annotated[str, typer.Option(help="Its exact name; made if there is none.")],
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}; decides the kind of a new organization.")],
    label: Annotated[str, typer.Option(help="What the key is for.")] = "ax-registry",
    expires_at: Annotated[str | None, typer.Option(help="RFC 3339 instant, such as 2027-01-01T00:00:00+09:00.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it alone; it is shown this once."""
    body = {"label": label, "role": role, "expires_at": expires_at}

    async def work(tx: AsyncSession, act: Act) -> dict[str, Any]:
        return await create_key_for(tx, organization, body, act=act)

    try:
        made = do_in_register(work)
    except SeveralMeant as several:
        raise _several("organizations", several) from None
    tell(made["key"], made, as_json=as_json)


@app.command("list")
def show(
    *,
    organization: Annotated[str | None, typer.Option(help="Only those of the organization of this exact name.")] = None,
    revoked: Annotated[bool, typer.Option("--revoked", help="Revoked ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the keys of all organizations; the keys themselves are kept nowhere."""

    async def work(tx: AsyncSession, _act: Act) -> list[dict[str, Any]]:
        found = await list_every_key(tx, organization=organization, revoked_too=revoked)
        return [_shown(one.key) | {"organization": one.organization} for one in found]

    tell_rows(_COLUMNS, do_in_register(work), as_json=as_json)


@app.command("revoke")
def revoke(key: Annotated[str, typer.Argument(help="Its id, or its prefix.")], *, as_json: AsJson = False) -> None:
    """Revoke a key; every process refuses it within five seconds."""

    async def work(tx: AsyncSession, act: Act) -> ApiKey:
        return await revoke_key_called(tx, key, act=act)

    try:
        revoked = do_in_register(work)
    except SeveralMeant as several:
        raise _several("keys", several) from None
    except NotFound:
        raise CommandFailed(f"no key in place has the id or prefix '{key}'", status=NOT_FOUND) from None
    tell(f"Revoked the key {revoked.prefix} ({revoked.label}).", key_fields(revoked), as_json=as_json)


def _shown(key: ApiKey) -> dict[str, Any]:
    return {**key_fields(key), "revoked_at": key.revoked_at and utc_text(key.revoked_at)}


def _several(what: str, several: SeveralMeant) -> CommandFailed:
    message = f"several {what} are called '{several.called}': {', '.join(several.candidates)}"
    return CommandFailed(message, status=CONFLICT)
