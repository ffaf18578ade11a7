"""A record's history: who, when, before and after; for its organization and the ministry."""

from tests.api.builders import register_factory, verified_factory
from tests.api.conftest import Api


async def test_history_tells_every_change_newest_first(api: Api) -> None:
    company, ministry = await api.caller("company"), await api.caller("ministry")
    factory = await register_factory(company)
    path = f"/v1/factories/{factory['id']}"
    await company.patch(path, {"name": "수원 새 공장"}, if_match='"1"')
    await ministry.post(f"{path}/verify")
    entries = (await company.get(f"{path}/history")).json()["items"]
    assert [entry["action"] for entry in entries] == ["verified", "updated", "registered"]
    assert entries[1]["before"]["name"] == factory["name"]
    assert entries[1]["after"]["name"] == "수원 새 공장"
    assert entries[0]["actor"]["id"] == str(ministry.key_id)


async def test_history_keeps_the_reason_of_a_withdrawal(api: Api) -> None:
    company = await api.caller("company")
    factory = await register_factory(company)
    await company.post(f"/v1/factories/{factory['id']}/withdraw", {"reason": "중복입니다"})
    entries = (await company.get(f"/v1/factories/{factory['id']}/history")).json()["items"]
    assert entries[0]["after"] == {"status": "withdrawn", "reason": "중복입니다"}


async def test_history_pages_go_on_where_they_ended(api: Api) -> None:
    company = await api.caller("company")
    factory = await register_factory(company)
    for version in range(1, 5):
        await company.patch(f"/v1/factories/{factory['id']}", {"name": f"이름 {version}"}, if_match=f'"{version}"')
    first = (await company.get(f"/v1/factories/{factory['id']}/history?limit=3")).json()
    second = (await company.get(f"/v1/factories/{factory['id']}/history?limit=3&after={first['next']}")).json()
    names = [entry["after"]["name"] for entry in first["items"] + second["items"]]
    assert names == ["이름 4", "이름 3", "이름 2", "이름 1", factory["name"]]


async def test_history_of_another_organizations_verified_record_is_forbidden(api: Api) -> None:
    company, ministry, stranger = await api.caller("company"), await api.caller("ministry"), await api.caller("company")
    factory = await verified_factory(company, ministry)
    assert (await stranger.get(f"/v1/factories/{factory['id']}/history")).status_code == 403


async def test_history_of_another_organizations_unseen_record_is_not_found(api: Api) -> None:
    company, stranger = await api.caller("company"), await api.caller("company")
    factory = await register_factory(company)
    assert (await stranger.get(f"/v1/factories/{factory['id']}/history")).status_code == 404
