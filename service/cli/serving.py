"""`ax-registry serve`: from settings to a process that answers, and back to nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import structlog
import typer

from service.bootstrap import RunningDatabase, open_resources, secret_key, start_database
from service.cli.database_watch import DatabaseWatch
from service.cli.failures import CommandFailed
from service.cli.output import AsJson, tell_json
from service.cli.signals import StopSignals
from service.db.engine import Database
from service.db.migrating import Schema, migrate
from service.settings import Settings, read_settings
from service.telemetry import set_up_logging
from service.web.resources import Resources

log = structlog.get_logger()

_NOT_MIGRATED: Final = "the database lacks this version's tables: run `ax-registry migrate` first"


def serve(*, as_json: AsJson = False) -> None:
    """Serve the API; without AX_DATABASE_URL with a PostgreSQL of its own, kept in AX_DATA_DIR."""
    # Late, for they load the web framework.
    from service.cli.web_server import bound_sockets  # noqa: PLC0415 - see above

    settings = read_settings()
    if not settings.is_embedded:
        secret_key(settings)  # before anything else is started, so that the start stops with this one sentence
    set_up_logging(settings.log_format)
    signals = StopSignals()
    with (
        signals.handled(),
        bound_sockets(settings.host, settings.port) as sockets,
        start_database(settings) as database,
        _looked_after(database, signals),
        asyncio.Runner(loop_factory=_loop_factory()) as runner,
    ):
        runner.run(_serve(settings, database, sockets, signals=signals, as_json=as_json))


async def _serve(
    settings: Settings, database: RunningDatabase, sockets: list[socket.socket], *, signals: StopSignals, as_json: bool
) -> None:
    from service.cli.web_server import WebServer, refused_address  # noqa: PLC0415 - as in `serve`
    from service.main import build_app  # noqa: PLC0415 - as in `serve`

    if database.embedded:
        await migrate(database.migration_url)
    async with open_resources(settings, database.url) as resources:
        await _require_tables(resources.database)
        url = _url(sockets[0])

        def say_ready() -> None:
            _say_ready({"url": url, "docs": f"{url}/docs"}, as_json=as_json)

        @asynccontextmanager
        async def opened() -> AsyncIterator[Resources]:
            yield resources

        server = WebServer(build_app(opened), when_ready=say_ready)
        with signals.stopping(server.stop):
            try:
                await server.serve(sockets)
            except OSError as error:
                # Between our taking the address and our listening on it somebody else listened.
                raise refused_address(settings.host, settings.port, error) from None
    log.info("stopped")


async def _require_tables(database: Database) -> None:
    """Refuse a database that a release was not applied to.

    `serve` never migrates a database of one's own, not even with AX_DATABASE_MIGRATION_URL: a release is a step
    somebody takes, replicas that restart must not take it for them, and they need no owner's password.
    """
    match await database.schema_state():
        case Schema.BEHIND:
            raise CommandFailed(_NOT_MIGRATED)
        case Schema.AHEAD:
            log.warning("database_is_newer_than_this_version")
        case Schema.CURRENT:
            pass


@contextmanager
def _looked_after(database: RunningDatabase, signals: StopSignals) -> Iterator[None]:
    """Restart the embedded database if it dies, and stop it even when the process must end at once."""
    attached = database.embedded
    if attached is None:
        yield
        return
    watch = DatabaseWatch(attached.revive)

    def leave() -> None:
        if not watch.busy:  # else the change lock is taken, by ourselves
            attached.close()

    signals.leave_by(leave)
    with watch.watching():
        yield


def _loop_factory() -> Any:
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    return uvloop.new_event_loop


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _say_ready(facts: dict[str, str], *, as_json: bool) -> None:
    log.info("listening", url=facts["url"])
    if as_json:
        tell_json(facts)
        return
    typer.echo(f"AX Registry: {facts['url']}  (docs: {facts['docs']})")
