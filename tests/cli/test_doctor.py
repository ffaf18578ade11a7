"""`ax-registry doctor`: each thing that can be wrong is seen, and says what to do."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from service.cli import doctor
from service.cli.doctor import Verdict
from service.core.regions import Region, RegionBook
from service.db.diagnosis import ServerFacts
from service.db.migrating import Schema
from service.db.read_models.figures import Queue, Workers
from service.settings import Settings
from tests.cli.conftest import Call, Cli, Query

NOON = datetime(2026, 11, 25, 3, tzinfo=UTC)
CHECKS = (
    "settings",
    "secret key",
    "database",
    "extension",
    "Korean text",
    "migrations",
    "clock",
    "privileges",
    "factories",
)


def verdicts(call: Call, cli: Cli) -> dict[str, str]:
    return {check["check"]: check["verdict"] for check in call(cli, "doctor", "--json").json["checks"]}


def server_facts(**changes: object) -> ServerFacts:
    facts: dict[str, object] = {
        "version": "18.6",
        "major": 18,
        "clock": NOON,
        "encoding": "UTF8",
        "collation": "C.UTF-8",
        "has_trigrams": True,
        "korean_similarity": 0.4,
        "schema": Schema.CURRENT,
    }
    return ServerFacts(**(facts | changes))  # type: ignore[arg-type]  # each is of its own type


def queue(**changes: float) -> Queue:
    facts: dict[str, float] = {"in_flight": 1, "oldest_due_seconds": 0.0, "untaken_seconds": 0.0}
    return Queue(endpoints={"active": 2}, pending={"active": 1000, "paused": 7, "disabled": 1}, **(facts | changes))  # type: ignore[arg-type]  # one is whole


def test_healthy_database_passes_every_check(call: Call, cli: Cli, query: Query) -> None:
    query("INSERT INTO worker (id, started_at, seen_at) VALUES (gen_random_uuid(), now(), now())")
    seen = call(cli, "doctor")
    assert seen.status == 0
    passed = [f"ok    {name}" for name in (*CHECKS, "regions", "worker", "deliveries")]
    assert [line.split(":")[0] for line in seen.out.splitlines()] == passed


def test_healthy_embedded_registry_passes(bare_embedded: Cli, call: Call) -> None:
    assert verdicts(call, bare_embedded)["database"] == "warn"  # there is none yet, and looking makes none
    assert not Path(bare_embedded.settings["AX_DATA_DIR"]).exists()
    bare_embedded.do("migrate")
    ended = bare_embedded.run("doctor", "--json")
    assert (ended.status, ended.json["ok"]) == (0, True)
    assert [check["check"] for check in ended.json["checks"] if check["verdict"] != "ok"] == ["worker"]


def test_database_that_was_not_migrated_fails(call: Call, empty_cli: Cli) -> None:
    seen = call(empty_cli, "doctor")
    assert seen.status == 1
    assert "fail  migrations: behind this version: run `ax-registry migrate`" in seen.out


def test_unreachable_database_fails_without_showing_its_password(call: Call, cli: Cli) -> None:
    elsewhere = cli.with_settings(AX_DATABASE_URL="postgresql://me:very-private@127.0.0.1:1/x")
    seen = call(elsewhere, "doctor")
    assert seen.status == 1
    assert "fail  database: the database can't be reached" in seen.out
    assert "very-private" not in seen.out


def test_bad_setting_fails_and_a_misspelt_one_is_named(call: Call, cli: Cli) -> None:
    assert "fail  settings: AX_PORT" in call(cli.with_settings(AX_PORT="x"), "doctor").out
    assert "AX_DATABSE_URL" in call(cli.with_settings(AX_DATABSE_URL="x"), "doctor").out


async def test_role_that_could_alter_history_fails(cli: Cli, migration_url: str) -> None:
    connection = await asyncpg.connect(migration_url.replace("+asyncpg", ""))
    await connection.execute("SET ROLE axreg_owner; GRANT UPDATE ON audit_entry TO axreg_app")
    await connection.execute("REVOKE INSERT ON factory FROM axreg_app")
    await connection.close()
    [found] = [check for check in cli.run("doctor", "--json").json["checks"] if check["check"] == "privileges"]
    assert found["verdict"] == "fail"
    assert "must not: UPDATE on audit_entry" in found["detail"]
    assert "can't: INSERT on factory" in found["detail"]


@pytest.mark.parametrize(
    ("facts", "check"),
    [
        ({"major": 14, "version": "14.9"}, "database"),
        ({"has_trigrams": False, "korean_similarity": None}, "extension"),
        ({"korean_similarity": 0.0, "collation": "C"}, "Korean text"),
        ({"encoding": "SQL_ASCII"}, "Korean text"),
        ({"schema": Schema.BEHIND}, "migrations"),
    ],
)
def test_unfit_server_fails(facts: dict[str, object], check: str) -> None:
    found = {one.check: one.verdict for one in doctor.judge_server(server_facts(**facts))}
    assert found[check] is Verdict.FAIL


def test_newer_tables_are_a_warning() -> None:
    found = {one.check: one.verdict for one in doctor.judge_server(server_facts(schema=Schema.AHEAD))}
    assert found["migrations"] is Verdict.WARN


@pytest.mark.parametrize(("seconds", "verdict"), [(0, "ok"), (-1, "ok"), (5, "warn"), (-5, "warn"), (90, "fail")])
def test_clock_is_judged_by_its_distance_from_both_readings(seconds: int, verdict: str) -> None:
    between = (NOON, NOON + timedelta(seconds=0.1))
    assert doctor.judge_clock(NOON + timedelta(seconds=seconds), between=between).verdict == verdict


@pytest.mark.parametrize(("mebibytes", "verdict"), [(10_000, "ok"), (1_000, "warn"), (100, "fail")])
def test_disk_is_judged_by_what_is_free(mebibytes: int, verdict: str) -> None:
    assert doctor.judge_disk(mebibytes << 20).verdict == verdict


def test_secret_that_others_may_read_fails(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    file = tmp_path / "secret-key"
    file.write_text("x" * 40, encoding="ascii")
    file.chmod(0o644)
    assert doctor.judge_secret(settings).verdict is Verdict.FAIL
    file.chmod(0o600)
    assert doctor.judge_secret(settings).verdict is Verdict.OK


def test_missing_secret_fails_with_a_database_of_ones_own() -> None:
    assert doctor.judge_secret(Settings(database_url="postgresql://db.example.com/x")).verdict is Verdict.FAIL


def test_regions_that_lead_nowhere_fail() -> None:
    names = ("KR-1", "가", "A", "가", "A", "province")
    circle = RegionBook([Region("01", *names, successor="02"), Region("02", *names, successor="01")])
    assert doctor.judge_regions(circle).verdict is Verdict.FAIL
    assert doctor.judge_regions(RegionBook([])).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("workers", "verdict", "said"),
    [
        (Workers(2, 1.0), "ok", "2 at work"),
        (Workers(0, None), "warn", "none is at work: nothing is sent; run `ax-registry worker`"),
        (Workers(0, 130.4), "warn", "none is at work, the last was seen 130 s ago"),
    ],
)
def test_missing_worker_is_a_warning_with_the_remedy(workers: Workers, verdict: str, said: str) -> None:
    found = doctor.judge_workers(workers)
    assert (found.verdict, found.detail.startswith(said)) == (verdict, True)


@pytest.mark.parametrize(
    ("changes", "workers", "verdict", "said"),
    [
        ({}, 1, "ok", "1,000 wait, 8 are held, 1 on their way"),
        ({"oldest_due_seconds": 9000.0}, 1, "ok", "1,000 wait"),  # a slow receiver, and something is on its way to it
        ({"untaken_seconds": 119.0}, 1, "ok", "1,000 wait"),
        ({"untaken_seconds": 130.0}, 1, "fail", "stuck: something has been due for 130 s, and no worker takes it; see"),
        ({"untaken_seconds": 130.0}, 0, "warn", "stuck: something has been due for 130 s"),
    ],
)
def test_queue_is_stuck_when_nobody_takes_what_is_due(
    changes: dict[str, float], workers: int, verdict: str, said: str
) -> None:
    found = doctor.judge_queue(queue(**changes), Workers(workers, None))
    assert (found.verdict, found.detail.startswith(said)) == (verdict, True)
