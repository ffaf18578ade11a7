"""Keys as the operator at the machine makes and revokes them: by an organization's name, and by a key's prefix."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import KIND_OF_ROLE, Act, Caller, Role
from service.core.api_keys import ApiKey
from service.core.errors import Invalid, NotFound
from service.core.fields import check_body, problem
from service.core.organizations import FIELDS as ORGANIZATION_FIELDS
from service.core.organizations import Organization
from service.db.read_models.keys_of_all import has_any_key, keys_called
from service.db.repositories import organization_names
from service.usecases.api_keys import create_key, hold_for_keys, lock_for_revoking, revoke_key
from service.usecases.organizations import add_organization

AT_THE_COMMAND_LINE = Caller(role=Role.OPERATOR, label="ax-registry")
"""Who acts when nobody has shown a key: whoever may reach the database may do everything with it."""

MINISTRY = "산업통상부"
MINISTRY_EN = "Ministry of Trade, Industry and Resources"
_FIRST_LABEL = "first operator"


class SeveralMeant(Exception):
    """More than one thing is called so; `candidates` are their ids."""

    def __init__(self, called: str, candidates: Sequence[str]) -> None:
        super().__init__(called)
        self.called = called
        self.candidates = list(candidates)


async def create_key_for(tx: AsyncSession, name: str, body: Mapping[str, Any], *, act: Act) -> dict[str, Any]:
    """Make a key for the organization of exactly this name, which is made too if there is none, its kind by the role.

    Returns the key's fields, `key` (its text, shown this once) among them.

    Raises:
        Invalid: the name or fields of the key are wrong, or the role does not fit the organization that exists.
        SeveralMeant: several organizations have this name.
    """
    role = body.get("role")
    if role not in KIND_OF_ROLE:
        raise Invalid([problem("role", "not_one_of", allowed=", ".join(KIND_OF_ROLE))])
    organization = await _find_or_add(tx, {"name": name, "kind": KIND_OF_ROLE[Role(role)]}, act=act)
    held = await hold_for_keys(tx, organization.id, caller=act.caller)
    created = await create_key(tx, held, body, act=act)
    made: dict[str, Any] = orjson.loads(created.body)
    return made | {"organization": held.name}


async def create_first_key(tx: AsyncSession, *, act: Act) -> str | None:
    """Make the ministry with an operator's key in a registry that never had a key; return its text, else None."""
    await organization_names.wait_for_turn(tx)
    if await has_any_key(tx):
        return None
    ministry = {"name": MINISTRY, "name_en": MINISTRY_EN, "kind": KIND_OF_ROLE[Role.OPERATOR]}
    organization = await _find_or_add(tx, ministry, act=act)
    created = await create_key(tx, organization, {"label": _FIRST_LABEL, "role": Role.OPERATOR.value}, act=act)
    return str(orjson.loads(created.body)["key"])


async def revoke_key_called(tx: AsyncSession, called: str, *, act: Act) -> ApiKey:
    """Revoke the key with this id or prefix (with or without `axr_`), and return it.

    Raises:
        NotFound: there is none in place.
        SeveralMeant: several keys have this prefix.
    """
    found = await keys_called(tx, called.removeprefix("axr_"))
    if not found:
        raise NotFound
    if len(found) > 1:
        raise SeveralMeant(called, [str(key.id) for key in found])
    organization = await hold_for_keys(tx, found[0].organization_id, caller=act.caller)
    key = await lock_for_revoking(tx, organization, found[0].id, caller=act.caller)
    await revoke_key(tx, key, act=act)
    return key


async def _find_or_add(tx: AsyncSession, body: Mapping[str, Any], *, act: Act) -> Organization:
    values, problems = check_body(body, ORGANIZATION_FIELDS)
    if problems:
        raise Invalid(problems)
    await organization_names.wait_for_turn(tx)
    found = await organization_names.find_named(tx, values["name"])
    if len(found) > 1:
        raise SeveralMeant(values["name"], [str(one.id) for one in found])
    return found[0] if found else await add_organization(tx, values, act=act)
