"""The delivery's promises, each held with real commits and real receivers (PRODUCT.md section 6)."""

import asyncio
import json
import time
from collections import Counter
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import make_url
from standardwebhooks import Webhook

from benchmarks.deliveries import start_worker
from service.clients.webhook_sender import Sent
from service.clock import utc_now
from service.core.delivering import EndedAttempt
from service.core.retry import Outcome, Verdict
from service.core.signing import secret_text
from service.db.engine import Database
from service.db.repositories.deliveries import Claim, exchange, release_expired
from service.db.signals import announce_news
from tests.clients.receivers import Request, answering, hang, http, receiving
from tests.conftest import Server
from tests.worker.deliveries import (
    TAKEN,
    add_secret,
    attempts,
    claim_some,
    delivering,
    delivery,
    make_endpoint,
    make_event,
    numbers,
    ping,
    publish,
    publish_many,
    states,
    until,
    until_states,
)

LOCAL = "127.0.0.1"


# 1. Signed


async def test_what_comes_in_is_verified_by_the_reference_library(database: Database) -> None:
    event = make_event()
    async with receiving(TAKEN) as receiver, delivering(database):
        endpoint = await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, event)
        await until(lambda: receiver.requests)
    (request,) = receiver.requests
    assert endpoint.verify(request) == json.loads(event.body)
    assert request.headers["webhook-id"] == f"evt_{event.id.hex}"
    assert request.headers["content-type"] == "application/json"
    assert request.body == event.body.encode()


async def test_both_secrets_sign_while_the_older_one_is_valid(database: Database) -> None:
    older, ended = bytes(range(32)), bytes(range(1, 33))
    async with receiving(TAKEN) as receiver, delivering(database):
        endpoint = await make_endpoint(database, receiver.url(LOCAL))
        await add_secret(database, endpoint.id, older, ends_in="1 hour")
        await add_secret(database, endpoint.id, ended, ends_in="-1 second")
        await publish(database, make_event())
        await until(lambda: receiver.requests)
    (request,) = receiver.requests
    assert endpoint.verify(request) == Webhook(secret_text(older)).verify(request.body, request.headers)
    assert len(request.headers["webhook-signature"].split(" ")) == 2


async def test_rotated_secret_signs_the_very_next_delivery(database: Database) -> None:
    async with receiving(TAKEN) as receiver, delivering(database):
        endpoint = await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, make_event())
        await until_states(database, succeeded=1)
        await database.pool.execute("DELETE FROM webhook_secret")
        await add_secret(database, endpoint.id, bytes(32))
        await publish(database, make_event(sequence=2))
        await until_states(database, succeeded=2)
    request = receiver.requests[-1]
    assert Webhook(secret_text(bytes(32))).verify(request.body, request.headers)


async def test_without_a_secret_nothing_is_sent(database: Database) -> None:
    async with receiving(TAKEN) as receiver, delivering(database):
        await make_endpoint(database, receiver.url(LOCAL))
        await database.pool.execute("UPDATE webhook_secret SET ciphertext = 'another key'")
        await publish(database, make_event())
        await until_states(database, pending=1)
        await until_noted(database)
    assert receiver.requests == []
    assert (await delivery(database))["last_error"].startswith("refused:")


async def test_secret_of_another_key_stops_no_other_endpoint_and_what_waited_is_sent_when_the_key_is_back(
    database: Database,
) -> None:
    async with receiving(TAKEN) as receiver, delivering(database):
        await make_endpoint(database, receiver.url(LOCAL))
        unread = (await make_endpoint(database, receiver.url(LOCAL))).id
        secret = await database.pool.fetchval("SELECT ciphertext FROM webhook_secret WHERE endpoint_id = $1", unread)
        replace = "UPDATE webhook_secret SET ciphertext = $2 WHERE endpoint_id = $1"
        await database.pool.execute(replace, unread, b"another key")
        await publish(database, make_event())
        await until_states(database, succeeded=1, pending=1)
        await until_noted(database, 2)
        await database.pool.execute(replace, unread, secret)
        await database.pool.execute("UPDATE webhook_delivery SET next_attempt_at = now() WHERE state = 'pending'")
        await announce_news(database.pool)
        await until_states(database, succeeded=2)


