"""Webhook endpoints: each organization's own, operators all."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service.api.answers import json_answer, tagged_answer
from service.api.documenting import describe
from service.api.paging import answer_page, read_position
from service.api.requests import Received, check_precondition, read_id, read_idempotency_key, read_query, receive
from service.api.schemas.lifecycle import NothingIn
from service.api.schemas.webhook_deliveries import WebhookDeliveriesOut
from service.api.schemas.webhook_endpoints import (
    RecoveryIn,
    RecoveryOut,
    RotationIn,
    WebhookEndpointIn,
    WebhookEndpointOut,
    WebhookEndpointPatch,
    WebhookEndpointsOut,
    WebhookEndpointWithSecretOut,
)
from service.core import errors
from service.core.access import Permission, require_open_organization
from service.core.fields import Fields
from service.core.webhook_deliveries import LIST_PARAMETERS as DELIVERY_PARAMETERS
from service.core.webhook_deliveries import delivery_fields
from service.core.webhook_endpoints import LIST_PARAMETERS, RECOVERY_FIELDS, ROTATION_FIELDS, Endpoint, public_fields
from service.db.read_models import webhook_deliveries, webhook_endpoints
from service.usecases.webhook_deliveries import ping, recover, show_deliveries
from service.usecases.webhook_endpoints import (
    Rules,
    amend_endpoint,
    create_endpoint,
    lock_endpoint,
    pause_endpoint,
    remove_endpoint,
    resume_endpoint,
    rotate_secret,
    show_endpoint,
    show_endpoints,
)
from service.web.dependencies import Call, Tx, guarded

router = APIRouter(prefix="/v1/webhook-endpoints", tags=["webhook endpoints"])
Reader = Annotated[Call, guarded(Permission.READ_WEBHOOKS)]
Writer = Annotated[Call, guarded(Permission.WRITE_WEBHOOKS)]
_LIST = "webhook-endpoints"
_ACTION_REFUSALS = (errors.NotFound, errors.OrganizationClosed)


@router.get(
    "",
    **describe(
        "List webhook endpoints: one's own, operators all",
        out={200: WebhookEndpointsOut},
        query=LIST_PARAMETERS,
        headers=("Link",),
    ),
)
async def list_webhook_endpoints(call: Reader, tx: Tx) -> Response:
    """List the endpoints that the caller sees, the newest first."""
    asked = read_query(call.request, LIST_PARAMETERS)
    position = read_position(call, asked, scope=_LIST, length=webhook_endpoints.POSITION_LENGTH)
    page = await show_endpoints(tx, asked, caller=call.caller, position=position)
    return answer_page(call, page, public_fields, scope=_LIST)


@router.post(
    "",
    **describe(
        "Make a webhook endpoint; its secret is shown in this answer alone",
        out={201: WebhookEndpointWithSecretOut},
        body=WebhookEndpointIn,
        refusals=(errors.OrganizationClosed,),
        idempotent=True,
        headers=("Location", "ETag"),
    ),
)
async def create_webhook_endpoint(call: Writer, tx: Tx) -> Response:
    """Make an endpoint of one's own organization; operators make them for any."""
    require_open_organization(call.caller)
    received = await receive(call.request)
    body = received.read_object()
    repeat = read_idempotency_key(call, received.raw)
    read_query(call.request, {})
    box, rules = call.resources.secret_box, await _rules(call)
    created = await create_endpoint(tx, body, act=call.act, rules=rules, box=box, repeat=repeat)
    return json_answer(created.body, status=201, etag=created.etag, location=created.location)


@router.get(
    "/{endpoint_id}",
    **describe(
        "Read a webhook endpoint",
        out={200: WebhookEndpointOut},
        refusals=(errors.NotFound,),
        if_none_match=True,
        headers=("ETag",),
    ),
)
async def get_webhook_endpoint(endpoint_id: str, call: Reader, tx: Tx) -> Response:
    """Read one endpoint. Its health is no part of its version: who wants to see that asks without `If-None-Match`."""
    endpoint = await show_endpoint(tx, read_id(endpoint_id), caller=call.caller)
    read_query(call.request, {})
    return tagged_answer(call.request, public_fields(endpoint), _etag(endpoint))


