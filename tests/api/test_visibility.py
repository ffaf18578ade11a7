"""Who sees which record, and how much of it."""

from typing import Any

import pytest
import pytest_asyncio

from tests.api.bad_values import OPTIONAL, RIGHT_ACTIONS
from tests.api.builders import register_factory, register_model, verified_factory
from tests.api.conftest import Api, Caller

RECORDS = ("factories", "foundation-models")
WAY_TO = {
    "submitted": (),
    "verified": ("verify",),
    "rejected": ("reject",),
    "withdrawn": ("verify", "withdraw"),
    "retired": ("verify", "retire"),
}
PUBLIC = ("verified", "retired")
PRIVATE = {
    "factories": {"external_ref", "address", "contact_name", "contact_email", "notes", "evidence", "rejection"},
    "foundation-models": {"external_ref", "rejection"},
}


class Scene:
    """One record of each kind in each status, all of one owner, and everybody who might look."""

    def __init__(self, callers: dict[str, Caller], records: dict[tuple[str, str], dict[str, Any]]) -> None:
        self.callers = callers
        self.records = records

    def ids(self, path: str, statuses: tuple[str, ...] = tuple(WAY_TO)) -> set[str]:
        return {self.records[path, status]["id"] for status in statuses}


@pytest_asyncio.fixture(scope="module")
async def scene(shared_api: Api) -> Scene:
    roles = {"owner": "company", "stranger": "company", "partner": "partner"}
    roles |= {"ministry": "ministry", "operator": "operator"}
    callers = {name: await shared_api.caller(role) for name, role in roles.items()}
    records = {}
    for path, register in zip(RECORDS, (register_factory, register_model), strict=True):
        for status, way in WAY_TO.items():
            given = OPTIONAL[path] | {"external_ref": f"{path}-{status}", "name": f"비밀 {status}"}
            record = await register(callers["owner"], **given)
            for action in way:
                answer = await callers["ministry"].post(f"/v1/{path}/{record['id']}/{action}", RIGHT_ACTIONS[action])
                record = answer.json()
            assert record["status"] == status
            records[path, status] = record
    return Scene(callers, records)


@pytest.mark.parametrize("caller", ["owner", "ministry", "operator"])
@pytest.mark.parametrize("status", WAY_TO)
@pytest.mark.parametrize("path", RECORDS)
async def test_owner_and_ministry_see_the_whole_record(scene: Scene, path: str, status: str, caller: str) -> None:
    record = scene.records[path, status]
    assert (await scene.callers[caller].get(f"/v1/{path}/{record['id']}")).json() == record
    assert set(record) >= PRIVATE[path]


@pytest.mark.parametrize("caller", ["stranger", "partner"])
@pytest.mark.parametrize("status", PUBLIC)
@pytest.mark.parametrize("path", RECORDS)
async def test_others_see_what_is_verified_without_its_private_fields(
    scene: Scene, path: str, status: str, caller: str
) -> None:
    record = scene.records[path, status]
    seen = (await scene.callers[caller].get(f"/v1/{path}/{record['id']}")).json()
    assert seen == {name: value for name, value in record.items() if name not in PRIVATE[path]}


@pytest.mark.parametrize("caller", ["stranger", "partner"])
@pytest.mark.parametrize("status", ["submitted", "rejected", "withdrawn"])
@pytest.mark.parametrize("path", RECORDS)
async def test_what_is_not_verified_does_not_exist_for_others(
    scene: Scene, path: str, status: str, caller: str
) -> None:
    at = f"/v1/{path}/{scene.records[path, status]['id']}"
    nowhere = f"/v1/{path}/0190a000-0000-7000-8000-00000000dead"
    who = scene.callers[caller]
    unseen, unknown = await who.get(at), await who.get(nowhere)
    assert (unseen.status_code, unseen.json()["code"]) == (404, "not_found")
    assert unseen.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert (await who.patch(at, {"name": "새 이름"}, if_match="*")).status_code == 404
    assert (await who.patch(at)).status_code == 404
    assert (await who.post(f"{at}/erase-contact")).status_code == 404


@pytest.mark.parametrize("caller", ["stranger", "partner"])
@pytest.mark.parametrize("status", PUBLIC)
@pytest.mark.parametrize("path", RECORDS)
async def test_others_may_not_change_what_they_see(scene: Scene, path: str, status: str, caller: str) -> None:
    at, who = f"/v1/{path}/{scene.records[path, status]['id']}", scene.callers[caller]
    answers = [await who.patch(at, {"name": "새 이름"}, if_match="*"), await who.post(f"{at}/erase-contact")]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "forbidden")}


@pytest.mark.parametrize("path", RECORDS)
async def test_nobody_reads_without_a_key(shared_api: Api, scene: Scene, path: str) -> None:
    at = f"/v1/{path}/{scene.records[path, 'verified']['id']}"
    for address in (f"/v1/{path}", at):
        answer = await shared_api.anonymous.get(address)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("caller", ["owner", "ministry", "operator"])
@pytest.mark.parametrize("path", RECORDS)
async def test_owner_and_ministry_list_whole_records(scene: Scene, path: str, caller: str) -> None:
    items = (await scene.callers[caller].get(f"/v1/{path}")).json()["items"]
    expected = {record["id"]: record for (of, _), record in scene.records.items() if of == path}
    assert {item["id"]: item for item in items} == expected


@pytest.mark.parametrize("caller", ["stranger", "partner"])
@pytest.mark.parametrize("path", RECORDS)
async def test_others_list_public_fields_of_what_is_verified(scene: Scene, path: str, caller: str) -> None:
    items = (await scene.callers[caller].get(f"/v1/{path}")).json()["items"]
    assert {item["id"] for item in items} == scene.ids(path, PUBLIC)
    assert all(not PRIVATE[path] & set(item) for item in items)


@pytest.mark.parametrize("path", RECORDS)
@pytest.mark.parametrize(
    "query", ["", "organization={owner}&", "q=비밀&", "sort=-name&", "updated_from=2026-01-01T00:00:00Z&"]
)
@pytest.mark.parametrize("status", WAY_TO)
async def test_no_filter_shows_others_more(scene: Scene, path: str, query: str, status: str) -> None:
    asked = query.format(owner=scene.callers["owner"].organization_id)
    items = (await scene.callers["stranger"].get(f"/v1/{path}?{asked}status={status}")).json()["items"]
    assert {item["id"] for item in items} == (scene.ids(path, (status,)) if status in PUBLIC else set())
    own = (await scene.callers["owner"].get(f"/v1/{path}?{asked}status={status}")).json()["items"]
    assert {item["id"] for item in own} == scene.ids(path, (status,))


async def test_own_records_stand_beside_those_of_others(api: Api) -> None:
    owner, mixed, ministry = await api.caller("company"), await api.caller("partner"), await api.caller("ministry")
    seen = await verified_factory(owner, ministry, notes="비밀")
    await register_factory(owner, name="안 보이는 공장")
    own = await register_factory(mixed, notes="내 것")
    items = (await mixed.get("/v1/factories")).json()["items"]
    assert [item["id"] for item in items] == [own["id"], seen["id"]]
    assert items[0] == own
    assert "notes" not in items[1]