async def test_new_secret_signs_alone_beside_one_that_cannot_be_read(database: Database) -> None:
    async with receiving(TAKEN) as receiver, delivering(database):
        endpoint = await make_endpoint(database, receiver.url(LOCAL))
        await database.pool.execute(
            "UPDATE webhook_secret SET ciphertext = 'another key', valid_until = now() + interval '1 h'"
        )
        await add_secret(database, endpoint.id, bytes(32))
        await publish(database, make_event())
        await until_states(database, succeeded=1)
    (request,) = receiver.requests
    assert Webhook(secret_text(bytes(32))).verify(request.body, request.headers)
    assert len(request.headers["webhook-signature"].split(" ")) == 1


async def test_time_that_is_signed_is_the_databases_however_wrong_the_workers_is(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The loop has no clock of its own but the event loop's, which counts from nowhere in particular.
    monkeypatch.setattr(time, "time", lambda: 0.0)
    async with receiving(TAKEN) as receiver, delivering(database):
        await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, make_event())
        await until_states(database, succeeded=1)
    off = await database.pool.fetchval(
        "SELECT extract(epoch FROM clock_timestamp())::float8 - $1::bigint",
        int(receiver.requests[0].headers["webhook-timestamp"]),
    )
    assert 0 <= off < 10


# 2. At least once, by the schedule


async def test_id_and_body_stay_the_same_over_attempts_and_the_signature_is_made_anew(database: Database) -> None:
    answers = iter([http("500 Oops"), http("503 Later"), http("200 OK")])

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(next(answers))

    async with receiving(behave) as receiver, delivering(database, poll_seconds=0.05):
        endpoint = await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, make_event())
        for number in (1, 2):
            await until_noted(database, number)
            await database.pool.execute("UPDATE webhook_delivery SET next_attempt_at = clock_timestamp()")
        await until_states(database, succeeded=1)
    assert len({(request.headers["webhook-id"], request.body) for request in receiver.requests}) == 1
    assert len([endpoint.verify(request) for request in receiver.requests]) == 3
    assert [one["number"] for one in await attempts(database)] == [1, 2, 3]


async def test_failure_is_tried_again_after_five_seconds_and_a_little(database: Database) -> None:
    async with receiving(answering(http("500 Oops", b"broken"))) as receiver, delivering(database):
        await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, make_event())
        await until_noted(database)
    found = await delivery(database)
    (attempt,) = await attempts(database)
    assert (found["state"], found["attempts"], found["last_status"], found["claim"]) == ("pending", 1, 500, None)
    assert 4.0 < found["due_in"] <= 5.5
    assert (attempt["status"], attempt["answer"], attempt["error"]) == (500, b"broken", None)
    assert "webhook-signature" in json.loads(attempt["request_headers"])


async def test_what_comes_due_is_sent_then_and_not_at_the_next_look(database: Database) -> None:
    async with receiving(TAKEN) as receiver:
        await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, make_event())
        await database.pool.execute(
            "UPDATE webhook_delivery SET next_attempt_at = clock_timestamp() + interval '300 ms'"
        )
        async with delivering(database, poll_seconds=5.0):
            await until(lambda: receiver.requests, seconds=2.0)
    (attempt,) = await attempts(database)
    assert attempt["at"] - (await delivery(database))["created_at"] < timedelta(seconds=1)


