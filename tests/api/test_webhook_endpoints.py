"""Webhook endpoints over HTTP: whose they are, what bad values get, secrets shown once, and what is held or sent."""

from typing import Any

import httpx
import pytest

from service.core.signing import secret_bytes
from tests.api.builders import make_endpoint, ping
from tests.api.conftest import Api, Caller, running_app
from tests.api.problems import code_of, errors_of
from tests.clocks import FakeClock

PATH = "/v1/webhook-endpoints"
NOBODY = "019ab2c4-7d10-7abc-9def-0123456789ab"
FIELDS = {
    "id",
    "organization_id",
    "url",
    "event_types",
    "filter",
    "description",
    "max_in_flight",
    "ordered",
    "state",
    "health",
    "created_at",
    "registered_at",
    "updated_at",
    "version",
}
CLEAN_RECORD = {
    "last_success_at": None,
    "last_failure_at": None,
    "failing_since": None,
    "pending": 0,
    "held": 0,
    "disable_at": None,
}


def make_body(**given: Any) -> dict[str, Any]:
    return {"url": "https://hooks.example.com/ax"} | given


def path_of(endpoint: dict[str, Any]) -> str:
    return f"{PATH}/{endpoint['id']}"


async def disable(api: Api, endpoint: dict[str, Any]) -> None:
    """Do what the worker does to an endpoint that has failed for too long."""
    await api.database.pool.execute(
        "UPDATE webhook_endpoint SET state = 'disabled', failing_since = now(), version = version + 1 WHERE id = $1",
        endpoint["id"],
    )


# Making them


