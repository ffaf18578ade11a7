"""Every type of event has a schema and a sample, and what is emitted is what they say."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator

from service.api.event_documents import data_model_of, event_files, meaning_of, sample_of, schema_of
from service.core.events import EventType, schema_uri
from tests.api.builders import register_factory, register_model
from tests.api.conftest import Api, Caller
from tests.api.worlds import World, living_in
from tests.event_forms import checked
from tests.usecases.test_alerting import BEHIND_ON, FIRST, fall_behind, revise, tell, to_day

FOLDER = Path(__file__).resolve().parents[2] / "openapi" / "events"
# CloudEvents 1.0: the attributes that must be there; `time`, `subject` and the rest may be.
REQUIRED_OF_CLOUD_EVENTS = {"id", "source", "specversion", "type"}
ATTRIBUTE = re.compile(r"[a-z0-9]{1,20}")
PRIVATE = {"external_ref", "address", "notes", "evidence", "rejection", "contact_name", "contact_email", "secret"}
ALL = list(EventType)


# --- the documents ---


@pytest.mark.parametrize("type_", ALL)
def test_every_type_has_a_schema_and_a_sample_in_the_folder(type_: EventType) -> None:
    for name in (f"{type_}.schema.json", f"{type_}.sample.json"):
        assert (FOLDER / name).read_bytes() == event_files()[name]


def test_folder_holds_nothing_else() -> None:
    assert {file.name for file in FOLDER.iterdir()} == set(event_files())


@pytest.mark.parametrize("type_", ALL)
def test_sample_is_valid_and_of_the_form_of_an_event(type_: EventType) -> None:
    Draft202012Validator.check_schema(schema_of(type_))
    assert checked(json.dumps(sample_of(type_)))["type"] == type_


@pytest.mark.parametrize("type_", ALL)
def test_sample_is_of_no_other_type(type_: EventType) -> None:
    of_others = [other for other in ALL if Draft202012Validator(schema_of(other)).is_valid(sample_of(type_))]
    assert of_others == [type_]


@pytest.mark.parametrize("type_", ALL)
def test_event_is_a_cloud_event_and_its_id_suits_standard_webhooks(type_: EventType) -> None:
    event = sample_of(type_)
    assert event.keys() >= REQUIRED_OF_CLOUD_EVENTS
    assert event["specversion"] == "1.0"
    assert all(ATTRIBUTE.fullmatch(name) for name in event if name != "data")
    assert all(isinstance(event[name], str) and event[name] for name in event if name != "data")
    assert "." not in event["id"]


@pytest.mark.parametrize("type_", ALL)
def test_no_private_field_has_a_place_in_an_event(type_: EventType) -> None:
    assert not PRIVATE & data_model_of(type_).model_fields.keys()


@pytest.mark.parametrize("type_", ALL)
def test_meaning_is_one_sentence_or_two(type_: EventType) -> None:
    assert meaning_of(type_)[0].isupper()
    assert meaning_of(type_).endswith(".")


# --- served ---


@pytest.mark.parametrize("type_", ALL)
async def test_schema_is_answered_without_a_key_where_events_say_it_is(shared_api: Api, type_: EventType) -> None:
    answer = await shared_api.anonymous.get(schema_uri(type_))
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json() == schema_of(type_)


async def test_sample_is_answered_beside_it_and_nothing_else(shared_api: Api) -> None:
    sample = await shared_api.anonymous.get("/openapi/events/pace.behind.sample.json")
    assert sample.json()["type"] == "pace.behind"
    assert (await shared_api.anonymous.get("/openapi/events/pace.ahead.sample.json")).status_code == 404


async def test_document_of_the_api_has_every_type_with_headers_and_what_to_answer(shared_api: Api) -> None:
    document = (await shared_api.anonymous.get("/openapi.json")).json()
    assert list(document["webhooks"]) == [str(type_) for type_ in ALL]
    for webhook in document["webhooks"].values():
        request = webhook["post"]
        assert [one["name"] for one in request["parameters"]] == [
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
        ]
        assert set(request["responses"]) == {"2XX", "410"}
        reference = request["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        assert reference.rpartition("/")[2] in document["components"]["schemas"]


# --- emitted ---


async def bodies(api: Api) -> list[str]:
    return [row["body"] for row in await api.database.pool.fetch("SELECT body FROM event ORDER BY xid, id")]


async def walk_through(owner: Caller, ministry: Caller, path: str, *, date: str) -> None:
    """Take a record that was registered through every change there is."""
    steps: list[tuple[Caller, str, dict[str, Any] | None]] = [
        (ministry, "reject", {"reason_code": "no_evidence", "reason": "증빙을 보완해 주십시오."}),
        (owner, "resubmit", {"note": "보완했습니다."}),
        (ministry, "verify", None),
        (owner, "retire", {"retired_on": "2026-11-20"}),
        (ministry, "reopen", {"reason": "잘못 종료했습니다."}),
        (owner, "withdraw", {"reason": "중복입니다."}),
    ]
    changed = await owner.patch(path, {"name_en": "Another name", date: "2026-03-03"}, if_match="*")
    assert changed.status_code == 200, changed.text
    for caller, action, body in steps:
        answer = await caller.post(f"{path}/{action}", body)
        assert answer.status_code == 200, answer.text


async def test_every_event_of_a_record_is_of_the_form_that_is_described(api: Api) -> None:
    owner, ministry = await api.caller("company"), await api.caller("ministry")
    factory, model = await register_factory(owner), await register_model(owner, industries=["26110"])
    await walk_through(owner, ministry, f"/v1/factories/{factory['id']}", date="adoption_date")
    await walk_through(owner, ministry, f"/v1/foundation-models/{model['id']}", date="released_on")
    emitted = [checked(body) for body in await bodies(api)]
    assert {event["type"] for event in emitted} == {
        type_ for type_ in ALL if type_.startswith(("factory.", "foundation_model."))
    }
    for event in emitted:
        assert not PRIVATE & event["data"].keys()


async def test_event_about_a_record_is_what_a_partner_gets(api: Api) -> None:
    owner, ministry, partner = [await api.caller(role) for role in ("company", "ministry", "partner")]
    factory = await register_factory(owner)
    await ministry.post(f"/v1/factories/{factory['id']}/verify")
    shown = (await partner.get(f"/v1/factories/{factory['id']}")).json()
    assert checked((await bodies(api))[-1])["data"] == shown


async def test_ping_is_of_the_form_that_is_described(api: Api) -> None:
    partner = await api.caller("partner")
    endpoint = (await partner.post("/v1/webhook-endpoints", {"url": "https://example.com/webhooks"})).json()
    assert (await partner.post(f"/v1/webhook-endpoints/{endpoint['id']}/ping")).is_success
    (event,) = [checked(body) for body in await bodies(api)]
    assert (event["type"], event["data"]) == ("webhook.ping", {k: v for k, v in endpoint.items() if k != "secret"})


@pytest_asyncio.fixture
async def world(database_url: str, migration_url: str) -> AsyncIterator[World]:
    async with living_in(FIRST, database_url=database_url, migration_url=migration_url) as living:
        for code in ("factories-2026", "factories-2030", "models-2030"):
            assert (await living.ministry.post(f"/v1/targets/{code}/close")).status_code == 200
        body = {"code": "spring", "name_ko": "봄 목표", "name_en": "Spring", "metric": "factories", "goal": 12}
        window = {"counts_from": "2026-01-01", "starts_on": "2026-03-01", "due_on": "2026-06-30"}
        answer = await living.ministry.post("/v1/targets", body | window)
        assert answer.status_code == 201, answer.text
        yield living


async def test_every_event_of_a_target_and_its_pace_is_of_the_form_that_is_described(world: World) -> None:
    await fall_behind(world)
    await to_day(world, BEHIND_ON + 30, hours=1)
    await tell(world)  # it still is
    await world.built(*["2026-05-08"] * 10)
    await tell(world)  # it recovers
    await revise(world, goal=15, alert_policy={"raise_below": 0.0001, "clear_above": 0.0002, "hold_days": 1})
    await tell(world)  # it is at risk, by a policy that calls hardly anything behind
    await to_day(world, 130)
    await tell(world)  # it was missed
    await world.built(*["2026-06-08"] * 5)
    await tell(world)  # it was met after all
    emitted = [checked(body) for body in await bodies(world.api)]
    assert {event["type"] for event in emitted if not event["type"].startswith("factory.")} == {
        type_ for type_ in ALL if type_.startswith(("target.", "pace."))
    }
    assert [event["type"] for event in emitted if event["data"].get("corrected")] == ["target.met"]
