"""A delivery on its way: what a worker takes, what came of its attempt, and what the delivery then is.

Source: PRODUCT.md section 6, promises 2 to 4 and 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from service.core.retry import Outcome, Verdict

LEASE_SECONDS = 45.0
"""How long a worker has a delivery for itself: an attempt takes 15 s at most, and its noting has time to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """A delivery that a worker has, with all that sending it takes. `attempt` counts from 1, this one included.

    `claim` proves that it is still this worker's. `secrets` are the valid ones, encrypted, the newest first;
    `failing_since` is the endpoint's at the time of the claim.
    """

    id: UUID
    claim: UUID
    endpoint_id: UUID
    event_id: UUID
    attempt: int
    is_ping: bool
    url: str
    body: bytes
    secrets: tuple[bytes, ...]
    failing_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedAttempt:
    """What came of an attempt. Instants are by the database's clock; without a `status` no answer came."""

    delivery: ClaimedDelivery
    at: datetime
    ended_at: datetime
    milliseconds: int
    verdict: Verdict
    headers: Mapping[str, str]
    status: int | None = None
    error: str | None = None
    answer: bytes = b""

    @property
    def state(self) -> str:
        """Return the state in which the delivery is now."""
        match self.verdict.outcome:
            case Outcome.SUCCEEDED:
                return "succeeded"
            case Outcome.RETRY:
                return "pending"
            case Outcome.FAILED:
                return "failed"
            case Outcome.DISABLE:
                # What is held is sent when somebody resumes the endpoint. A ping is sent in every state: held, it would
                # be sent again at once, for ever.
                return "failed" if self.delivery.is_ping else "pending"
        assert_never(self.verdict.outcome)

    @property
    def next_attempt_at(self) -> datetime | None:
        """Return when it is due again; None if it never is. What is held is due as soon as its endpoint is resumed."""
        if self.state != "pending":
            return None
        return self.verdict.next_attempt_at or self.ended_at
