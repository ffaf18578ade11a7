"""One PostgreSQL for the whole run, and databases copied from a migrated template in about 50 ms.

A test names the fixture that gives it no more than it needs:

* `session`: a session on a database as the migrations leave it, whose work is rolled back at the end; its `commit` only
  ends a savepoint. For repositories and use cases. Deferred triggers, and so the stamps of changes, do not fire in it.
* `shared_database_url`: one migrated database per worker, for readers and for those who don't mind others' rows.
* `database_url`: a fresh migrated database, dropped afterwards; for real commits, and for processes and apps.
  `migration_url` is the same database as its owner, for what the service itself may not do.
* `database`: the same fresh database, opened as the service opens it (`service.db.engine.Database`).
* `make_database_url`: as many fresh databases as the test calls for; `make_database_url(empty=True)` is not migrated.

Without more, the server is an embedded one (not durable, shared by all workers of a run, gone afterwards). With the
environment variable AX_TEST_DATABASE_URL (a superuser's URL; `make test DATABASE_URL=…`) it is that one: the databases
are dropped in the end, the roles axreg_owner and axreg_app stay.

All asynchronous tests and fixtures share one event loop per worker. Connections leave this machine for nobody.
"""

import asyncio
import logging
import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from service.db.engine import Database, open_database
from service.db.migrating import migrate
from service.embedded import Attached, attach
from service.embedded.home import Home
from service.telemetry import set_up_logging
from tests.embedded.owners import kill_all
from tests.leaks import leaks_in

SERVER_SETTING = "AX_TEST_DATABASE_URL"
_TEMPLATE_LOCK = 20251218
_MEMORY, _DISK = "/dev/shm", "/tmp"  # noqa: S108 - a folder of its own is made in one of them
_ROOM_BYTES = 4 << 30


@dataclass(frozen=True)
class Run:
    """What all workers of one run share: its name, a folder for the embedded server, or the given server."""

    name: str
    folder: str
    given_url: str

    @property
    def template(self) -> str:
        return f"axtest_{self.name}_template"


_RUN = pytest.StashKey[Run]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begin the run: the caller's own settings out of the way, one folder for all workers."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As a shell starts what runs in its background. The processes of the tests would inherit it, and be deaf.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    given_url = os.environ.get(SERVER_SETTING, "")  # noqa: TID251 - the suite's own setting, not the service's
    for name in [name for name in os.environ if name.startswith("AX_")]:  # noqa: TID251 - as above
        del os.environ[name]  # noqa: TID251 - as above
    if given_url:
        config.option.allow_hosts += f",{make_url(given_url).host or '::1'}"
    worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker_input is not None:
        config.stash[_RUN] = Run(**worker_input["axreg_run"])
        return
    # Short, for a socket's path; and open, since under root the server is another account's.
    folder = tempfile.mkdtemp(prefix="axt-", dir=_quickest_place())
    Path(folder).chmod(0o755)
    config.stash[_RUN] = Run(name=uuid.uuid4().hex[:12], folder=folder, given_url=given_url)


def _quickest_place() -> str:
    """Return memory where there is enough that programs may be run from, else the disk.

    Making a database makes some four hundred files, which takes half as long there.
    """
    try:
        memory = os.statvfs(_MEMORY)
    except OSError:
        return _DISK
    is_roomy = memory.f_bavail * memory.f_frsize > _ROOM_BYTES and not memory.f_flag & os.ST_NOEXEC
    return _MEMORY if is_roomy and os.access(_MEMORY, os.W_OK) else _DISK


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of the run."""
    node.workerinput["axreg_run"] = vars(node.config.stash[_RUN])


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the run: nothing is left, not even what a killed worker could not clear away."""
    run = config.stash.get(_RUN, None)
    if run is None or hasattr(config, "workerinput"):
        return
    if run.given_url:
        asyncio.run(_drop_all(run))
    kill_all(Home(Path(run.folder).resolve()))
    shutil.rmtree(run.folder)


async def _drop_all(run: Run) -> None:
    connection = await asyncpg.connect(_plain(make_url(run.given_url)))
    pattern = f"axtest\\_{run.name}\\_%"
    for name in await connection.fetch("SELECT datname FROM pg_database WHERE datname LIKE $1", pattern):
        await connection.execute(f"DROP DATABASE {name['datname']} WITH (FORCE)")
    await connection.close()


