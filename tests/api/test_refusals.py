"""Requests that are wrong in many ways at once are refused in the order promised, and no input gives a 5xx."""

import json
from typing import Any

import pytest
import pytest_asyncio

from tests.api.bad_values import RIGHT_ACTIONS
from tests.api.builders import factory_body, register_factory, verified_factory
from tests.api.conftest import Api, Caller
from tests.api.raw_calls import RawAnswer, raw_call

MIB = 1024 * 1024
JSON = (b"content-type", b"application/json")
TEXT = (b"content-type", b"text/plain")
LARGE = [b" " * (MIB // 2), b" " * (MIB // 2), b"x"]
WRONG_QUERY = b"colour=red"


class Cast:
    """A company, its factories, and others."""

    def __init__(self, api: Api, company: Caller, ministry: Caller, stranger: Caller) -> None:
        self.api = api
        self.company = company
        self.ministry = ministry
        self.stranger = stranger


@pytest_asyncio.fixture(scope="module")
async def cast(shared_api: Api) -> Cast:
    company, ministry = await shared_api.caller("company"), await shared_api.caller("ministry")
    return Cast(shared_api, company, ministry, await shared_api.caller("company"))


def refusal(answer: RawAnswer) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) >= {"type", "title", "status", "detail", "code", "request_id"}
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["code"]


async def test_patch_is_refused_in_order(cast: Cast) -> None:
    await register_factory(cast.company, name="가나다", region="세종", external_ref="taken")
    hidden = f"/v1/factories/{(await register_factory(cast.company, region='부산'))['id']}"
    public = f"/v1/factories/{(await verified_factory(cast.company, cast.ministry, region='대구'))['id']}"
    stale, fresh = (b"if-match", b'"99"'), (b"if-match", b'"1"')
    wrong, clash = b'{"external_ref": "taken", "name": 5}', b'{"external_ref": "taken"}'

    async def refused(caller: Caller, at: str, headers: Any, chunks: Any, query: bytes = WRONG_QUERY) -> Any:
        return refusal(await raw_call(caller, "PATCH", at, query=query, headers=headers, chunks=chunks))

    assert await refused(cast.api.anonymous, hidden, [TEXT], LARGE) == (401, "not_authenticated")
    assert await refused(cast.stranger, hidden, [TEXT], LARGE) == (404, "not_found")
    assert await refused(cast.stranger, public, [TEXT], LARGE) == (403, "forbidden")
    assert await refused(cast.company, hidden, [TEXT], LARGE) == (413, "body_too_large")
    assert await refused(cast.company, hidden, [TEXT], [b"{"]) == (415, "unsupported_media_type")
    assert await refused(cast.company, hidden, [JSON], [b"{"]) == (400, "malformed_json")
    assert await refused(cast.company, hidden, [JSON], [wrong]) == (428, "precondition_required")
    assert await refused(cast.company, hidden, [JSON, stale], [wrong]) == (412, "precondition_failed")
    assert await refused(cast.company, hidden, [JSON, fresh], [wrong]) == (422, "validation_failed")
    assert await refused(cast.company, hidden, [JSON, fresh], [clash]) == (422, "validation_failed")
    assert await refused(cast.company, hidden, [JSON, fresh], [wrong], b"") == (422, "validation_failed")
    assert await refused(cast.company, hidden, [JSON, fresh], [clash], b"") == (409, "already_registered")


@pytest.mark.parametrize("action", [*RIGHT_ACTIONS, "erase-contact"])
async def test_action_is_refused_in_order(cast: Cast, action: str) -> None:
    factory = await register_factory(cast.company, region="제주")
    await cast.ministry.post(f"/v1/factories/{factory['id']}/reject", RIGHT_ACTIONS["reject"])
    at = f"/v1/factories/{factory['id']}/{action}"
    stale, fresh = (b"if-match", b'"1"'), (b"if-match", b'"2"')
    right = json.dumps(RIGHT_ACTIONS.get(action, {})).encode()

    async def refused(caller: Caller, headers: Any, chunks: Any, query: bytes = WRONG_QUERY) -> Any:
        return refusal(await raw_call(caller, "POST", at, query=query, headers=headers, chunks=chunks))

    assert await refused(cast.api.anonymous, [TEXT, stale], LARGE) == (401, "not_authenticated")
    assert await refused(cast.stranger, [TEXT, stale], LARGE) == (404, "not_found")
    if action in ("verify", "reject", "reopen"):
        assert await refused(cast.company, [TEXT, stale], LARGE) == (403, "forbidden")
    assert await refused(cast.ministry, [TEXT, stale], LARGE) == (413, "body_too_large")
    assert await refused(cast.ministry, [TEXT, stale], [b"{"]) == (415, "unsupported_media_type")
    assert await refused(cast.ministry, [JSON, stale], [b"{"]) == (400, "malformed_json")
    assert await refused(cast.ministry, [JSON, stale], [b'{"colour": 1}']) == (412, "precondition_failed")
    assert await refused(cast.ministry, [JSON, fresh], [b'{"colour": 1}'], b"") == (422, "validation_failed")
    assert await refused(cast.ministry, [JSON, fresh], [right]) == (422, "validation_failed")
    if action in ("verify", "reject", "withdraw", "retire"):
        assert await refused(cast.ministry, [JSON, fresh], [right], b"") == (409, "transition_not_allowed")


async def test_creation_is_refused_in_order(cast: Cast) -> None:
    closed = await cast.api.caller("company", state="closed")
    await register_factory(cast.company, region="울산", external_ref="here")
    wrong = json.dumps(factory_body(region="울산", external_ref="here", name=5)).encode()
    alike = json.dumps(factory_body(region="울산")).encode()

    async def refused(caller: Caller, headers: Any, chunks: Any, query: bytes = WRONG_QUERY) -> Any:
        return refusal(await raw_call(caller, "POST", "/v1/factories", query=query, headers=headers, chunks=chunks))

    assert await refused(cast.api.anonymous, [TEXT], LARGE) == (401, "not_authenticated")
    assert await refused(closed, [TEXT], LARGE) == (403, "organization_closed")
    assert await refused(cast.company, [TEXT], LARGE) == (413, "body_too_large")
    assert await refused(cast.company, [TEXT], [b"{"]) == (415, "unsupported_media_type")
    assert await refused(cast.company, [JSON], [b"{"]) == (400, "malformed_json")
    assert await refused(cast.company, [JSON, (b"idempotency-key", b"")], [wrong]) == (400, "malformed_request")
    assert await refused(cast.company, [JSON], [wrong]) == (422, "validation_failed")
    assert await refused(cast.company, [JSON], [wrong], b"") == (422, "validation_failed")
    assert await refused(cast.company, [JSON], [alike], b"") == (409, "likely_duplicate")


@pytest.mark.parametrize(
    ("headers", "chunks"),
    [
        ([JSON, (b"content-length", str(MIB + 1).encode())], []),
        ([JSON, (b"content-length", b"9" * 18)], []),
        ([JSON, (b"content-length", b"9" * 5000)], LARGE),
        ([JSON, (b"content-length", b"5")], LARGE),
        ([JSON, (b"content-length", b"\xb2")], LARGE),
        ([JSON, (b"transfer-encoding", b"chunked")], LARGE),
    ],
)
@pytest.mark.parametrize("path", ["/v1/factories", "/v1/foundation-models"])
async def test_body_over_a_mebibyte_is_refused_announced_or_not(
    cast: Cast, path: str, headers: Any, chunks: Any
) -> None:
    answer = await raw_call(cast.company, "POST", path, headers=[*headers, (b"accept-language", b"en")], chunks=chunks)
    assert refusal(answer) == (413, "body_too_large")
    assert str(MIB) in answer.json()["detail"]


async def test_body_of_a_mebibyte_is_read(cast: Cast) -> None:
    body = json.dumps(factory_body(notes="")).encode()
    body = body.replace(b'"notes": ""', b'"notes": "' + b"a" * (MIB - len(body)) + b'"')
    assert len(body) == MIB
    answer = await raw_call(cast.company, "POST", "/v1/factories", headers=[JSON], chunks=[body[:1], body[1:]])
    assert [found["code"] for found in answer.json()["errors"]] == ["too_long"]


@pytest.mark.parametrize(
    "media_type",
    [b"text/plain", b"", b"application/x-www-form-urlencoded", b"application/jsonx", b"\xff", b"text/json", b";"],
)
async def test_other_media_types_are_refused(cast: Cast, media_type: bytes) -> None:
    body = json.dumps(factory_body()).encode()
    answer = await raw_call(
        cast.company, "POST", "/v1/factories", headers=[(b"content-type", media_type)], chunks=[body]
    )
    assert refusal(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "media_type", [b"application/json", b"Application/JSON; charset=utf-8", b"application/merge-patch+json"]
)
async def test_json_is_taken_however_its_type_is_written(cast: Cast, media_type: bytes) -> None:
    at = f"/v1/factories/{(await register_factory(cast.company))['id']}"
    headers = [(b"content-type", media_type), (b"if-match", b"*")]
    answer = await raw_call(cast.company, "PATCH", at, headers=headers, chunks=['{"notes": "메모"}'.encode()])
    assert (answer.status_code, answer.json()["notes"]) == (200, "메모")


NO_OBJECT = {
    "nothing": b"",
    "blank": b"  ",
    "null": b"null",
    "list": b"[]",
    "number": b"1",
    "text": b'"x"',
    "open": b"{",
    "more": b"{}x",
    "two": b"{}{}",
    "not utf-8": b'{"name": "\xff"}',
    "utf-16": '{"name": "가"}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "cp949": '{"name": "수원"}'.encode("cp949"),
    "surrogate bytes": b'{"name": "\xed\xa0\x80"}',
    "lone surrogate": b'{"name": "\\ud800"}',
    "surrogate as name": b'{"\\udfff": 1}',
    "raw control": b'{"name": "\x00"}',
    "single quotes": b"{'name': 1}",
    "trailing comma": b'{"name": "a",}',
    "comment": b"{} // a",
    "not a number": b'{"name": NaN}',
    "infinity": b'{"name": -Infinity}',
    "deep list": b"[" * 200_000,
    "deep object": b'{"a":' * 100_000,
    "closed deep list": b'{"name":' + b"[" * 5000 + b"]" * 5000 + b"}",
}
WRONG_FIELDS = {
    "empty": b"{}",
    "escaped zero": b'{"name": "a\\u0000b"}',
    "zero as name": b'{"\\u0000": 1}',
    "large number": b'{"name": 1' + b"0" * 5000 + b"}",
    "large exponent": b'{"name": 1e400}',
    "deep field": b'{"foundation_model_ids": ' + b"[" * 500 + b"]" * 500 + b"}",
    "deep unknown": b'{"x": ' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}",
    "objects": b'{"name": {}, "region": {}, "industry": [], "evidence": [{}], "adoption_date": {}, "use_cases": [[]]}',
    "booleans": b'{"name": true, "region": false, "organization_id": true, "foundation_model_ids": [null]}',
    "prototype": b'{"__proto__": {}, "constructor": 1, "__class__": "x"}',
    "format": b'{"{known}": 1, "{0}": 2, "%s": 3}',
    "noncharacters": '{"\ufffe\uffff": "\ufdd0"}'.encode(),
}
TARGETS = ["POST /v1/factories", "POST /v1/foundation-models", "PATCH {at}", "POST {at}/withdraw", "POST {at}/verify"]


