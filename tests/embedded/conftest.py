"""Folders, owners and queries for tests with real servers in real processes."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.embedded import Attached
from service.embedded.home import Home
from tests.embedded.owners import OWNER, ROOT, Ask, Owner, StartOwner, kill_all


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that every account can enter, unlike pytest's own, which is 0700."""
    made = Path(tempfile.mkdtemp(prefix="axe-", dir="/tmp")).resolve()
    made.chmod(0o755)
    yield made
    for data in made.rglob("postgres/data"):
        kill_all(Home(data.parents[1]))
    shutil.rmtree(made)


@pytest.fixture
def data_dir(folder: Path) -> Path:
    return folder / "data"


@pytest.fixture
def start_owner() -> Iterator[StartOwner]:
    """Start processes that attach; those still alive at the end are killed, each by its own pid."""
    started: list[subprocess.Popen[str]] = []

    def start(
        data_dir: Path,
        *,
        account: str | None = None,
        bin_dir: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> Owner:
        entry = pwd.getpwnam(account) if account else None
        arguments = [str(data_dir), bin_dir and str(bin_dir), entry and entry.pw_uid, entry and entry.pw_gid]
        process = subprocess.Popen(
            [sys.executable, "-c", OWNER, json.dumps(arguments)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return Owner(process)

    yield start
    for process in started:
        Owner(process).end()


@pytest.fixture
def ask() -> Ask:
    """Run one statement and return its output, columns parted by |; a refusal becomes the assertion's text."""

    def run(server: Attached | dict[str, str], sql: str, *, role: str = "axreg_app", database: str = "axreg") -> str:
        told = server if isinstance(server, dict) else {"socket_dir": server.socket_dir, "bin_dir": server.bin_dir}
        command = [Path(told["bin_dir"]) / "psql", "-XAtq", "-h", told["socket_dir"], "-U", role, "-d", database]
        environment = {"PGCLIENTENCODING": "UTF8", "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            [*command, "-c", sql], capture_output=True, encoding="utf-8", check=False, timeout=30, env=environment
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to act as several accounts")
