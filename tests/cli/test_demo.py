"""`ax-registry demo`: everything it loads says that it is synthetic, and clearing leaves the real to the byte."""

from typing import Any

import httpx
import pytest

from tests.api.builders import factory_body
from tests.cli.conftest import Cli, Query

TABLES = (
    "organization",
    "contact",
    "api_key",
    "idempotent_answer",
    "factory",
    "foundation_model",
    "audit_entry",
    "standing",
    "change",
    "target",
    "target_revision",
    "region",
)


def everything(query: Query) -> dict[str, list[tuple[Any, ...]]]:
    return {table: sorted(query(f"SELECT t::text FROM {table} t")) for table in TABLES}


def progress(url: str, code: str = "factories-2026") -> Any:
    return httpx.get(f"{url}/v1/progress/{code}").json()


@pytest.fixture
def keys(cli: Cli) -> dict[str, str]:
    """Somebody real of a company and of the ministry."""
    return {
        role: cli.do("keys", "create", "--organization", f"실재 {role}", "--role", role).strip()
        for role in ("company", "operator")
    }


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_loading_twice_changes_nothing(cli: Cli, query: Query) -> None:
    first = cli.ask("demo", "load")
    loaded = everything(query)
    assert (first["is_new"], first["organizations"], first["foundation_models"]) == (True, 25, 9)
    assert first["factories"] == query("SELECT count(*) FROM factory WHERE synthetic")[0][0]
    assert cli.ask("demo", "load")["is_new"] is False
    assert "nothing was changed" in cli.do("demo", "load")
    assert everything(query) == loaded


def test_all_that_is_loaded_is_marked(cli: Cli, query: Query) -> None:
    cli.do("demo", "load")
    for table in ("organization", "factory", "foundation_model", "standing"):
        assert query(f"SELECT DISTINCT synthetic FROM {table}") == [(True,)]
    assert query("SELECT DISTINCT actor_label FROM audit_entry ORDER BY 1") == [
        ("ax-registry",),
        ("demo register (synthetic)",),
    ]
    assert query("SELECT action, record_type, record_id FROM audit_entry WHERE actor_label = 'ax-registry'") == [
        ("demo_loaded", "register", "demo")
    ]


def test_history_is_as_it_would_have_been(cli: Cli, query: Query) -> None:
    cli.do("demo", "load")
    # What stands is what the last standing says; every standing has a stamp of its own day, and a history entry.
    assert query("""
      SELECT count(*) FROM factory f JOIN LATERAL (
        SELECT * FROM standing s WHERE s.record_id = f.id ORDER BY version DESC LIMIT 1
      ) s ON true
      WHERE (s.status, s.counts_on, s.registered_on, s.region) <> (f.status, f.adoption_date, f.registered_on, f.region)
    """) == [(0,)]
    assert query("""
      SELECT count(*) FROM standing s JOIN change c ON c.id = s.change_id JOIN audit_entry a ON a.id = s.change_id
      WHERE a.at = c.at
    """) == query("SELECT count(*) FROM standing")
    assert query("""
      SELECT count(*) FROM factory f WHERE version <> (SELECT count(*) FROM audit_entry WHERE record_id = f.id::text)
    """) == [(0,)]
    assert query("SELECT count(*) FROM change WHERE at > clock_timestamp()") == [(0,)]


def test_figures_of_the_past_are_those_of_then(cli: Cli) -> None:
    cli.do("demo", "load")
    with cli.serving() as serving:
        now = progress(serving.url)
        then = progress(serving.url, "factories-2026?known_at=2026-06-30&as_of=2026-06-30")
        split = {by: progress(serving.url, f"factories-2026/breakdown?by={by}") for by in ("month", "region")}
        assert 0 < then["value"] < now["value"] < now["plan"]
        assert (now["synthetic"], then["synthetic"]) == (True, True)
        assert then["waiting"] + then["pipeline"]["planned"] > 0
        assert now["waiting"] > 0
        for answer in split.values():
            assert answer["synthetic"]
            assert sum(part["value"] for part in answer["items"]) == now["value"]


