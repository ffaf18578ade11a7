import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from service.embedded import attach
from service.embedded.home import Home
from service.embedded.processes import find_all, find_servers
from service.embedded.waiting import wait_until
from tests.embedded.owners import ROOT, Ask, StartOwner

pytestmark = pytest.mark.timeout(60)

_FORKING = """
import os, sys, time
from pathlib import Path
from service.embedded import attach
from service.embedded.home import Home
from service.embedded.processes import find_servers
server = attach(Path(sys.argv[1]), durable=False)
child = os.fork()
if child == 0:
    server.close()
    os._exit(0)
os.waitpid(child, 0)
print("servers:", len(find_servers(Home(Path(sys.argv[1])))))
"""


def test_second_process_goes_on_when_the_first_leaves(data_dir: Path, start_owner: StartOwner, ask: Ask) -> None:
    first = start_owner(data_dir)
    first.told()
    told = start_owner(data_dir).told()
    first.close()
    assert ask(told, "SELECT 1") == "1"


def test_last_one_out_stops_the_server(data_dir: Path, start_owner: StartOwner) -> None:
    owners = [start_owner(data_dir) for _ in range(3)]
    for owner in owners:
        owner.told()
    for owner in owners[:-1]:
        owner.close()
    assert find_servers(Home(data_dir))
    owners[-1].close()
    assert find_all(Home(data_dir)) == []


def test_all_leaving_at_once_stop_the_server(data_dir: Path) -> None:
    servers = [attach(data_dir, durable=False) for _ in range(4)]
    threads = [threading.Thread(target=server.close) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert find_all(Home(data_dir)) == []


def test_ending_without_close_stops_the_server_too(data_dir: Path, start_owner: StartOwner) -> None:
    owner = start_owner(data_dir)
    owner.told()
    owner.process.communicate("bye\n", timeout=20)
    assert find_all(Home(data_dir)) == []


def test_closing_twice_is_no_error(data_dir: Path) -> None:
    server = attach(data_dir, durable=False)
    server.close()
    server.close()


def test_one_process_may_attach_twice(data_dir: Path, ask: Ask) -> None:
    first = attach(data_dir, durable=False)
    with attach(data_dir, durable=False) as second:
        first.close()
        assert ask(second, "SELECT 1") == "1"


def test_server_survives_its_starters_interrupt(data_dir: Path, start_owner: StartOwner, ask: Ask) -> None:
    starter = start_owner(data_dir)
    starter.told()
    with attach(data_dir, durable=False) as server:
        # What a terminal does on Ctrl-C: the whole group is told.
        os.killpg(starter.process.pid, signal.SIGINT)
        starter.process.communicate(timeout=20)
        assert ask(server, "SELECT 1") == "1"


def test_dead_server_is_no_zombie_child(data_dir: Path) -> None:
    with attach(data_dir, durable=False):
        pid = min(find_servers(Home(data_dir)))
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: not _exists(pid), seconds=10)


def test_revive_leaves_a_living_server_alone(data_dir: Path, ask: Ask) -> None:
    with attach(data_dir, durable=False) as server:
        before = ask(server, "SELECT pg_postmaster_start_time()")
        server.revive()
        assert ask(server, "SELECT pg_postmaster_start_time()") == before


def test_forked_process_does_not_end_its_parents_hold(data_dir: Path) -> None:
    forking = [sys.executable, "-c", _FORKING, str(data_dir)]
    done = subprocess.run(forking, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "servers: 1\n"
    assert find_all(Home(data_dir)) == []


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
