"""Deliveries of events to webhook endpoints, as they are shown, and the attempts at them.

Source: PRODUCT.md section 6, "Delivery".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from service.core.errors import TransitionNotAllowed
from service.core.events import EventType, event_id_text
from service.core.fields import one_of
from service.core.parameters import PAGE, Parameter, Parameters
from service.core.records import utc_text
from service.core.webhook_endpoints import EndpointState

ATTEMPTS_SHOWN = 50
"""How many attempts of one delivery are shown, the latest: redelivering goes on without end."""


class DeliveryState(StrEnum):
    """Where a delivery stands. `held` is one that waits while its endpoint isn't active: it is never stored as such."""

    PENDING = "pending"
    IN_FLIGHT = "in_flight"
    HELD = "held"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event on its way to an endpoint. `organization_id` and `endpoint_state` are its endpoint's."""

    id: UUID
    endpoint_id: UUID
    organization_id: UUID
    endpoint_state: EndpointState
    event_id: UUID
    event_type: str
    subject: str
    is_ping: bool
    stored_state: str
    attempts: int
    next_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None
    created_at: datetime

    @property
    def state(self) -> DeliveryState:
        """Return where it stands: what waits for an endpoint that isn't active is held, but for pings."""
        state = DeliveryState(self.stored_state)
        is_held = state is DeliveryState.PENDING and self.endpoint_state is not EndpointState.ACTIVE
        return DeliveryState.HELD if is_held and not self.is_ping else state


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at a delivery; `answer` is as much of the receiver's answer as was kept."""

    number: int
    at: datetime
    status: int | None
    error: str | None
    milliseconds: int
    request_headers: dict[str, str]
    answer: bytes


_STATES, _TYPES = tuple(DeliveryState), tuple(EventType)
LIST_PARAMETERS: Parameters = {
    **PAGE,
    "state": Parameter(one_of(_STATES), description="Those in this state only.", values=_STATES),
    "event_type": Parameter(one_of(_TYPES), description="Those of this type of event only.", values=_TYPES),
}


def require_redeliverable(delivery: Delivery) -> None:
    """Refuse to send again what is being sent at this moment.

    Raises:
        TransitionNotAllowed: it is in flight.
    """
    if delivery.state is DeliveryState.IN_FLIGHT:
        allowed = ", ".join(state for state in DeliveryState if state is not DeliveryState.IN_FLIGHT)
        raise TransitionNotAllowed(status=delivery.state.value, action="redeliver", allowed=allowed)


def delivery_fields(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery ready for JSON; `attempts` counts those since it last began."""
    is_waiting = delivery.state in (DeliveryState.PENDING, DeliveryState.HELD)
    due = delivery.next_attempt_at if is_waiting else None
    return {
        "id": str(delivery.id),
        "endpoint_id": str(delivery.endpoint_id),
        "event_id": event_id_text(delivery.event_id),
        "event_type": delivery.event_type,
        "subject": delivery.subject,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "next_attempt_at": due and utc_text(due),
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
        "created_at": utc_text(delivery.created_at),
    }


def delivery_with_log(delivery: Delivery, attempts: Sequence[Attempt]) -> dict[str, Any]:
    """Return a delivery with its attempts, the earliest first, ready for JSON."""
    return {**delivery_fields(delivery), "attempt_log": [_attempt_fields(attempt) for attempt in attempts]}


def _attempt_fields(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "at": utc_text(attempt.at),
        "status": attempt.status,
        "error": attempt.error,
        "milliseconds": attempt.milliseconds,
        "request_headers": attempt.request_headers,
        "answer": attempt.answer.decode("utf-8", "replace"),
    }