@router.patch(
    "/{endpoint_id}",
    **describe(
        "Amend a webhook endpoint (merge patch, RFC 7396)",
        out={200: WebhookEndpointOut},
        body=WebhookEndpointPatch,
        refusals=_ACTION_REFUSALS,
        if_match="required",
        headers=("ETag",),
    ),
)
async def patch_webhook_endpoint(endpoint_id: str, call: Writer, tx: Tx) -> Response:
    """Change the fields given; null brings back a default. Its state is changed by calls alone."""
    received = await receive(call.request)
    endpoint = await lock_endpoint(tx, read_id(endpoint_id), act=call.act)
    patch = received.read_object()
    check_precondition(call.request, endpoint.version, required=True)
    read_query(call.request, {})
    return _shown(await amend_endpoint(tx, endpoint, patch, act=call.act, rules=await _rules(call)))


@router.delete(
    "/{endpoint_id}",
    **describe(
        "Remove a webhook endpoint with its deliveries", out={204: None}, refusals=_ACTION_REFUSALS, if_match="optional"
    ),
)
async def delete_webhook_endpoint(endpoint_id: str, call: Writer, tx: Tx) -> Response:
    """Remove an endpoint; what was to be sent to it is not sent any more."""
    endpoint = await lock_endpoint(tx, read_id(endpoint_id), act=call.act, to_delete=True)
    check_precondition(call.request, endpoint.version, required=False)
    read_query(call.request, {})
    await remove_endpoint(tx, endpoint, act=call.act)
    return Response(status_code=204)


@router.post(
    "/{endpoint_id}/rotate-secret",
    **describe(
        "Give an endpoint a new secret; it is shown in this answer alone",
        out={200: WebhookEndpointWithSecretOut},
        body=RotationIn,
        refusals=(*_ACTION_REFUSALS, errors.TooManySecrets),
        if_match="optional",
        headers=("ETag",),
    ),
)
async def rotate_secret_of_webhook_endpoint(endpoint_id: str, call: Writer, tx: Tx) -> Response:
    """Make a new secret; requests are signed with the older ones too until their overlap ends."""
    received = await receive(call.request)
    endpoint = await _locked_for_action(endpoint_id, call, tx, received, ROTATION_FIELDS)
    hours = received.read_fields(ROTATION_FIELDS)["overlap_hours"]
    read_query(call.request, {})
    rotated, secret = await rotate_secret(tx, endpoint, hours, act=call.act, box=call.resources.secret_box)
    return json_answer({**public_fields(rotated), "secret": secret}, etag=_etag(rotated))


@router.post(
    "/{endpoint_id}/pause",
    **describe(
        "Pause a webhook endpoint: its deliveries are held",
        out={200: WebhookEndpointOut},
        body=NothingIn,
        refusals=(*_ACTION_REFUSALS, errors.TransitionNotAllowed),
        if_match="optional",
        headers=("ETag",),
    ),
)
async def pause_webhook_endpoint(endpoint_id: str, call: Writer, tx: Tx) -> Response:
    """Hold what is sent to an endpoint; a paused one stays paused."""
    endpoint = await _ready_for_action(endpoint_id, call, tx)
    return _shown(await pause_endpoint(tx, endpoint, act=call.act))


@router.post(
    "/{endpoint_id}/resume",
    **describe(
        "Resume a paused or disabled webhook endpoint",
        out={200: WebhookEndpointOut},
        body=NothingIn,
        refusals=_ACTION_REFUSALS,
        if_match="optional",
        headers=("ETag",),
    ),
)
async def resume_webhook_endpoint(endpoint_id: str, call: Writer, tx: Tx) -> Response:
    """Send all that is held, the oldest first; an active endpoint stays as it is."""
    endpoint = await _ready_for_action(endpoint_id, call, tx)
    return _shown(await resume_endpoint(tx, endpoint, act=call.act))


