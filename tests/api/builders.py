"""Bodies that are right, so that a test says only what matters to it."""

from typing import Any

from tests.api.conftest import Caller
from tests.leaks import PRIVATE


def factory_body(**changes: Any) -> dict[str, Any]:
    """Return the body of a factory that can be registered; `changes` replace fields."""
    body = {"name": "수원 1공장", "region": "경기", "industry": "26110", "adoption_date": "2026-03-02"}
    return body | PRIVATE | changes


def model_body(**changes: Any) -> dict[str, Any]:
    """Return the body of a foundation model that can be registered; `changes` replace fields."""
    body = {"name": "용접 검사 모델", "kind": "process", "access": "alliance", "model_version": "1.0"}
    return body | {"released_on": "2026-03-02"} | changes


async def register_factory(caller: Caller, **changes: Any) -> dict[str, Any]:
    """Register a factory and return it as its organization sees it."""
    answer = await caller.post("/v1/factories?allow_similar=true", factory_body(**changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def register_model(caller: Caller, **changes: Any) -> dict[str, Any]:
    """Register a foundation model and return it as its developer sees it."""
    answer = await caller.post("/v1/foundation-models", model_body(**changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def verified_factory(owner: Caller, ministry: Caller, **changes: Any) -> dict[str, Any]:
    """Register a factory and have it verified."""
    factory = await register_factory(owner, **changes)
    answer = await ministry.post(f"/v1/factories/{factory['id']}/verify")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def verified_model(owner: Caller, ministry: Caller, **changes: Any) -> dict[str, Any]:
    """Register a foundation model and have it verified."""
    model = await register_model(owner, **changes)
    answer = await ministry.post(f"/v1/foundation-models/{model['id']}/verify")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def make_endpoint(caller: Caller, **given: Any) -> dict[str, Any]:
    """Make a webhook endpoint and return it as it was answered, with its secret."""
    answer = await caller.post("/v1/webhook-endpoints", {"url": "https://hooks.example.com/ax"} | given)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def webhook_ids(owner: Caller) -> dict[str, str]:
    """Make an endpoint with a delivery, and return the id of each by its resource."""
    endpoint = await make_endpoint(owner)
    delivery = await ping(owner, endpoint)
    return {"v1/webhook-endpoints": endpoint["id"], "v1/webhook-deliveries": delivery["id"]}


async def ping(owner: Caller, endpoint: dict[str, Any]) -> dict[str, Any]:
    """Ping an endpoint and return the delivery."""
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    answer = await owner.post(f"{path}/ping")
    assert answer.status_code == 200, answer.text
    newest = await owner.get(f"{path}/deliveries?event_type=webhook.ping&limit=1")
    return dict(newest.json()["items"][0])
