"""API keys over HTTP: who manages whose, what bad values get, and that a key is shown once and can be taken back."""

import asyncio
import hashlib
from typing import Any

import httpx
import pytest

from tests.api.conftest import Api, Caller, running_app
from tests.api.problems import code_of, errors_of

NOBODY = "019ab2c4-7d10-7abc-9def-0123456789ab"
SHOWN_AFTERWARDS = {
    "id",
    "organization_id",
    "label",
    "role",
    "prefix",
    "created_at",
    "expires_at",
    "last_used_at",
}


def keys_of(caller: Caller) -> str:
    return f"/v1/organizations/{caller.organization_id}/api-keys"


def make_body(**given: Any) -> dict[str, Any]:
    return {"label": "생산관리 시스템", "role": "company"} | given


async def call_with(api: Api, key: str) -> httpx.Response:
    return await api.client.get("/v1/me", headers={"Authorization": f"Bearer {key}"})


# Making keys


async def test_new_key_is_shown_once_and_works(api: Api) -> None:
    company = await api.caller("company")
    answer = await company.post(keys_of(company), make_body(expires_at="2026-12-24T18:00:00+09:00"))
    made = answer.json()
    assert answer.status_code == 201
    assert set(made) == SHOWN_AFTERWARDS | {"key"}
    assert made["key"].startswith(f"axr_{made['prefix']}")
    assert len(made["prefix"]) == 8
    assert made["expires_at"] == "2026-12-24T09:00:00.000000Z"
    assert made["last_used_at"] is None
    assert (answer.headers["location"], answer.headers["etag"]) == (f"{keys_of(company)}/{made['id']}", '"1"')
    assert (await call_with(api, made["key"])).json()["key"]["id"] == made["id"]


async def test_key_is_shown_nowhere_else(api: Api) -> None:
    company = await api.caller("company")
    made = (await company.post(keys_of(company), make_body())).json()
    listed = await company.get(keys_of(company))
    single = await company.get(f"{keys_of(company)}/{made['id']}")
    assert set(single.json()) == SHOWN_AFTERWARDS
    assert made["key"] not in listed.text + single.text


async def test_only_the_digest_of_a_key_is_kept(api: Api) -> None:
    company = await api.caller("company")
    made = (await company.post(keys_of(company), make_body(), idempotency_key="one")).json()
    tables = ("api_key", "audit_entry", "idempotent_answer")
    rows = [await api.database.pool.fetchval(f"SELECT json_agg(t)::text FROM {table} t") for table in tables]
    assert not [row for row in rows if made["key"].removeprefix("axr_") in row]
    digest = await api.database.pool.fetchval("SELECT digest FROM api_key WHERE label = '생산관리 시스템'")
    assert digest == hashlib.sha256(made["key"].encode()).digest()


BAD_VALUES = [
    ("label", None, "required", "required"),
    ("label", "", "empty", "not be empty"),
    ("label", 7, "not_text", "string"),
    ("label", "x" * 501, "too_long", "500"),
    ("label", "a\x00b", "control_character", "control"),
    ("role", None, "required", "required"),
    ("role", "king", "not_one_of", "company, partner, ministry, operator"),
    ("role", "anonymous", "not_one_of", "company, partner, ministry, operator"),
    ("role", ["company"], "not_one_of", "company, partner, ministry, operator"),
    ("role", "partner", "role_does_not_fit", "company"),
    ("role", "ministry", "role_does_not_fit", "company"),
    ("expires_at", "tomorrow", "not_an_instant", "2026-11-22T09:00:00Z"),
    ("expires_at", "2027-01-01", "not_an_instant", "2026-11-22T09:00:00Z"),
    ("expires_at", "2027-01-01T00:00:00", "not_an_instant", "zone"),
    ("expires_at", 1796083200, "not_an_instant", "2026-11-22T09:00:00Z"),
    ("expires_at", "2026-11-25T02:59:59Z", "in_the_past", "future"),
    ("expires_at", "2026-11-25T12:00:00+09:00", "in_the_past", "future"),
    ("expires_at", "2200-01-01T00:00:00Z", "out_of_range", "2199"),
    ("colour", "red", "unknown_field", "expires_at"),
    ("key", "axr_mine", "read_only", "registry sets"),
    ("prefix", "axr_mine", "read_only", "registry sets"),
    ("id", NOBODY, "read_only", "registry sets"),
    ("organization_id", NOBODY, "read_only", "registry sets"),
    ("created_at", "2026-01-01T00:00:00Z", "read_only", "registry sets"),
    ("last_used_at", "2026-01-01T00:00:00Z", "read_only", "registry sets"),
]


