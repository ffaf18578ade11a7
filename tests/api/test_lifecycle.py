"""The one lifecycle of both kinds of record: every status, call and caller; and what an edit does to a status."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from tests.api.bad_values import OPTIONAL, RIGHT_ACTIONS
from tests.api.builders import factory_body, register_factory, register_model
from tests.api.conftest import Api, Caller
from tests.api.lifecycle_table import CALLERS, STATUSES, TABLE, WAY_TO, Expected, expected

RECORDS = ("factories", "foundation-models")


@pytest_asyncio.fixture(scope="module")
async def callers(shared_api: Api) -> dict[str, Caller]:
    return {
        "anonymous": shared_api.anonymous,
        "stranger": await shared_api.caller("company"),
        "owner": await shared_api.caller("company"),
        "ministry": await shared_api.caller("ministry"),
        "operator": await shared_api.caller("operator"),
    }


async def record_in(status: str, path: str, callers: dict[str, Caller], **changes: Any) -> tuple[str, dict[str, Any]]:
    """Register a record, bring it into a status, and return its address and how it stands."""
    register = register_factory if path == "factories" else register_model
    record = await register(callers["owner"], **changes)
    at = f"/v1/{path}/{record['id']}"
    for action in WAY_TO[status]:
        answer = await callers["ministry"].post(f"{at}/{action}", RIGHT_ACTIONS[action])
        assert answer.status_code == 200, answer.text
        record = answer.json()
    assert record["status"] == status
    return at, record


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("action", TABLE)
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("path", RECORDS)
async def test_table_of_the_lifecycle(
    callers: dict[str, Caller], path: str, status: str, action: str, caller: str
) -> None:
    at, before = await record_in(status, path, callers)
    answer = await callers[caller].post(f"{at}/{action}", RIGHT_ACTIONS[action])
    found = answer.json()
    is_done = answer.status_code == 200
    assert Expected(answer.status_code, found["status"] if is_done else found["code"]) == expected(
        status, action, caller
    )
    after = (await callers["owner"].get(at)).json()
    assert after == (found if is_done else before)
    assert after["version"] == before["version"] + is_done


@pytest.mark.parametrize("caller", ["owner", "ministry"])
async def test_refused_transition_says_from_where_it_is_possible(callers: dict[str, Caller], caller: str) -> None:
    at, _ = await record_in("withdrawn", "factories", callers)
    answer = await callers[caller].post(f"{at}/withdraw", RIGHT_ACTIONS["withdraw"], accept_language="en")
    assert answer.json()["detail"] == (
        "A record that is 'withdrawn' can't 'withdraw'. It is possible from: submitted, verified."
    )


@pytest.mark.parametrize("path", RECORDS)
async def test_plan_is_not_verified_before_its_day_in_seoul(api: Api, path: str) -> None:
    cast = {"owner": await api.caller("company"), "ministry": await api.caller("ministry")}
    date_field = "adoption_date" if path == "factories" else "released_on"
    at, _ = await record_in("submitted", path, cast, **{date_field: "2026-12-01"})
    api.clock.now = datetime(2026, 11, 30, 14, 59, 59, tzinfo=UTC)
    early = await cast["ministry"].post(f"{at}/verify")
    assert (early.status_code, early.json()["code"]) == (409, "not_yet_adopted")
    assert (await cast["owner"].get(at)).json()["version"] == 1
    api.clock.now = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
    assert (await cast["ministry"].post(f"{at}/verify")).json()["status"] == "verified"


COUNTING = {
    "factories": {"region": "부산", "industry": "30", "project_type": "mini", "adoption_date": "2026-03-03"},
    "foundation-models": {"kind": "foundation", "released_on": "2026-03-03"},
}
NOT_COUNTING = {
    "factories": {"name": "새 이름"} | {name: OPTIONAL["factories"][name] for name in OPTIONAL["factories"]},
    "foundation-models": {"name": "새 이름", "access": "open", "model_version": "2.0"} | OPTIONAL["foundation-models"],
}
del NOT_COUNTING["factories"]["project_type"], NOT_COUNTING["factories"]["foundation_model_ids"]
EDITS = [(path, name) for path in RECORDS for name in COUNTING[path]]
OTHER_EDITS = [(path, name) for path in RECORDS for name in NOT_COUNTING[path]]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("path", "name"), EDITS)
async def test_owner_who_edits_a_counting_field_sends_it_back_to_review(
    callers: dict[str, Caller], path: str, name: str, status: str
) -> None:
    at, _ = await record_in(status, path, callers)
    after = (await callers["owner"].patch(at, {name: COUNTING[path][name]}, if_match="*")).json()
    assert after["status"] == ("submitted" if status in ("verified", "retired") else status)
    assert after["retired_on"] is None


@pytest.mark.parametrize("caller", ["ministry", "operator"])
@pytest.mark.parametrize("status", ["verified", "retired"])
@pytest.mark.parametrize(("path", "name"), EDITS)
async def test_ministry_edits_a_counting_field_in_place(
    callers: dict[str, Caller], path: str, name: str, status: str, caller: str
) -> None:
    at, before = await record_in(status, path, callers)
    after = (await callers[caller].patch(at, {name: COUNTING[path][name]}, if_match="*")).json()
    assert (after["status"], after["retired_on"]) == (status, before["retired_on"])
    assert after[name] != before[name]


@pytest.mark.parametrize("status", ["verified", "retired"])
@pytest.mark.parametrize(("path", "name"), OTHER_EDITS)
async def test_owner_who_edits_any_other_field_leaves_it_verified(
    callers: dict[str, Caller], path: str, name: str, status: str
) -> None:
    at, before = await record_in(status, path, callers)
    value = f"{before['registry_number']}" if name == "external_ref" else NOT_COUNTING[path][name]
    answer = await callers["owner"].patch(at, {name: value}, if_match="*")
    assert answer.json()["status"] == status, answer.text
    assert answer.json()["version"] == before["version"] + 1


@pytest.mark.parametrize("raw", ["경기도", "41", "KR-41", "gyeonggi"])
async def test_another_form_of_the_same_region_is_no_edit(callers: dict[str, Caller], raw: str) -> None:
    at, before = await record_in("verified", "factories", callers)
    assert (await callers["owner"].patch(at, {"region": raw, "industry": "C26110"}, if_match="*")).json() == before


@pytest.mark.parametrize(("path", "name"), [("factories", "adoption_date"), ("foundation-models", "released_on")])
async def test_verified_record_is_never_moved_ahead_of_today(callers: dict[str, Caller], path: str, name: str) -> None:
    at, before = await record_in("verified", path, callers)
    answer = await callers["ministry"].patch(at, {name: "2026-11-26", "name": "앞날"}, if_match="*")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_yet_adopted")
    assert (await callers["ministry"].get(at)).json() == before
    today = await callers["ministry"].patch(at, {name: "2026-11-25"}, if_match="*")
    assert (today.status_code, today.json()["status"]) == (200, "verified")


@pytest.mark.parametrize(("path", "name"), [("factories", "adoption_date"), ("foundation-models", "released_on")])
async def test_owner_who_moves_a_verified_record_ahead_has_a_plan_again(
    callers: dict[str, Caller], path: str, name: str
) -> None:
    at, _ = await record_in("verified", path, callers)
    after = (await callers["owner"].patch(at, {name: "2027-05-01"}, if_match="*")).json()
    assert (after["status"], after[name]) == ("submitted", "2027-05-01")
    assert (await callers["ministry"].post(f"{at}/verify")).json()["code"] == "not_yet_adopted"


@pytest.mark.parametrize("status", ["submitted", "rejected", "withdrawn"])
async def test_ministry_moves_what_is_not_verified_to_any_date(callers: dict[str, Caller], status: str) -> None:
    at, _ = await record_in(status, "factories", callers)
    after = (await callers["ministry"].patch(at, {"adoption_date": "2027-05-01"}, if_match="*")).json()
    assert (after["status"], after["adoption_date"]) == (status, "2027-05-01")


@pytest.mark.parametrize(
    ("retired_on", "code"),
    [("2026-11-26", "in_the_future"), ("2026-03-01", "before_its_date"), ("2026-11-25", ""), ("2026-03-02", "")],
)
@pytest.mark.parametrize("path", RECORDS)
async def test_record_is_retired_between_its_own_date_and_today(
    callers: dict[str, Caller], path: str, retired_on: str, code: str
) -> None:
    at, _ = await record_in("verified", path, callers)
    answer = await callers["owner"].post(f"{at}/retire", {"retired_on": retired_on})
    if code:
        assert [found["code"] for found in answer.json()["errors"]] == [code]
    else:
        assert (answer.json()["status"], answer.json()["retired_on"]) == ("retired", retired_on)


async def test_retired_record_is_not_moved_past_its_end(callers: dict[str, Caller]) -> None:
    at, before = await record_in("retired", "factories", callers)
    answer = await callers["ministry"].patch(at, {"adoption_date": "2026-11-01"}, if_match="*")
    assert [found["code"] for found in answer.json()["errors"]] == ["after_its_end"]
    assert before["retired_on"] == "2026-10-31"


async def test_reopened_record_has_no_end_and_no_rejection(callers: dict[str, Caller]) -> None:
    retired, _ = await record_in("retired", "factories", callers)
    rejected, _ = await record_in("rejected", "factories", callers)
    for at in (retired, rejected):
        reopened = (await callers["ministry"].post(f"{at}/reopen", RIGHT_ACTIONS["reopen"])).json()
        assert (reopened["status"], reopened["retired_on"], reopened["rejection"]) == ("submitted", None, None)


@pytest.mark.parametrize("path", RECORDS)
async def test_rejection_is_read_by_its_owner_until_it_is_submitted_again(
    callers: dict[str, Caller], path: str
) -> None:
    at, _ = await record_in("rejected", path, callers)
    assert (await callers["owner"].get(at)).json()["rejection"] == RIGHT_ACTIONS["reject"]
    amended = await callers["owner"].patch(at, {"name": "고친 이름"}, if_match='"2"')
    assert amended.json()["rejection"] == RIGHT_ACTIONS["reject"]
    resubmitted = await callers["owner"].post(f"{at}/resubmit", {"note": "고쳤습니다."}, if_match='"3"')
    assert (resubmitted.json()["status"], resubmitted.json()["rejection"]) == ("submitted", None)


@pytest.mark.parametrize("path", RECORDS)
async def test_of_two_verifications_at_once_one_succeeds(callers: dict[str, Caller], path: str) -> None:
    at, _ = await record_in("submitted", path, callers)
    answers = await asyncio.gather(*(callers["ministry"].post(f"{at}/verify") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert (await callers["ministry"].get(at)).json()["version"] == 2


async def test_of_edits_of_one_version_at_once_one_succeeds(callers: dict[str, Caller]) -> None:
    at, _ = await record_in("submitted", "factories", callers)
    answers = await asyncio.gather(
        *(callers["owner"].patch(at, {"name": f"이름 {number}"}, if_match='"1"') for number in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5


@pytest_asyncio.fixture
async def closed(shared_api: Api) -> AsyncIterator[Caller]:
    """A company whose organization has been closed, with a record of its own."""
    company = await shared_api.caller("company")
    await register_factory(company)
    await shared_api.database.pool.execute(
        "UPDATE organization SET state = 'closed' WHERE id = $1", company.organization_id
    )
    yield await shared_api.caller("company", organization_id=company.organization_id)


async def test_closed_organization_reads_and_writes_nothing(closed: Caller) -> None:
    (factory,) = (await closed.get("/v1/factories?status=submitted")).json()["items"]
    at = f"/v1/factories/{factory['id']}"
    answers = [
        await closed.post("/v1/factories", factory_body()),
        await closed.post("/v1/factories"),
        await closed.patch(at, {"name": "새 이름"}, if_match="*"),
        await closed.post(f"{at}/withdraw", RIGHT_ACTIONS["withdraw"]),
        await closed.post(f"{at}/erase-contact"),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "organization_closed")}
    assert (await closed.get(at)).json() == factory
