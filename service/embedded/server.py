"""The server process: start it, wait for it, stop it, and clear up after one that was killed.

Every function here is called under the change lock.
"""

import os
import signal
import stat
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from service.embedded import pid_file
from service.embedded.accounts import ENVIRONMENT, Account
from service.embedded.errors import DataFolderError, StartError, StopError
from service.embedded.home import PORT, Home
from service.embedded.locks import is_free, open_private, take_if_free
from service.embedded.processes import find_all, find_servers, is_server, send
from service.embedded.server_log import ServerLog
from service.embedded.waiting import wait_until

# Crash recovery after heavy writing takes minutes; while the server lives, it is waited for.
_RECOVERY_SECONDS: Final = 900.0
# From the start of the process to its showing in the process table under its own command line.
_APPEARANCE_SECONDS: Final = 10.0
# Signals and how long each may take: PostgreSQL's fast and immediate shutdown, then force; the next start recovers.
_STOP_SERVER: Final = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
_STOP_ORPHANS: Final = ((signal.SIGTERM, 3.0), (signal.SIGKILL, 10.0))

_PRIVATE: Final = 0o700
_SETTINGS: Final = (
    "listen_addresses=",
    f"port={PORT}",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "shared_buffers=256MB",
    "effective_cache_size=1GB",
    "work_mem=16MB",
    "maintenance_work_mem=128MB",
    "max_wal_size=2GB",
    "wal_compression=on",
    "random_page_cost=1.1",
    # Compiling costs more than the short statements of this service take.
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_checkpoints=off",
    # Refused statements are told to the client; the log must not fill with them, nor with what they hold.
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
)
_UNSAFE_AND_FAST: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def join_running(home: Home) -> Path | None:
    """Return the socket folder of the living server once it accepts connections; None if there is none.

    Raises:
        StartError: it lives, and still accepts none after a very long time.
    """
    pid = pid_file.living_pid(home)
    if pid is None:
        return None
    if not wait_until(lambda: pid_file.is_ready(home, pid) or not is_server(pid, home), seconds=_RECOVERY_SECONDS):
        message = f"The server of {home.cluster} is not ready after {_RECOVERY_SECONDS:.0f} s: see {home.log}."
        raise StartError(message)
    folder = pid_file.socket_folder(home)
    return folder if is_server(pid, home) else None


def start(home: Home, account: Account, *, bin_dir: Path, durable: bool) -> Path:
    """Start the server, none being left of an earlier one, and return its socket folder once it accepts connections.

    Raises:
        StartError: it ended, or was not ready in time; the message has the end of its log.
        DataFolderError: the socket's folder belongs to somebody else.
    """
    for leftover in home.leftovers:
        leftover.unlink(missing_ok=True)
    _make_socket_folder(home, account)
    with ServerLog(home, account) as log:
        try:
            server = _spawn(home, account, bin_dir=bin_dir, durable=durable, log=log)
        except OSError as error:
            message = f"{bin_dir / 'postgres'} cannot be started as account {account.name}: {error.strerror}."
            raise StartError(message) from error
        if not _comes_up(server, home):
            message = f"PostgreSQL did not start on {home.cluster}; mend what its log names: {log.tail()}"
            raise StartError(message)
    return home.socket_folder


def stop(home: Home, account: Account) -> None:
    """End the server, if there is one, with all its backends; return when none of them is left.

    Raises:
        StopError: something holds the folder that this process cannot see, such as another container.
    """

    def gone() -> bool:
        return is_free(home.life_lock, account) and not find_all(home)

    # Its starter killed at the wrong moment, a server shows in the process table only a little later.
    wait_until(lambda: gone() or bool(find_all(home)), seconds=_APPEARANCE_SECONDS)
    for number, seconds in _STOP_SERVER if find_servers(home) else _STOP_ORPHANS:
        # A server ends its backends itself; those of a killed one are told one by one.
        told = [] if number == signal.SIGKILL else find_servers(home)
        for pid in told or find_all(home):
            send(pid, number)
        if wait_until(gone, seconds=seconds):
            break
    else:
        message = f"{home.cluster} is in use by processes not visible from here: stop the other container or host."
        raise StopError(message)
    if home.socket_folder.parent != home.folder:
        with suppress(OSError):
            home.socket_folder.rmdir()


def _make_socket_folder(home: Home, account: Account) -> None:
    folder = home.socket_folder
    with suppress(FileExistsError):
        folder.mkdir(mode=_PRIVATE)
    found = folder.lstat()
    # Below the shared temporary folder anybody could have made it first, to listen in.
    trusted = stat.S_ISDIR(found.st_mode) and found.st_uid in {account.uid, os.geteuid()}
    if not trusted or stat.S_IMODE(found.st_mode) != _PRIVATE:
        message = f"{folder} must be a folder that only account {account.name} can enter: remove it and start again."
        raise DataFolderError(message)
    if found.st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)


def _spawn(home: Home, account: Account, *, bin_dir: Path, durable: bool, log: ServerLog) -> subprocess.Popen[bytes]:
    quoted = str(home.socket_folder).replace('"', '""')
    placed = (f'unix_socket_directories="{quoted}"', f"cluster_name={home.name}")
    settings = (*_SETTINGS, *placed, *(() if durable else _UNSAFE_AND_FAST))
    life = open_private(home.life_lock, account)
    try:
        take_if_free(life)
        server = subprocess.Popen(  # noqa: S603 - a list of our own making, no shell
            [bin_dir / "postgres", "-D", home.cluster, *(part for setting in settings for part in ("-c", setting))],
            stdin=subprocess.DEVNULL,
            stdout=log.descriptor,
            stderr=log.descriptor,
            cwd="/",
            env=ENVIRONMENT,
            user=account.switch,
            group=None if account.switch is None else account.gid,
            extra_groups=None if account.switch is None else [],
            umask=0o077,
            pass_fds=[life],
            # Ctrl-C in the terminal is for the service; the server is stopped when the last owner leaves.
            start_new_session=True,
        )
    finally:
        os.close(life)
    # Collects the dead server at once: as a zombie it would look alive to PostgreSQL's own check of the pid file.
    threading.Thread(target=server.wait, name="embedded-postgres-reaper", daemon=True).start()
    return server


def _comes_up(server: subprocess.Popen[bytes], home: Home) -> bool:
    """Wait until the server is ready, or has ended; told to stop if this wait is broken off."""

    def is_decided() -> bool:
        return server.returncode is not None or pid_file.is_ready(home, server.pid)

    decided = False
    try:
        decided = wait_until(is_decided, seconds=_RECOVERY_SECONDS)
    finally:
        if not decided:
            send(server.pid, signal.SIGINT)
    return decided and server.returncode is None