@pytest.mark.parametrize(("field", "value", "code", "remedy"), BAD_VALUES)
async def test_bad_value_is_refused_by_name_with_its_remedy(
    api: Api, field: str, value: Any, code: str, remedy: str
) -> None:
    company = await api.caller("company")
    answer = await company.post(keys_of(company), make_body(**{field: value}), accept_language="en")
    assert errors_of(answer) == [(f"#/{field}", code)]
    assert remedy in answer.json()["errors"][0]["message"]


async def test_every_error_of_a_body_is_told_at_once(api: Api) -> None:
    company = await api.caller("company")
    body = {"role": "partner", "expires_at": "2020-01-01T00:00:00Z", "colour": "red"}
    assert sorted(errors_of(await company.post(keys_of(company), body))) == [
        ("#/colour", "unknown_field"),
        ("#/expires_at", "in_the_past"),
        ("#/label", "required"),
        ("#/role", "role_does_not_fit"),
    ]


@pytest.mark.parametrize(
    ("by", "of", "role", "status"),
    [
        ("company", "own", "company", 201),
        ("company", "own", "operator", 403),
        ("company", "company", "company", 404),
        ("company", "ministry", "ministry", 404),
        ("partner", "own", "partner", 201),
        ("partner", "own", "company", 422),
        ("partner", "company", "company", 404),
        ("ministry", "own", "ministry", 201),
        ("ministry", "own", "operator", 403),
        ("ministry", "own", "company", 422),
        ("ministry", "company", "company", 201),
        ("ministry", "company", "operator", 403),
        ("ministry", "partner", "partner", 201),
        ("ministry", "ministry", "ministry", 403),
        ("ministry", "operator", "ministry", 403),
        ("operator", "own", "operator", 201),
        ("operator", "own", "ministry", 201),
        ("operator", "ministry", "operator", 201),
        ("operator", "company", "company", 201),
        ("operator", "company", "operator", 422),
    ],
)
async def test_who_makes_keys_of_which_role_for_whom(api: Api, by: str, of: str, role: str, status: int) -> None:
    caller = await api.caller(by)
    holder = caller if of == "own" else await api.caller(of)
    answer = await caller.post(keys_of(holder), make_body(role=role))
    assert answer.status_code == status, answer.text


async def test_anonymous_callers_are_asked_who_they_are(api: Api) -> None:
    company = await api.caller("company")
    answers = [
        await api.anonymous.get(keys_of(company)),
        await api.anonymous.post(keys_of(company), make_body()),
        await api.anonymous.get(f"{keys_of(company)}/{company.key_id}"),
        await api.anonymous.delete(f"{keys_of(company)}/{company.key_id}"),
    ]
    assert {code_of(answer) for answer in answers} == {(401, "not_authenticated")}


async def test_right_is_judged_before_the_body(api: Api) -> None:
    ministry, other = await api.caller("ministry"), await api.caller("ministry")
    company = await api.caller("company")
    headers = {"content_type": "text/plain"}
    assert code_of(await ministry.post(keys_of(other), {}, **headers)) == (403, "forbidden")
    assert code_of(await company.post(keys_of(other), {}, **headers)) == (404, "not_found")
    assert code_of(await company.post(keys_of(company), {}, **headers)) == (415, "unsupported_media_type")


# Repeating


async def test_repeated_creation_makes_one_key_and_does_not_show_it_again(api: Api) -> None:
    company = await api.caller("company")
    first = await company.post(keys_of(company), make_body(), idempotency_key="one")
    second = await company.post(keys_of(company), make_body(), idempotency_key="one")
    shown = first.json()
    key = shown.pop("key")
    assert (second.status_code, second.json()) == (201, shown)
    assert second.headers["location"] == first.headers["location"]
    assert (await call_with(api, key)).status_code == 200
    assert len((await company.get(keys_of(company))).json()["items"]) == 2


