"""Making the cluster: built in a sibling folder and renamed, so that what carries its name is always complete."""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from service.embedded.accounts import BETTER_PLACE, Account, first_closed, run_as
from service.embedded.binaries import Programs
from service.embedded.errors import CreationError, DataFolderError, MajorVersionError
from service.embedded.home import Home

SUPERUSER: Final = "postgres"
OWNER_ROLE: Final = "axreg_owner"
APP_ROLE: Final = "axreg_app"
DATABASE: Final = "axreg"

_FIRST_BUILTIN_LOCALE_MAJOR: Final = 17
# Each line is one statement; they run in single-user mode, before anybody can connect.
_SETUP: Final = {
    SUPERUSER: (
        f"CREATE ROLE {OWNER_ROLE} LOGIN;\n"
        f"CREATE ROLE {APP_ROLE} LOGIN;\n"
        f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE};\n"
    ),
    DATABASE: "CREATE EXTENSION pg_trgm;\n",
}


def prepare_home(home: Home, account: Account) -> None:
    """Make the data folder and the home inside it, as far as they are missing; nothing that exists is changed.

    Raises:
        DataFolderError: a folder cannot be made, or `account` cannot get into it.
    """
    if not str(home.data_dir).isprintable():
        message = (
            f"The data folder's name {str(home.data_dir)!r} has unprintable characters: set AX_DATA_DIR to another."
        )
        raise DataFolderError(message)
    try:
        existing = next(folder for folder in (home.data_dir, *home.data_dir.parents) if folder.exists())
        _refuse_closed(account, existing)
        if existing != home.data_dir:
            _make_data_dir(home, account)
        home.folder.mkdir(mode=0o700, exist_ok=True)
        if home.folder.stat().st_uid != account.uid:
            os.chown(home.folder, account.uid, account.gid)
    except OSError as error:
        message = (
            f"The data folder {home.data_dir} cannot be made or used ({error.strerror}): set AX_DATA_DIR to another."
        )
        raise DataFolderError(message) from error


def check_major(home: Home, programs: Programs) -> None:
    """Refuse a cluster of another major version, which PostgreSQL cannot read.

    Raises:
        MajorVersionError: dump with the old programs and restore with the new ones.
    """
    try:
        written_by = (home.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return
    if written_by != str(programs.major):
        message = (
            f"{home.cluster} was written by PostgreSQL {written_by}, and {programs.bin_dir} is version "
            f"{programs.version}: dump it with programs of version {written_by}, set AX_DATA_DIR to a new folder "
            "and restore the dump there."
        )
        raise MajorVersionError(message)


def create_cluster(home: Home, account: Account, *, bin_dir: Path, major: int, durable: bool) -> None:
    """Make the cluster with its roles, database and extension, unless it is there; the caller holds the change lock.

    Raises:
        CreationError: a set-up program failed; the message has its last lines.
    """
    if home.cluster.exists():
        return
    # Of earlier tries whose process was killed.
    for unfinished in home.folder.glob("data.new-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    building = home.folder / f"data.new-{os.getpid()}"
    syncing = [] if durable else ["--no-sync"]
    try:
        _run(account, [bin_dir / "initdb", "-D", building, *_initdb_options(major), *syncing])
        for database, statements in _SETUP.items():
            options = ["-c", "exit_on_error=on", "-c", f"fsync={'on' if durable else 'off'}"]
            _run(account, [bin_dir / "postgres", "--single", "-D", building, *options, database], statements)
        building.rename(home.cluster)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    _sync_folder(home.folder)


def _make_data_dir(home: Home, account: Account) -> None:
    # Another account must pass through to its own folder, and see nothing else here.
    mode = 0o700 if account.switch is None else 0o711
    with suppress(FileExistsError):
        home.data_dir.mkdir(mode=mode, parents=True)
        # Against an umask that took the passage away.
        home.data_dir.chmod(mode)
    _refuse_closed(account, home.data_dir)


def _refuse_closed(account: Account, folder: Path) -> None:
    closed = first_closed(account, folder)
    if closed is not None:
        message = (
            f"PostgreSQL runs as account {account.name}, which cannot enter {closed}: set AX_DATA_DIR to a folder "
            f"it can reach, such as {BETTER_PLACE}, or allow it with chmod o+x {closed}."
        )
        raise DataFolderError(message)


def _initdb_options(major: int) -> list[str]:
    # Without a UTF-8 character type pg_trgm takes Hangul for punctuation; the builtin one needs no generated locale.
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return [
        f"--username={SUPERUSER}",
        "--auth-local=trust",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        *(builtin if major >= _FIRST_BUILTIN_LOCALE_MAJOR else []),
        "--data-checksums",
        "--no-instructions",
    ]


def _run(account: Account, command: Sequence[str | Path], text: str = "") -> None:
    try:
        done = run_as(account, command, text=text)
    except OSError as error:
        message = f"{command[0]} cannot be started as account {account.name}: {error.strerror}."
        raise CreationError(message) from error
    if done.returncode != 0:
        told = " | ".join(line.strip() for line in done.stdout.splitlines()[-4:])
        message = f"{Path(command[0]).name} failed, mend what it names and start again: {told}"
        raise CreationError(message)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