def test_running_service_counts_the_demo_at_once_and_forgets_it_at_once(cli: Cli, keys: dict[str, str]) -> None:
    with cli.serving() as serving, httpx.Client(base_url=serving.url, headers=bearer(keys["operator"])) as client:
        owner = client.get("/v1/me").json()["organization"]["id"]
        made = client.post("/v1/factories", json=factory_body(organization_id=owner)).json()
        client.post(f"/v1/factories/{made['id']}/verify")
        assert progress(serving.url)["value"] == 1
        cli.do("demo", "load")
        assert progress(serving.url)["value"] > 1
        cli.do("demo", "clear")
        assert progress(serving.url)["value"] == 1


def test_clearing_leaves_everything_real_to_the_byte(cli: Cli, keys: dict[str, str], query: Query) -> None:
    with cli.serving() as serving, httpx.Client(base_url=serving.url, headers=bearer(keys["company"])) as client:
        real = client.post("/v1/factories", json=factory_body(), headers={"Idempotency-Key": "real"}).json()
        before = everything(query)
        cli.do("demo", "load")
        # What is done to the demo afterwards goes with it: a key, a factory made with it, an answer kept.
        name = query("SELECT name FROM organization WHERE synthetic AND kind = 'company' LIMIT 1")[0][0]
        key = cli.do("keys", "create", "--organization", name, "--role", "company").strip()
        body = factory_body(name="견본 공장")
        made = client.post("/v1/factories", json=body, headers=bearer(key) | {"Idempotency-Key": "demo"}).json()
        assert made["synthetic"]
        removed = cli.ask("demo", "clear")["removed"]
        assert client.get(f"/v1/factories/{real['id']}").json() == real
        assert client.get("/v1/me", headers=bearer(key)).status_code in (200, 401)  # refused within five seconds
    after = everything(query)
    # A key's last use is noted now and then.
    assert {table for table in TABLES if after[table] != before[table]} <= {"audit_entry", "change", "api_key"}
    assert (removed["organization"], removed["foundation_model"], removed["api_key"]) == (25, 9, 1)
    added = [row for row in after["audit_entry"] if row not in before["audit_entry"]]
    assert len(added) == 2
    assert all("demo_" in row[0] for row in added)  # loaded, and cleared
    assert set(before["audit_entry"]) <= set(after["audit_entry"])
    assert set(before["change"]) <= set(after["change"])
    assert len(after["change"]) == len(before["change"]) + 2
    assert [row[0] for row in query("SELECT count(*) FROM api_key")] == [len(before["api_key"])]


def test_clearing_nothing_writes_nothing(cli: Cli, query: Query) -> None:
    before = everything(query)
    assert cli.ask("demo", "clear") == {"removed": {}}
    assert "nothing synthetic" in cli.do("demo", "clear")
    assert everything(query) == before


def test_demo_can_be_loaded_again_after_it_was_cleared(cli: Cli, query: Query) -> None:
    first = cli.ask("demo", "load")
    cli.do("demo", "clear")
    assert cli.ask("demo", "load") == first
    assert query("SELECT count(*) FROM factory") == [(first["factories"],)]


def test_organization_under_which_something_real_stands_is_kept(cli: Cli, query: Query) -> None:
    cli.do("demo", "load")
    query("UPDATE factory SET synthetic = false WHERE external_ref = 'DEMO-001'")
    assert cli.ask("demo", "clear")["removed"]["organization"] == 24
    assert query("SELECT count(*) FROM factory f JOIN organization o ON o.id = f.organization_id") == [(1,)]


def test_first_start_loads_the_demo_and_no_later_one(embedded: Cli) -> None:
    demo = embedded.with_settings(AX_DEMO="")
    with demo.serving() as first:
        assert first.said["demo"] == "loaded"
        assert first.said["operator_key"]
        assert progress(first.url)["value"] > 0
    demo.do("demo", "clear")
    with demo.serving() as second:
        assert "demo" not in second.said
        assert progress(second.url)["value"] == 0


def test_database_of_ones_own_is_left_empty_unless_asked(cli: Cli) -> None:
    with cli.serving() as serving:
        assert "demo" not in serving.said
        assert progress(serving.url)["value"] == 0
    with cli.serving(AX_DEMO="1") as serving:
        assert serving.said["demo"] == "loaded"
        assert "operator_key" not in serving.said


def test_register_in_use_is_never_given_a_demo_by_a_start(cli: Cli, keys: dict[str, str]) -> None:
    assert keys
    with cli.serving(AX_DEMO="1") as serving:
        assert "demo" not in serving.said