async def test_same_idempotency_key_with_another_body_is_refused(api: Api) -> None:
    company = await api.caller("company")
    await company.post(keys_of(company), make_body(), idempotency_key="one")
    answer = await company.post(keys_of(company), make_body(label="다른 시스템"), idempotency_key="one")
    assert code_of(answer) == (422, "idempotency_key_reused")


async def test_same_idempotency_key_at_another_path_is_another_request(api: Api) -> None:
    ministry, one, other = await api.caller("ministry"), await api.caller("company"), await api.caller("company")
    first = await ministry.post(keys_of(one), make_body(), idempotency_key="one")
    second = await ministry.post(keys_of(other), make_body(), idempotency_key="one")
    assert first.json()["id"] != second.json()["id"]
    assert "key" in second.json()


async def test_simultaneous_repeats_make_one_key(api: Api) -> None:
    company = await api.caller("company")
    answers = await asyncio.gather(
        *(company.post(keys_of(company), make_body(), idempotency_key="one") for _ in range(5))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len([answer for answer in answers if answer.status_code == 201 and "key" in answer.json()]) == 1
    assert len((await company.get(keys_of(company))).json()["items"]) == 2


# Listing


async def test_keys_are_listed_newest_first_page_by_page(api: Api) -> None:
    ministry, company = await api.caller("ministry"), await api.caller("company")
    made = [(await ministry.post(keys_of(company), make_body(label=str(n)))).json() for n in range(3)]
    seen: list[str] = []
    path = f"{keys_of(company)}?limit=2"
    while path:
        answer = await ministry.get(path)
        seen += [item["label"] for item in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert [label for label in seen if label != "test"] == ["2", "1", "0"]
    assert len(seen) == len(made) + 1


async def test_last_use_is_told(api: Api) -> None:
    company = await api.caller("company")
    await company.get("/v1/me")
    answer = await company.get(f"{keys_of(company)}/{company.key_id}")
    assert answer.json()["last_used_at"] >= answer.json()["created_at"]


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("?limit=0", "limit", "out_of_range"),
        ("?after=abc", "after", "bad_cursor"),
        ("?sort=label", "sort", "unknown_parameter"),
    ],
)
async def test_bad_parameter_is_refused_by_name(api: Api, query: str, parameter: str, code: str) -> None:
    company = await api.caller("company")
    assert errors_of(await company.get(f"{keys_of(company)}{query}")) == [(parameter, code)]


async def test_cursor_of_another_organizations_keys_is_not_taken(api: Api) -> None:
    ministry, one, other = await api.caller("ministry"), await api.caller("company"), await api.caller("company")
    await ministry.post(keys_of(one), make_body())
    following = (await ministry.get(f"{keys_of(one)}?limit=1")).json()["next"]
    answer = await ministry.get(f"{keys_of(other)}?limit=1&after={following}")
    assert errors_of(answer) == [("after", "bad_cursor")]


# Revoking


async def test_revoked_key_is_gone(api: Api) -> None:
    company = await api.caller("company")
    made = (await company.post(keys_of(company), make_body())).json()
    path = f"{keys_of(company)}/{made['id']}"
    answer = await company.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert code_of(await company.delete(path)) == code_of(await company.get(path)) == (404, "not_found")
    assert made["id"] not in (await company.get(keys_of(company))).text


async def test_revoked_key_is_refused_at_once_by_a_process_that_does_not_know_it(api: Api) -> None:
    company = await api.caller("company")
    made = (await company.post(keys_of(company), make_body())).json()
    await company.delete(f"{keys_of(company)}/{made['id']}")
    async with running_app(api.database.url, api.clock) as other_process:
        assert code_of(await call_with(other_process, made["key"])) == (401, "not_authenticated")


