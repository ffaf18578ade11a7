"""Organizations over HTTP: who sees and changes what, what bad values get, and how lists page."""

from typing import Any
from uuid import UUID

import pytest

from tests.api.builders import factory_body
from tests.api.conftest import Api, Caller
from tests.api.problems import code_of, errors_of
from tests.core.builders import make_business_number

ORGANIZATIONS = "/v1/organizations"
EMAIL = "ax@example.com"
NOBODY = "019ab2c4-7d10-7abc-9def-0123456789ab"


def make_body(**given: Any) -> dict[str, Any]:
    return {"name": "가상정밀", "kind": "company"} | given


async def create(by: Caller, **given: Any) -> dict[str, Any]:
    answer = await by.post(ORGANIZATIONS, make_body(**given))
    assert answer.status_code == 201, answer.text
    return answer.json()


def own(caller: Caller) -> str:
    return f"{ORGANIZATIONS}/{caller.organization_id}"


async def last_entry(api: Api, record_id: str) -> Any:
    return await api.database.pool.fetchrow(
        "SELECT action, actor_id, before::text, after::text, changed FROM audit_entry WHERE record_id = $1"
        " ORDER BY id DESC LIMIT 1",
        record_id,
    )


# Creating


async def test_created_organization_is_answered_whole_with_location_and_etag(api: Api) -> None:
    ministry = await api.caller("ministry")
    number = make_business_number("123456789")
    body = make_body(
        name=" 가상  정밀 ",
        name_en="Gasang Precision",
        business_registration_number=f"{number[:3]}-{number[3:5]}-{number[5:]}",
        contact_email=EMAIL,
    )
    answer = await ministry.post(ORGANIZATIONS, body)
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{ORGANIZATIONS}/{made['id']}"
    assert answer.headers["etag"] == '"1"'
    assert UUID(made["id"]).version == 7
    assert made["created_at"] == made["registered_at"] == made["updated_at"]
    assert made["created_at"].endswith("Z")
    expected = {
        "name": "가상 정밀",
        "name_en": "Gasang Precision",
        "kind": "company",
        "business_registration_number": number,
        "contact_email": EMAIL,
        "state": "active",
        "synthetic": False,
        "version": 1,
    }
    assert expected.items() <= made.items()
    assert (await ministry.get(answer.headers["location"])).json() == made


@pytest.mark.parametrize("role", ["company", "partner"])
async def test_only_staff_create_organizations(api: Api, role: str) -> None:
    caller = await api.caller(role)
    assert code_of(await caller.post(ORGANIZATIONS, make_body())) == (403, "forbidden")


async def test_anonymous_callers_are_asked_who_they_are(api: Api) -> None:
    someone = await api.caller("company")
    answers = [
        await api.anonymous.get(ORGANIZATIONS),
        await api.anonymous.post(ORGANIZATIONS, make_body()),
        await api.anonymous.get(own(someone)),
        await api.anonymous.patch(own(someone), {}),
    ]
    assert {code_of(answer) for answer in answers} == {(401, "not_authenticated")}


BAD_VALUES = [
    ("name", None, "required", "required"),
    ("name", "", "empty", "not be empty"),
    ("name", " \n ", "empty", "not be empty"),
    ("name", 7, "not_text", "string"),
    ("name", ["가상정밀"], "not_text", "string"),
    ("name", "가" * 201, "too_long", "200"),
    ("name", "가상\x00정밀", "control_character", "control"),
    ("name_en", "", "empty", "not be empty"),
    ("name_en", 7, "not_text", "string"),
    ("name_en", "x" * 201, "too_long", "200"),
    ("name_en", "a\x1b", "control_character", "control"),
    ("kind", None, "required", "required"),
    ("kind", "bank", "not_one_of", "company, partner, ministry"),
    ("kind", "", "not_one_of", "company, partner, ministry"),
    ("kind", ["company"], "not_one_of", "company, partner, ministry"),
    ("business_registration_number", "123-45-67890", "bad_business_number", "check digit"),
    ("business_registration_number", "12345", "bad_business_number", "10 digits"),
    ("business_registration_number", 1234567891, "not_text", "string"),
    ("business_registration_number", "", "empty", "not be empty"),
    ("contact_email", "not an address", "not_an_email", "ax@example.com"),
    ("contact_email", "", "empty", "not be empty"),
    ("contact_email", 7, "not_text", "string"),
    ("contact_email", f"{'a' * 64}@{'b' * 190}.com", "too_long", "254"),
    ("state", "asleep", "not_one_of", "active, closed"),
    ("state", True, "not_one_of", "active, closed"),
    ("colour", "red", "unknown_field", "name_en"),
    ("id", NOBODY, "read_only", "registry sets"),
    ("version", 1, "read_only", "registry sets"),
    ("synthetic", True, "read_only", "registry sets"),
    ("created_at", "2026-01-01T00:00:00Z", "read_only", "registry sets"),
    ("registered_at", "2026-01-01T00:00:00Z", "read_only", "registry sets"),
    ("updated_at", "2026-01-01T00:00:00Z", "read_only", "registry sets"),
]