async def _send(cast: Cast, target: str, body: bytes) -> RawAnswer:
    at = f"/v1/factories/{(await register_factory(cast.company))['id']}"
    method, _, path = target.format(at=at).partition(" ")
    headers = [JSON, (b"if-match", b"*")]
    return await raw_call(cast.ministry, method, path, headers=headers, chunks=[body])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("body", NO_OBJECT.values(), ids=list(NO_OBJECT))
async def test_body_that_is_no_json_object_is_malformed(cast: Cast, target: str, body: bytes) -> None:
    answer = await _send(cast, target, body)
    if not body and target.endswith("verify"):
        assert answer.status_code == 200
    elif answer.status_code == 422:  # a parser may take what is merely large
        assert body in (NO_OBJECT["closed deep list"], NO_OBJECT["surrogate as name"])
    else:
        assert refusal(answer) == (400, "malformed_json")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("body", WRONG_FIELDS.values(), ids=list(WRONG_FIELDS))
async def test_strange_fields_are_refused_and_never_fail(cast: Cast, target: str, body: bytes) -> None:
    answer = await _send(cast, target, body)
    if body == b"{}" and target.partition(" ")[2] in ("{at}", "{at}/verify"):
        assert answer.status_code == 200
    else:
        assert refusal(answer)[0] in (400, 422)


