import os
import signal
import threading

import pytest

from service.embedded import attach
from service.embedded.home import Home
from service.embedded.processes import find_all, find_servers
from service.embedded.waiting import wait_until

pytestmark = pytest.mark.timeout(60)


def test_second_process_goes_on_when_the_first_leaves(data_dir, start_owner, ask):
    first = start_owner(data_dir)
    first.told()
    told = start_owner(data_dir).told()
    first.close()
    assert ask(told, "SELECT 1") == "1"


def test_last_one_out_stops_the_server(data_dir, start_owner):
    owners = [start_owner(data_dir) for _ in range(3)]
    for owner in owners:
        owner.told()
    for owner in owners[:-1]:
        owner.close()
    assert find_servers(Home(data_dir))
    owners[-1].close()
    assert find_all(Home(data_dir)) == []


def test_all_leaving_at_once_stop_the_server(data_dir):
    servers = [attach(data_dir, durable=False) for _ in range(4)]
    threads = [threading.Thread(target=server.close) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert find_all(Home(data_dir)) == []


def test_ending_without_close_stops_the_server_too(data_dir, start_owner):
    owner = start_owner(data_dir)
    owner.told()
    owner.process.communicate("bye\n", timeout=20)
    assert find_all(Home(data_dir)) == []


def test_closing_twice_is_no_error(data_dir):
    server = attach(data_dir, durable=False)
    server.close()
    server.close()


def test_one_process_may_attach_twice(data_dir, ask):
    first = attach(data_dir, durable=False)
    with attach(data_dir, durable=False) as second:
        first.close()
        assert ask(second, "SELECT 1") == "1"


def test_server_survives_its_starters_interrupt(data_dir, start_owner, ask):
    starter = start_owner(data_dir)
    starter.told()
    with attach(data_dir, durable=False) as server:
        # What a terminal does on Ctrl-C: the whole group is told.
        os.killpg(starter.process.pid, signal.SIGINT)
        starter.process.communicate(timeout=20)
        assert ask(server, "SELECT 1") == "1"


def test_dead_server_is_no_zombie_child(data_dir):
    with attach(data_dir, durable=False):
        (pid,) = find_servers(Home(data_dir))
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: not _exists(pid), seconds=10)


def test_revive_leaves_a_living_server_alone(data_dir, ask):
    with attach(data_dir, durable=False) as server:
        before = ask(server, "SELECT pg_postmaster_start_time()")
        server.revive()
        assert ask(server, "SELECT pg_postmaster_start_time()") == before


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