@pytest.mark.parametrize(("field", "value", "code", "remedy"), BAD_VALUES)
async def test_bad_value_is_refused_by_name_with_its_remedy(
    api: Api, field: str, value: Any, code: str, remedy: str
) -> None:
    ministry = await api.caller("ministry")
    answer = await ministry.post(ORGANIZATIONS, make_body(**{field: value}), accept_language="en")
    assert errors_of(answer) == [(f"#/{field}", code)]
    assert remedy in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(("field", "value", "code", "remedy"), BAD_VALUES)
async def test_bad_value_in_a_patch_is_refused_by_name_with_its_remedy(
    api: Api, field: str, value: Any, code: str, remedy: str
) -> None:
    ministry = await api.caller("ministry")
    answer = await ministry.patch(own(ministry), {field: value}, if_match='"1"', accept_language="en")
    assert errors_of(answer) == [(f"#/{field}", code)]
    assert remedy in answer.json()["errors"][0]["message"]


async def test_every_error_of_a_body_is_told_at_once_in_korean(api: Api) -> None:
    ministry = await api.caller("ministry")
    answer = await ministry.post(ORGANIZATIONS, {"kind": "bank", "colour": "red"})
    assert sorted(errors_of(answer)) == [
        ("#/colour", "unknown_field"),
        ("#/kind", "not_one_of"),
        ("#/name", "required"),
    ]
    assert "필수" in answer.text


async def test_business_number_is_given_once(api: Api) -> None:
    ministry = await api.caller("ministry")
    number = make_business_number("123456789")
    await create(ministry, business_registration_number=number)
    other = await create(ministry, name="다른정밀")
    again = await ministry.post(ORGANIZATIONS, make_body(business_registration_number=number))
    patched = await ministry.patch(
        f"{ORGANIZATIONS}/{other['id']}", {"business_registration_number": number}, if_match='"1"'
    )
    assert code_of(again) == code_of(patched) == (409, "already_registered")
    assert "business_registration_number" in again.text
    assert (await ministry.get(f"{ORGANIZATIONS}/{other['id']}")).json()["version"] == 1


async def test_two_may_be_without_a_business_number(api: Api) -> None:
    ministry = await api.caller("ministry")
    first, second = await create(ministry), await create(ministry)
    assert first["id"] != second["id"]


# Repeating


async def test_repeated_creation_is_answered_as_the_first_time(api: Api) -> None:
    ministry = await api.caller("ministry")
    first = await ministry.post(ORGANIZATIONS, make_body(contact_email=EMAIL), idempotency_key="one")
    second = await ministry.post(ORGANIZATIONS, make_body(contact_email=EMAIL), idempotency_key="one")
    assert (second.status_code, second.json()) == (201, first.json())
    assert [second.headers[name] for name in ("location", "etag")] == [
        first.headers[name] for name in ("location", "etag")
    ]
    assert await api.database.pool.fetchval("SELECT count(*) FROM organization WHERE name = '가상정밀'") == 1


async def test_kept_answer_holds_no_contact_and_tells_the_present_one(api: Api) -> None:
    ministry = await api.caller("ministry")
    first = await ministry.post(ORGANIZATIONS, make_body(contact_email=EMAIL), idempotency_key="one")
    await ministry.patch(first.headers["location"], {"contact_email": None}, if_match='"1"')
    second = await ministry.post(ORGANIZATIONS, make_body(contact_email=EMAIL), idempotency_key="one")
    kept = await api.database.pool.fetchval("SELECT body FROM idempotent_answer")
    assert "contact_email" not in kept
    assert second.json()["contact_email"] is None


async def test_same_key_with_another_body_is_refused(api: Api) -> None:
    ministry = await api.caller("ministry")
    await ministry.post(ORGANIZATIONS, make_body(), idempotency_key="one")
    answer = await ministry.post(ORGANIZATIONS, make_body(name="다른정밀"), idempotency_key="one")
    assert code_of(answer) == (422, "idempotency_key_reused")