class Server:
    """The run's PostgreSQL as one worker sees it."""

    def __init__(self, run: Run, embedded: Attached | None, admin: asyncpg.Connection) -> None:
        self.run = run
        self.embedded = embedded
        self.admin = admin

    def url(self, database: str, *, role: str = "axreg_app") -> str:
        """Return the URL of a database for a role; a given server is always entered by the given login."""
        if self.embedded is not None:
            return self.embedded.url_for(role, database)
        given = make_url(self.run.given_url).set(drivername="postgresql+asyncpg", database=database)
        return given.render_as_string(hide_password=False)

    async def make(self, *, empty: bool = False) -> str:
        """Make a database and return its name; `empty` means that it is not migrated."""
        name = f"axtest_{self.run.name}_{uuid.uuid4().hex[:12]}"
        options = "TEMPLATE template0" if empty else f"TEMPLATE {self.run.template}"
        owner = "" if self.embedded is None else "OWNER axreg_owner"
        await self.admin.execute(f"CREATE DATABASE {name} {options} {owner}")
        if empty:
            connection = await asyncpg.connect(_plain(make_url(self.url(name, role="postgres"))))
            await connection.execute("CREATE EXTENSION pg_trgm")
            await connection.close()
        return name

    async def drop(self, name: str) -> None:
        await self.admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def make_template(self) -> None:
        """Make the migrated template, unless another worker has."""
        await self.admin.execute("SELECT pg_advisory_lock($1)", _TEMPLATE_LOCK)
        try:
            if not await self.admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", self.run.template):
                unfinished = await self.make(empty=True)
                await migrate(self.url(unfinished, role="axreg_owner"))
                await self.admin.execute(f"ALTER DATABASE {unfinished} WITH ALLOW_CONNECTIONS false")
                await self.admin.execute(f"ALTER DATABASE {unfinished} RENAME TO {self.run.template}")
        finally:
            await self.admin.execute("SELECT pg_advisory_unlock($1)", _TEMPLATE_LOCK)


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest_asyncio.fixture(scope="session")
async def server(pytestconfig: pytest.Config) -> AsyncIterator[Server]:
    """The run's server, with the migrated template made."""
    run = pytestconfig.stash[_RUN]
    embedded = None if run.given_url else attach(Path(run.folder), durable=False)
    admin = await asyncpg.connect(_plain(make_url(embedded.superuser_url if embedded else run.given_url)))
    found = Server(run, embedded, admin)
    await found.make_template()
    yield found
    await admin.close()
    if embedded is not None:
        embedded.close()


MakeDatabaseUrl = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture
async def make_database_url(server: Server) -> AsyncIterator[MakeDatabaseUrl]:
    """A function that makes one more database and returns its URL: `await make_database_url(empty=True, role=…)`."""
    made: list[str] = []

    async def make(*, empty: bool = False, role: str = "axreg_app") -> str:
        made.append(await server.make(empty=empty))
        return server.url(made[-1], role=role)

    yield make
    for name in made:
        await server.drop(name)


@pytest_asyncio.fixture
async def database_url(make_database_url: MakeDatabaseUrl) -> str:
    """The URL, as the service's role, of a fresh migrated database."""
    return await make_database_url()


@pytest.fixture
def migration_url(server: Server, database_url: str) -> str:
    """The URL of the same database as `database_url`, as its owner."""
    return server.url(make_url(database_url).database or "", role="axreg_owner")


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh migrated database, open."""
    opened = await open_database(database_url, hot_size=4, session_size=4)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="session")
async def shared_database_url(server: Server) -> AsyncIterator[str]:
    """The URL of a migrated database that all tests of a worker share."""
    name = await server.make()
    yield server.url(name)
    await server.drop(name)


@pytest_asyncio.fixture(scope="session")
async def shared_database(shared_database_url: str) -> AsyncIterator[Database]:
    """The worker's shared database, open."""
    opened = await open_database(shared_database_url, hot_size=4, session_size=4)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="session")
async def _untouched(server: Server) -> AsyncIterator[AsyncEngine]:
    """An engine on a database to which nobody ever commits."""
    name = await server.make()
    engine = create_async_engine(server.url(name), connect_args={"server_settings": {"role": "axreg_app"}})
    yield engine
    await engine.dispose()
    await server.drop(name)


@pytest_asyncio.fixture
async def session(_untouched: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session on a freshly migrated database; all it did is rolled back afterwards."""
    async with _untouched.connect() as connection:
        outer = await connection.begin()
        async with AsyncSession(
            bind=connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as opened:
            yield opened
        await outer.rollback()


_FOUND: list[str] = []
"""What the watch for leaks found in this process: of all workers in the one that controls them."""


@pytest.fixture(autouse=True, scope="session")
def _logs_as_in_service() -> None:
    """Log as the service does, so that the watch for leaks sees what an operator would."""
    set_up_logging("json")
    # The client's own line for each request tells nothing here, and costs more than the request.
    logging.getLogger("httpx").setLevel(logging.WARNING)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Look through what a test printed and logged."""
    for heading, text in report.sections:
        _FOUND.extend(f"{report.nodeid}: {kind} in {heading.lower()}" for kind in leaks_in(text))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if anything private was printed or logged."""
    if _FOUND and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tests that printed or logged something private."""
    for leak in _FOUND:
        terminalreporter.write_line(f"PRIVATE DATA IN THE OUTPUT: {leak}", red=True)
