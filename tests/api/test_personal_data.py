"""Contacts (PIPA): in one table alone, erased by one call, and nowhere else, however the record was changed."""

from typing import Any

import pytest
import pytest_asyncio

from tests.api.bad_values import RIGHT_ACTIONS
from tests.api.builders import factory_body, register_factory, register_model
from tests.api.conftest import Api, Caller
from tests.leaks import CONTACT_EMAIL, CONTACT_NAME

CONTACT = {"contact_name": CONTACT_NAME, "contact_email": CONTACT_EMAIL}
OTHER = {"contact_name": CONTACT_NAME + "둘", "contact_email": "second." + CONTACT_EMAIL}


@pytest_asyncio.fixture
async def company(shared_api: Api) -> Caller:
    return await shared_api.caller("company")


async def tables_that_hold(api: Api, *texts: str) -> set[str]:
    """Return every table in which one of these texts stands, in whatever column."""
    pool = api.database.pool
    names = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = set()
    for (name,) in names:
        if not await pool.fetchval("SELECT has_table_privilege($1, 'SELECT')", name):
            continue
        for text in texts:
            if await pool.fetchval(f"SELECT EXISTS (SELECT FROM {name} t WHERE position($1 IN t::text) > 0)", text):
                found.add(name)
    return found


async def lively_factory(company: Caller, ministry: Caller) -> str:
    """Return a factory with a contact that has been through everything that writes."""
    made = await company.post("/v1/factories", factory_body(**CONTACT), idempotency_key="k")
    at = str(made.headers["location"])
    await company.patch(at, OTHER | {"name": "새 이름"}, if_match="*")
    for action in ("reject", "resubmit", "verify", "retire", "reopen"):
        answer = await ministry.post(f"{at}/{action}", RIGHT_ACTIONS[action])
        assert answer.status_code == 200, answer.text
    return at


async def test_contact_stands_in_one_table_alone_and_is_erased_there(api: Api) -> None:
    company, ministry = await api.caller("company"), await api.caller("ministry")
    at = await lively_factory(company, ministry)
    assert await tables_that_hold(api, CONTACT_NAME, CONTACT_EMAIL) == {"contact"}
    erased = await company.post(f"{at}/erase-contact")
    assert (erased.status_code, erased.json()["contact_name"], erased.json()["contact_email"]) == (200, None, None)
    assert await tables_that_hold(api, CONTACT_NAME, CONTACT_EMAIL) == set()
    assert await api.database.pool.fetchval("SELECT count(*) FROM contact") == 0


async def test_history_says_that_the_contact_changed_and_not_what_it_was(shared_api: Api, company: Caller) -> None:
    at = await lively_factory(company, await shared_api.caller("ministry"))
    await company.post(f"{at}/erase-contact")
    answer = await company.get(f"{at}/history")
    rows = await shared_api.database.pool.fetch(
        "SELECT action, changed, before::text, after::text FROM audit_entry WHERE record_id = $1 ORDER BY id",
        at.rpartition("/")[2],
    )
    assert CONTACT_NAME not in answer.text
    assert CONTACT_EMAIL not in answer.text
    assert [row["action"] for row in rows][:2] == ["registered", "updated"]
    assert rows[1]["changed"] == ["contact_email", "contact_name", "name"]
    assert tuple(rows[-1]) == ("contact_erased", ["contact_email", "contact_name"], "{}", "{}")


async def test_erasing_makes_a_new_version_once(company: Caller) -> None:
    factory = await register_factory(company, **CONTACT)
    at = f"/v1/factories/{factory['id']}"
    first, second = await company.post(f"{at}/erase-contact"), await company.post(f"{at}/erase-contact", {})
    assert first.headers["etag"] == second.headers["etag"] == '"2"'
    assert first.json() == second.json() == (await company.get(at)).json()
    assert first.json() == factory | {
        "contact_name": None,
        "contact_email": None,
        "version": 2,
        "updated_at": first.json()["updated_at"],
    }


@pytest.mark.parametrize("role", ["ministry", "operator"])
async def test_ministry_may_erase_too(shared_api: Api, company: Caller, role: str) -> None:
    factory = await register_factory(company, **CONTACT)
    answer = await (await shared_api.caller(role)).post(f"/v1/factories/{factory['id']}/erase-contact")
    assert (answer.status_code, answer.json()["contact_name"]) == (200, None)


async def test_model_has_no_contact_to_erase(company: Caller) -> None:
    model = await register_model(company)
    answer = await company.post(f"/v1/foundation-models/{model['id']}/erase-contact")
    assert (answer.status_code, answer.json()) == (200, model)


@pytest.mark.parametrize(
    ("patch", "left"),
    [
        ({"contact_name": None}, {"contact_name": None, "contact_email": CONTACT_EMAIL}),
        ({"contact_email": None}, {"contact_name": CONTACT_NAME, "contact_email": None}),
        ({"contact_name": None, "contact_email": None}, {"contact_name": None, "contact_email": None}),
        ({"contact_name": OTHER["contact_name"]}, CONTACT | {"contact_name": OTHER["contact_name"]}),
        ({"name": "새 이름"}, CONTACT),
    ],
)
async def test_contact_is_amended_field_by_field(company: Caller, patch: dict[str, Any], left: dict[str, Any]) -> None:
    at = f"/v1/factories/{(await register_factory(company, **CONTACT))['id']}"
    amended = (await company.patch(at, patch, if_match='"1"')).json()
    assert amended | left == amended == (await company.get(at)).json()


async def test_contact_given_later_is_kept_and_makes_a_version(company: Caller) -> None:
    at = f"/v1/factories/{(await register_factory(company, **dict.fromkeys(CONTACT)))['id']}"
    amended = await company.patch(at, CONTACT, if_match='"1"')
    assert amended.json() | CONTACT == amended.json()
    assert amended.headers["etag"] == '"2"'
    (item,) = (await company.get(f"/v1/factories?organization={company.organization_id}")).json()["items"]
    assert item == amended.json()


async def test_change_of_the_contact_leaves_a_verified_factory_verified_and_its_count_alone(
    shared_api: Api, company: Caller
) -> None:
    ministry = await shared_api.caller("ministry")
    factory = await register_factory(company, **CONTACT)
    at = f"/v1/factories/{factory['id']}"
    await ministry.post(f"{at}/verify")
    await company.patch(at, OTHER, if_match="*")
    assert (await company.post(f"{at}/erase-contact")).json()["status"] == "verified"
    standings = "SELECT count(*) FROM standing WHERE record_id = $1::text::uuid"
    assert await shared_api.database.pool.fetchval(standings, factory["id"]) == 2


async def test_refusals_do_not_tell_the_contact(company: Caller) -> None:
    for body in (factory_body(contact_email=CONTACT_NAME), factory_body(contact_name=CONTACT_EMAIL * 20)):
        answer = await company.post("/v1/factories", body)
        assert answer.status_code == 422
        assert CONTACT_NAME not in answer.text
        assert CONTACT_EMAIL not in answer.text
