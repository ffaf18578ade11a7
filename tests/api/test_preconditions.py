"""ETags: what the caller has is not sent again, and what the caller has not seen is not overwritten."""

import pytest
import pytest_asyncio

from tests.api.bad_values import RIGHT_ACTIONS
from tests.api.builders import register_factory, register_model, verified_factory
from tests.api.conftest import Api, Caller
from tests.api.raw_calls import raw_call

RECORDS = ("factories", "foundation-models")
KNOWN = ['"1"', 'W/"1"', '"7", "1"', '"7",W/"1"', "*", ' "1" ', '"1" , "2"']
UNKNOWN = ['"2"', "1", "'1'", '""', '"01"', '"1', 'w"1"', ",", '"7", "8"', "nonsense"]


@pytest_asyncio.fixture
async def company(shared_api: Api) -> Caller:
    return await shared_api.caller("company")


async def registered(company: Caller, path: str) -> str:
    register = register_factory if path == "factories" else register_model
    return f"/v1/{path}/{(await register(company))['id']}"


@pytest.mark.parametrize("tags", KNOWN)
@pytest.mark.parametrize("path", RECORDS)
async def test_version_the_caller_has_is_not_sent_again(company: Caller, path: str, tags: str) -> None:
    at = await registered(company, path)
    answer = await company.get(at, if_none_match=tags)
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"1"')
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "Authorization, Accept-Language"


@pytest.mark.parametrize("tags", UNKNOWN)
async def test_version_the_caller_has_not_is_sent(company: Caller, tags: str) -> None:
    answer = await company.get(await registered(company, "factories"), if_none_match=tags)
    assert (answer.status_code, answer.headers["etag"], answer.json()["version"]) == (200, '"1"', 1)


async def test_changed_record_is_sent_again(company: Caller) -> None:
    at = await registered(company, "factories")
    await company.patch(at, {"notes": "새로"}, if_match='"1"')
    answer = await company.get(at, if_none_match='"1"')
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')


async def test_knowing_a_version_shows_nothing_unseen(shared_api: Api, company: Caller) -> None:
    at = await registered(company, "factories")
    assert (await (await shared_api.caller("company")).get(at, if_none_match='"1"')).status_code == 404


@pytest.mark.parametrize("tags", ['"1"', '"7", "1"', "*", ' "1" ', '"1","1"'])
@pytest.mark.parametrize("path", RECORDS)
async def test_patch_of_the_version_that_was_read_is_taken(company: Caller, path: str, tags: str) -> None:
    at = await registered(company, path)
    answer = await company.patch(at, {"name": "새 이름"}, if_match=tags)
    assert (answer.status_code, answer.headers["etag"], answer.json()["version"]) == (200, '"2"', 2)


@pytest.mark.parametrize("tags", [*UNKNOWN, 'W/"1"', "", '"1" "2"'])
async def test_patch_of_another_version_is_refused_and_told_the_one_there_is(company: Caller, tags: str) -> None:
    at = await registered(company, "factories")
    answer = await company.patch(at, {"name": "새 이름"}, if_match=tags)
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert '"1"' in answer.json()["detail"]
    assert (await company.get(at)).json()["version"] == 1


@pytest.mark.parametrize("path", RECORDS)
async def test_patch_must_say_which_version_it_changes(company: Caller, path: str) -> None:
    answer = await company.patch(await registered(company, path), {"name": "새 이름"})
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")


async def test_tags_may_stand_on_several_lines(company: Caller) -> None:
    at = await registered(company, "factories")
    lines = [(b"if-match", b'"7"'), (b"if-match", b'"1"'), (b"content-type", b"application/json")]
    answer = await raw_call(company, "PATCH", at, headers=lines, chunks=[b'{"notes": "x"}'])
    assert answer.status_code == 200


@pytest.mark.parametrize("action", [*RIGHT_ACTIONS, "erase-contact"])
@pytest.mark.parametrize("path", RECORDS)
async def test_action_honours_a_version_but_needs_none(
    shared_api: Api, company: Caller, path: str, action: str
) -> None:
    ministry = await shared_api.caller("ministry")
    at, body = await registered(company, path), RIGHT_ACTIONS.get(action, {})
    for way in {"resubmit": ("reject",), "retire": ("verify",), "reopen": ("verify",)}.get(action, ()):
        await ministry.post(f"{at}/{way}", RIGHT_ACTIONS[way])
    version = (await ministry.get(at)).json()["version"]
    stale = await ministry.post(f"{at}/{action}", body, if_match='"99"')
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    fresh = await ministry.post(f"{at}/{action}", body, if_match=f'"{version}"')
    has_changed = action != "erase-contact" or path == "factories"  # a model has no contact
    assert (fresh.status_code, fresh.headers["etag"]) == (200, f'"{version + has_changed}"')


async def test_verified_record_has_one_tag_for_everybody(shared_api: Api, company: Caller) -> None:
    ministry, stranger = await shared_api.caller("ministry"), await shared_api.caller("partner")
    at = f"/v1/factories/{(await verified_factory(company, ministry))['id']}"
    assert {(await who.get(at)).headers["etag"] for who in (company, ministry, stranger)} == {'"2"'}