async def test_tenth_failure_is_the_last_and_keeps_the_delivery(database: Database) -> None:
    async with receiving(answering(http("500 Oops"))) as receiver:
        await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, make_event())
        await database.pool.execute("UPDATE webhook_delivery SET attempts = 9")
        async with delivering(database):
            await until_states(database, failed=1)
    assert (await delivery(database))["next_attempt_at"] is None
    assert [one["number"] for one in await attempts(database)] == [10]


@pytest.mark.parametrize("status", ["429 Too Many", "503 Later"])
async def test_retry_after_delays(database: Database, status: str) -> None:
    async with receiving(answering(http(status, b"", "Retry-After: 600"))) as receiver, delivering(database):
        await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, make_event())
        await until_noted(database)
    assert 590 < (await delivery(database))["due_in"] <= 600


async def test_retry_after_may_be_a_date(database: Database) -> None:
    date = format_datetime(utc_now() + timedelta(minutes=20), usegmt=True)
    async with receiving(answering(http("503 Later", b"", f"Retry-After: {date}"))) as receiver, delivering(database):
        await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, make_event())
        await until_noted(database)
    assert 1_150 < (await delivery(database))["due_in"] <= 1_200


# 3. What is success, and what is not


async def test_redirect_is_not_followed(database: Database) -> None:
    async with receiving(TAKEN) as elsewhere:
        redirect = answering(http("302 Found", b"", f"Location: {elsewhere.url(LOCAL)}"))
        async with receiving(redirect) as receiver, delivering(database):
            await make_endpoint(database, receiver.url(LOCAL))
            await publish(database, make_event())
            await until_noted(database)
    assert elsewhere.requests == []
    assert (await delivery(database))["state"] == "pending"


async def test_410_disables_the_endpoint_at_once_and_holds_what_is_left(database: Database) -> None:
    async with receiving(answering(http("410 Gone"))) as receiver, delivering(database, poll_seconds=0.05):
        endpoint = await make_endpoint(database, receiver.url(LOCAL), max_in_flight=1)
        await publish_many(database, 5)
        await until_noted(database)
        await asyncio.sleep(0.2)
    assert len(receiver.requests) == 1
    assert await endpoint_state(database, endpoint.id) == "disabled"
    # Its own event is held for it too: who resumes it reads there what happened.
    assert await states(database) == {"pending": 6}


async def test_disabling_is_told_by_event_and_audit(database: Database) -> None:
    async with receiving(TAKEN) as other, receiving(answering(http("410 Gone"))) as receiver, delivering(database):
        endpoint = await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, make_event())
        await until_noted(database)
        await make_endpoint(database, other.url(LOCAL))
    (told,) = await database.pool.fetch("SELECT * FROM event WHERE type = 'webhook_endpoint.disabled'")
    (entry,) = await database.pool.fetch("SELECT * FROM audit_entry WHERE record_id = $1", str(endpoint.id))
    body = json.loads(told["body"])
    assert (told["subject"], told["sequence"]) == (f"webhook-endpoints/{endpoint.id}", 1)
    assert (told["audience"], body["data"]["state"]) == ("organization", "disabled")
    assert (body["data"]["health"]["pending"], body["data"]["health"]["held"]) == (0, 1)
    assert (entry["action"], entry["actor_kind"], json.loads(entry["after"])) == (
        "disabled",
        "worker",
        {"state": "disabled"},
    )


# 4. Disabled after five days, held, sent in order


@pytest.mark.parametrize(("since", "state"), [("5 days", "disabled"), ("4 days 23 hours", "active")])
async def test_five_days_of_failure_disable_an_endpoint_and_less_does_not(
    database: Database, since: str, state: str
) -> None:
    async with receiving(answering(http("500 Oops"))) as receiver:
        endpoint = await make_endpoint(database, receiver.url(LOCAL))
        await failing(database, since=since)
        await publish(database, make_event())
        async with delivering(database):
            await until_noted(database)
    assert await endpoint_state(database, endpoint.id) == state