async def test_same_key_of_another_caller_is_another_request(api: Api) -> None:
    one, other = await api.caller("ministry"), await api.caller("ministry")
    first = await one.post(ORGANIZATIONS, make_body(), idempotency_key="one")
    second = await other.post(ORGANIZATIONS, make_body(), idempotency_key="one")
    assert first.json()["id"] != second.json()["id"]


async def test_refusals_are_not_kept(api: Api) -> None:
    ministry = await api.caller("ministry")
    refused = await ministry.post(ORGANIZATIONS, make_body(kind="bank"), idempotency_key="one")
    taken = await ministry.post(ORGANIZATIONS, make_body(), idempotency_key="one")
    assert (refused.status_code, taken.status_code) == (422, 201)


async def test_answers_are_kept_for_a_day(api: Api) -> None:
    ministry = await api.caller("ministry")
    first = await ministry.post(ORGANIZATIONS, make_body(), idempotency_key="one")
    api.clock.advance(hours=24, seconds=1)
    second = await ministry.post(ORGANIZATIONS, make_body(), idempotency_key="one")
    third = await ministry.post(ORGANIZATIONS, make_body(), idempotency_key="one")
    assert first.json()["id"] != second.json()["id"] == third.json()["id"]


async def test_request_that_is_still_being_answered_is_not_answered_twice(api: Api) -> None:
    ministry = await api.caller("ministry")
    await ministry.post(ORGANIZATIONS, make_body(), idempotency_key="one")
    async with api.database.pool.acquire() as rival, rival.transaction():
        # Another process has claimed the key and has not finished; its answer is not there yet.
        await rival.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(encode(scope, 'hex'), 0)) FROM idempotent_answer"
        )
        known = await ministry.post(ORGANIZATIONS, make_body(), idempotency_key="one")
        await api.database.pool.execute("DELETE FROM idempotent_answer")
        running = await ministry.post(ORGANIZATIONS, make_body(), idempotency_key="one")
    assert known.status_code == 201
    assert code_of(running) == (409, "idempotency_key_in_use")


@pytest.mark.parametrize("key", ["", "a b", "k" * 256])
async def test_unreadable_idempotency_key_is_refused(api: Api, key: str) -> None:
    ministry = await api.caller("ministry")
    answer = await ministry.post(ORGANIZATIONS, make_body(), idempotency_key=key)
    assert code_of(answer) == (400, "malformed_request")


# Reading


@pytest.mark.parametrize("role", ["company", "partner"])
async def test_owner_sees_its_own_organization_whole_and_no_other(api: Api, role: str) -> None:
    owner, other = await api.caller(role), await api.caller("company")
    await owner.patch(own(owner), {"contact_email": EMAIL}, if_match='"1"')
    assert (await owner.get(own(owner))).json()["contact_email"] == EMAIL
    unseen = [await owner.get(own(other)), await owner.patch(own(other), {"name_en": "X"}, if_match='"1"')]
    assert {code_of(answer) for answer in unseen} == {(404, "not_found")}


@pytest.mark.parametrize("role", ["ministry", "operator"])
async def test_staff_see_every_organization_whole(api: Api, role: str) -> None:
    staff, company = await api.caller(role), await api.caller("company")
    await company.patch(own(company), {"contact_email": EMAIL}, if_match='"1"')
    assert (await staff.get(own(company))).json()["contact_email"] == EMAIL


@pytest.mark.parametrize("name", ["7", "not-a-uuid", NOBODY, "%00"])
async def test_unknown_id_is_not_found(api: Api, name: str) -> None:
    ministry = await api.caller("ministry")
    assert code_of(await ministry.get(f"{ORGANIZATIONS}/{name}")) == (404, "not_found")
    assert code_of(await ministry.patch(f"{ORGANIZATIONS}/{name}", {})) == (404, "not_found")


async def test_known_version_is_not_sent_again(api: Api) -> None:
    company = await api.caller("company")
    answer = await company.get(own(company), if_none_match='"1"')
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"1"')


# Amending


@pytest.mark.parametrize("role", ["company", "partner"])
async def test_owner_amends_its_english_name_and_contact(api: Api, role: str) -> None:
    owner = await api.caller(role)
    answer = await owner.patch(own(owner), {"name_en": "Gasang", "contact_email": EMAIL}, if_match='"1"')
    amended = answer.json()
    assert (answer.status_code, answer.headers["etag"], amended["version"]) == (200, '"2"', 2)
    assert (amended["name_en"], amended["contact_email"]) == ("Gasang", EMAIL)
    assert amended["updated_at"] > amended["created_at"]
    assert (await owner.get(own(owner))).json() == amended


