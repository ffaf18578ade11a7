import asyncio
import os
import signal
import subprocess
import threading
from pathlib import Path

import asyncpg
import pytest

from service.embedded import attach
from service.embedded.home import Home
from service.embedded.processes import find_all, find_servers
from service.embedded.waiting import wait_until
from tests.embedded.owners import Ask, StartOwner

pytestmark = pytest.mark.timeout(60)

# asyncpg's ways to say that the server went away; the internal one when it does so inside a message.
_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


def test_attach_copes_with_killed_owners(data_dir: Path, start_owner: StartOwner, ask: Ask) -> None:
    owners = [start_owner(data_dir) for _ in range(2)]
    for owner in owners:
        owner.told()
    for owner in owners:
        owner.kill()
    with attach(data_dir, durable=False) as server:
        assert ask(server, "SELECT 1") == "1"
    assert find_all(Home(data_dir)) == []


def test_ownerless_fast_server_does_not_serve_a_durable_owner(
    data_dir: Path, start_owner: StartOwner, ask: Ask
) -> None:
    owner = start_owner(data_dir)
    owner.told()
    owner.kill()
    with attach(data_dir, durable=True) as server:
        assert ask(server, "SHOW fsync") == "on"


@pytest.mark.parametrize("delay", [0.05, 0.2, 0.4, 0.5, 0.6])
def test_owner_killed_in_its_first_start_leaves_no_trouble(
    data_dir: Path, start_owner: StartOwner, ask: Ask, delay: float
) -> None:
    owner = start_owner(data_dir)
    wait_until((data_dir / "postgres").exists, seconds=20)
    wait_until(lambda: False, seconds=delay)
    owner.kill()
    with attach(data_dir, durable=False) as server:
        assert ask(server, "SELECT 1") == "1"
    assert find_all(Home(data_dir)) == []


def test_server_killed_in_mid_write_loses_no_acknowledged_row(data_dir: Path, ask: Ask) -> None:
    acknowledged: list[int] = []
    with attach(data_dir) as server:
        ask(server, "CREATE TABLE written (number int PRIMARY KEY)", role="axreg_owner")
        for _ in range(5):
            enough = len(acknowledged) + 100
            writer = threading.Thread(target=asyncio.run, args=[_write(server.socket_dir, acknowledged)])
            writer.start()
            assert wait_until(lambda enough=enough: len(acknowledged) >= enough, seconds=20)
            _kill_server(data_dir)
            writer.join(timeout=20)
            server.revive()
        found = ask(server, "SELECT number FROM written", role="axreg_owner")
    assert set(acknowledged) <= {int(line) for line in found.splitlines()}


def test_next_owner_restarts_a_server_that_died_under_another(
    data_dir: Path, start_owner: StartOwner, ask: Ask
) -> None:
    start_owner(data_dir).told()
    _kill_server(data_dir)
    with attach(data_dir, durable=False) as server:
        assert ask(server, "SELECT 1") == "1"


def test_server_that_others_told_to_stop_is_replaced(data_dir: Path, ask: Ask) -> None:
    with attach(data_dir, durable=False) as server:
        # PostgreSQL waits for this reader to leave, and lets nobody else in meanwhile.
        command = _psql(server.bin_dir, server.socket_dir)
        with subprocess.Popen([*command, "-c", "SELECT pg_sleep(50)"], stderr=subprocess.DEVNULL) as reader:
            asleep = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%sleep(50)' AND state = 'active'"
            assert wait_until(lambda: ask(server, asleep, role="postgres") == "1", seconds=10)
            os.kill(_server_of(data_dir), signal.SIGTERM)
            with attach(data_dir, durable=False) as another:
                assert ask(another, "SELECT 1") == "1"
            reader.wait(timeout=20)


@pytest.mark.parametrize("zombie", [False, True], ids=["stranger", "zombie"])
def test_stale_files_with_a_reused_pid_are_removed(data_dir: Path, ask: Ask, zombie: bool) -> None:
    home = Home(data_dir)
    with attach(data_dir, durable=False) as server:
        kept = [(file, file.read_text()) for file in home.leftovers if file.is_file()]
        first_pid = str(_server_of(data_dir))
    assert len(kept) == 2
    with subprocess.Popen(["sleep", "0" if zombie else "50"]) as stranger:
        server.socket_dir.mkdir(exist_ok=True)
        for file, text in kept:
            file.write_text(text.replace(first_pid, str(stranger.pid)))
        with attach(data_dir, durable=False) as again:
            assert ask(again, "SELECT 1") == "1"
        stranger.kill()
        assert stranger.wait() == (0 if zombie else -signal.SIGKILL)


def test_stranger_who_mentions_the_folder_is_not_taken_for_the_server(data_dir: Path) -> None:
    script = f": /usr/bin/postgres -D {Home(data_dir).cluster} x; sleep 50; :"
    with subprocess.Popen(["/bin/sh", "-c", script], start_new_session=True) as stranger:
        attach(data_dir, durable=False).close()
        assert stranger.poll() is None
        os.killpg(stranger.pid, signal.SIGKILL)


@pytest.mark.parametrize("frozen", [False, True], ids=["busy", "frozen"])
def test_orphaned_backend_is_gone_before_the_next_start(data_dir: Path, ask: Ask, frozen: bool) -> None:
    with attach(data_dir, durable=False) as server:
        command = _psql(server.bin_dir, server.socket_dir)
        with subprocess.Popen([*command, "-c", "DO 'BEGIN LOOP END LOOP; END'"], stderr=subprocess.DEVNULL) as busy:
            query = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'DO ''%' AND state = 'active'"
            assert wait_until(lambda: ask(server, query, role="postgres") != "", seconds=10)
            orphan = int(ask(server, query, role="postgres"))
            if frozen:
                os.kill(orphan, signal.SIGSTOP)
            _kill_server(data_dir)
            server.revive()
            busy.wait(timeout=20)
        assert orphan not in find_all(Home(data_dir))
        assert ask(server, "SELECT 1") == "1"


def _psql(bin_dir: Path, socket_dir: Path) -> list[str | Path]:
    return [bin_dir / "psql", "-Xq", "-h", socket_dir, "-U", "axreg_app", "-d", "axreg"]


def _server_of(data_dir: Path) -> int:
    # A child that has just been forked looks like the server until it says what it is; the server is the oldest.
    return min(find_servers(Home(data_dir)))


def _kill_server(data_dir: Path) -> None:
    """Kill the server and wait until it is gone; its backends may outlive it."""
    os.kill(_server_of(data_dir), signal.SIGKILL)
    assert wait_until(lambda: not find_servers(Home(data_dir)), seconds=10)


async def _write(socket_dir: Path, acknowledged: list[int]) -> None:
    """Insert one row after the other until the server goes away."""
    connection = await asyncpg.connect(host=str(socket_dir), port=5432, user="axreg_owner", database="axreg")
    try:
        number = await connection.fetchval("SELECT coalesce(max(number), 0) FROM written")
        while True:
            number += 1
            await connection.execute("INSERT INTO written VALUES ($1)", number)
            acknowledged.append(number)
    except _LOST:
        return
    finally:
        connection.terminate()
