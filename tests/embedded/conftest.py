"""Folders, owners and queries for tests with real servers in real processes."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import service
from service.embedded import Attached
from service.embedded.home import Home
from service.embedded.processes import find_all, send

_ROOT = Path(service.__file__).parents[1]
_OWNER = """
import json, os, sys
from pathlib import Path
import service.embedded.attachment  # before the change of account, which may not reach the interpreter
from service.embedded import EmbeddedError, attach
data_dir, bin_dir, uid, gid = json.loads(sys.argv[1])
if uid is not None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
try:
    server = attach(Path(data_dir), durable=False, bin_dir=bin_dir and Path(bin_dir))
except EmbeddedError as error:
    print(json.dumps({"error": type(error).__name__, "message": str(error)}), flush=True)
    sys.exit(3)
print(json.dumps({"socket_dir": str(server.socket_dir), "bin_dir": str(server.bin_dir)}), flush=True)
if sys.stdin.readline() == "close\\n":
    server.close()
    print("closed", flush=True)
"""


@dataclass
class Owner:
    """A process of its own that attaches, tells so, and closes when it is told."""

    process: subprocess.Popen[str]

    def told(self) -> dict[str, str]:
        assert self.process.stdout is not None
        answer: dict[str, str] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self.process.communicate("close\n", timeout=20)[0] == "closed\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=20)


StartOwner = Callable[..., Owner]
Ask = Callable[..., str]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that every account can enter, unlike pytest's own, which is 0700."""
    made = Path(tempfile.mkdtemp(prefix="axe-", dir="/tmp")).resolve()  # noqa: S108 - short paths are the point
    made.chmod(0o755)
    yield made
    for data in made.rglob("postgres/data"):
        for pid in find_all(Home(data.parents[1])):
            send(pid, signal.SIGKILL)
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
            [sys.executable, "-c", _OWNER, json.dumps(arguments)],
            cwd=_ROOT,
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
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=20)


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