@pytest.mark.parametrize(
    "patch",
    [
        {"name": "다른이름"},
        {"name": 7},
        {"kind": "ministry"},
        {"state": "closed"},
        {"business_registration_number": make_business_number("123456789")},
        {"business_registration_number": None},
    ],
)
async def test_owner_is_told_which_field_is_the_ministrys(api: Api, patch: dict[str, Any]) -> None:
    owner = await api.caller("company")
    answer = await owner.patch(own(owner), {"name_en": "Gasang"} | patch, if_match='"1"')
    assert errors_of(answer) == [(f"#/{next(iter(patch))}", "ministry_only")]
    assert (await owner.get(own(owner))).json()["version"] == 1


async def test_owner_is_told_of_unknown_and_read_only_fields_too(api: Api) -> None:
    owner = await api.caller("company")
    answer = await owner.patch(own(owner), {"colour": 1, "id": "x", "state": "active", "name_en": 7}, if_match='"1"')
    assert sorted(errors_of(answer)) == [
        ("#/colour", "unknown_field"),
        ("#/id", "read_only"),
        ("#/name_en", "not_text"),
        ("#/state", "ministry_only"),
    ]


@pytest.mark.parametrize("role", ["ministry", "operator"])
async def test_staff_amend_every_field_of_anyone(api: Api, role: str) -> None:
    staff, company = await api.caller(role), await api.caller("company")
    number = make_business_number("123456789")
    patch = {"name": "새이름", "state": "closed", "business_registration_number": number}
    answer = await staff.patch(own(company), patch, if_match='"1"')
    assert patch.items() <= answer.json().items()


async def test_null_clears_a_field_that_may_be_empty(api: Api) -> None:
    company = await api.caller("company")
    await company.patch(own(company), {"name_en": "Gasang", "contact_email": EMAIL}, if_match='"1"')
    answer = await company.patch(own(company), {"name_en": None, "contact_email": None}, if_match='"2"')
    assert (answer.json()["name_en"], answer.json()["contact_email"]) == (None, None)
    assert await api.database.pool.fetchval("SELECT count(*) FROM contact") == 0


async def test_null_opens_no_closed_organization(api: Api) -> None:
    ministry = await api.caller("ministry")
    made = await create(ministry, state="closed")
    answer = await ministry.patch(f"{ORGANIZATIONS}/{made['id']}", {"state": None}, if_match='"1"')
    assert errors_of(answer) == [("#/state", "required")]


@pytest.mark.parametrize("patch", [{}, {"name_en": None}, {"contact_email": None}])
async def test_patch_that_changes_nothing_writes_nothing(api: Api, patch: dict[str, Any]) -> None:
    company = await api.caller("company")
    before = (await company.get(own(company))).json()
    answer = await company.patch(own(company), patch, if_match='"1"')
    assert (answer.status_code, answer.headers["etag"], answer.json()) == (200, '"1"', before)
    assert await last_entry(api, str(company.organization_id)) is None


@pytest.mark.parametrize(
    ("if_match", "status", "code"),
    [
        (None, 428, "precondition_required"),
        ('"2"', 412, "precondition_failed"),
        ('W/"1"', 412, "precondition_failed"),
        ("1", 412, "precondition_failed"),
    ],
)
async def test_patch_names_the_version_it_changes(api: Api, if_match: str | None, status: int, code: str) -> None:
    company = await api.caller("company")
    headers = {"if_match": if_match} if if_match else {}
    answer = await company.patch(own(company), {"name_en": 7}, **headers)
    assert code_of(answer) == (status, code)


async def test_second_of_two_changes_of_one_version_is_refused(api: Api) -> None:
    company = await api.caller("company")
    first = await company.patch(own(company), {"name_en": "One"}, if_match='"1"')
    second = await company.patch(own(company), {"name_en": "Two"}, if_match='"1"')
    assert (first.status_code, code_of(second)) == (200, (412, "precondition_failed"))