async def test_first_failure_after_a_silence_of_days_disables_nothing(database: Database) -> None:
    async with receiving(answering(http("500 Oops"))) as receiver, delivering(database):
        endpoint = await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, make_event())
        await until_noted(database)
    assert await endpoint_state(database, endpoint.id) == "active"


async def test_success_clears_the_failing(database: Database) -> None:
    async with receiving(TAKEN) as receiver:
        await make_endpoint(database, receiver.url(LOCAL))
        await failing(database, since="6 days")
        await publish(database, make_event())
        async with delivering(database):
            await until_states(database, succeeded=1)
    (health,) = await database.pool.fetch("SELECT failing_since, last_success_at FROM webhook_endpoint")
    assert health["failing_since"] is None
    assert health["last_success_at"] is not None


@pytest.mark.parametrize("state", ["paused", "disabled"])
async def test_endpoint_that_is_not_active_holds_all_but_pings(database: Database, state: str) -> None:
    async with receiving(TAKEN) as receiver, delivering(database, poll_seconds=0.05):
        endpoint = await make_endpoint(database, receiver.url(LOCAL), state=state)
        await publish_many(database, 3)
        await ping(database, endpoint)
        await until(lambda: receiver.requests)
        await asyncio.sleep(0.2)
    assert await states(database) == {"pending": 3, "succeeded": 1}
    assert len(receiver.requests) == 1


async def test_ping_to_who_is_gone_ends(database: Database) -> None:
    async with receiving(answering(http("410 Gone"))) as receiver, delivering(database, poll_seconds=0.05):
        endpoint = await make_endpoint(database, receiver.url(LOCAL), state="disabled")
        await ping(database, endpoint)
        await until_states(database, failed=1)
    assert len(receiver.requests) == 1


async def test_what_was_held_is_sent_oldest_first(database: Database) -> None:
    async with receiving(TAKEN) as receiver:
        await make_endpoint(database, receiver.url(LOCAL), state="paused", max_in_flight=1)
        await publish_many(database, 10)
        async with delivering(database, poll_seconds=0.05):
            await database.pool.execute("UPDATE webhook_endpoint SET state = 'active'")
            await until_states(database, succeeded=10)
    assert numbers(receiver) == list(range(10))


async def test_ordered_endpoint_gets_a_subject_in_order_and_others_meanwhile(database: Database) -> None:
    answers = iter([http("500 Oops")])

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        is_first = json.loads(request.body)["subject"] == "factories/0"
        writer.write(next(answers, http("200 OK")) if is_first else http("200 OK"))

    async with receiving(behave) as receiver, delivering(database, poll_seconds=0.05):
        await make_endpoint(database, receiver.url(LOCAL), ordered=True, max_in_flight=8)
        await publish_many(database, 12, subjects=3)
        await until_states(database, succeeded=8, pending=4)  # those of the one that failed wait for it
        await database.pool.execute("UPDATE webhook_delivery SET next_attempt_at = now() WHERE state = 'pending'")
        await until_states(database, succeeded=12)
    came = numbers(receiver)
    assert [n for n in came if n % 3 == 0] == [0, 0, 3, 6, 9]
    assert [n for n in came if n % 3 == 1] == [1, 4, 7, 10]


async def test_what_waits_for_an_earlier_one_is_put_off_and_woken_when_that_is_settled(database: Database) -> None:
    answers = iter([http("500 Oops")])

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(next(answers, http("200 OK")))

    async with receiving(behave) as receiver, delivering(database, poll_seconds=0.05):
        await make_endpoint(database, receiver.url(LOCAL), ordered=True)
        await publish_many(database, 20)
        await until_noted(database)
        async with asyncio.timeout(3):  # the first waits for five seconds, and all others for it
            while await database.pool.fetchval(DUE_NOW):  # noqa: ASYNC110 - it comes from outside
                await asyncio.sleep(0.01)
        await database.pool.execute("UPDATE webhook_delivery SET next_attempt_at = now() WHERE sequence = 1")
        await until_states(database, succeeded=20, seconds=3.0)
    assert numbers(receiver) == [0, *range(20)]


