"""Alerts: all who sign in may read them; the ministry says that it has looked, and puts reminders off."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from service.api.answers import json_answer, tagged_answer
from service.api.documenting import describe
from service.api.paging import answer_page, read_position
from service.api.requests import check_precondition, read_id, read_query, receive
from service.api.schemas.alerts import AcknowledgeIn, AlertOut, AlertsOut, SnoozeIn
from service.core import errors
from service.core.access import Permission
from service.core.alerts import ACKNOWLEDGING_FIELDS, LIST_PARAMETERS, SNOOZING_FIELDS, Alert, alert_fields
from service.core.fields import Fields
from service.db.repositories.alerts import POSITION_LENGTH
from service.usecases.alerts import acknowledge_alert, lock_for_action, show_alert, show_alerts, snooze_alert
from service.web.dependencies import Call, Tx, guarded

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])
Reader = Annotated[Call, guarded(Permission.READ_ALERTS)]
Actor = Annotated[Call, guarded(Permission.ACT_ON_ALERTS, record_first=True)]
_LIST = "alerts"
_REFUSALS = (errors.NotFound, errors.Forbidden, errors.OrganizationClosed, errors.TransitionNotAllowed)


@router.get(
    "",
    **describe("List alerts, the newest first", out={200: AlertsOut}, query=LIST_PARAMETERS, headers=("Link",)),
)
async def list_alerts(call: Reader, tx: Tx) -> Response:
    """List alerts, resolved ones too, page by page."""
    asked = read_query(call.request, LIST_PARAMETERS)
    position = read_position(call, asked, scope=_LIST, length=POSITION_LENGTH)
    page = await show_alerts(tx, asked, position=position)

    def show(alert: Alert) -> dict[str, Any]:
        return alert_fields(alert, call.language)

    return answer_page(call, page, show, scope=_LIST)


@router.get(
    "/{alert_id}",
    **describe(
        "Read an alert", out={200: AlertOut}, refusals=(errors.NotFound,), if_none_match=True, headers=("ETag",)
    ),
)
async def get_alert(alert_id: str, call: Reader, tx: Tx) -> Response:
    """Read one alert as it stands now."""
    alert = await show_alert(tx, read_id(alert_id))
    read_query(call.request, {})
    return tagged_answer(call.request, alert_fields(alert, call.language), _etag(alert))


@router.post(
    "/{alert_id}/acknowledge",
    **describe(
        "Say that one has looked at an alert",
        out={200: AlertOut},
        body=AcknowledgeIn,
        refusals=_REFUSALS,
        if_match="optional",
        headers=("ETag",),
    ),
)
async def post_acknowledge(alert_id: str, call: Actor, tx: Tx) -> Response:
    """Acknowledge an open alert with a note for all to read; a `missed` one is resolved by it."""
    alert, given = await _read_action(alert_id, call, tx, ACKNOWLEDGING_FIELDS)
    return _changed(call, await acknowledge_alert(tx, alert, given["note"], act=call.act))


@router.post(
    "/{alert_id}/snooze",
    **describe(
        "Put reminders of an alert off",
        out={200: AlertOut},
        body=SnoozeIn,
        refusals=_REFUSALS,
        if_match="optional",
        headers=("ETag",),
    ),
)
async def post_snooze(alert_id: str, call: Actor, tx: Tx) -> Response:
    """Let nobody be reminded before an instant, or before the end of a day; the alert stays open."""
    alert, given = await _read_action(alert_id, call, tx, SNOOZING_FIELDS)
    return _changed(call, await snooze_alert(tx, alert, given, act=call.act))


async def _read_action(alert_id: str, call: Call, tx: Tx, fields: Fields) -> tuple[Alert, dict[str, Any]]:
    """Return the locked alert and the clean fields of an action's body; refusals come in the order promised."""
    received = await receive(call.request)
    alert = await lock_for_action(tx, read_id(alert_id), act=call.act)
    received.read_object()
    check_precondition(call.request, alert.version, required=False)
    given = received.read_fields(fields)
    read_query(call.request, {})
    return alert, given


def _changed(call: Call, alert: Alert) -> Response:
    return json_answer(alert_fields(alert, call.language), etag=_etag(alert))


def _etag(alert: Alert) -> str:
    return f'"{alert.version}"'