async def test_body_is_judged_after_visibility_and_before_the_version(api: Api) -> None:
    company, other = await api.caller("company"), await api.caller("company")
    headers = company.headers | {"Content-Type": "text/plain"}
    unseen = await api.client.patch(own(other), content=b"{", headers=headers)
    wrong_type = await api.client.patch(own(company), content=b"{}", headers=headers)
    malformed = await api.client.patch(
        own(company), content=b"{", headers=headers | {"Content-Type": "application/json"}
    )
    large = await company.patch(own(company), {"name_en": "x" * 1024 * 1024})
    assert [code_of(answer) for answer in (unseen, wrong_type, malformed, large)] == [
        (404, "not_found"),
        (415, "unsupported_media_type"),
        (400, "malformed_json"),
        (413, "body_too_large"),
    ]


@pytest.mark.parametrize(("role", "kind"), [("company", "partner"), ("operator", "company"), ("ministry", "partner")])
async def test_kind_does_not_change_under_the_keys_in_force(api: Api, role: str, kind: str) -> None:
    staff, holder = await api.caller("operator"), await api.caller(role)
    answer = await staff.patch(own(holder), {"kind": kind}, if_match='"1"', accept_language="en")
    assert errors_of(answer) == [("#/kind", "keys_do_not_fit")]
    assert role in answer.json()["errors"][0]["message"]


async def test_kind_changes_once_the_keys_are_revoked(api: Api) -> None:
    staff, holder = await api.caller("operator"), await api.caller("company")
    await staff.delete(f"{own(holder)}/api-keys/{holder.key_id}")
    answer = await staff.patch(own(holder), {"kind": "partner"}, if_match='"1"')
    assert (answer.status_code, answer.json()["kind"]) == (200, "partner")


# Closed organizations


@pytest.mark.parametrize("role", ["company", "ministry"])
async def test_closed_organization_reads_and_does_not_write(api: Api, role: str) -> None:
    closed = await api.caller(role, state="closed")
    assert (await closed.get(own(closed))).json()["state"] == "closed"
    answer = await closed.patch(own(closed), {"name_en": 7})
    assert code_of(answer) == (403, "organization_closed")


async def test_closed_ministry_creates_no_organization(api: Api) -> None:
    closed = await api.caller("ministry", state="closed")
    assert code_of(await closed.post(ORGANIZATIONS, make_body())) == (403, "organization_closed")


# The audit of it


async def test_creation_is_audited_whole_but_for_the_contact(api: Api) -> None:
    ministry = await api.caller("ministry")
    made = await create(ministry, contact_email=EMAIL)
    entry = await last_entry(api, made["id"])
    assert (entry["action"], entry["actor_id"], entry["before"]) == ("created", str(ministry.key_id), None)
    assert '"name": "가상정밀"' in entry["after"]
    assert "contact_email" not in entry["after"]


async def test_change_is_audited_with_the_changed_fields_alone(api: Api) -> None:
    ministry, company = await api.caller("ministry"), await api.caller("company")
    await ministry.patch(own(company), {"name_en": "Gasang", "contact_email": EMAIL}, if_match='"1"')
    entry = await last_entry(api, str(company.organization_id))
    assert (entry["before"], entry["after"]) == ('{"name_en": null}', '{"name_en": "Gasang"}')
    assert entry["changed"] == ["contact_email", "name_en"]


async def test_contact_stands_in_its_own_table_alone(api: Api) -> None:
    ministry = await api.caller("ministry")
    made = await ministry.post(ORGANIZATIONS, make_body(contact_email=EMAIL), idempotency_key="one")
    await ministry.patch(made.headers["location"], {"contact_email": "new@example.com"}, if_match='"1"')
    tables = ("organization", "audit_entry", "idempotent_answer", "api_key")
    rows = [await api.database.pool.fetchval(f"SELECT json_agg(t)::text FROM {table} t") for table in tables]
    assert not [row for row in rows if row and "@example.com" in row]
    assert await api.database.pool.fetchval("SELECT email FROM contact") == "new@example.com"


# Lists


async def names_in(caller: Caller, query: str = "") -> list[str]:
    answer = await caller.get(f"{ORGANIZATIONS}{query}")
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


