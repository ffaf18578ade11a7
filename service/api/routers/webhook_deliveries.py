"""Deliveries to webhook endpoints: how they went, and sending them again."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service.api.answers import json_answer
from service.api.documenting import describe
from service.api.requests import read_id, read_query, receive
from service.api.schemas.lifecycle import NothingIn
from service.api.schemas.webhook_deliveries import WebhookDeliveryOut, WebhookDeliveryWithLogOut
from service.core import errors
from service.core.access import Permission
from service.core.webhook_deliveries import delivery_fields, delivery_with_log
from service.usecases.webhook_deliveries import lock_delivery, redeliver, show_delivery
from service.web.dependencies import Call, Tx, guarded

router = APIRouter(prefix="/v1/webhook-deliveries", tags=["webhook endpoints"])


@router.get(
    "/{delivery_id}",
    **describe(
        "Read a delivery with the attempts at it", out={200: WebhookDeliveryWithLogOut}, refusals=(errors.NotFound,)
    ),
)
async def get_webhook_delivery(
    delivery_id: str, call: Annotated[Call, guarded(Permission.READ_WEBHOOKS)], tx: Tx
) -> Response:
    """Read one delivery; it has no version, for it moves with every attempt."""
    delivery, attempts = await show_delivery(tx, read_id(delivery_id), caller=call.caller)
    read_query(call.request, {})
    return json_answer(delivery_with_log(delivery, attempts))


@router.post(
    "/{delivery_id}/redeliver",
    **describe(
        "Send a delivery again",
        out={200: WebhookDeliveryOut},
        body=NothingIn,
        refusals=(errors.NotFound, errors.OrganizationClosed, errors.TransitionNotAllowed),
    ),
)
async def redeliver_webhook_delivery(
    delivery_id: str, call: Annotated[Call, guarded(Permission.WRITE_WEBHOOKS)], tx: Tx
) -> Response:
    """Send the same id and bytes again, whatever became of them; attempts begin anew."""
    received = await receive(call.request)
    delivery = await lock_delivery(tx, read_id(delivery_id), act=call.act)
    received.read_fields({})
    read_query(call.request, {})
    return json_answer(delivery_fields(await redeliver(tx, delivery, act=call.act)))
