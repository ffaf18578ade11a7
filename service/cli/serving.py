"""`ax-registry serve`: from settings to a process that answers, and back to nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Final

import orjson
import structlog
import typer

from service.bootstrap import RunningDatabase, open_resources, secret_key, start_database
from service.cli.long_running import looked_after, loop_factory
from service.cli.output import AsJson
from service.cli.register import bring_up_to_date, require_tables
from service.cli.signals import StopSignals
from service.cli.worker_beside import WorkerBeside
from service.core.access import Act
from service.db.repositories.events import begin_era
from service.settings import Settings, read_settings
from service.telemetry import set_up_logging
from service.usecases.command_line_keys import AT_THE_COMMAND_LINE, create_first_key
from service.usecases.demo import load_demo_at_first
from service.web.resources import Resources

log = structlog.get_logger()

_FIRST_KEY: Final = (
    "운영자 API 키입니다. 지금 한 번만 표시되므로 안전한 곳에 보관하십시오.\n"
    "This is an operator's API key. It is shown this once: keep it in a safe place."
)
_DEMO: Final = (
    "가상 자료(데모)를 불러왔습니다. 지우려면: ax-registry demo clear\n"
    "Loaded the demo register: synthetic data, marked as such. To remove it: ax-registry demo clear"
)


def serve(
    *,
    with_worker: Annotated[
        bool | None,
        typer.Option("--worker/--no-worker", help="Run a worker beside it; by default on the embedded database alone."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve the API; without AX_DATABASE_URL with a PostgreSQL of its own, kept in AX_DATA_DIR, and a worker.

    With --json each thing it says is one line.
    """
    # Late, for they load the web framework.
    from service.cli.web_server import bound_sockets  # noqa: PLC0415 - see above

    settings = read_settings()
    if not settings.is_embedded:
        secret_key(settings)  # before anything else is started, so that the start stops with this one sentence
    set_up_logging(settings.log_format)
    signals = StopSignals()
    beside = WorkerBeside(is_wanted=settings.is_embedded if with_worker is None else with_worker)
    with (
        signals.handled(),
        bound_sockets(settings.host, settings.port) as sockets,
        start_database(settings) as database,
        looked_after(database, signals),
        beside.running(signals),
        asyncio.Runner(loop_factory=loop_factory()) as runner,
    ):
        runner.run(_serve(settings, database, sockets, beside=beside, signals=signals, as_json=as_json))


async def _serve(
    settings: Settings,
    database: RunningDatabase,
    sockets: list[socket.socket],
    *,
    beside: WorkerBeside,
    signals: StopSignals,
    as_json: bool,
) -> None:
    from service.cli.web_server import WebServer, refused_address  # noqa: PLC0415 - as in `serve`
    from service.main import build_app  # noqa: PLC0415 - as in `serve`

    await bring_up_to_date(database)
    async with open_resources(settings, database.url) as resources:
        await require_tables(resources.database)
        if await begin_era(resources.database.pool):
            log.info("event_era_begun")
        await _begin_register(resources, as_json=as_json)
        url = _url(sockets[0])

        def say_ready() -> None:
            log.info("listening", url=url)
            _say(f"AX Registry: {url}  (docs: {url}/docs)", {"url": url, "docs": f"{url}/docs"}, as_json=as_json)
            beside.begin()  # not sooner: it would take its share of the machine from a start that is waited for

        @asynccontextmanager
        async def opened() -> AsyncIterator[Resources]:
            yield resources

        server = WebServer(build_app(opened), when_ready=say_ready)

        def stop() -> None:
            server.stop()
            beside.stop()  # both come to their end at the same time

        with signals.stopping(stop):
            try:
                await server.serve(sockets)
            except OSError as error:
                # Between our taking the address and our listening on it somebody else listened.
                raise refused_address(settings.host, settings.port, error) from None
    log.info("stopped")


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _begin_register(resources: Resources, *, as_json: bool) -> None:
    """On a first start load the demo register, and on the embedded database show an operator's key.

    The key is shown at once, on standard output, and never in the log.
    """
    settings, act, key = resources.settings, Act(AT_THE_COMMAND_LINE, resources.clock()), None
    async with resources.database.session() as tx:
        is_loaded = settings.loads_demo and await load_demo_at_first(tx, act=act)
        if settings.is_embedded:
            key = await create_first_key(tx, act=act)
    if is_loaded:
        log.info("demo_register_loaded")
        _say(_DEMO, {"demo": "loaded"}, as_json=as_json)
    if key:
        _say(f"\n{_FIRST_KEY}\n\n    {key}\n", {"operator_key": key}, as_json=as_json)


def _say(sentence: str, facts: dict[str, str], *, as_json: bool) -> None:
    typer.echo(orjson.dumps(facts).decode() if as_json else sentence)