@pytest.mark.parametrize("role", ["company", "partner"])
async def test_others_list_their_own_organization_alone(api: Api, role: str) -> None:
    caller, _ = await api.caller(role), await api.caller("company")
    answer = await caller.get(ORGANIZATIONS)
    assert [item["id"] for item in answer.json()["items"]] == [str(caller.organization_id)]
    assert answer.json()["next"] is None
    assert await names_in(caller, "?state=closed") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=정밀", ["나정밀", "가정밀"]),
        ("?q=PRECISION", ["가정밀"]),
        ("?q=ｐｒｅｃ", ["가정밀"]),
        ("?q=100%25", []),
        ("?q=__", []),
        ("?q=정밀&kind=partner", ["나정밀"]),
        ("?q=정밀&state=closed", ["나정밀"]),
        ("?kind=company", ["다공업", "가정밀"]),
    ],
)
async def test_filters_narrow_the_list(api: Api, query: str, found: list[str]) -> None:
    ministry = await api.caller("ministry")
    await create(ministry, name="가정밀", name_en="Ga Precision")
    await create(ministry, name="나정밀", kind="partner", state="closed")
    await create(ministry, name="다공업")
    assert await names_in(ministry, query) == found


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("registered_at", "나가다"),
        ("-registered_at", "다가나"),
        ("name", "가나다"),
        ("-name", "다나가"),
        ("updated_at", "나다가"),
        ("-updated_at", "가다나"),
    ],
)
async def test_list_is_sorted_and_paged_in_every_order(api: Api, sort: str, order: str) -> None:
    ministry = await api.caller("ministry")
    made = {name: await create(ministry, name=f"{name}회사") for name in "나가다"}
    await ministry.patch(f"{ORGANIZATIONS}/{made['가']['id']}", {"name_en": "Ga"}, if_match='"1"')
    seen, path = "", f"{ORGANIZATIONS}?kind=company&limit=2&sort={sort}"
    while path:
        answer = await ministry.get(path)
        seen += "".join(item["name"][0] for item in answer.json()["items"])
        path = answer.links["next"]["url"] if "next" in answer.links else ""
        assert bool(path) == (answer.json()["next"] is not None)
    assert seen == order


async def test_pages_stay_whole_while_others_write(api: Api) -> None:
    ministry = await api.caller("ministry")
    for name in "가나다라":
        await create(ministry, name=f"{name}회사")
    first = (await ministry.get(f"{ORGANIZATIONS}?kind=company&limit=2")).json()
    await create(ministry, name="마회사")
    second = (await ministry.get(f"{ORGANIZATIONS}?kind=company&limit=2&after={first['next']}")).json()
    assert [item["name"][0] for item in first["items"] + second["items"]] == ["라", "다", "나", "가"]


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("?limit=0", "limit", "out_of_range"),
        ("?limit=201", "limit", "out_of_range"),
        ("?limit=many", "limit", "not_an_integer"),
        ("?limit=2&limit=3", "limit", "repeated_parameter"),
        ("?after=", "after", "bad_cursor"),
        ("?after=abc", "after", "bad_cursor"),
        ("?q=정", "q", "too_short"),
        ("?q=", "q", "empty"),
        ("?q=%00%00", "q", "control_character"),
        ("?kind=bank", "kind", "not_one_of"),
        ("?state=asleep", "state", "not_one_of"),
        ("?sort=colour", "sort", "not_one_of"),
        ("?colour=red", "colour", "unknown_parameter"),
    ],
)
async def test_bad_parameter_is_refused_by_name(api: Api, query: str, parameter: str, code: str) -> None:
    ministry = await api.caller("ministry")
    assert errors_of(await ministry.get(f"{ORGANIZATIONS}{query}")) == [(parameter, code)]


async def test_cursor_of_another_order_is_not_taken(api: Api) -> None:
    ministry, _ = await api.caller("ministry"), await api.caller("ministry")
    following = (await ministry.get(f"{ORGANIZATIONS}?limit=1&sort=name")).json()["next"]
    answer = await ministry.get(f"{ORGANIZATIONS}?limit=1&sort=-name&after={following}")
    assert errors_of(answer) == [("after", "bad_cursor")]


async def test_closing_holds_at_once_on_the_process_that_closed(api: Api) -> None:
    company, ministry = await api.caller("company"), await api.caller("ministry")
    at = f"/v1/organizations/{company.organization_id}"
    await company.get(at)
    await ministry.patch(at, {"state": "closed"}, if_match='"1"')
    assert (await company.post("/v1/factories", factory_body())).status_code == 403
    assert "records:write" not in (await company.get("/v1/me")).json()["may"]


async def test_revoking_holds_at_once_on_the_process_that_revoked(api: Api) -> None:
    company, ministry = await api.caller("company"), await api.caller("ministry")
    at = f"/v1/organizations/{company.organization_id}"
    assert (await company.get(at)).status_code == 200
    await ministry.delete(f"{at}/api-keys/{company.key_id}")
    assert (await company.get(at)).status_code == 401
