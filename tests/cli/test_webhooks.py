"""`ax-registry webhooks`: what an operator sees of everyone's endpoints at the machine, and sends again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.api.builders import make_endpoint, ping
from tests.api.conftest import Caller, running_app
from tests.cli.conftest import Call, Cli, Query
from tests.clocks import FakeClock

Endpoint = Callable[..., dict[str, Any]]


@pytest_asyncio.fixture
async def pinged(database_url: str) -> AsyncIterator[Endpoint]:
    """Make an endpoint of a company, with a delivery, and return that."""
    async with running_app(database_url, FakeClock()) as api:
        company = await api.caller("company")
        loop = asyncio.get_running_loop()

        def make(**given: Any) -> dict[str, Any]:
            return loop.run_until_complete(_pinged(company, **given))

        yield make


async def _pinged(company: Caller, **given: Any) -> dict[str, Any]:
    return await ping(company, await make_endpoint(company, **given))


def test_endpoints_are_listed_with_their_organization_and_health_and_no_secret(
    call: Call, cli: Cli, pinged: Endpoint
) -> None:
    delivery = pinged(url="https://hooks.example.com/ax")
    (listed,) = call(cli, "webhooks", "list", "--json").json["items"]
    assert (listed["id"], listed["url"], listed["state"]) == (
        delivery["endpoint_id"],
        "https://hooks.example.com/ax",
        "active",
    )
    assert listed["organization"].startswith("company ")
    assert listed["health"]["pending"] == 1
    assert "secret" not in listed
    heading, row = call(cli, "webhooks", "list").out.splitlines()
    assert heading.split() == [
        "state",
        "organization",
        "url",
        "pending",
        "held",
        "last_success_at",
        "failing_since",
        "disable_at",
        "id",
    ]
    assert row.split()[0] == "active"
    assert row.split()[-1] == delivery["endpoint_id"]


def test_redelivered_delivery_is_pending_again_and_audited(
    call: Call, cli: Cli, pinged: Endpoint, query: Query
) -> None:
    delivery = pinged()
    query("UPDATE webhook_delivery SET state = 'failed', attempts = 10, next_attempt_at = NULL RETURNING id")
    told = call(cli, "webhooks", "redeliver", delivery["id"]).out
    assert told == f"webhook.ping {delivery['event_id']} is pending again.\n"
    assert query("SELECT state, attempts, next_attempt_at IS NULL FROM webhook_delivery") == [("pending", 0, False)]
    assert query("SELECT action, actor_kind FROM audit_entry ORDER BY id DESC LIMIT 1") == [
        ("redelivered", "command_line")
    ]
    assert call(cli, "webhooks", "redeliver", delivery["id"], "--json").json["id"] == delivery["id"]


@pytest.mark.parametrize("name", ["7", "019ab2c4-7d10-7abc-9def-0123456789ab"])
def test_unknown_delivery_is_told_in_one_line(call: Call, cli: Cli, name: str) -> None:
    refused = call(cli, "webhooks", "redeliver", name)
    assert (refused.status, refused.err) == (4, f"error: no delivery that is still kept has the id '{name}'\n")


def test_what_is_in_flight_is_not_sent_again(call: Call, cli: Cli, pinged: Endpoint, query: Query) -> None:
    delivery = pinged()
    query("UPDATE webhook_delivery SET state = 'in_flight', next_attempt_at = NULL RETURNING id")
    refused = call(cli, "webhooks", "redeliver", delivery["id"])
    assert refused.status == 5
    assert "in_flight" in refused.err