async def test_of_one_name_given_twice_the_last_is_taken(cast: Cast) -> None:
    body = json.dumps(factory_body(name="앞", region="전북"))[:-1].encode() + ', "name": "뒤"}'.encode()
    answer = await raw_call(cast.company, "POST", "/v1/factories", headers=[JSON], chunks=[body])
    assert (answer.status_code, answer.json()["name"]) == (201, "뒤")


async def test_flood_of_unknown_fields_makes_no_flood_of_errors(cast: Cast) -> None:
    body = json.dumps({f"f{number}": 0 for number in range(80_000)}).encode()
    assert len(body) < MIB
    answer = await raw_call(cast.company, "POST", "/v1/factories", headers=[JSON], chunks=[body])
    assert answer.status_code == 422
    assert len(answer.body) < 200_000
    assert {"#/name", "#/region"} <= {found["pointer"] for found in answer.json()["errors"]}


STRANGE = [
    b"",
    b"\xff\xfe",
    b'"',
    b",,,,",
    b"a" * 20_000,
    b"\xed\x95\x9c",
    b"*;q=nan",
    b"q=1e999",
    b"en;q=inf, ko;q=-1",
]


@pytest.mark.parametrize("value", STRANGE)
@pytest.mark.parametrize(
    "name",
    ["accept", "accept-language", "x-request-id", "traceparent", "if-none-match", "if-match", "content-type", "range"],
)
async def test_strange_headers_never_fail(cast: Cast, name: str, value: bytes) -> None:
    factory = await register_factory(cast.company)
    at, headers = f"/v1/factories/{factory['id']}", [(name.encode(), value)]
    assert (await raw_call(cast.company, "GET", at, headers=headers)).status_code == 200
    assert (await raw_call(cast.company, "PATCH", at, headers=headers, chunks=[b"{}"])).status_code in (412, 415)
    if name not in ("if-match", "content-type"):
        assert (await raw_call(cast.ministry, "POST", f"{at}/verify", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Bearer axr_", "Basic eDp5", "Bearer axr_" + "a" * 43, "axr_", "ÿ"]
)
async def test_key_that_is_none_is_refused(cast: Cast, value: str) -> None:
    header = (b"authorization", value.encode("latin-1"))
    answer = await raw_call(cast.api.anonymous, "GET", "/v1/factories", headers=[header])
    assert refusal(answer) == (401, "not_authenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


IDS = ["7", "%00", "\x00", "..", "undefined", "0190a00000007000800000000000dead", "a" * 5000, "가", "\udcff", "'", "%"]


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("name", IDS)
async def test_id_that_is_none_names_nothing(cast: Cast, name: str, method: str) -> None:
    path = f"/v1/factories/{name}".encode("utf-8", "replace").decode()
    answer = await raw_call(cast.ministry, method, path, headers=[JSON, (b"if-match", b"*")], chunks=[b"{}"])
    assert refusal(answer) == (404, "not_found")


async def test_id_may_be_written_in_capitals(cast: Cast) -> None:
    factory = await register_factory(cast.company)
    assert (await cast.company.get(f"/v1/factories/{factory['id'].upper()}")).json() == factory


@pytest.mark.parametrize(
    ("method", "path", "status_code"),
    [
        ("PUT", "/v1/factories", 405),
        ("DELETE", "/v1/factories", 405),
        ("DELETE", "/v1/factories/0190a000-0000-7000-8000-00000000dead", 405),
        ("PUT", "/v1/factories/0190a000-0000-7000-8000-00000000dead", 405),
        ("GET", "/v1/factories/0190a000-0000-7000-8000-00000000dead/verify", 405),
        ("BREW", "/v1/foundation-models", 405),
        ("GET", "/v1/factories/", 404),
        ("POST", "/v1/factories/0190a000-0000-7000-8000-00000000dead/explode", 404),
        ("GET", "/v1/nothing", 404),
    ],
)
async def test_what_there_is_not_is_refused_as_a_problem(cast: Cast, method: str, path: str, status_code: int) -> None:
    answer = await raw_call(cast.company, method, path)
    assert refusal(answer)[0] == status_code
    assert ("allow" in answer.headers) == (status_code == 405)
