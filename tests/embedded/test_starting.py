import json
from pathlib import Path
from urllib.parse import unquote

import pytest

from service.embedded import attach
from service.embedded.binaries import OLDEST_MAJOR
from service.embedded.home import Home
from service.embedded.processes import find_all, find_servers
from tests.embedded.owners import Ask, StartOwner

pytestmark = pytest.mark.timeout(60)

_DEBIANS = sorted(
    found for found in Path("/usr/lib/postgresql").glob("[0-9]*/bin") if int(found.parent.name) >= OLDEST_MAJOR
)
_LIKENESS = "SELECT similarity('수원 스마트공장', '수원 스마트 공장')"


def test_first_start_makes_a_server_and_close_ends_it(data_dir: Path, ask: Ask) -> None:
    with attach(data_dir, durable=False) as server:
        assert ask(server, "SELECT current_user, current_database()") == "axreg_app|axreg"
    assert find_all(Home(data_dir)) == []


def test_warm_start_finds_what_was_written(data_dir: Path, ask: Ask) -> None:
    with attach(data_dir) as server:
        ask(server, "CREATE TABLE kept AS SELECT 42 AS number", role="axreg_owner")
    with attach(data_dir) as server:
        assert ask(server, "SELECT number FROM kept", role="axreg_owner") == "42"


@pytest.mark.parametrize("count", [2, 8])
def test_first_starts_at_once_make_one_server(data_dir: Path, start_owner: StartOwner, ask: Ask, count: int) -> None:
    owners = [start_owner(data_dir) for _ in range(count)]
    starts = {ask(owner.told(), "SELECT pg_postmaster_start_time()") for owner in owners}
    assert len(starts) == 1
    assert len(find_servers(Home(data_dir))) == 1


def test_urls_name_role_database_and_socket(data_dir: Path) -> None:
    with attach(data_dir, durable=False) as server:
        url, query = server.url.split("?")
    assert url == "postgresql+asyncpg://axreg_app@/axreg"
    assert unquote(query) == f"host={data_dir}/postgres/socket&port=5432"
    assert "/" not in query
    assert server.migration_url.startswith("postgresql+asyncpg://axreg_owner@/axreg?")
    assert server.superuser_url.startswith("postgresql+asyncpg://postgres@/postgres?")


def test_program_folder_has_dump_and_restore(data_dir: Path) -> None:
    with attach(data_dir, durable=False) as server:
        assert {"pg_dump", "pg_restore"} <= {found.name for found in server.bin_dir.iterdir()}


def test_app_role_may_not_create_tables(data_dir: Path, ask: Ask) -> None:
    with attach(data_dir, durable=False) as server, pytest.raises(AssertionError, match="permission denied for schema"):
        ask(server, "CREATE TABLE mine ()")


def test_services_roles_are_no_superusers(data_dir: Path, ask: Ask) -> None:
    with attach(data_dir, durable=False) as server:
        assert ask(server, "SELECT rolsuper FROM pg_roles WHERE rolname LIKE 'axreg%'") == "f\nf"


def test_nothing_listens_on_tcp(data_dir: Path, ask: Ask) -> None:
    with attach(data_dir, durable=False) as server:
        assert ask(server, "SHOW listen_addresses", role="postgres") == ""


@pytest.mark.parametrize(("durable", "expected"), [(True, "on"), (False, "off")])
def test_durability_is_the_callers_choice(data_dir: Path, ask: Ask, durable: bool, expected: str) -> None:
    with attach(data_dir, durable=durable) as server:
        names = ("fsync", "synchronous_commit", "full_page_writes")
        assert {ask(server, f"SHOW {name}") for name in names} == {expected}


@pytest.mark.parametrize("environment", [{}, {"LC_ALL": "ko_KR.UTF-8"}, {"LANG": "C"}], ids=json.dumps)
def test_trigrams_see_korean_in_any_locale(
    data_dir: Path, start_owner: StartOwner, ask: Ask, environment: dict[str, str]
) -> None:
    told = start_owner(data_dir, environment=environment).told()
    assert float(ask(told, _LIKENESS)) > 0.3


@pytest.mark.parametrize("bin_dir", _DEBIANS, ids=str)
def test_debians_server_serves_as_well(data_dir: Path, ask: Ask, bin_dir: Path) -> None:
    with attach(data_dir, durable=False, bin_dir=bin_dir) as server:
        assert float(ask(server, _LIKENESS)) > 0.3
        assert server.version.startswith(bin_dir.parent.name)


def test_hangul_sorts_in_its_own_order(data_dir: Path, ask: Ask) -> None:
    with attach(data_dir, durable=False) as server:
        sql = "SELECT string_agg(t, '' ORDER BY t) FROM unnest(ARRAY['다', 'b', '가', 'A', '나']) t"
        assert ask(server, sql) == "Ab가나다"


@pytest.mark.parametrize("name", ["d" * 120, "a, b:c@d", "데이터 폴더", "quo\"te's"])
def test_any_printable_path_will_do(folder: Path, ask: Ask, name: str) -> None:
    with attach(folder / name, durable=False) as server:
        assert ask(server, "SELECT 1") == "1"
        assert not set(str(server.socket_dir)) & set(",:@'\"")


def test_socket_folder_outside_the_home_is_removed_in_the_end(folder: Path) -> None:
    with attach(folder / ("d" * 120), durable=False) as server:
        assert server.socket_dir.stat().st_mode & 0o777 == 0o700
    assert not server.socket_dir.exists()


def test_path_through_a_link_is_the_same_server(folder: Path, data_dir: Path, ask: Ask) -> None:
    (folder / "link").symlink_to(data_dir)
    with attach(data_dir, durable=False) as server, attach(folder / "link", durable=False) as same:
        assert len({ask(each, "SELECT pg_postmaster_start_time()") for each in (server, same)}) == 1


def test_relative_path_is_taken_from_the_working_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with attach(Path("data"), durable=False) as server:
        assert server.data_dir == folder / "data"