async def test_new_endpoint_has_plain_defaults_and_shows_its_secret(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    answer = await company.post(PATH, make_body())
    made = answer.json()
    assert answer.status_code == 201
    assert set(made) == FIELDS | {"secret"}
    assert len(secret_bytes(made["secret"])) == 32
    assert made["organization_id"] == str(company.organization_id)
    assert made["health"] == CLEAN_RECORD
    assert {name: made[name] for name in ("event_types", "description", "max_in_flight", "ordered", "state")} == {
        "event_types": [],
        "description": None,
        "max_in_flight": 4,
        "ordered": False,
        "state": "active",
    }
    assert made["filter"] == {"regions": [], "industries": [], "targets": []}
    assert (answer.headers["location"], answer.headers["etag"]) == (path_of(made), '"1"')
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_fields_are_kept_as_their_rules_make_them(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(
        company,
        url="HTTPS://Hooks.Example.com:8443/ax?from=registry",
        event_types=["factory.verified", "pace.behind", "factory.verified"],
        filter={"regions": ["광주", "전남", "KR-41"], "industries": ["C26110", "26", "30"], "targets": ["models-2030"]},
        description="생산관리\n시스템",
        max_in_flight=1,
        ordered=True,
    )
    made.pop("secret")
    assert made == (await company.get(path_of(made))).json()
    assert made["url"] == "https://hooks.example.com:8443/ax?from=registry"
    assert made["event_types"] == ["factory.verified", "pace.behind"]
    assert made["filter"] == {"regions": ["12", "41"], "industries": ["26", "30"], "targets": ["models-2030"]}
    assert (made["description"], made["max_in_flight"], made["ordered"]) == ("생산관리\n시스템", 1, True)


BAD_VALUES = [
    ("url", None, "required", ""),
    ("url", 7, "not_text", ""),
    ("url", "http://hooks.example.com/", "not_a_webhook_url", ""),
    ("url", "https://user@hooks.example.com/", "url_with_user", ""),
    ("url", "https://127.0.0.1/", "address_not_public", ""),
    ("url", "https://2130706433/", "address_not_canonical", ""),
    ("url", "https://[::ffff:10.0.0.1]/", "address_not_canonical", ""),
    ("event_types", "factory.verified", "not_a_list", ""),
    ("event_types", ["factory.verified", "factory.built"], "not_one_of", "/1"),
    ("event_types", [["factory.verified"]], "not_one_of", "/0"),
    ("filter", [], "not_an_object", ""),
    ("filter", {"provinces": ["41"]}, "unknown_field", "/provinces"),
    ("filter", {"regions": "41"}, "not_a_list", "/regions"),
    ("filter", {"regions": ["41", "99"]}, "unknown_region", "/regions/1"),
    ("filter", {"industries": ["26", "99"]}, "unknown_industry", "/industries/1"),
    ("filter", {"targets": ["factories-2026", "factories-1999"]}, "unknown_target", "/targets/1"),
    ("filter", {"targets": [2026]}, "not_text", "/targets/0"),
    ("description", "", "empty", ""),
    ("max_in_flight", 0, "out_of_range", ""),
    ("max_in_flight", 33, "out_of_range", ""),
    ("max_in_flight", "4", "not_an_integer", ""),
    ("ordered", 1, "not_true_or_false", ""),
    ("state", "paused", "read_only", ""),
    ("secret", "whsec_mine", "read_only", ""),
    ("health", {}, "read_only", ""),
    ("version", 2, "read_only", ""),
    ("colour", "red", "unknown_field", ""),
]


@pytest.mark.parametrize(("field", "value", "code", "within"), BAD_VALUES)
async def test_bad_value_is_refused_by_name(shared_api: Api, field: str, value: Any, code: str, within: str) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    expected = [(f"#/{field}{within}", code)]
    assert errors_of(await company.post(PATH, make_body(**{field: value}))) == expected
    assert errors_of(await company.patch(path_of(made), {field: value}, if_match='"1"')) == expected


async def test_every_error_of_a_body_is_told_at_once_in_either_language(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    body = {"url": "ftp://x", "filter": {"regions": ["99"], "targets": ["nothing"]}, "max_in_flight": 99}
    answers = [await company.post(PATH, body, accept_language=language) for language in ("ko", "en")]
    assert errors_of(answers[0]) == [
        ("#/url", "not_a_webhook_url"),
        ("#/filter/regions/0", "unknown_region"),
        ("#/filter/targets/0", "unknown_target"),
        ("#/max_in_flight", "out_of_range"),
    ]
    assert ["목표" in answers[0].text, "No such target" in answers[1].text] == [True, True]


async def test_settings_may_open_http_and_networks(database_url: str) -> None:
    opened = {"webhook_allow_http": True, "webhook_allow_networks": "127.0.0.0/8"}
    async with running_app(database_url, FakeClock(), **opened) as api:
        company = await api.caller("company")
        made = await make_endpoint(company, url="http://127.0.0.1:9000/hook")
    assert made["url"] == "http://127.0.0.1:9000/hook"


async def test_endpoint_of_a_url_that_is_no_longer_allowed_can_still_be_amended(database_url: str) -> None:
    async with running_app(database_url, FakeClock(), webhook_allow_http=True) as open_api:
        company = await open_api.caller("company")
        made = await make_endpoint(company, url="http://hooks.example.com/")
    async with running_app(database_url, FakeClock()) as strict_api:
        company.client = strict_api.client
        answer = await company.patch(path_of(made), {"ordered": True}, if_match='"1"')
    assert (answer.status_code, answer.json()["url"]) == (200, "http://hooks.example.com/")


# Secrets


async def test_secret_is_shown_nowhere_else_and_stands_nowhere_in_the_database(
    api: Api, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    company, ministry = await api.caller("company"), await api.caller("ministry")
    first = await company.post(PATH, make_body(), idempotency_key="one")
    again = await company.post(PATH, make_body(), idempotency_key="one")
    made = first.json()
    rotated = (await company.post(f"{path_of(made)}/rotate-secret")).json()
    await company.post(f"{path_of(made)}/ping")
    read = [await company.get(PATH), await company.get(path_of(made)), await ministry.get("/v1/audit"), again]
    tables = await api.database.pool.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND has_table_privilege(oid, 'SELECT')"
    )
    kept = [
        await api.database.pool.fetchval(f"SELECT json_agg(t)::text FROM {row['relname']} t") or "" for row in tables
    ]
    everything = "".join([*kept, *(answer.text for answer in read), caplog.text, *capsys.readouterr()])
    for secret in (made["secret"], rotated["secret"]):
        assert secret.removeprefix("whsec_") not in everything
        assert secret_bytes(secret).hex() not in everything


async def test_repeated_creation_makes_one_endpoint_and_does_not_show_its_secret_again(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    first = await company.post(PATH, make_body(), idempotency_key="one")
    second = await company.post(PATH, make_body(), idempotency_key="one")
    other = await company.post(PATH, make_body(ordered=True), idempotency_key="one")
    shown = first.json()
    shown.pop("secret")
    assert (second.status_code, second.json()) == (201, shown)
    assert second.headers["location"] == first.headers["location"]
    assert code_of(other) == (422, "idempotency_key_reused")
    assert len((await company.get(PATH)).json()["items"]) == 1


async def secrets_of(api: Api, endpoint: dict[str, Any]) -> list[bytes]:
    """Return the secrets that are valid now, decrypted, the newest first."""
    rows = await api.database.pool.fetch(
        "SELECT ciphertext FROM webhook_secret WHERE endpoint_id = $1 AND (valid_until IS NULL OR valid_until > $2)"
        " ORDER BY id DESC",
        endpoint["id"],
        api.clock(),
    )
    return [api.resources.secret_box.open(row["ciphertext"]) for row in rows]


async def test_rotation_keeps_the_old_secret_valid_for_a_day(api: Api) -> None:
    company = await api.caller("company")
    made = await make_endpoint(company)
    answer = await company.post(f"{path_of(made)}/rotate-secret")
    old, new = secret_bytes(made["secret"]), secret_bytes(answer.json()["secret"])
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert await secrets_of(api, made) == [new, old]
    api.clock.advance(hours=23, minutes=59)
    assert await secrets_of(api, made) == [new, old]
    api.clock.advance(minutes=1)
    assert await secrets_of(api, made) == [new]


async def test_rotation_without_overlap_ends_every_older_secret(api: Api) -> None:
    company = await api.caller("company")
    made = await make_endpoint(company)
    for hours in (168, 48):
        await company.post(f"{path_of(made)}/rotate-secret", {"overlap_hours": hours})
    assert len(await secrets_of(api, made)) == 3
    last = (await company.post(f"{path_of(made)}/rotate-secret", {"overlap_hours": 0})).json()
    assert await secrets_of(api, made) == [secret_bytes(last["secret"])]


async def test_no_more_than_a_few_older_secrets_are_valid_at_once(api: Api) -> None:
    company = await api.caller("company")
    made = await make_endpoint(company)
    answers = [await company.post(f"{path_of(made)}/rotate-secret") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 409]
    assert answers[-1].json()["code"] == "too_many_secrets"
    assert len(await secrets_of(api, made)) == 5
    api.clock.advance(hours=24)
    assert (await company.post(f"{path_of(made)}/rotate-secret")).status_code == 200


@pytest.mark.parametrize(
    ("value", "code"), [(-1, "out_of_range"), (169, "out_of_range"), ("24", "not_an_integer"), (1.5, "not_an_integer")]
)
async def test_overlap_is_a_number_of_hours_up_to_a_week(shared_api: Api, value: Any, code: str) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    answer = await company.post(f"{path_of(made)}/rotate-secret", {"overlap_hours": value})
    assert errors_of(answer) == [("#/overlap_hours", code)]


# Whose they are


@pytest.mark.parametrize(
    ("by", "of", "status"),
    [
        ("company", "own", 201),
        ("company", "company", 422),
        ("partner", "own", 201),
        ("partner", "company", 422),
        ("ministry", "own", 201),
        ("ministry", "company", 422),
        ("operator", "own", 201),
        ("operator", "company", 201),
        ("operator", "nobody", 422),
    ],
)
async def test_who_makes_endpoints_for_whom(shared_api: Api, by: str, of: str, status: int) -> None:
    caller = await shared_api.caller(by)
    owner = caller if of == "own" else await shared_api.caller("company")
    organization_id = NOBODY if of == "nobody" else str(owner.organization_id)
    answer = await caller.post(PATH, make_body(organization_id=organization_id))
    assert answer.status_code == status
    if status == 422:
        assert errors_of(answer) == [("#/organization_id", "unknown_organization")]
    else:
        assert answer.json()["organization_id"] == organization_id


async def every_call(caller: Caller, endpoint: dict[str, Any]) -> list[httpx.Response]:
    path = path_of(endpoint)
    return [
        await caller.get(path),
        await caller.patch(path, {}, if_match='"1"'),
        await caller.post(f"{path}/rotate-secret"),
        await caller.post(f"{path}/pause"),
        await caller.post(f"{path}/resume"),
        await caller.post(f"{path}/ping"),
        await caller.post(f"{path}/recover", {"since": "2026-11-25T00:00:00Z"}),
        await caller.get(f"{path}/deliveries"),
        await caller.delete(path),
    ]


@pytest.mark.parametrize("who", ["company", "partner", "ministry"])
async def test_endpoint_of_another_organization_does_not_exist(shared_api: Api, who: str) -> None:
    made = await make_endpoint(await shared_api.caller("company"))
    other = await shared_api.caller(who)
    answers = await every_call(other, made)
    assert {code_of(answer) for answer in answers} == {(404, "not_found")}
    assert (await other.get(PATH)).json()["items"] == []
    assert (await other.get(f"{PATH}?organization={made['organization_id']}")).json()["items"] == []


async def test_operator_does_everything_with_everyones(shared_api: Api) -> None:
    made = await make_endpoint(await shared_api.caller("company"))
    answers = await every_call(await shared_api.caller("operator"), made)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 200, 200, 202, 200, 204]


async def test_anonymous_callers_are_asked_who_they_are(shared_api: Api) -> None:
    made = await make_endpoint(await shared_api.caller("company"))
    nobody = shared_api.anonymous
    answers = [*(await every_call(nobody, made)), await nobody.get(PATH), await nobody.post(PATH, make_body())]
    assert {code_of(answer) for answer in answers} == {(401, "not_authenticated")}


async def test_closed_organization_reads_its_endpoints_and_changes_none(api: Api) -> None:
    company = await api.caller("company")
    made = await make_endpoint(company)
    await api.database.pool.execute("UPDATE organization SET state = 'closed' WHERE id = $1", company.organization_id)
    api.resources.callers.forget()
    read, *written, listed, deleted = await every_call(company, made)
    assert {answer.status_code for answer in (read, listed)} == {200}
    written += [deleted, await company.post(PATH, make_body())]
    assert {code_of(answer) for answer in written} == {(403, "organization_closed")}


@pytest.mark.parametrize("name", ["7", NOBODY])
async def test_unknown_endpoint_is_not_found(shared_api: Api, name: str) -> None:
    answers = await every_call(await shared_api.caller("operator"), {"id": name})
    assert {code_of(answer) for answer in answers} == {(404, "not_found")}


# Listing


async def test_endpoints_are_listed_newest_first_page_by_page(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = [(await make_endpoint(company))["id"] for _ in range(3)]
    seen: list[str] = []
    path = f"{PATH}?limit=2"
    while path:
        answer = await company.get(path)
        seen += [item["id"] for item in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert seen == made[::-1]


async def test_operator_lists_those_of_an_organization_and_of_a_state(shared_api: Api) -> None:
    company, operator = await shared_api.caller("company"), await shared_api.caller("operator")
    active, resting = await make_endpoint(company), await make_endpoint(company)
    await company.post(f"{path_of(resting)}/pause")
    of_it = f"{PATH}?organization={company.organization_id}"
    listed = [(await operator.get(f"{of_it}{more}")).json()["items"] for more in ("", "&state=paused", "&state=active")]
    assert [[item["id"] for item in items] for items in listed] == [
        [resting["id"], active["id"]],
        [resting["id"]],
        [active["id"]],
    ]


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("?state=broken", "state", "not_one_of"),
        ("?organization=7", "organization", "not_an_id"),
        ("?after=abc", "after", "bad_cursor"),
        ("?sort=url", "sort", "unknown_parameter"),
    ],
)
async def test_bad_parameter_is_refused_by_name(shared_api: Api, query: str, parameter: str, code: str) -> None:
    company = await shared_api.caller("company")
    assert errors_of(await company.get(f"{PATH}{query}")) == [(parameter, code)]


# Amending


async def test_patch_changes_what_it_names_and_reaches_into_the_filter(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    chosen = {"regions": ["41"], "industries": ["26"], "targets": []}
    made = await make_endpoint(company, event_types=["pace.behind"], filter=chosen, max_in_flight=9, description="x")
    patch = {"filter": {"regions": ["11"]}, "max_in_flight": None, "description": None, "event_types": None}
    answer = await company.patch(path_of(made), patch, if_match='"1"')
    amended = answer.json()
    assert (answer.status_code, answer.headers["etag"], amended["version"]) == (200, '"2"', 2)
    assert amended["filter"] == {"regions": ["11"], "industries": ["26"], "targets": []}
    assert (amended["max_in_flight"], amended["description"], amended["event_types"]) == (4, None, [])
    assert amended["updated_at"] > made["updated_at"]
    cleared = (await company.patch(path_of(made), {"filter": None}, if_match='"2"')).json()
    assert cleared["filter"] == {"regions": [], "industries": [], "targets": []}


async def test_patch_that_changes_nothing_writes_nothing(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    answer = await company.patch(path_of(made), {"ordered": False}, if_match='"1"')
    made.pop("secret")
    assert answer.json() == made


async def test_patch_needs_the_version_it_changes(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    assert code_of(await company.patch(path_of(made), {"ordered": True})) == (428, "precondition_required")
    assert code_of(await company.patch(path_of(made), {}, if_match='"2"')) == (412, "precondition_failed")


@pytest.mark.parametrize("call", ["rotate-secret", "pause", "resume", "ping"])
async def test_precondition_of_an_action_is_honoured(shared_api: Api, call: str) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    assert code_of(await company.post(f"{path_of(made)}/{call}", if_match='"2"')) == (412, "precondition_failed")
    assert (await company.post(f"{path_of(made)}/{call}", if_match='"1"')).status_code in (200, 202)


async def test_endpoint_that_the_caller_has_already_is_not_told_again(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    path = path_of(await make_endpoint(company))
    assert [(await company.get(path, if_none_match=tag)).status_code for tag in ('"1"', '"2"')] == [304, 200]


async def test_owner_is_never_changed(shared_api: Api) -> None:
    operator, company = await shared_api.caller("operator"), await shared_api.caller("company")
    made = await make_endpoint(operator)
    patch = {"organization_id": str(company.organization_id)}
    assert errors_of(await operator.patch(path_of(made), patch, if_match='"1"')) == [("#/organization_id", "read_only")]


# Deleting


async def test_deleted_endpoint_is_gone_with_its_deliveries(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    delivery = await ping(company, made)
    assert code_of(await company.delete(path_of(made), if_match='"9"')) == (412, "precondition_failed")
    answer = await company.delete(path_of(made), if_match='"1"')
    assert (answer.status_code, answer.content) == (204, b"")
    assert code_of(await company.get(path_of(made))) == (404, "not_found")
    assert code_of(await company.get(f"/v1/webhook-deliveries/{delivery['id']}")) == (404, "not_found")


# Pausing and resuming


async def test_paused_endpoint_is_active_again_when_resumed(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    states = []
    for call in ("pause", "pause", "resume", "resume"):
        answer = await company.post(f"{path_of(made)}/{call}")
        states.append((answer.status_code, answer.json()["state"], answer.json()["version"], answer.headers["etag"]))
    assert states == [
        (200, "paused", 2, '"2"'),
        (200, "paused", 2, '"2"'),
        (200, "active", 3, '"3"'),
        (200, "active", 3, '"3"'),
    ]


async def test_disabled_endpoint_is_not_paused_but_resumed_with_a_clean_record(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    await disable(shared_api, made)
    assert code_of(await company.post(f"{path_of(made)}/pause")) == (409, "transition_not_allowed")
    resumed = (await company.post(f"{path_of(made)}/resume")).json()
    assert (resumed["state"], resumed["health"]) == ("active", CLEAN_RECORD)


async def test_health_tells_when_a_failing_endpoint_is_disabled(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    await shared_api.database.pool.execute(
        "UPDATE webhook_endpoint SET failing_since = '2026-11-24T00:00:00Z', last_failure_at = '2026-11-25T00:00:00Z',"
        " last_success_at = '2026-11-23T00:00:00Z' WHERE id = $1",
        made["id"],
    )
    health = (await company.get(path_of(made))).json()["health"]
    assert health["disable_at"] == "2026-11-29T00:00:00.000000Z"
    assert health["last_success_at"] == "2026-11-23T00:00:00.000000Z"
    assert (await company.post(f"{path_of(made)}/pause")).json()["health"]["disable_at"] is None


# The audit of it


async def test_every_change_is_audited(api: Api) -> None:
    company, ministry = await api.caller("company"), await api.caller("ministry")
    made = await make_endpoint(company)
    path = path_of(made)
    await company.patch(path, {"ordered": True}, if_match='"1"')
    for call, body in (
        ("rotate-secret", {"overlap_hours": 1}),
        ("pause", {}),
        ("resume", {}),
        ("ping", {}),
        ("recover", {"since": "2026-11-25T00:00:00Z"}),
    ):
        await company.post(f"{path}/{call}", body)
    await company.delete(path)
    entries = (await ministry.get(f"/v1/audit?record=webhook_endpoint/{made['id']}")).json()["items"][::-1]
    assert [entry["action"] for entry in entries] == [
        "created",
        "updated",
        "secret_rotated",
        "paused",
        "resumed",
        "pinged",
        "recovered",
        "deleted",
    ]
    assert (entries[1]["before"], entries[1]["after"]) == ({"ordered": False}, {"ordered": True})
    assert entries[2]["after"] == {"overlap_hours": 1}
    assert (entries[3]["before"], entries[3]["after"]) == ({"state": "active"}, {"state": "paused"})
    assert entries[7]["before"]["url"] == made["url"]
