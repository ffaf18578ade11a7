"""Callers learn who they are to the registry."""

import pytest

from tests.api.conftest import Api
from tests.api.problems import code_of, errors_of


async def test_caller_is_told_organization_role_key_and_rights(api: Api) -> None:
    company = await api.caller("company")
    me = (await company.get("/v1/me")).json()
    assert set(me) == {"organization", "role", "key", "may"}
    assert me["organization"] == (await company.get(f"/v1/organizations/{company.organization_id}")).json()
    assert me["role"] == "company"
    assert me["key"] == {"id": str(company.key_id), "label": "test", "expires_at": None}


async def test_caller_is_told_when_the_key_expires(api: Api) -> None:
    company = await api.caller("company")
    await api.database.pool.execute("UPDATE api_key SET expires_at = '2026-12-24T09:00:00Z'")
    assert (await company.get("/v1/me")).json()["key"]["expires_at"] == "2026-12-24T09:00:00.000000Z"


@pytest.mark.parametrize(
    ("role", "rights", "lacking"),
    [
        ("company", {"me:read", "records:write", "keys:manage"}, {"audit:read", "records:review", "metrics:read"}),
        ("partner", {"me:read", "organizations:patch"}, {"audit:read", "organizations:create", "targets:write"}),
        ("ministry", {"audit:read", "records:review", "organizations:create"}, {"metrics:read"}),
        ("operator", {"audit:read", "metrics:read"}, set()),
    ],
)
async def test_rights_are_those_of_the_role(api: Api, role: str, rights: set[str], lacking: set[str]) -> None:
    caller = await api.caller(role)
    may = (await caller.get("/v1/me")).json()["may"]
    assert rights <= set(may)
    assert not lacking & set(may)
    assert may == sorted(may)


async def test_closed_organizations_key_may_ask_too(api: Api) -> None:
    closed = await api.caller("company", state="closed")
    assert (await closed.get("/v1/me")).json()["organization"]["state"] == "closed"


async def test_anonymous_caller_is_nobody(api: Api) -> None:
    assert code_of(await api.anonymous.get("/v1/me")) == (401, "not_authenticated")


async def test_unknown_parameter_is_refused_by_name(api: Api) -> None:
    company = await api.caller("company")
    assert errors_of(await company.get("/v1/me?verbose=1")) == [("verbose", "unknown_parameter")]
