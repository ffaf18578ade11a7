"""`GET /v1/events/stream`: the feed as server-sent events, from any place on, for as long as it may be."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from service.core.events import Audience
from service.core.retention import KEPT_FOR
from service.web import event_streams, known_callers, live_events
from tests.api.builders import register_factory, verified_factory
from tests.api.conftest import Api, Caller, running_app
from tests.api.streams import Stream, reading
from tests.clocks import FakeClock
from tests.events import add, make_event, settled


async def next_types(stream: Stream, count: int) -> list[str]:
    return [(await stream.next_event())["type"] for _ in range(count)]


async def end_of_feed(api: Api, caller: Caller) -> str:
    await settled(api.database)
    return str((await caller.get("/v1/events?after=now")).json()["next"])


async def test_change_arrives_as_the_document_that_is_sent(api: Api) -> None:
    company = await api.caller("company")
    async with reading(api, company, "after=now") as stream:
        factory = await register_factory(company)
        event = await stream.next_event()
    feed = (await company.get("/v1/events")).json()["items"]
    assert event["subject"] == f"factories/{factory['id']}"
    assert [event] == feed
    assert stream.headers["content-type"].startswith("text/event-stream")


async def test_without_a_place_it_begins_with_the_oldest_event_kept_and_goes_on_live(api: Api) -> None:
    company, ministry = await api.caller("company"), await api.caller("ministry")
    factory = await register_factory(company)
    async with reading(api, company) as stream:
        first = await next_types(stream, 1)
        await ministry.post(f"/v1/factories/{factory['id']}/verify")
        assert first + await next_types(stream, 1) == ["factory.registered", "factory.verified"]


@pytest.mark.parametrize("given", ["after", "last_event_id"])
async def test_reader_goes_on_from_the_last_id_without_loss_or_repetition(api: Api, given: str) -> None:
    company = await api.caller("company")
    async with reading(api, company, "after=now") as stream:
        await register_factory(company)
        await stream.next_event()
    missed = await register_factory(company)
    query = f"after={quote(stream.last_id)}" if given == "after" else "after=now"
    headers = {} if given == "after" else {"last_event_id": stream.last_id}
    async with reading(api, company, query, **headers) as again:
        assert (await again.next_event())["subject"] == f"factories/{missed['id']}"
        later = await register_factory(company)
        assert (await again.next_event())["subject"] == f"factories/{later['id']}"


async def test_reader_has_a_place_before_the_first_event_comes(api: Api) -> None:
    company = await api.caller("company")
    async with reading(api, company, "after=now") as stream:
        opening = await stream.next_block()
    assert opening is not None
    assert opening.fields["retry"] == "3000"
    factory = await register_factory(company)
    async with reading(api, company, last_event_id=opening.fields["id"]) as again:
        assert (await again.next_event())["subject"] == f"factories/{factory['id']}"


async def test_ids_of_the_stream_are_places_of_the_feed(api: Api) -> None:
    company = await api.caller("company")
    async with reading(api, company, "after=now") as stream:
        await register_factory(company)
        await stream.next_event()
        second = await register_factory(company)
        await settled(api.database)
        page = (await company.get(f"/v1/events?after={quote(stream.last_id)}")).json()
    assert [item["subject"] for item in page["items"]] == [f"factories/{second['id']}"]


async def test_others_unverified_records_and_pings_are_not_shown(api: Api) -> None:
    owner, other, ministry = [await api.caller(role) for role in ("company", "company", "ministry")]
    async with reading(api, other, "after=now") as stream:
        await add(api.database, make_event(api.clock(), audience=Audience.ENDPOINT))
        await verified_factory(owner, ministry)
        assert await next_types(stream, 1) == ["factory.verified"]


async def test_types_narrow_the_stream(api: Api) -> None:
    company, ministry = await api.caller("company"), await api.caller("ministry")
    async with reading(api, company, "after=now&types=factory.verified") as stream:
        await verified_factory(company, ministry)
        assert await next_types(stream, 1) == ["factory.verified"]


async def test_many_streams_and_a_burst_lose_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_events, "KEPT_MOST", 20)
    monkeypatch.setattr(event_streams, "AT_ONCE", 7)
    partner = await api.caller("partner")
    start = await end_of_feed(api, partner)

    async def read_all() -> list[str]:
        async with reading(api, partner, f"after={quote(start)}") as stream:
            return [(await stream.next_event())["id"] for _ in range(120)]

    readers = [asyncio.create_task(read_all()) for _ in range(5)]
    batches = await asyncio.gather(*(add(api.database, *(make_event(api.clock()) for _ in range(30))) for _ in "1234"))
    seen = await asyncio.gather(*readers)
    written = {json.loads(document)["id"] for batch in batches for document in batch}
    assert all(len(ids) == len(set(ids)) and set(ids) == written for ids in seen)
    assert len({tuple(ids) for ids in seen}) == 1


async def test_reader_that_takes_nothing_holds_no_memory_and_misses_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_events, "KEPT_MOST", 10)
    partner = await api.caller("partner")
    async with reading(api, partner, "after=now", room=1) as slow:
        documents = await add(api.database, *(make_event(api.clock()) for _ in range(60)))
        await settled(api.database)
        async with reading(api, partner) as other:  # by now all is read
            for _ in range(60):
                await other.next_event()
        assert len(api.resources.streams.live.since(api.resources.streams.live.dropped)) <= 10
        seen = [(await slow.next_event())["id"] for _ in range(60)]
    assert seen == [json.loads(document)["id"] for document in documents]


async def test_reader_that_takes_nothing_for_long_is_given_up(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_streams, "STUCK_SECONDS", 0.1)
    partner = await api.caller("partner")
    await add(api.database, *(make_event(api.clock()) for _ in range(4)))
    monkeypatch.setattr(event_streams, "AT_ONCE", 1)
    async with reading(api, partner, room=1):
        await eventually(lambda: api.resources.streams.count == 0)


async def eventually(holds: Any) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


async def test_quiet_stream_says_that_it_lives_and_moves_its_place_on(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_streams, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(live_events, "POLL_SECONDS", 0.02)
    partner = await api.caller("partner")
    async with reading(api, partner, "after=now") as stream:
        opening = await stream.next_block()
        beat = await stream.next_block()
        api.clock.now += KEPT_FOR
        await asyncio.sleep(0.1)
        beats = [await stream.next_block() for _ in range(8)]
    assert opening is not None
    assert beat is not None
    assert (beat.comments, beat.fields) == (["heartbeat"], {})
    moved = [one.fields["id"] for one in beats if one is not None and "id" in one.fields]
    assert len(moved) == 1
    assert (await partner.get(f"/v1/events?after={quote(moved[0])}")).status_code == 200


async def test_event_comes_though_its_word_was_missed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_events, "POLL_SECONDS", 0.05)
    partner = await api.caller("partner")
    async with reading(api, partner, "after=now") as stream:
        await stream.next_block()
        await add(api.database, make_event(api.clock()))  # announced by nobody
        assert await next_types(stream, 1) == ["factory.verified"]


async def test_stream_ends_soon_after_its_key_is_revoked_and_others_go_on(api: Api) -> None:
    ministry, partner, other = [await api.caller(role) for role in ("operator", "partner", "partner")]
    async with reading(api, partner, "after=now") as stream, reading(api, other, "after=now") as others:
        revoked = await ministry.delete(f"/v1/organizations/{partner.organization_id}/api-keys/{partner.key_id}")
        assert revoked.status_code == 204
        started = time.perf_counter()
        assert await stream.ended()
        assert time.perf_counter() - started < 5
        await add(api.database, make_event(api.clock()))
        assert await next_types(others, 1) == ["factory.verified"]
    async with reading(api, partner) as again:
        assert again.status == 401


async def test_key_revoked_at_another_process_ends_the_stream_too(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert known_callers.FRESH_SECONDS + event_streams.KEYS_EVERY_SECONDS < 5
    monkeypatch.setattr(known_callers, "FRESH_SECONDS", 0.1)
    monkeypatch.setattr(event_streams, "KEYS_EVERY_SECONDS", 0.1)
    partner = await api.caller("partner")
    async with reading(api, partner, "after=now") as stream:
        await api.database.pool.execute("UPDATE api_key SET revoked_at = now() WHERE id = $1", partner.key_id)
        assert await asyncio.wait_for(stream.ended(), timeout=2)


@pytest_asyncio.fixture
async def narrow(database_url: str, clock: FakeClock) -> AsyncIterator[Api]:
    """The application with room for two streams."""
    async with running_app(database_url, clock, sse_max=2) as running:
        yield running


async def test_one_stream_too_many_is_refused_until_another_is_left(narrow: Api) -> None:
    partner = await narrow.caller("partner")
    async with reading(narrow, partner):
        async with reading(narrow, partner):
            refused = await partner.get("/v1/events/stream")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            assert refused.headers["content-type"] == "application/problem+json"
            assert refused.json()["code"] == "too_many_streams"
        async with reading(narrow, partner) as third:
            assert third.status == 200


async def test_end_of_the_process_ends_every_stream_and_begins_none(api: Api) -> None:
    partner = await api.caller("partner")
    async with reading(api, partner, "after=now") as stream:
        api.resources.streams.close()
        assert await asyncio.wait_for(stream.ended(), timeout=1)
    assert (await partner.get("/v1/events/stream")).status_code == 503


async def test_following_stops_when_the_last_reader_leaves_and_begins_again(api: Api) -> None:
    partner = await api.caller("partner")
    for _ in range(2):
        async with reading(api, partner, "after=now") as stream:
            await add(api.database, make_event(api.clock()))
            assert await next_types(stream, 1) == ["factory.verified"]
        await eventually(lambda: api.resources.streams.count == 0)


@pytest.mark.parametrize(
    ("query", "headers", "where"),
    [
        ("after=x", {}, "after"),
        ("", {"last_event_id": "x"}, "Last-Event-ID"),
        ("limit=5", {}, "limit"),
        ("types=factory", {}, "types"),
    ],
)
async def test_what_is_not_right_is_refused_before_the_stream_begins(
    shared_api: Api, query: str, headers: dict[str, str], where: str
) -> None:
    partner = await shared_api.caller("partner")
    answer = await partner.get(f"/v1/events/stream?{query}", **headers)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, where)


async def test_place_that_is_kept_no_more_is_gone(api: Api) -> None:
    partner = await api.caller("partner")
    cursor = await end_of_feed(api, partner)
    api.clock.now += 2 * KEPT_FOR
    assert (await partner.get("/v1/events/stream", last_event_id=cursor)).status_code == 410


async def test_nobody_follows_without_a_key(shared_api: Api) -> None:
    assert (await shared_api.anonymous.get("/v1/events/stream")).status_code == 401


async def test_asking_for_the_headers_alone_opens_no_stream(shared_api: Api) -> None:
    partner = await shared_api.caller("partner")
    async with reading(shared_api, partner, method="HEAD") as stream:
        assert stream.status == 200
        assert await asyncio.wait_for(stream.ended(), timeout=1)


async def test_metrics_count_when_it_began_and_not_how_long_it_stayed_open(api: Api) -> None:
    operator = await api.caller("operator")
    async with reading(api, operator, "after=now"):
        await asyncio.sleep(0.3)
    figures = (await operator.get("/metrics")).text
    (total,) = [line for line in figures.splitlines() if line.startswith("ax_http_request_seconds_sum")]
    assert float(total.split()[1]) < 0.3
