"""The API keys of an organization."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service.api.answers import json_answer
from service.api.documenting import describe
from service.api.paging import answer_page, read_position
from service.api.requests import check_precondition, read_id, read_idempotency_key, read_query, receive
from service.api.schemas.api_keys import ApiKeyIn, ApiKeyOut, ApiKeysOut, NewApiKeyOut
from service.core import errors
from service.core.access import Permission
from service.core.api_keys import VERSION, key_fields
from service.core.parameters import PAGE
from service.db.read_models.api_keys import list_keys
from service.usecases.api_keys import (
    ETAG,
    create_key,
    find_for_keys,
    hold_for_keys,
    lock_for_revoking,
    revoke_key,
    show_key,
)
from service.web.dependencies import Call, Tx, guarded

router = APIRouter(prefix="/v1/organizations/{organization_id}/api-keys", tags=["api keys"])
Manager = Annotated[Call, guarded(Permission.MANAGE_KEYS, record_first=True)]


@router.get(
    "",
    **describe(
        "List the keys of an organization, without the keys themselves",
        out={200: ApiKeysOut},
        query=PAGE,
        refusals=(errors.NotFound, errors.Forbidden),
        headers=("Link",),
    ),
)
async def list_api_keys(organization_id: str, call: Manager, tx: Tx) -> Response:
    """List the keys that are not revoked, the newest first."""
    organization = await find_for_keys(tx, read_id(organization_id), caller=call.caller)
    asked = read_query(call.request, PAGE)
    scope = f"api-keys {organization.id}"
    position = read_position(call, asked, scope=scope, length=1)
    page = await list_keys(tx, organization.id, limit=asked["limit"], position=position)
    return answer_page(call, page, key_fields, scope=scope)


@router.post(
    "",
    **describe(
        "Make a key; it is shown in this answer alone",
        out={201: NewApiKeyOut},
        body=ApiKeyIn,
        refusals=(errors.NotFound, errors.Forbidden, errors.OrganizationClosed),
        idempotent=True,
        headers=("Location", "ETag"),
    ),
)
async def create_api_key(organization_id: str, call: Manager, tx: Tx) -> Response:
    """Make a key of a role that fits the organization's kind."""
    received = await receive(call.request)
    organization = await hold_for_keys(tx, read_id(organization_id), caller=call.caller)
    body = received.read_object()
    repeat = read_idempotency_key(call, received.raw)
    read_query(call.request, {})
    created = await create_key(tx, organization, body, act=call.act, repeat=repeat)
    return json_answer(created.body, status=201, etag=created.etag, location=created.location)


@router.get(
    "/{key_id}",
    **describe(
        "Read a key, without the key itself",
        out={200: ApiKeyOut},
        refusals=(errors.NotFound, errors.Forbidden),
        headers=("ETag",),
    ),
)
async def get_api_key(organization_id: str, key_id: str, call: Manager, tx: Tx) -> Response:
    """Read one key; never answered with 304, for its last use is no change of its version."""
    organization = await find_for_keys(tx, read_id(organization_id), caller=call.caller)
    key = await show_key(tx, organization, read_id(key_id))
    read_query(call.request, {})
    return json_answer(key_fields(key), etag=ETAG)


@router.delete(
    "/{key_id}",
    **describe(
        "Revoke a key",
        out={204: None},
        refusals=(errors.NotFound, errors.Forbidden, errors.OrganizationClosed),
        if_match="optional",
    ),
)
async def delete_api_key(organization_id: str, key_id: str, call: Manager, tx: Tx) -> Response:
    """Revoke a key, also the one that calls; it is refused within five seconds everywhere."""
    organization = await hold_for_keys(tx, read_id(organization_id), caller=call.caller)
    key = await lock_for_revoking(tx, organization, read_id(key_id), caller=call.caller)
    check_precondition(call.request, VERSION, required=False)
    read_query(call.request, {})
    await revoke_key(tx, key, act=call.act)
    call.resources.callers.forget()
    return Response(status_code=204)
