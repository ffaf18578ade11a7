"""From settings to what a running process holds: database, keys, clock, limits."""

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from service.clients.secret_box import SecretBox
from service.clock import Clock, utc_now
from service.core.access import Caller
from service.core.cursors import CursorSigner
from service.core.regions import RegionBook
from service.db.engine import open_database
from service.db.repositories import callers, regions
from service.embedded import Attached, attach
from service.settings import BadSettingError, Settings
from service.usecases.breakdown import BreakdownAnswers
from service.usecases.figures import FiguresAnswers
from service.usecases.progress import ProgressAnswers
from service.usecases.target_views import TargetViews
from service.web.announcer import Announcer
from service.web.code_lists import CodeLists
from service.web.event_streams import EventStreams
from service.web.known_callers import KnownCallers
from service.web.rate_limits import RateLimits
from service.web.resources import Resources

SECRET_FILE = "secret-key"  # noqa: S105 - the file's name
_SECRET_BYTES = 48
SECRET_LEAST = 32
"""Characters, as of the setting."""


@dataclass(frozen=True, slots=True)
class RunningDatabase:
    """A database server that accepts connections, and the two ways in."""

    url: str
    """As the service's role."""
    migration_url: str
    """As the owner of the tables; with a foreign database and no AX_DATABASE_MIGRATION_URL the same as `url`."""
    embedded: Attached | None
    """The hold on the embedded server, if it is that."""


@contextmanager
def start_database(settings: Settings) -> Iterator[RunningDatabase]:
    """Hold the database for as long as the block lasts; the embedded server is started, and stopped by its last holder.

    It may be empty still: `service.db.migrating.migrate` makes the tables.

    Raises:
        EmbeddedError: the embedded server can't be had; one line with the remedy.
    """
    if settings.database_url:
        yield RunningDatabase(settings.database_url, settings.database_migration_url or settings.database_url, None)
        return
    with attach(settings.data_dir, bin_dir=settings.postgres_bin) as attached:
        yield RunningDatabase(attached.url, attached.migration_url, attached)


@asynccontextmanager
async def open_resources(settings: Settings, database_url: str, *, clock: Clock = utc_now) -> AsyncIterator[Resources]:
    """Open what a process of the service needs, and close it at the end.

    Raises:
        BadSettingError: there is no secret key.
        OSError, asyncpg.PostgresError: the database can't be reached.
    """
    key = secret_key(settings)
    database = await open_database(database_url)
    views = TargetViews(database.pool)
    progress = ProgressAnswers(database.pool, views)
    try:

        async def find_caller(digest: bytes) -> Caller | None:
            now: datetime = clock()
            return await callers.find_caller(database.pool, digest, now)

        async def read_book() -> RegionBook:
            return await regions.read_book(database.pool)

        known_callers = KnownCallers(find_caller)
        cursors = CursorSigner(derived_key(key, "cursors"))
        yield Resources(
            settings=settings,
            clock=clock,
            database=database,
            callers=known_callers,
            code_lists=CodeLists(read_book),
            cursors=cursors,
            limits=RateLimits(settings.rate_limit),
            progress=progress,
            breakdown=BreakdownAnswers(database.pool, views),
            figures=FiguresAnswers(database.pool),
            announcer=Announcer(database.pool),
            streams=EventStreams(
                database.pool, cursors=cursors, callers=known_callers, clock=clock, most=settings.sse_max
            ),
            secret_box=SecretBox(derived_key(key, "webhook secrets")),
        )
    finally:
        await progress.days.close()
        await database.close()


def secret_key(settings: Settings) -> str:
    """Return the registry's secret: the setting's, or for the embedded database one made once and kept beside it.

    Raises:
        BadSettingError: with a database of one's own it must be given, for every process must have the same.
    """
    if settings.secret_key:
        return settings.secret_key
    if not settings.is_embedded:
        raise BadSettingError("AX_SECRET_KEY must be set when AX_DATABASE_URL is: 32 characters or more, kept secret")
    return _kept_secret(settings.data_dir)


def derived_key(secret: str, purpose: str) -> bytes:
    """Return the key for one purpose, so that no two purposes share one (HMAC-SHA256 as in RFC 5869's expand)."""
    return hmac.digest(secret.encode(), f"ax-registry {purpose}\x01".encode(), hashlib.sha256)


def _kept_secret(data_dir: Path) -> str:
    file = data_dir / SECRET_FILE
    data_dir.mkdir(parents=True, exist_ok=True)
    draft = data_dir / f".{SECRET_FILE}-{secrets.token_hex(4)}"
    if not file.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(_SECRET_BYTES), encoding="ascii")
        try:
            with suppress(FileExistsError):  # the first of several processes wins, and none ever reads half a key
                file.hardlink_to(draft)
        finally:
            draft.unlink()
    kept = file.read_text(encoding="utf-8", errors="replace").strip()
    if len(kept) < SECRET_LEAST:
        raise BadSettingError(
            f"{file} is damaged: put it back from a backup; without one, remove it and a new one is made"
        )
    return kept
