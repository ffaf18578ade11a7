"""PostgreSQL's postmaster.pid: believed only if the process it names is a living server of this home."""

from pathlib import Path
from typing import Final

from service.embedded.home import Home
from service.embedded.processes import is_server

# Lines as in PostgreSQL's pidfile.h: pid, data folder, start, port, socket folder, address, memory key, status.
_SOCKET_FOLDER_LINE: Final = 4
_STATUS_LINE: Final = 7


def living_pid(home: Home) -> int | None:
    """Return the pid of the living server, in whatever state it is; None for a stale file or none."""
    named = _line(home, 0)
    pid = int(named) if named.isdecimal() else None
    return pid if pid is not None and is_server(pid, home) else None


def is_ready(home: Home, pid: int) -> bool:
    """Tell whether the server with this pid accepts connections."""
    return _line(home, _STATUS_LINE) == "ready" and _line(home, 0) == str(pid)


def is_stopping(home: Home) -> bool:
    """Tell whether the server was told to stop, and so lets nobody in any more."""
    return _line(home, _STATUS_LINE) == "stopping"


def socket_folder(home: Home) -> Path:
    """Return where the running server made its socket."""
    return Path(_line(home, _SOCKET_FOLDER_LINE))


def _line(home: Home, index: int) -> str:
    """Return one line; empty if the file, or that much of it, is not written yet or gone."""
    try:
        lines = home.pid_file.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return ""
    return lines[index].strip() if index < len(lines) else ""
