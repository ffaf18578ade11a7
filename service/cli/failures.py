"""How a failure ends a command: one line on standard error, and a status that scripts can tell apart."""

from dataclasses import dataclass
from socket import gaierror
from typing import Final

import asyncpg
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from service.core import errors
from service.core.errors import Invalid, Refusal
from service.db.migrating import MigrationRefused
from service.embedded import EmbeddedError
from service.settings import BadSettingError
from service.telemetry import where_it_failed, without_secrets

FAILED: Final = 1
WRONG_USE: Final = 2
"""A wrong option or setting, or a port that is taken: nothing was tried."""
INVALID: Final = 3
NOT_FOUND: Final = 4
CONFLICT: Final = 5
UNAVAILABLE: Final = 6
"""The database can't be reached."""

_STATUS_OF: Final[dict[type[Refusal], int]] = {
    errors.Invalid: INVALID,
    errors.NotFound: NOT_FOUND,
    errors.AlreadyRegistered: CONFLICT,
    errors.OrganizationClosed: CONFLICT,
    errors.TransitionNotAllowed: CONFLICT,
    errors.Unavailable: UNAVAILABLE,
}
_UNREACHABLE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.TooManyConnectionsError,
)


class CommandFailed(Exception):
    """A command can't do what it was asked; the message is one line with the remedy."""

    def __init__(self, message: str, *, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Failure:
    """What is told of an error, and the exit status."""

    line: str
    status: int


def explain(error: Exception) -> Failure:
    """Return the one line and the exit status of an error; a bug is told by its place, never by a traceback."""
    if isinstance(error, DBAPIError) and error.orig and isinstance(error.orig.__cause__, Exception):
        error = error.orig.__cause__  # the driver's own: SQLAlchemy's would quote the statement and its values
    match error:
        case CommandFailed():
            told = Failure(str(error), error.status)
        case Refusal():
            told = Failure(_refusal_line(error), _STATUS_OF.get(type(error), FAILED))
        case BadSettingError():
            told = Failure(str(error), WRONG_USE)
        case EmbeddedError() | MigrationRefused() | CommandError():
            told = Failure(str(error), FAILED)
        case _ if isinstance(error, _UNREACHABLE):
            told = Failure(f"the database can't be used: {error}", UNAVAILABLE)
        case ConnectionError() | TimeoutError() | gaierror():
            told = Failure(f"the database can't be reached: {error}", UNAVAILABLE)
        case OSError():
            told = Failure(_file_line(error), FAILED)
        case asyncpg.PostgresError():
            told = Failure(f"the database refused: {error}", FAILED)
        case _:
            place = (where_it_failed(error) or ["?"])[-1]
            told = Failure(f"unexpected {type(error).__name__} at {place}; please report it", FAILED)
    return Failure(without_secrets(" ".join(told.line.split())), told.status)


def _refusal_line(refusal: Refusal) -> str:
    if isinstance(refusal, Invalid):
        return "; ".join(f"{problem.where.removeprefix('#/')}: {problem.message.en}" for problem in refusal.problems)
    return refusal.detail.en


def _file_line(error: OSError) -> str:
    named = f"{error.filename}: " if error.filename else ""
    return f"{named}{error.strerror or error}"
