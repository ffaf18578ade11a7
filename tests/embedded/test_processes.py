"""Who is taken for the server of a home."""

import os
from pathlib import Path

import pytest

from service.embedded import attach, processes
from service.embedded.home import Home
from service.embedded.processes import find_all, find_servers, is_server
from tests.embedded.owners import Ask

pytestmark = pytest.mark.timeout(60)


def test_server_is_known_whatever_its_programs_folder_is_called(folder: Path, data_dir: Path, ask: Ask) -> None:
    with attach(data_dir, durable=False) as server:
        real = server.bin_dir
    odd = folder / "AX - registry -c"
    odd.symlink_to(real.parents[1])
    with attach(data_dir, durable=False, bin_dir=odd / "pginstall" / "bin") as server:
        assert len(find_servers(Home(data_dir))) == 1
        assert ask(server, "SELECT 1") == "1"
    assert find_all(Home(data_dir)) == []


def test_process_table_without_proc_tells_the_same(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(data_dir)
    with attach(data_dir, durable=False):
        pid = min(find_servers(home))
        everyone = sorted(find_all(home))
        monkeypatch.setattr(processes, "_PROC", Path("/nonexistent"))
        assert find_servers(home) == [pid]
        assert sorted(find_all(home)) == everyone
        assert is_server(pid, home)
        assert not is_server(os.getpid(), home)