async def test_what_waited_for_one_that_is_given_up_is_woken(database: Database) -> None:
    answers = iter([http("500 Oops")])

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(next(answers, http("200 OK")))

    async with receiving(behave) as receiver:
        await make_endpoint(database, receiver.url(LOCAL), ordered=True)
        await publish_many(database, 3)
        await database.pool.execute(
            "UPDATE webhook_delivery SET attempts = CASE sequence WHEN 1 THEN 9 ELSE 0 END,"
            "  next_attempt_at = CASE sequence WHEN 1 THEN now() ELSE now() + interval '1 hour' END"
        )
        async with delivering(database, poll_seconds=0.05):
            await until_states(database, failed=1, succeeded=2, seconds=3.0)
    assert numbers(receiver) == [0, 1, 2]


DUE_NOW = "SELECT count(*) FROM webhook_delivery WHERE state = 'pending' AND next_attempt_at < clock_timestamp()"


async def test_given_up_delivery_does_not_hold_up_its_subject(database: Database) -> None:
    async with receiving(TAKEN) as receiver:
        await make_endpoint(database, receiver.url(LOCAL), ordered=True)
        await publish_many(database, 2)
        await database.pool.execute(
            "UPDATE webhook_delivery SET state = 'failed', next_attempt_at = NULL WHERE sequence = 1"
        )
        async with delivering(database):
            await until_states(database, succeeded=1, failed=1)
    assert numbers(receiver) == [1]


# 5. One that hangs slows nobody


async def test_hanging_endpoint_takes_no_more_than_its_cap_and_slows_no_other(database: Database) -> None:
    async with receiving(hang) as hanging, receiving(TAKEN) as healthy, delivering(database, most_in_flight=8):
        await make_endpoint(database, hanging.url(LOCAL))
        await make_endpoint(database, healthy.url(LOCAL))
        await publish_many(database, 100)
        await until_states(database, succeeded=100, in_flight=4, pending=96, seconds=1.8)  # its timeout is 2 s
    assert len(hanging.requests) == 4


# 6. Whoever dies


async def test_two_workers_share_the_work_and_never_go_beyond_a_cap(database: Database) -> None:
    now, most, by = Counter[str](), Counter[str](), Counter[str]()

    def sender(name: str) -> Any:
        class Counting:
            async def send(self, url: str, *_: Any) -> Sent:
                now[url] += 1
                most[url] = max(most[url], now[url])
                by[name] += 1
                await asyncio.sleep(0.002)
                now[url] -= 1
                return Sent(2, 200)

        return Counting()

    for number in range(10):
        await make_endpoint(database, f"http://receiver.example.com/{number}", max_in_flight=5)
    await publish_many(database, 50)
    async with (
        delivering(database, sender=sender("one"), poll_seconds=0.005),
        delivering(database, sender=sender("other"), poll_seconds=0.005),
    ):
        await until_states(database, succeeded=500)
    assert max(most.values()) <= 5
    assert by.total() == 500
    assert min(by["one"], by["other"]) >= 25


async def test_concurrent_claims_never_go_beyond_a_cap(database: Database) -> None:
    await make_endpoint(database, "http://receiver.example.com/", max_in_flight=5)
    await publish_many(database, 40)
    claims = await asyncio.gather(*(claim_some(database) for _ in range(4)))
    assert sorted(len(claimed) for claimed in claims) == [0, 0, 0, 5]


async def test_worker_that_lost_its_lease_settles_nothing(database: Database) -> None:
    await make_endpoint(database, "http://receiver.example.com/")
    await publish(database, make_event())
    (lost,) = await claim_some(database, lease_seconds=0.0)
    assert await release_expired(database.pool) == 1
    (again,) = await claim_some(database)
    assert await settle(database, lost) == frozenset()
    found = await delivery(database)
    assert (found["state"], found["claim"], found["attempts"]) == ("in_flight", again.claim, 2)
    assert await settle(database, again) == {again.id}