@router.post(
    "/{endpoint_id}/ping",
    **describe(
        "Send a webhook endpoint an event of its own",
        out={200: WebhookEndpointOut},
        body=NothingIn,
        refusals=_ACTION_REFUSALS,
        if_match="optional",
        headers=("ETag",),
    ),
)
async def ping_webhook_endpoint(endpoint_id: str, call: Writer, tx: Tx) -> Response:
    """Send `webhook.ping` to this endpoint alone, in whatever state it is; its deliveries tell what came of it."""
    endpoint = await _ready_for_action(endpoint_id, call, tx)
    await ping(tx, endpoint, act=call.act)
    return _shown(await show_endpoint(tx, endpoint.id, caller=call.caller))


@router.post(
    "/{endpoint_id}/recover",
    **describe(
        "Send a webhook endpoint what it has missed since an instant",
        out={202: RecoveryOut},
        body=RecoveryIn,
        refusals=_ACTION_REFUSALS,
        if_match="optional",
    ),
)
async def recover_webhook_endpoint(endpoint_id: str, call: Writer, tx: Tx) -> Response:
    """Send again what has failed since then, and what it was never sent, of the events that it subscribes to."""
    received = await receive(call.request)
    endpoint = await _locked_for_action(endpoint_id, call, tx, received, RECOVERY_FIELDS)
    since = received.read_fields(RECOVERY_FIELDS)["since"]
    read_query(call.request, {})
    return json_answer({"deliveries": await recover(tx, endpoint, since, act=call.act)}, status=202)


@router.get(
    "/{endpoint_id}/deliveries",
    **describe(
        "List the deliveries to a webhook endpoint, the newest first",
        out={200: WebhookDeliveriesOut},
        query=DELIVERY_PARAMETERS,
        refusals=(errors.NotFound,),
        headers=("Link",),
    ),
)
async def list_webhook_deliveries(endpoint_id: str, call: Reader, tx: Tx) -> Response:
    """List deliveries, page by page, of the last 90 days."""
    endpoint = await show_endpoint(tx, read_id(endpoint_id), caller=call.caller)
    asked = read_query(call.request, DELIVERY_PARAMETERS)
    scope = f"webhook-deliveries {endpoint.id}"
    position = read_position(call, asked, scope=scope, length=webhook_deliveries.POSITION_LENGTH)
    page = await show_deliveries(tx, endpoint, asked, position=position)
    return answer_page(call, page, delivery_fields, scope=scope)


async def _rules(call: Call) -> Rules:
    settings = call.resources.settings
    book = await call.resources.code_lists.regions()
    return Rules(book=book, allow_http=settings.webhook_allow_http, networks=settings.webhook_networks)


async def _ready_for_action(endpoint_id: str, call: Call, tx: Tx) -> Endpoint:
    """Return an endpoint, locked, for an action that takes no fields; a body must be an empty object."""
    received = await receive(call.request)
    endpoint = await _locked_for_action(endpoint_id, call, tx, received, {})
    received.read_fields({})
    read_query(call.request, {})
    return endpoint


async def _locked_for_action(endpoint_id: str, call: Call, tx: Tx, received: Received, fields: Fields) -> Endpoint:
    """Return an endpoint, locked, of the version the caller means, if it means one."""
    endpoint = await lock_endpoint(tx, read_id(endpoint_id), act=call.act)
    received.read_object(may_be_empty=not any(field.required for field in fields.values()))
    check_precondition(call.request, endpoint.version, required=False)
    return endpoint


def _shown(endpoint: Endpoint) -> Response:
    return json_answer(public_fields(endpoint), etag=_etag(endpoint))


def _etag(endpoint: Endpoint) -> str:
    return f'"{endpoint.version}"'
