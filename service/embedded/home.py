"""Where everything of one private server lies."""

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PORT: Final = 5432
"""Only part of the socket's file name; nothing listens on TCP."""

_SOCKET_NAME: Final = f".s.PGSQL.{PORT}"
_SOCKET_PATH_MAX_BYTES: Final = 107 if sys.platform == "linux" else 103
# asyncpg's and SQLAlchemy's URLs split hosts at these, however they are quoted.
_AWKWARD_IN_URLS: Final = frozenset(",:@'\"\\%?#&")
# TMPDIR may differ from process to process, and be private to one account: all must agree on one place.
_SHARED_TEMPORARY_FOLDER: Final = Path("/tmp")  # noqa: S108 - the folder made in it is 0700 and its owner is checked


@dataclass(frozen=True, slots=True)
class Home:
    """The paths of one private server; `data_dir` is absolute and free of symbolic links."""

    data_dir: Path

    @property
    def folder(self) -> Path:
        """Folder that belongs to the server's account alone (0700)."""
        return self.data_dir / "postgres"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server and its set-up programs print."""
        return self.folder / "server.log"

    @property
    def pid_file(self) -> Path:
        """PostgreSQL's own lock file; it outlives a killed server."""
        return self.cluster / "postmaster.pid"

    @property
    def owners_lock(self) -> Path:
        """Held shared by every attached process, for as long as it is attached."""
        return self.folder / "owners.lock"

    @property
    def change_lock(self) -> Path:
        """Held by the one process that creates, starts or stops the server."""
        return self.folder / "change.lock"

    @property
    def life_lock(self) -> Path:
        """Inherited by the server and all its backends: free only when the last of them is gone."""
        return self.folder / "life.lock"

    @property
    def name(self) -> str:
        """Name that the backends show in the process table; the same for the same folder."""
        return "axreg-" + hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]

    @property
    def socket_folder(self) -> Path:
        """Folder of the server's socket: inside the home, or a short one when its path will not do."""
        inside = self.folder / "socket"
        too_long = len(os.fsencode(inside / _SOCKET_NAME)) > _SOCKET_PATH_MAX_BYTES
        awkward = not str(inside).isprintable() or _AWKWARD_IN_URLS & set(str(inside))
        return _SHARED_TEMPORARY_FOLDER / self.name if too_long or awkward else inside

    @property
    def leftovers(self) -> tuple[Path, ...]:
        """Files that make PostgreSQL refuse to start after a kill if their process id was given out anew."""
        socket = self.socket_folder / _SOCKET_NAME
        return (self.pid_file, socket, socket.with_name(f"{_SOCKET_NAME}.lock"))
