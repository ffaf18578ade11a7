"""A commit that fails never answers with success, and leaves nothing behind."""

from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from tests.api.bad_values import RIGHT_ACTIONS
from tests.api.builders import factory_body, model_body, register_factory, register_model
from tests.api.conftest import Api, Caller

RECORDS = ("factories", "foundation-models")
_FUNCTION = """
CREATE FUNCTION fail_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the disk is full' USING ERRCODE = '53100';
END
$$
"""
_TRIGGER = """
CREATE CONSTRAINT TRIGGER fail_at_commit AFTER INSERT ON audit_entry DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION fail_at_commit()
"""
BREAK = (_FUNCTION, _TRIGGER)
MEND = ("DROP TRIGGER fail_at_commit ON audit_entry", "DROP FUNCTION fail_at_commit()")
SCENE = (
    "SELECT (SELECT count(*) FROM factory) + (SELECT count(*) FROM foundation_model) AS records,"
    " (SELECT count(*) FROM contact) AS contacts, (SELECT count(*) FROM audit_entry) AS entries,"
    " (SELECT count(*) FROM standing) AS standings, (SELECT count(*) FROM idempotent_answer) AS answers,"
    " (SELECT count(*) FROM change) AS changes"
)


class Scene:
    """A company with a record of each kind, in a database that can be told to fail whenever something is committed."""

    def __init__(self, api: Api, migration_url: str, company: Caller, paths: dict[str, str]) -> None:
        self.api = api
        self.migration_url = migration_url
        self.company = company
        self.paths = paths

    async def run(self, statements: tuple[str, ...]) -> None:
        owner = await asyncpg.connect(self.migration_url.replace("+asyncpg", ""))
        try:
            for statement in statements:
                await owner.execute(statement)
        finally:
            await owner.close()

    async def rows(self) -> tuple[Any, ...]:
        return tuple(await self.api.database.pool.fetchrow(SCENE) or ())


@pytest_asyncio.fixture
async def scene(api: Api, migration_url: str) -> Scene:
    company = await api.caller("company")
    paths = {
        "factories": f"/v1/factories/{(await register_factory(company))['id']}",
        "foundation-models": f"/v1/foundation-models/{(await register_model(company))['id']}",
    }
    return Scene(api, migration_url, company, paths)


@pytest.mark.parametrize("path", RECORDS)
async def test_creation_that_is_not_committed_is_not_answered_as_done(scene: Scene, path: str) -> None:
    body = (factory_body if path == "factories" else model_body)(name="둘째 것")
    before = await scene.rows()
    await scene.run(BREAK)
    answer = await scene.company.post(f"/v1/{path}", body, idempotency_key="k")
    assert answer.status_code >= 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "location" not in answer.headers
    assert await scene.rows() == before
    await scene.run(MEND)
    again = await scene.company.post(f"/v1/{path}", body, idempotency_key="k")
    assert again.status_code == 201
    assert (await scene.company.get(again.headers["location"])).json() == again.json()


@pytest.mark.parametrize("call", ["amend", "withdraw", "verify", "erase-contact"])
@pytest.mark.parametrize("path", RECORDS)
async def test_change_that_is_not_committed_is_not_answered_as_done(scene: Scene, path: str, call: str) -> None:
    if (path, call) == ("foundation-models", "erase-contact"):
        call = "reject"  # a model has no contact
    ministry, at = await scene.api.caller("ministry"), scene.paths[path]
    before, rows = (await scene.company.get(at)).json(), await scene.rows()
    await scene.run(BREAK)
    if call == "amend":
        answer = await ministry.patch(at, {"name": "새 이름"}, if_match="*")
    else:
        answer = await ministry.post(f"{at}/{call}", RIGHT_ACTIONS.get(call, {}))
    assert answer.status_code >= 500
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "disk" not in answer.text
    assert (await scene.company.get(at)).json() == before
    assert await scene.rows() == rows
