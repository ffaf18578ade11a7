"""An endpoint is disabled when it says that it is gone, or has failed for five days: told by event, feed and audit.

In the transaction in which the attempt that decided it is settled: there is never one without the other.
"""

from secrets import randbits
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import WORKER, Act
from service.core.delivering import EndedAttempt
from service.core.events import Audience, Event, EventType, json_text
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.retry import Outcome, is_to_be_disabled
from service.core.webhook_endpoints import (
    RECORD_TYPE,
    Endpoint,
    EndpointState,
    disabled,
    next_version,
    public_fields,
)
from service.db.repositories import deliveries, webhook_endpoints
from service.db.repositories.audit import add_entry
from service.db.repositories.events import add_event

_ACTION: Final = "disabled"


def may_disable(ended: EndedAttempt) -> bool:
    """Tell whether an attempt may disable its endpoint, as far as could be seen when it was claimed."""
    if ended.verdict.outcome is Outcome.SUCCEEDED:
        return False
    return ended.verdict.outcome is Outcome.DISABLE or is_to_be_disabled(
        failing_since=ended.delivery.failing_since, last_failure_at=ended.ended_at, now=ended.ended_at
    )


async def settle_and_disable(tx: AsyncSession, ended: EndedAttempt) -> bool:
    """Settle an attempt, and disable its endpoint if it has come to that; tell whether it was still the worker's."""
    if not await deliveries.settle_in(tx, ended):
        return False
    endpoint = await webhook_endpoints.lock(tx, ended.delivery.endpoint_id)
    if endpoint is not None and _is_over(endpoint, ended):
        await _disable(tx, endpoint, ended)
    return True


def _is_over(endpoint: Endpoint, ended: EndedAttempt) -> bool:
    # Judged anew: another worker may have had a success meanwhile, or disabled it.
    if endpoint.state is EndpointState.DISABLED:
        return False
    return ended.verdict.outcome is Outcome.DISABLE or is_to_be_disabled(
        failing_since=endpoint.health.failing_since,
        last_failure_at=endpoint.health.last_failure_at,
        now=ended.ended_at,
    )


async def _disable(tx: AsyncSession, before: Endpoint, ended: EndedAttempt) -> None:
    now = ended.ended_at
    after = next_version(disabled(before), now=now)
    await webhook_endpoints.save(tx, after)
    change_id = uuid7(now, randbits(RANDOM_BITS))
    event = Event(
        id=change_id,
        type=EventType.WEBHOOK_ENDPOINT_DISABLED,
        subject=after.subject,
        sequence=await webhook_endpoints.next_event_sequence(tx, after.id),
        at=now,
        data=json_text(public_fields(after)),
        audience=Audience.ORGANIZATION,
        organization_id=after.organization_id,
    )
    await add_event(tx, event)
    await add_entry(
        tx,
        entry_id=change_id,
        act=Act(WORKER, now),
        action=_ACTION,
        record_type=RECORD_TYPE,
        record_id=after.id,
        before={"state": before.state.value},
        after={"state": after.state.value},
        changed=("state",),
    )
