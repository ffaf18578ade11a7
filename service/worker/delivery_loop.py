"""Deliveries are sent: claimed in short transactions, posted with none open, settled in batches.

Nothing waits for what is slow: an attempt is a task of its own, and what has ended is settled, and the places it leaves
are taken again, while others still wait for their receivers. Times are the database's, reckoned on by the loop's clock:
a worker's own may be an hour off, and receivers refuse what is five minutes old.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import inf
from random import random
from typing import Final, Protocol, cast
from uuid import UUID, uuid4

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from service.clients.secret_box import UnreadableSecretError
from service.clients.webhook_sender import OWN_HEADERS, Sent
from service.core.delivering import LEASE_SECONDS, ClaimedDelivery, EndedAttempt
from service.core.events import event_id_text
from service.core.retry import TOTAL_SECONDS, after_attempt
from service.core.signing import signed_headers
from service.db.engine import Database
from service.db.repositories import deliveries
from service.db.repositories.deliveries import Claim, Exchange
from service.db.signals import listening
from service.telemetry import where_it_failed
from service.usecases.disabling import may_disable, settle_and_disable

log = structlog.get_logger()

POLL_SECONDS: Final = 1.0
"""However quiet it is: the word that something was committed may have been lost."""
MOST_IN_FLIGHT: Final = 500
"""How many attempts a worker makes at once, however many endpoints hang. The sender needs as many connections."""
DRAIN_SECONDS: Final = TOTAL_SECONDS + 1.0
"""How long a worker that is told to stop waits for what it is sending: the longest that an attempt may take."""
_LINGER_SECONDS: Final = 0.004
"""How long what ended waits for more to be settled with it, unless all have ended."""
_LONGEST_LINGER_SECONDS: Final = 0.03
_BATCH: Final = 100
"""With so many it does not wait."""
_CLAIMED_AT_ONCE: Final = 25
"""So that several workers each get their share of a burst, and the first is being sent while more is claimed."""
_SECRETS_REMEMBERED: Final = 4096
_AWAY_PAUSE_SECONDS: Final = 0.5
_SILENT_SECONDS: Final = 20.0
"""Without an answer for longer than any statement may take, the database counts as away: a cut cable says nothing."""
_AWAY: Final = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # when it goes away inside a message
    SQLAlchemyError,
)
_NOT_SIGNED: Final = "refused: no secret to sign with can be read"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Sender(Protocol):
    """Posts once, and never raises for what a receiver does."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        """Post `body`, and tell what came of it."""


async def deliver(  # noqa: PLR0913 - what it works with, and times that tests shorten
    database: Database,
    *,
    sender: Sender,
    open_secret: Callable[[bytes], bytes],
    stop: asyncio.Event,
    lease_seconds: float = LEASE_SECONDS,
    poll_seconds: float = POLL_SECONDS,
    most_in_flight: int = MOST_IN_FLIGHT,
    drain_seconds: float = DRAIN_SECONDS,
) -> None:
    """Send what is due until `stop` is set, then end what was begun. Any number of workers share the work.

    A database that is away is waited for; what was sent meanwhile is settled when it is back. `open_secret` decrypts.
    """
    loop = _Deliveries(database, sender, open_secret, lease_seconds=lease_seconds, most_in_flight=most_in_flight)
    async with loop.hearing(stop):
        while not stop.is_set():
            await loop.step(poll_seconds)
        await loop.drain(drain_seconds)


class _Deliveries:
    """What a worker has in hand: attempts under way, and those that ended and are still to be settled."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        open_secret: Callable[[bytes], bytes],
        *,
        lease_seconds: float,
        most_in_flight: int,
    ) -> None:
        self._database = database
        self._sender = sender
        self._open_secret = lru_cache(_SECRETS_REMEMBERED)(open_secret)
        self._lease = timedelta(seconds=lease_seconds)
        self._most_in_flight = most_in_flight
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._all_ended = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._ended: list[EndedAttempt] = []
        self._disabling: list[EndedAttempt] = []
        self._zero = _EPOCH  # what the database's clock shows when the loop's shows 0: known from the first claim on
        self._next_round_at = -inf  # of what is done now and then

    # What wakes it

    @asynccontextmanager
    async def hearing(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """Be woken by news, and by `stop`, while the block lasts; what is still under way at its end is cut off."""
        tasks = [asyncio.create_task(self._hear_news()), asyncio.create_task(self._hear(stop))]
        try:
            yield
        finally:
            left = [*tasks, *self._under_way]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _hear_news(self) -> None:
        while True:
            with suppress(*_AWAY):
                async with listening(self._database.pool, self._wake) as broken:
                    self._wake.set()  # there may be some already
                    await broken.wait()
            await asyncio.sleep(_AWAY_PAUSE_SECONDS)

    async def _hear(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _wait(self, seconds: float) -> None:
        await _wait_for(self._wake, seconds)
        self._wake.clear()

    # What it does

    async def step(self, poll_seconds: float) -> None:
        """Settle what ended, claim what is due, begin to send it, and wait for a reason for the next step."""
        try:
            async with asyncio.timeout(_SILENT_SECONDS):
                pause = await self._exchange(poll_seconds)
        except _AWAY as error:
            log.warning("deliveries_not_exchanged", error=type(error).__name__, waiting=len(self._ended))
            self._wake.clear()  # an attempt that ends meanwhile does not make it try sooner
            pause = _AWAY_PAUSE_SECONDS
        await self._wait(pause)

    async def drain(self, seconds: float) -> None:
        """Claim nothing more; wait for what is under way and settle it, as far as `seconds` allow."""
        until = self._loop.time() + seconds
        while self._has_work and (left := until - self._loop.time()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._settle()
            except _AWAY as error:
                log.warning("deliveries_not_settled", error=type(error).__name__, waiting=len(self._ended))
                left = min(left, _AWAY_PAUSE_SECONDS)
            if self._has_work:
                await self._wait(left)
        if self._has_work:
            log.warning("deliveries_left_to_their_lease", count=len(self._under_way) + len(self._ended))

    @property
    def _has_work(self) -> bool:
        return bool(self._under_way or self._ended or self._disabling)

    async def _exchange(self, poll_seconds: float) -> float:
        """Settle and claim; return how long there is nothing to do unless something happens."""
        pool = self._database.pool
        is_round = self._loop.time() >= self._next_round_at
        if is_round:
            await self._release_expired()
        limit = min(_CLAIMED_AT_ONCE, self._most_in_flight - len(self._under_way))
        began = self._loop.time()
        done = await self._settle_and_claim(limit, puts_off=is_round)
        if is_round:
            self._next_round_at = self._loop.time() + poll_seconds
        if done.now is not None:
            self._zero = done.now - timedelta(seconds=self._loop.time())
        self._begin(done.claimed)
        await self._settle_those_that_disable()
        if len(done.claimed) == limit > 0:
            return 0.0  # there may be more
        if done.claimed:
            # What was just begun is soon to be settled, with what has ended while this was being exchanged.
            # On a machine that is busy both take longer, and what is exchanged at once is worth more.
            took = self._loop.time() - began
            await _wait_for(self._all_ended, min(max(took, _LINGER_SECONDS), _LONGEST_LINGER_SECONDS))
            return poll_seconds
        return await deliveries.seconds_to_next_due(pool, at_most=poll_seconds)

    async def _settle_and_claim(self, limit: int, *, puts_off: bool = False) -> Exchange:
        claim = Claim(uuid4(), limit, self._lease)
        with self._taken() as ended:
            done = await deliveries.exchange(self._database.pool, ended, claim, puts_off=puts_off)
        _tell_of_lost(ended, done.settled)
        return done

    async def _settle(self) -> None:
        if self._ended:
            await self._settle_and_claim(0)
        await self._settle_those_that_disable()

    async def _settle_those_that_disable(self) -> None:
        while self._disabling:
            await self._settle_and_disable(self._disabling.pop())

    async def _settle_and_disable(self, ended: EndedAttempt) -> None:
        try:
            async with self._database.session() as tx:
                is_settled = await settle_and_disable(tx, ended)
        except _AWAY as error:
            # It is left to its lease, and tried again then: nothing that is wrong with one endpoint stops the others.
            log.error("endpoint_not_disabled", delivery_id=str(ended.delivery.id), error=type(error).__name__)  # noqa: TRY400 - a message may quote a record
        else:
            _tell_of_lost([ended], {ended.delivery.id} if is_settled else ())

    async def _release_expired(self) -> None:
        released = await deliveries.release_expired(self._database.pool)
        if released:
            log.warning("leases_expired", count=released)

    @contextmanager
    def _taken(self) -> Iterator[Sequence[EndedAttempt]]:
        """Take what has ended; it is put back if it can't be settled now."""
        taken, self._ended = self._ended, []
        try:
            yield taken
        except BaseException:
            self._ended = [*taken, *self._ended]
            raise

    # One attempt

    def _begin(self, claimed: Sequence[ClaimedDelivery]) -> None:
        for delivery in claimed:
            self._under_way.add(self._loop.create_task(self._attempt(delivery)))
        if claimed:
            self._all_ended.clear()

    async def _attempt(self, delivery: ClaimedDelivery) -> None:
        at = self._now()
        try:
            headers = self._headers(delivery, at)
        except ValueError:
            log.error("delivery_not_signed", delivery_id=str(delivery.id), reason=_NOT_SIGNED)  # noqa: TRY400 - the reason says it all
            self._end(delivery, at, {}, Sent(0, error=_NOT_SIGNED))
            return
        self._end(delivery, at, headers, await self._send(delivery, headers))

    def _headers(self, delivery: ClaimedDelivery, at: datetime) -> dict[str, str]:
        secrets = list(self._readable(delivery))
        signed = signed_headers(secrets, event_id_text(delivery.event_id), int(at.timestamp()), delivery.body)
        return {**OWN_HEADERS, **signed}

    def _readable(self, delivery: ClaimedDelivery) -> Iterator[bytes]:
        """Yield the secrets that can be read: a new one signs alone beside one locked by a lost AX_SECRET_KEY."""
        for ciphertext in delivery.secrets:
            with suppress(UnreadableSecretError):
                yield self._open_secret(ciphertext)

    async def _send(self, delivery: ClaimedDelivery, headers: Mapping[str, str]) -> Sent:
        try:
            return await self._sender.send(delivery.url, headers, delivery.body)
        except Exception as error:  # noqa: BLE001 - whatever a receiver finds out about us must not wedge its delivery
            log.error("sender_failed", delivery_id=str(delivery.id), where=where_it_failed(error)[-5:])  # noqa: TRY400 - a message may quote a receiver
            return Sent(0, error=f"failed: {type(error).__name__}")

    def _end(self, delivery: ClaimedDelivery, at: datetime, headers: Mapping[str, str], sent: Sent) -> None:
        ended_at = self._now()
        verdict = after_attempt(
            sent.status,
            attempt=delivery.attempt,
            ended_at=ended_at,
            retry_after=sent.retry_after,
            jitter=random(),  # noqa: S311 - spreads load, keeps no secret
        )
        ended = EndedAttempt(
            delivery=delivery,
            at=at,
            ended_at=ended_at,
            milliseconds=sent.milliseconds,
            verdict=verdict,
            headers=headers,
            status=sent.status,
            error=sent.error,
            answer=sent.answer,
        )
        (self._disabling if may_disable(ended) else self._ended).append(ended)
        self._under_way.discard(cast("asyncio.Task[None]", asyncio.current_task()))
        self._wake_to_settle()

    def _wake_to_settle(self) -> None:
        if not self._under_way:
            self._all_ended.set()
        if not self._under_way or len(self._ended) >= _BATCH:
            self._wake.set()
        elif len(self._ended) + len(self._disabling) == 1:
            self._loop.call_later(_LINGER_SECONDS, self._wake.set)

    def _now(self) -> datetime:
        return self._zero + timedelta(seconds=self._loop.time())


async def _wait_for(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _tell_of_lost(ended: Sequence[EndedAttempt], settled: Collection[UUID]) -> None:
    for one in ended:
        if one.delivery.id not in settled:
            # Another worker has it, or it was removed with its endpoint: what came of this attempt is nobody's.
            log.warning("lease_lost", delivery_id=str(one.delivery.id), attempt=one.delivery.attempt)