async def test_lost_attempt_is_noted_and_counted(database: Database) -> None:
    await make_endpoint(database, "http://receiver.example.com/")
    await publish(database, make_event())
    await claim_some(database, lease_seconds=0.0)
    await release_expired(database.pool)
    (attempt,) = await attempts(database)
    assert (attempt["number"], attempt["status"], attempt["error"]) == (1, None, "lease expired")
    assert (await delivery(database))["due_in"] <= 0


async def test_delivery_that_kills_every_worker_is_given_up_after_ten_attempts(database: Database) -> None:
    await make_endpoint(database, "http://receiver.example.com/")
    await publish(database, make_event())
    await database.pool.execute("UPDATE webhook_delivery SET attempts = 9")
    await claim_some(database, lease_seconds=0.0)
    await release_expired(database.pool)
    assert (await delivery(database))["state"] == "failed"


async def test_lease_that_holds_is_left_alone(database: Database) -> None:
    await make_endpoint(database, "http://receiver.example.com/")
    await publish(database, make_event())
    await claim_some(database)
    assert await release_expired(database.pool) == 0


async def test_what_a_dead_worker_had_is_sent_by_another_once_its_lease_is_over(database: Database) -> None:
    async with receiving(TAKEN) as receiver:
        await make_endpoint(database, receiver.url(LOCAL))
        await publish_many(database, 6)
        await claim_some(database, lease_seconds=0.3)
        async with delivering(database, poll_seconds=0.05):
            await until_states(database, succeeded=6)
    assert sorted(numbers(receiver)) == list(range(6))


async def test_worker_killed_while_it_sends_loses_nothing_and_repeats_what_it_was_sending_alone(
    database: Database,
) -> None:
    gate = asyncio.Event()

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(http("200 OK"))

    async with receiving(behave) as receiver:
        await make_endpoint(database, receiver.url(LOCAL))
        await publish_many(database, 12)
        killed = await asyncio.to_thread(start_worker, database.url, lease_seconds=0.5)
        await until(lambda: len(receiver.requests) == 4, seconds=20.0)
        killed.kill()
        gate.set()
        async with delivering(database, poll_seconds=0.05):
            await until_states(database, succeeded=12)
    times = Counter(numbers(receiver))
    assert set(times) == set(range(12))
    assert sorted(number for number, count in times.items() if count > 1) == [0, 1, 2, 3]
    assert times.total() == 16


@pytest.mark.parametrize("away_seconds", [0.0, 1.0])
async def test_what_was_sent_while_the_database_was_away_is_settled_when_it_is_back(
    database: Database, server: Server, away_seconds: float
) -> None:
    gate, name = asyncio.Event(), make_url(database.url).database

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(http("200 OK"))

    async with receiving(behave) as receiver, delivering(database):
        await make_endpoint(database, receiver.url(LOCAL))
        await publish_many(database, 6)
        await until(lambda: len(receiver.requests) == 4)
        await server.admin.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        await server.admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        gate.set()
        await asyncio.sleep(away_seconds)
        await server.admin.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
        await asyncio.sleep(0.1)
        await until_states(database, succeeded=6)
    assert sorted(numbers(receiver)) == list(range(6))


async def test_news_are_heard_again_after_the_line_was_cut(database: Database, server: Server) -> None:
    async with receiving(TAKEN) as receiver, delivering(database, poll_seconds=30.0):
        await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, make_event())
        await until_states(database, succeeded=1)
        await server.admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", make_url(database.url).database
        )
        await asyncio.sleep(0.8)
        await publish(database, make_event(sequence=2))
        await until(lambda: len(receiver.requests) == 2, seconds=3.0)
    assert len(receiver.requests) == 2


