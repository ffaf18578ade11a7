"""What stands in a list is what the record itself says: PostgreSQL puts the one together, Python the other."""

import pytest

from tests.api.builders import model_body, register_factory, register_model, verified_factory
from tests.api.conftest import Api

CONTACTS = [None, "홍길동", '"따옴표" \\ 빗금/ 홍', "😀 Ünal é", "O'Neil {x} %s"]


@pytest.mark.parametrize("contact_name", CONTACTS)
@pytest.mark.parametrize("reader", ["company", "ministry"])
async def test_factory_in_a_list_is_the_factory_itself(api: Api, reader: str, contact_name: str | None) -> None:
    company, ministry = await api.caller("company"), await api.caller("ministry")
    changes = {"contact_name": contact_name, "contact_email": "ax@example.com"} if contact_name else {}
    made = await register_factory(company, notes="줄\n바꿈", **changes)
    caller = company if reader == "company" else ministry

    listed = (await caller.get("/v1/factories")).json()["items"]

    assert listed == [(await caller.get(f"/v1/factories/{made['id']}")).json()] == [made]


async def test_others_see_no_private_field_in_a_list(api: Api) -> None:
    owner, ministry, other = await api.caller("company"), await api.caller("ministry"), await api.caller("company")
    made = await verified_factory(owner, ministry, contact_name="홍길동", address="수원시")

    listed = (await other.get("/v1/factories")).json()["items"]

    assert listed == [(await other.get(f"/v1/factories/{made['id']}")).json()]
    assert not {"contact_name", "contact_email", "address", "notes", "evidence", "external_ref"} & listed[0].keys()


async def test_foundation_model_in_a_list_is_the_model_itself(api: Api) -> None:
    company = await api.caller("company")
    made = await register_model(company, description=model_body()["name"])

    assert (await company.get("/v1/foundation-models")).json()["items"] == [made]


async def test_others_unverified_records_are_not_found_by_their_status(api: Api) -> None:
    owner, other = await api.caller("company"), await api.caller("company")
    made = await register_factory(owner)
    by_status = "/v1/factories?status=submitted"

    assert [item["id"] for item in (await owner.get(by_status)).json()["items"]] == [made["id"]]
    assert (await other.get(by_status)).json()["items"] == []
    assert (await other.get(f"{by_status}&organization={owner.organization_id}")).json()["items"] == []


async def test_lists_are_planned_for_the_values_asked_for(api: Api) -> None:
    assert await api.database.list_pool.fetchval("SHOW plan_cache_mode") == "force_custom_plan"
