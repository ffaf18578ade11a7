"""What a process holds while it uses the private server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from service.embedded.home import PORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A hold on the running server; the server is stopped when its last holder closes.

    The hold ends with the process in any case. A process forked off does not share it: it must attach by itself.
    """

    data_dir: Path
    """The folder where the data really lie, absolute and free of links."""
    socket_dir: Path
    """Folder of the socket, for programs: `pg_dump --host`."""
    bin_dir: Path
    """Folder of PostgreSQL's programs, pg_dump and pg_restore among them."""
    version: str
    """Version of those programs, such as '18.6'."""
    leave: Callable[[], None]
    """Ends the hold; called by `close`."""
    revive: Callable[[], None]
    """Starts the server again if it died, as by the kernel for want of memory; may raise as `attach` does."""

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the service's role, which may not create tables."""
        return self.url_for("axreg_app", "axreg")

    @property
    def migration_url(self) -> str:
        """SQLAlchemy URL of the role that owns the database."""
        return self.url_for("axreg_owner", "axreg")

    @property
    def superuser_url(self) -> str:
        """SQLAlchemy URL of the superuser in its own database, for set-up and for tests that create databases."""
        return self.url_for("postgres", "postgres")

    def url_for(self, role: str, database: str) -> str:
        """Return the SQLAlchemy URL of another role or database; names are plain identifiers."""
        return f"postgresql+asyncpg://{role}@/{database}?host={quote(str(self.socket_dir), safe='')}&port={PORT}"

    def close(self) -> None:
        """End the hold; stop the server if nobody else has one. Again is no error.

        Raises:
            StopError: the server cannot be stopped from here.
        """
        self.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
