"""`ax-registry backup` and `restore`: everything comes back as it was, or nothing changes."""

import asyncio
import stat
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from service.core.event_feed import Place, place_of
from service.core.events import Event
from service.db.engine import open_database
from service.db.migrating import newest_revision
from service.db.read_models.event_feed import read_stretch
from tests.api.builders import register_factory, verified_factory
from tests.api.conftest import Api, running_app
from tests.cli.conftest import Call, Cli, MakeCli, Query
from tests.clocks import NOON_IN_SEOUL, FakeClock
from tests.conftest import MakeDatabaseUrl
from tests.events import add, make_event, settled

# Not the events' clock: a restored register begins another era.
TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_name <> 'event_clock' ORDER BY 1
"""
OWNERS_AND_PRIVILEGES = """
SELECT relname, relkind::text, pg_get_userbyid(relowner), relacl::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace ORDER BY 1
"""


def everything(query: Query) -> dict[str, Any]:
    """Return the number of rows of each table, and a digest of all that stands in them."""
    digest = "SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM"
    return {table: query(f'{digest} "{table}" t') for (table,) in query(TABLES)}


@pytest_asyncio.fixture
async def filled(database_url: str) -> str:
    """The URL of a register with some life in it."""
    async with running_app(database_url, FakeClock()) as api:
        await _fill(api)
    return database_url


async def _fill(api: Api) -> None:
    company, ministry = await api.caller("company"), await api.caller("ministry")
    await ministry.post("/v1/webhook-endpoints", {"url": "https://receiver.example.com/"})
    factory = await verified_factory(company, ministry, name="수원 1공장")
    await register_factory(company, name="화성 2공장", region="41")
    await company.patch(f"/v1/factories/{factory['id']}", {"notes": None}, if_match=f'"{factory["version"]}"')


@pytest_asyncio.fixture
async def empty(make_cli: MakeCli, make_database_url: MakeDatabaseUrl) -> Cli:
    """The command on another database, with nothing in it."""
    return make_cli(await make_database_url(empty=True))


@pytest.fixture
def backup(call: Call, cli: Cli, filled: str, tmp_path: Path) -> Path:
    """A backup of the register with some life in it."""
    file = tmp_path / "register.dump"
    assert call(cli, "backup", file).status == 0, filled
    return file


def test_restored_register_is_the_same_to_the_last_row_owner_and_privilege(
    call: Call, empty: Cli, backup: Path, query: Query, query_of: Any
) -> None:
    there = query_of(empty)
    done = call(empty, "restore", backup, "--json").json
    assert everything(there) == everything(query)
    assert there(OWNERS_AND_PRIVILEGES) == query(OWNERS_AND_PRIVILEGES)
    assert done["revision"] == newest_revision()
    assert done["rows"]["factory"] == 2
    assert there("SELECT count(ciphertext) FROM webhook_secret") == [(1,)]
    assert there("SELECT DISTINCT state FROM webhook_delivery") == [("pending",)]
    assert call(empty, "doctor").status == 0
    # And it goes on: sequences, triggers and the file of the answer kept are there too.
    key = call(empty, "keys", "create", "--organization", "한빛제철", "--role", "company").out.strip()
    with empty.serving() as serving:
        body = {"name": "3공장", "region": "11", "industry": "26", "adoption_date": "2026-03-02"}
        made = httpx.post(f"{serving.url}/v1/factories", json=body, headers={"Authorization": f"Bearer {key}"}).json()
    assert made["registry_number"].endswith("00003")


def test_restored_register_begins_another_era_of_events_each_time(
    call: Call, empty: Cli, backup: Path, query: Query, query_of: Any
) -> None:
    eras = [query("SELECT era FROM event_clock"), query("SELECT max(era) FROM event")]
    assert call(empty, "restore", backup).status == 0
    first = query_of(empty)("SELECT era FROM event_clock")
    assert call(empty, "restore", backup, "--replace").status == 0
    assert [*eras, query_of(empty)("SELECT max(era) FROM event")] == [[(1,)]] * 3
    assert first > [(1,)]
    assert query_of(empty)("SELECT era FROM event_clock") >= first


def test_place_in_the_feed_goes_on_after_a_restore_into_a_cluster_that_has_not_come_as_far(
    call: Call, cli: Cli, filled: str, empty: Cli, tmp_path: Path, query: Query
) -> None:
    assert filled
    query("UPDATE event SET xid = (xid::text::bigint + 1000000000)::text::xid8")  # as those of an older cluster
    old = query("SELECT era, xid::text, id FROM event ORDER BY era, event.xid, id")
    last_read = place_of(old[0][0], int(old[0][1]), old[0][2])
    assert call(cli, "backup", tmp_path / "register.dump").status == 0
    assert call(empty, "restore", tmp_path / "register.dump").status == 0
    new = make_event(NOON_IN_SEOUL)
    following = asyncio.run(_written_and_read_on(empty, new, last_read))
    assert following == [*(UUID(str(event_id)) for _, _, event_id in old[1:]), new.id]


async def _written_and_read_on(cli: Cli, event: Event, place: Place) -> list[UUID]:
    database = await open_database(cli.settings["AX_DATABASE_URL"], hot_size=1, session_size=1)
    await add(database, event)
    await settled(database)
    stretch = await read_stretch(database.pool, place, limit=100, now=NOON_IN_SEOUL)
    await database.close()
    return [event.place.id for event in stretch.events]


def test_backup_is_private_and_replaces_no_file_unasked(call: Call, cli: Cli, backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    content = backup.read_bytes()
    assert "say --force" in call(cli, "backup", backup).refusal(status=1)
    assert backup.read_bytes() == content
    assert call(cli, "backup", backup, "--force", "--json").json["bytes"] == backup.stat().st_size
    assert [file.name for file in backup.parent.iterdir() if file.is_file()] == [backup.name]


def test_failed_backup_leaves_no_file(call: Call, cli: Cli, tmp_path: Path) -> None:
    nowhere = cli.with_settings(AX_DATABASE_MIGRATION_URL="postgresql://nobody@127.0.0.1:1/x")
    call(nowhere, "backup", tmp_path / "register.dump").refusal(status=6)
    assert list(tmp_path.iterdir()) == []
    call(cli, "backup", tmp_path / "no" / "such" / "folder.dump").refusal(status=1)


@pytest.mark.parametrize("kept_share", [0.0, 0.02, 0.5, 0.9, 0.999])
def test_cut_file_changes_nothing(
    call: Call, cli: Cli, backup: Path, tmp_path: Path, query: Query, kept_share: float
) -> None:
    before = everything(query)
    cut = tmp_path / "cut.dump"
    content = backup.read_bytes()
    cut.write_bytes(content[: int(len(content) * kept_share)])
    told = call(cli, "restore", cut, "--replace").refusal(status=1)
    assert str(cut) in told
    assert everything(query) == before


def test_restoring_over_a_register_must_be_asked_for(call: Call, cli: Cli, backup: Path, query: Query) -> None:
    before = everything(query)
    call(cli, "organizations", "create", "--name", "한빛제철", "--kind", "company")
    told = call(cli, "restore", backup).refusal(status=1)
    assert "the database is not empty (3 organization, 2 factory" in told
    assert call(cli, "restore", backup, "--replace").status == 0
    assert everything(query) == before


def test_restoring_under_a_running_service_is_refused(call: Call, cli: Cli, backup: Path) -> None:
    with cli.serving():
        assert "stop it first" in call(cli, "restore", backup, "--replace").refusal(status=1)


def test_file_of_another_kind_is_refused(call: Call, empty: Cli, tmp_path: Path, query_of: Any) -> None:
    file = tmp_path / "letter.dump"
    file.write_text("Dear registry,\n", encoding="utf-8")
    assert str(file) in call(empty, "restore", file).refusal(status=1)
    assert "does not exist" in call(empty, "restore", tmp_path / "none").refusal(status=2)
    assert everything(query_of(empty)) == {}


def test_programs_older_than_the_server_are_named_with_the_remedy(
    call: Call, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pg_dump", "pg_restore", "psql", "postgres"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) 9.6'\n", encoding="ascii")
        program.chmod(0o755)
    monkeypatch.setattr("service.cli.backups._folders", lambda *_: [tmp_path])
    told = call(cli, "backup", tmp_path / "register.dump").refusal(status=1)
    assert f"{tmp_path} (9)" in told
    assert "install postgresql-client-" in told


def test_embedded_register_moves_to_another_folder(embedded: Cli, tmp_path: Path) -> None:
    embedded.do("keys", "create", "--organization", "가온정밀", "--role", "company")
    embedded.do("backup", tmp_path / "register.dump")
    elsewhere = embedded.with_settings(AX_DATA_DIR=embedded.settings["AX_DATA_DIR"] + "-2")
    assert elsewhere.ask("restore", tmp_path / "register.dump")["rows"]["api_key"] == 1