async def test_stopping_ends_what_was_begun_and_begins_nothing(database: Database) -> None:
    gate = asyncio.Event()

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(http("200 OK"))

    async with receiving(behave) as receiver:
        await make_endpoint(database, receiver.url(LOCAL))
        await publish_many(database, 10)
        async with delivering(database) as stop:
            await until(lambda: len(receiver.requests) == 4)
            stop.set()
            await asyncio.sleep(0.05)
            gate.set()
    assert await states(database) == {"succeeded": 4, "pending": 6}


async def test_failing_sender_fails_an_attempt_and_no_worker(database: Database) -> None:
    class Broken:
        async def send(self, *_: Any) -> Sent:
            raise LookupError("of no importance")

    await make_endpoint(database, "http://receiver.example.com/")
    await publish(database, make_event())
    async with delivering(database, sender=Broken()):
        await until_noted(database)
    assert (await delivery(database))["last_error"] == "failed: LookupError"


async def test_endpoint_removed_while_its_delivery_is_under_way_wedges_nothing(database: Database) -> None:
    gate = asyncio.Event()

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(http("200 OK"))

    async with receiving(behave) as receiver, receiving(TAKEN) as other, delivering(database):
        endpoint = await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, make_event())
        await until(lambda: receiver.requests)
        await database.pool.execute("DELETE FROM webhook_endpoint WHERE id = $1", endpoint.id)
        gate.set()
        await make_endpoint(database, other.url(LOCAL))
        await publish(database, make_event(sequence=2))
        await until_states(database, succeeded=1)
    assert len(other.requests) == 1


async def test_commit_is_told_of_at_once(database: Database) -> None:
    async with receiving(TAKEN) as receiver, delivering(database, poll_seconds=30.0):
        await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, make_event())
        await until(lambda: receiver.requests, seconds=2.0)
    assert len(receiver.requests) == 1


async def test_commit_whose_word_was_lost_is_found_by_looking(database: Database) -> None:
    async with receiving(TAKEN) as receiver, delivering(database, poll_seconds=0.1):
        await asyncio.sleep(0.05)
        await make_endpoint(database, receiver.url(LOCAL))
        await database.pool.execute(
            "INSERT INTO event (id, type, subject, sequence, at, audience, body)"
            " VALUES ($1, 'target.met', 'targets/a', 1, now(), 'everyone', '{}')",
            event_id := uuid4(),
        )
        await database.pool.execute(
            "INSERT INTO webhook_delivery (endpoint_id, event_id, event_type, subject, sequence)"
            " SELECT id, $1, 'target.met', 'targets/a', 1 FROM webhook_endpoint",
            event_id,
        )
        await until(lambda: receiver.requests, seconds=2.0)
    assert len(receiver.requests) == 1


async def settle(database: Database, claimed: Any) -> frozenset[Any]:
    """Settle a success, and claim nothing; return what was settled."""
    now, verdict = utc_now(), Verdict(Outcome.SUCCEEDED)
    ended = EndedAttempt(delivery=claimed, at=now, ended_at=now, milliseconds=1, verdict=verdict, headers={})
    return (await exchange(database.pool, [ended], Claim(uuid4(), 0, timedelta(0)))).settled


async def until_noted(database: Database, number: int = 1) -> None:
    """Wait until so many attempts are noted."""
    async with asyncio.timeout(8):
        while len(await attempts(database)) < number:  # noqa: ASYNC110 - it comes from outside
            await asyncio.sleep(0.01)


async def endpoint_state(database: Database, endpoint_id: Any) -> Any:
    return await database.pool.fetchval("SELECT state FROM webhook_endpoint WHERE id = $1", endpoint_id)


async def failing(database: Database, *, since: str) -> None:
    await database.pool.execute(
        "UPDATE webhook_endpoint SET failing_since = now() - $1::text::interval, last_failure_at = now()", since
    )
