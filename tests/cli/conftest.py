"""The command `ax-registry` as a process of its own, on a database of its own.

`cli` runs commands on a fresh migrated database of the run's server; `empty_cli` on one that was never migrated.
`embedded` is for those who need the server the registry brings along; `bare_embedded` even makes it.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import make_url

from service.cli.main import run
from service.embedded import attach
from service.embedded.home import Home
from tests.conftest import MakeDatabaseUrl, Server
from tests.embedded.owners import kill_all

COMMAND = Path(sys.executable).with_name("ax-registry")
PATIENCE_SECONDS = 60
ALONE = ("--no-worker",)
"""What does not need a worker starts none: it would take its share of the machine from every other test."""
AS_IT_IS = ()
"""Served as without options: with a worker on the embedded database."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def refusal(self, *, status: int) -> str:
        """Return the one line with which it was refused."""
        assert (self.status, self.out) == (status, ""), self.err
        assert self.err.startswith("error: ")
        assert self.err.count("\n") == 1
        return self.err


@dataclass
class Serving:
    """A running `ax-registry serve`; what it says and logs is read as it comes, so that no pipe fills."""

    process: "subprocess.Popen[str]"
    said: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.said["url"]

    def wait_until_ready(self) -> None:
        ready = threading.Event()
        self._readers = [
            threading.Thread(target=self._read_out, args=(ready,), daemon=True),
            threading.Thread(target=self._read_log, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        assert ready.wait(PATIENCE_SECONDS), self.log
        assert "url" in self.said, self.log

    def _read_out(self, ready: threading.Event) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.out.append(line)
            self.said |= json.loads(line)
            if "url" in self.said:
                ready.set()
        ready.set()

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        self.log.extend(self.process.stderr)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(PATIENCE_SECONDS)
        for reader in self._readers:
            reader.join(PATIENCE_SECONDS)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return status


@dataclass(frozen=True)
class Cli:
    """The command with its settings."""

    settings: dict[str, str]

    def with_settings(self, **settings: str) -> "Cli":
        return Cli(self.settings | settings)

    def run(self, *arguments: str | Path) -> Ended:
        """Run a command to its end, whatever that is."""
        ended = subprocess.run(
            [COMMAND, *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def do(self, *arguments: str | Path) -> str:
        """Run a command that must succeed, and return what it printed."""
        ended = self.run(*arguments)
        assert ended.status == 0, ended.err
        return ended.out

    def ask(self, *arguments: str | Path) -> Any:
        """Run a command that must succeed, and return its JSON."""
        return json.loads(self.do(*arguments, "--json"))

    def refuse(self, *arguments: str | Path, status: int) -> str:
        """Run a command that must fail with one line, and return that line."""
        return self.run(*arguments).refusal(status=status)

    @contextmanager
    def serving(self, options: Sequence[str] = ALONE, **settings: str) -> Iterator[Serving]:
        """Serve on a free port until the block ends; a block that ended it by itself is no error."""
        serving = self.start(options, **settings)
        try:
            serving.wait_until_ready()
            yield serving
        finally:
            serving.end()

    def start(self, options: Sequence[str] = ALONE, **settings: str) -> Serving:
        """Start to serve, on a free port if no other is named."""
        process = subprocess.Popen(
            [COMMAND, "serve", "--json", *options],
            env=self._environment | {"AX_PORT": "0"} | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return Serving(process)

    @property
    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AX_")}  # noqa: TID251 - what a process inherits
        return inherited | self.settings


Call = Callable[..., Ended]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run a command in this process, a second sooner: for the many ways to be refused."""

    def run_here(cli: Cli, *arguments: str | Path) -> Ended:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["ax-registry", *map(str, arguments)])
            for name, value in cli.settings.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                run()
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return run_here


Query = Callable[..., list[tuple[Any, ...]]]


def _query(url: str) -> Query:
    async def fetch(statement: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            return [tuple(row) for row in await connection.fetch(statement, *values)]
        finally:
            await connection.close()

    return lambda statement, *values: asyncio.run(fetch(statement, *values))


@pytest.fixture
def query(migration_url: str) -> Query:
    """Ask the database of `cli` something, in a test that is not asynchronous: `query("SELECT $1", 1)`."""
    return _query(migration_url)


@pytest.fixture
def query_of() -> Callable[[Cli], Query]:
    """Give the same for the database of another command."""
    return lambda cli: _query(cli.settings["AX_DATABASE_MIGRATION_URL"])


MakeCli = Callable[[str], Cli]


@pytest.fixture
def make_cli(server: Server, tmp_path: Path) -> MakeCli:
    """A function that gives the command for a database by its URL."""

    def make(url: str) -> Cli:
        database = make_url(url).database or ""
        settings = {
            "AX_DATABASE_URL": server.url(database),
            "AX_DATABASE_MIGRATION_URL": server.url(database, role="axreg_owner"),
            "AX_SECRET_KEY": "s" * 40,
            "AX_DATA_DIR": str(tmp_path / "unused"),
        }
        return Cli(settings)

    return make


@pytest.fixture
def cli(make_cli: MakeCli, database_url: str) -> Cli:
    """The command on a fresh migrated database."""
    return make_cli(database_url)


@pytest_asyncio.fixture
async def empty_cli(make_cli: MakeCli, make_database_url: MakeDatabaseUrl) -> Cli:
    """The command on a database that was never migrated."""
    return make_cli(await make_database_url(empty=True))


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a data folder that is not there yet; gone afterwards, its server killed or not."""
    # Short, for a socket's path; and open, since under root the server is another account's.
    folder = Path(tempfile.mkdtemp(prefix="axc-", dir="/tmp"))
    folder.chmod(0o755)
    data_dir = folder / "data"
    yield data_dir
    kill_all(Home(data_dir.resolve()))
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def made_folder() -> Iterator[Path]:
    """A data folder with a server that was made and never used."""
    with _folder() as data_dir:
        attach(data_dir, durable=False).close()
        yield data_dir


@pytest.fixture
def embedded(made_folder: Path) -> Iterator[Cli]:
    """The command on an embedded server of its own, durable, with nothing in it, and no demo at its start."""
    with _folder() as data_dir:
        # Copied, for making one takes seconds where disks are slow; `cp` keeps the account it belongs to.
        subprocess.run(["cp", "--archive", made_folder, data_dir], check=True)
        yield Cli({"AX_DATA_DIR": str(data_dir), "AX_DEMO": "0"})


@pytest.fixture
def bare_embedded() -> Iterator[Cli]:
    """The command on an embedded server that is yet to be made."""
    with _folder() as data_dir:
        yield Cli({"AX_DATA_DIR": str(data_dir), "AX_DEMO": "0"})
