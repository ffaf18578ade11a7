"""Every route × everyone who may call, generated from the application and held to the contract's table of callers.

A route that states no rule, or that the table below does not know, fails.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import APIRoute

from service.main import build_app
from service.web.dependencies import Guard
from tests.api.alerts import add_alert
from tests.api.builders import register_model, verified_factory, webhook_ids
from tests.api.conftest import Api, Caller, running_app
from tests.clocks import FakeClock

EVERYONE = {"anonymous", "owner", "other_company", "partner", "ministry", "operator"}
SIGNED_IN = EVERYONE - {"anonymous"}
STAFF = {"ministry", "operator"}
OWNER_AND_STAFF = {"owner", *STAFF}

# Who may make each call on a *verified* record of the owner's. Source: PRODUCT.md section 7, the table of callers.
_RECORD_CALLS = {
    ("POST", ""): SIGNED_IN,
    ("GET", ""): SIGNED_IN,
    ("GET", "/{id}"): SIGNED_IN,
    ("PATCH", "/{id}"): OWNER_AND_STAFF,
    ("GET", "/{id}/history"): OWNER_AND_STAFF,
    ("POST", "/{id}/erase-contact"): OWNER_AND_STAFF,
    ("POST", "/{id}/verify"): STAFF,
    ("POST", "/{id}/reject"): STAFF,
    ("POST", "/{id}/reopen"): STAFF,
    ("POST", "/{id}/resubmit"): OWNER_AND_STAFF,
    ("POST", "/{id}/withdraw"): OWNER_AND_STAFF,
    ("POST", "/{id}/retire"): OWNER_AND_STAFF,
}
_ENDPOINT_CALLS = [
    *(("GET", f"/{{endpoint_id}}{rest}") for rest in ("", "/deliveries")),
    *(("POST", f"/{{endpoint_id}}/{name}") for name in ("pause", "ping", "recover", "resume", "rotate-secret")),
    ("PATCH", "/{endpoint_id}"),
    ("DELETE", "/{endpoint_id}"),
]
# What others have made does not exist for the rest, but for records and targets, which they may see.
HIDDEN = {"v1/organizations", "v1/webhook-endpoints", "v1/webhook-deliveries"}
ALLOWED = {
    **{("v1/factories", *call): who for call, who in _RECORD_CALLS.items()},
    **{("v1/foundation-models", *call): who for call, who in _RECORD_CALLS.items()},
    ("v1/organizations", "GET", ""): SIGNED_IN,
    ("v1/organizations", "POST", ""): STAFF,
    ("v1/organizations", "GET", "/{organization_id}"): OWNER_AND_STAFF,
    ("v1/organizations", "PATCH", "/{organization_id}"): OWNER_AND_STAFF,
    ("v1/organizations", "GET", "/{organization_id}/api-keys"): OWNER_AND_STAFF,
    ("v1/organizations", "POST", "/{organization_id}/api-keys"): OWNER_AND_STAFF,
    ("v1/organizations", "GET", "/{organization_id}/api-keys/{key_id}"): OWNER_AND_STAFF,
    ("v1/organizations", "DELETE", "/{organization_id}/api-keys/{key_id}"): OWNER_AND_STAFF,
    ("v1/targets", "GET", ""): EVERYONE,
    ("v1/targets", "POST", ""): STAFF,
    ("v1/targets", "GET", "/{code}"): EVERYONE,
    ("v1/targets", "PATCH", "/{code}"): STAFF,
    ("v1/targets", "POST", "/{code}/close"): STAFF,
    ("v1/targets", "GET", "/{code}/revisions"): EVERYONE,
    ("v1/alerts", "GET", ""): SIGNED_IN,
    ("v1/alerts", "GET", "/{alert_id}"): SIGNED_IN,
    ("v1/alerts", "POST", "/{alert_id}/acknowledge"): STAFF,
    ("v1/alerts", "POST", "/{alert_id}/snooze"): STAFF,
    ("v1/progress", "GET", ""): EVERYONE,
    ("v1/progress", "GET", "/{code}"): EVERYONE,
    ("v1/progress", "GET", "/{code}/series"): EVERYONE,
    ("v1/progress", "POST", "/{code}/what-if"): EVERYONE,
    ("v1/progress", "GET", "/{code}/breakdown"): EVERYONE,
    ("v1/regions", "GET", ""): EVERYONE,
    ("v1/industries", "GET", ""): EVERYONE,
    ("v1/events", "GET", ""): SIGNED_IN,
    ("v1/events", "GET", "/stream"): SIGNED_IN,
    ("v1/webhook-endpoints", "GET", ""): SIGNED_IN,
    ("v1/webhook-endpoints", "POST", ""): SIGNED_IN,
    **{("v1/webhook-endpoints", *call): {"owner", "operator"} for call in _ENDPOINT_CALLS},
    ("v1/webhook-deliveries", "GET", "/{delivery_id}"): {"owner", "operator"},
    ("v1/webhook-deliveries", "POST", "/{delivery_id}/redeliver"): {"owner", "operator"},
    ("v1/audit", "GET", ""): STAFF,
    ("v1/me", "GET", ""): SIGNED_IN,
    ("metrics", "GET", ""): {"operator"},
}
# These state no rule because they have none: open to all, and say nothing of anybody.
OPEN = {"/livez", "/readyz", "/openapi.json", "/openapi/events/{name}", "/docs", "/"}
# Guards itself: a token of the settings opens it as well as an operator's key.
GUARDS_ITSELF = {"/metrics"}


def routes_of(app: FastAPI) -> Iterator[APIRoute]:
    """Return every route, also those of included routers."""
    for included in app.routes:
        router = getattr(included, "original_router", None)
        for route in router.routes if router else [included]:
            if isinstance(route, APIRoute):
                yield route


def calls_of(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """Return (resource, method, rest of the path) of every call that is not open."""
    for route in routes_of(app):
        if route.path in OPEN:
            continue
        parts = route.path.strip("/").split("/")
        resource = "/".join(parts[:2])
        rest = route.path.removeprefix(f"/{resource}")
        for method in sorted(route.methods):
            yield resource, method, rest


def _no_resources() -> Any:
    raise AssertionError("routes are only read here")


APP = build_app(_no_resources)
CALLS = sorted(calls_of(APP))


def test_contract_and_application_name_the_same_calls() -> None:
    assert set(CALLS) == set(ALLOWED)


@pytest.mark.parametrize("route", list(routes_of(APP)), ids=lambda route: f"{min(route.methods)} {route.path}")
def test_route_states_its_rule(route: APIRoute) -> None:
    guards = [one.call for one in route.dependant.dependencies if isinstance(one.call, Guard)]
    assert len(guards) == (0 if route.path in OPEN | GUARDS_ITSELF else 1)


@dataclass
class Scene:
    """A verified record of each kind with its owner, and everyone else."""

    api: Api
    callers: dict[str, Caller]
    ids: dict[str, str]


@pytest_asyncio.fixture(scope="session")
async def scene(shared_database_url: str) -> AsyncIterator[Scene]:
    async with running_app(shared_database_url, FakeClock()) as api:
        callers = {
            "anonymous": api.anonymous,
            "owner": await api.caller("company"),
            "other_company": await api.caller("company"),
            "partner": await api.caller("partner"),
            "ministry": await api.caller("ministry"),
            "operator": await api.caller("operator"),
        }
        factory = await verified_factory(callers["owner"], callers["ministry"])
        model = await register_model(callers["owner"])
        await callers["ministry"].post(f"/v1/foundation-models/{model['id']}/verify")
        ids = {
            "v1/factories": factory["id"],
            "v1/foundation-models": model["id"],
            "v1/organizations": str(callers["owner"].organization_id),
            # Another target than the alert of the fuzzing has: both may come to one database, and one is open at most.
            "v1/alerts": str((await add_alert(api.database, "models-2030")).id),
            **(await webhook_ids(callers["owner"])),
        }
        yield Scene(api, callers, ids)


async def path_to(scene: Scene, resource: str, rest: str) -> str:
    """Return the path of a call on what there is in the scene."""
    path = f"/{resource}{rest}".replace("{id}", scene.ids.get(resource, ""))
    path = path.replace("{organization_id}", scene.ids["v1/organizations"])
    path = path.replace("{code}", "factories-2026").replace("{alert_id}", scene.ids["v1/alerts"])
    for name in ("endpoint", "delivery"):
        path = path.replace(f"{{{name}_id}}", scene.ids.get(resource, ""))
    if "{key_id}" in path:
        spare = await scene.api.caller("company", organization_id=scene.callers["owner"].organization_id)
        path = path.replace("{key_id}", str(spare.key_id))
    return path


@pytest.mark.parametrize("who", sorted(EVERYONE))
@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[1]} {call[0]}{call[2]}")
async def test_only_those_the_contract_names_may_call(scene: Scene, call: tuple[str, str, str], who: str) -> None:
    resource, method, rest = call
    path = await path_to(scene, resource, rest)
    path += "?after=x" if rest == "/stream" else ""  # else it would be answered for ever
    # Wrong in the last step on purpose (no If-Match, nonsense in the body): who may call is decided before that.
    caller = scene.callers[who]
    answer = await caller.send(method, path, {"?": 1} if method in ("POST", "PATCH") else None, if_match='"0"')
    if who in ALLOWED[call]:
        assert answer.status_code not in (401, 403, 404, 405, 500)
    elif who == "anonymous":
        assert answer.status_code == 401
    else:
        assert answer.status_code == (404 if resource in HIDDEN and rest else 403)


@pytest.mark.parametrize(
    "call",
    [call for call in CALLS if call[1] == "GET" and call[0] != "metrics"],
    ids=lambda call: f"{call[0]}{call[2]}",
)
async def test_parameter_that_nobody_knows_is_refused_by_name(scene: Scene, call: tuple[str, str, str]) -> None:
    path = await path_to(scene, call[0], call[2])
    answer = await scene.callers["operator"].get(f"{path}?nonsense=1")
    assert answer.status_code == 422
    assert {"parameter": "nonsense", "code": "unknown_parameter"}.items() <= answer.json()["errors"][0].items()
