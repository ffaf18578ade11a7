"""What a delivery is after an attempt."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from service.core.access import WORKER
from service.core.audit import ACTOR_KINDS
from service.core.delivering import LEASE_SECONDS, ClaimedDelivery, EndedAttempt
from service.core.retry import TOTAL_SECONDS, Outcome, Verdict

ENDED = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LATER = ENDED + timedelta(minutes=5)


def make_ended(verdict: Verdict, *, is_ping: bool = False) -> EndedAttempt:
    delivery = ClaimedDelivery(
        id=UUID(int=1),
        claim=UUID(int=2),
        endpoint_id=UUID(int=3),
        event_id=UUID(int=4),
        attempt=1,
        is_ping=is_ping,
        url="https://receiver.example.com/hooks",
        body=b"{}",
        secrets=(b"ciphertext",),
        failing_since=None,
    )
    return EndedAttempt(delivery=delivery, at=ENDED, ended_at=ENDED, milliseconds=1, verdict=verdict, headers={})


@pytest.mark.parametrize(
    ("verdict", "state", "next_attempt_at"),
    [
        (Verdict(Outcome.SUCCEEDED), "succeeded", None),
        (Verdict(Outcome.RETRY, LATER), "pending", LATER),
        (Verdict(Outcome.FAILED), "failed", None),
        (Verdict(Outcome.DISABLE), "pending", ENDED),
    ],
)
def test_verdict_decides_what_a_delivery_is_and_when_it_is_due(
    verdict: Verdict, state: str, next_attempt_at: datetime | None
) -> None:
    ended = make_ended(verdict)
    assert (ended.state, ended.next_attempt_at) == (state, next_attempt_at)


def test_ping_to_who_is_gone_is_not_held() -> None:
    # Pings are sent in every state: it would be sent again at once, for ever.
    ended = make_ended(Verdict(Outcome.DISABLE), is_ping=True)
    assert (ended.state, ended.next_attempt_at) == ("failed", None)


def test_lease_outlives_an_attempt_by_far_and_leaves_time_to_send_again_within_a_minute() -> None:
    assert 2 * TOTAL_SECONDS < LEASE_SECONDS <= 60 - TOTAL_SECONDS


def test_worker_is_a_kind_of_actor_that_the_audit_can_be_searched_by() -> None:
    assert WORKER.kind in ACTOR_KINDS
