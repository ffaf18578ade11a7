"""Deliveries as their endpoint's owner sees them, asks for them, and brings them back. What is done is audited."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import randbits
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Act, Caller, require_open_organization
from service.core.errors import Invalid, NotFound
from service.core.events import Audience, Event, EventType, json_text
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.pages import Page
from service.core.records import utc_text
from service.core.retention import KEPT_FOR
from service.core.webhook_deliveries import Attempt, Delivery, require_redeliverable
from service.core.webhook_endpoints import Endpoint, public_fields, recovery_problems, sees_endpoint
from service.db.read_models.webhook_deliveries import list_deliveries
from service.db.repositories import webhook_deliveries, webhook_endpoints
from service.db.repositories.events import add_ping
from service.usecases.webhook_endpoints import note


async def show_deliveries(
    tx: AsyncSession, endpoint: Endpoint, asked: Mapping[str, Any], *, position: tuple[str, ...] | None
) -> Page[Delivery]:
    """Return a page of the deliveries of an endpoint that the caller sees, the newest first."""
    return await list_deliveries(tx, endpoint.id, asked, position=position)


async def show_delivery(tx: AsyncSession, delivery_id: UUID, *, caller: Caller) -> tuple[Delivery, Sequence[Attempt]]:
    """Return a delivery to an endpoint that the caller sees, with the latest attempts at it.

    Raises:
        NotFound: there is none, or it is another organization's.
    """
    delivery = _seen(await webhook_deliveries.find(tx, delivery_id), caller)
    return delivery, await webhook_deliveries.read_attempts(tx, delivery.id)


async def lock_delivery(tx: AsyncSession, delivery_id: UUID, *, act: Act) -> Delivery:
    """Return a delivery, locked, if the caller may have it sent again.

    Raises:
        NotFound: there is none, it is another organization's, or its event is no longer kept.
        OrganizationClosed: the caller's organization is closed.
    """
    _seen(await webhook_deliveries.find(tx, delivery_id), act.caller)  # nobody waits for a lock only to be refused
    require_open_organization(act.caller)
    # Not its endpoint too: a worker that settles locks the delivery first, and both would wait for each other.
    delivery = _seen(await webhook_deliveries.lock(tx, delivery_id), act.caller)
    if not await webhook_deliveries.has_event(tx, delivery):
        raise NotFound
    return delivery


async def redeliver(tx: AsyncSession, delivery: Delivery, *, act: Act) -> Delivery:
    """Let a locked delivery be sent again, the same id and bytes; its attempts begin anew.

    Raises:
        TransitionNotAllowed: it is being sent at this moment.
    """
    require_redeliverable(delivery)
    await webhook_deliveries.begin_anew(tx, delivery.id)
    after = {"delivery_id": str(delivery.id)}
    await note(tx, delivery.endpoint_id, action="redelivered", act=act, after=after)
    return await _reread(tx, delivery.id)


async def ping(tx: AsyncSession, endpoint: Endpoint, *, act: Act) -> Delivery:
    """Send a locked endpoint, in whatever state it is, an event of its own; return the delivery."""
    event = Event(
        id=uuid7(act.now, randbits(RANDOM_BITS)),
        type=EventType.WEBHOOK_PING,
        subject=endpoint.subject,
        sequence=await webhook_endpoints.next_event_sequence(tx, endpoint.id),
        at=act.now,
        data=json_text(public_fields(endpoint)),
        audience=Audience.ENDPOINT,
        organization_id=endpoint.organization_id,
    )
    delivery_id = await add_ping(tx, event, endpoint.id)
    await note(tx, endpoint.id, action="pinged", act=act, after={"delivery_id": str(delivery_id)})
    return await _reread(tx, delivery_id)


async def recover(tx: AsyncSession, endpoint: Endpoint, since: datetime, *, act: Act) -> int:
    """Let a locked endpoint be sent what it failed to take, or never was sent, since an instant; return how many.

    Raises:
        Invalid: the instant lies before what is kept, or ahead.
    """
    problems = recovery_problems(since, oldest=act.now - KEPT_FOR, now=act.now)
    if problems:
        raise Invalid(problems)
    count = await webhook_deliveries.recover(tx, endpoint.id, since=since, first_id=uuid7(since, 0))
    await note(tx, endpoint.id, action="recovered", act=act, after={"since": utc_text(since), "deliveries": count})
    return count


async def _reread(tx: AsyncSession, delivery_id: UUID) -> Delivery:
    delivery = await webhook_deliveries.find(tx, delivery_id)
    assert delivery is not None  # noqa: S101 - it was just written
    return delivery


def _seen(delivery: Delivery | None, caller: Caller) -> Delivery:
    if delivery is None or not sees_endpoint(caller, delivery.organization_id):
        raise NotFound
    return delivery
