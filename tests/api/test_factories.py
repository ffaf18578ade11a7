"""Factories: registered, read, listed, amended and moved through their lifecycle."""

from tests.api.builders import factory_body, register_factory, verified_factory
from tests.api.conftest import Api


async def test_registration_answers_with_location_and_etag(api: Api) -> None:
    company = await api.caller("company")
    answer = await company.post("/v1/factories", factory_body())
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/factories/{answer.json()['id']}"
    assert answer.headers["etag"] == '"1"'


async def test_registered_factory_reads_as_it_was_answered(api: Api) -> None:
    company = await api.caller("company")
    factory = await register_factory(company, contact_name="홍길동", use_cases=["safety"])
    answer = await company.get(f"/v1/factories/{factory['id']}")
    assert answer.json() == factory
    assert factory["contact_name"] == "홍길동"


async def test_verified_factory_shows_others_its_public_fields_alone(api: Api) -> None:
    company, ministry, stranger = await api.caller("company"), await api.caller("ministry"), await api.caller("partner")
    factory = await verified_factory(company, ministry, notes="비밀")
    seen = (await stranger.get(f"/v1/factories/{factory['id']}")).json()
    assert seen["status"] == "verified"
    assert not {"notes", "address", "contact_name", "contact_email", "evidence", "external_ref", "rejection"} & set(
        seen
    )


async def test_amending_needs_the_version_that_was_read(api: Api) -> None:
    company = await api.caller("company")
    factory = await register_factory(company)
    path = f"/v1/factories/{factory['id']}"
    assert (await company.patch(path, {"name": "수원 2공장"})).status_code == 428
    assert (await company.patch(path, {"name": "수원 2공장"}, if_match='"7"')).status_code == 412
    amended = await company.patch(path, {"name": "수원 2공장"}, if_match='"1"')
    assert amended.status_code == 200, amended.text
    assert amended.headers["etag"] == '"2"'


async def test_list_goes_on_where_the_page_ended(api: Api) -> None:
    company = await api.caller("company")
    made = [await register_factory(company, name=f"공장 {number}") for number in range(5)]
    first = (await company.get("/v1/factories?limit=3")).json()
    second = (await company.get(f"/v1/factories?limit=3&after={first['next']}")).json()
    assert [item["id"] for item in first["items"] + second["items"]] == [item["id"] for item in reversed(made)]
    assert second["next"] is None