async def test_revoked_key_is_refused_within_five_seconds_by_a_process_that_used_it(api: Api) -> None:
    company = await api.caller("company")
    made = (await company.post(keys_of(company), make_body())).json()
    async with running_app(api.database.url, api.clock) as other_process:
        assert (await call_with(other_process, made["key"])).status_code == 200
        await company.delete(f"{keys_of(company)}/{made['id']}")
        async with asyncio.timeout(5):
            while (await call_with(other_process, made["key"])).status_code != 401:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.1)


async def test_expired_key_is_refused_and_still_listed(api: Api) -> None:
    company = await api.caller("company")
    made = (await company.post(keys_of(company), make_body(expires_at="2026-11-25T04:00:00Z"))).json()
    api.clock.advance(hours=1)
    assert code_of(await call_with(api, made["key"])) == (401, "not_authenticated")
    assert made["id"] in (await company.get(keys_of(company))).text


async def test_caller_may_revoke_the_key_it_calls_with(api: Api) -> None:
    company = await api.caller("company")
    answer = await company.delete(f"{keys_of(company)}/{company.key_id}")
    assert answer.status_code == 204
    async with running_app(api.database.url, api.clock) as other_process:
        assert (await call_with(other_process, company.key)).status_code == 401


@pytest.mark.parametrize(("if_match", "status"), [('"1"', 204), ("*", 204), ('"2"', 412), ('W/"1"', 412)])
async def test_if_match_is_honoured(api: Api, if_match: str, status: int) -> None:
    company = await api.caller("company")
    answer = await company.delete(f"{keys_of(company)}/{company.key_id}", if_match=if_match)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("by", "of", "status"),
    [
        ("company", "company", 404),
        ("ministry", "company", 204),
        ("ministry", "partner", 204),
        ("ministry", "ministry", 403),
        ("ministry", "operator", 403),
        ("operator", "operator", 204),
        ("operator", "ministry", 204),
    ],
)
async def test_who_revokes_whose_keys(api: Api, by: str, of: str, status: int) -> None:
    caller, holder = await api.caller(by), await api.caller(of)
    assert (await caller.delete(f"{keys_of(holder)}/{holder.key_id}")).status_code == status


async def test_operator_key_of_the_ministrys_own_organization_is_revoked_by_operators_only(api: Api) -> None:
    ministry = await api.caller("ministry")
    operator = await api.caller("operator", organization_id=ministry.organization_id)
    path = f"{keys_of(ministry)}/{operator.key_id}"
    assert code_of(await ministry.delete(path)) == (403, "forbidden")
    assert (await operator.delete(path)).status_code == 204


async def test_key_is_found_under_its_own_organization_alone(api: Api) -> None:
    ministry, one, other = await api.caller("ministry"), await api.caller("company"), await api.caller("company")
    path = f"{keys_of(one)}/{other.key_id}"
    assert code_of(await ministry.get(path)) == code_of(await ministry.delete(path)) == (404, "not_found")


@pytest.mark.parametrize("name", ["7", NOBODY])
async def test_unknown_key_is_not_found(api: Api, name: str) -> None:
    company = await api.caller("company")
    assert code_of(await company.delete(f"{keys_of(company)}/{name}")) == (404, "not_found")


# Closed organizations


async def test_closed_organization_lists_its_keys_and_changes_none(api: Api) -> None:
    closed = await api.caller("company", state="closed")
    assert (await closed.get(keys_of(closed))).status_code == 200
    answers = [
        await closed.post(keys_of(closed), {}),
        await closed.delete(f"{keys_of(closed)}/{closed.key_id}"),
    ]
    assert {code_of(answer) for answer in answers} == {(403, "organization_closed")}


# The audit of it


async def test_making_and_revoking_are_audited(api: Api) -> None:
    ministry, company = await api.caller("ministry"), await api.caller("company")
    made = (await ministry.post(keys_of(company), make_body())).json()
    await ministry.delete(f"{keys_of(company)}/{made['id']}")
    entries = (await ministry.get(f"/v1/audit?record=api_key/{made['id']}")).json()["items"]
    made.pop("key")
    assert [entry["action"] for entry in entries] == ["revoked", "created"]
    assert entries[1]["after"] == made
    assert entries[0]["changed"] == ["revoked_at"]
