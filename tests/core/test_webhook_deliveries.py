"""Deliveries: where they stand, what may be sent again, and how they are shown."""

from typing import Any

import pytest

from service.core.errors import TransitionNotAllowed
from service.core.webhook_deliveries import (
    Attempt,
    Delivery,
    DeliveryState,
    delivery_fields,
    delivery_with_log,
    require_redeliverable,
)
from service.core.webhook_endpoints import EndpointState
from tests.core.builders import NOON, OURS


def make_delivery(**given: Any) -> Delivery:
    plain = {
        "id": OURS,
        "endpoint_id": OURS,
        "organization_id": OURS,
        "endpoint_state": EndpointState.ACTIVE,
        "event_id": OURS,
        "event_type": "factory.verified",
        "subject": f"factories/{OURS}",
        "is_ping": False,
        "stored_state": "pending",
        "attempts": 0,
        "next_attempt_at": NOON,
        "last_status": None,
        "last_error": None,
        "created_at": NOON,
    }
    return Delivery(**(plain | given))


@pytest.mark.parametrize(
    ("stored", "endpoint", "is_ping", "state"),
    [
        ("pending", EndpointState.ACTIVE, False, "pending"),
        ("pending", EndpointState.PAUSED, False, "held"),
        ("pending", EndpointState.DISABLED, False, "held"),
        ("pending", EndpointState.DISABLED, True, "pending"),
        ("in_flight", EndpointState.PAUSED, False, "in_flight"),
        ("succeeded", EndpointState.PAUSED, False, "succeeded"),
        ("failed", EndpointState.DISABLED, False, "failed"),
    ],
)
def test_what_waits_for_an_endpoint_that_is_not_active_is_held(
    stored: str, endpoint: EndpointState, state: str, *, is_ping: bool
) -> None:
    delivery = make_delivery(stored_state=stored, endpoint_state=endpoint, is_ping=is_ping)
    assert delivery.state is DeliveryState(state)
    assert (delivery_fields(delivery)["next_attempt_at"] is None) is (state not in ("pending", "held"))


def test_everything_but_what_is_in_flight_is_redeliverable() -> None:
    for stored in ("pending", "succeeded", "failed"):
        require_redeliverable(make_delivery(stored_state=stored))
    with pytest.raises(TransitionNotAllowed) as refused:
        require_redeliverable(make_delivery(stored_state="in_flight"))
    assert refused.value.facts["allowed"] == "pending, held, succeeded, failed"


def test_delivery_is_shown_with_its_attempts_and_answers_as_text() -> None:
    attempt = Attempt(
        number=1,
        at=NOON,
        status=500,
        error=None,
        milliseconds=42,
        request_headers={"webhook-id": "evt_1"},
        answer=b"\xff",
    )
    shown = delivery_with_log(make_delivery(attempts=1, last_status=500), [attempt])
    assert shown["event_id"] == f"evt_{OURS.hex}"
    assert (shown["attempts"], shown["attempt_log"]) == (
        1,
        [
            {
                "number": 1,
                "at": "2026-11-22T03:00:00.000000Z",
                "status": 500,
                "error": None,
                "milliseconds": 42,
                "request_headers": {"webhook-id": "evt_1"},
                "answer": "\ufffd",
            }
        ],
    )
