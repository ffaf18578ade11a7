"""The account that runs the server: PostgreSQL refuses to run as root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.embedded.errors import DataFolderError
from service.embedded.home import Home

ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""All that the programs get: the caller's locale would make initdb fail or pg_trgm blind to Korean."""

BETTER_PLACE: Final = "/var/lib/ax-registry"

_PREFERRED: Final = ("postgres", "nobody")
# Prints the first folder of the list that cannot be entered; asking the kernel also counts ACLs and mounts.
_FIRST_CLOSED: Final = 'for folder; do cd "$folder" 2>/dev/null || { printf %s "$folder"; exit 0; }; done'


@dataclass(frozen=True, slots=True)
class Account:
    """A system account, by numbers; `uid` is never 0."""

    uid: int
    gid: int

    @property
    def name(self) -> str:
        """Name for messages; the number if the account has none."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    @property
    def switch(self) -> int | None:
        """User id to change to when starting a program; None when this process already is that account."""
        return None if os.geteuid() == self.uid else self.uid


def choose_account(home: Home) -> Account:
    """Return the account for the server: the owner of what is there already, else this one, as root another.

    Raises:
        DataFolderError: what is there belongs to someone this process cannot act for, or root finds no account.
    """
    owner = _owner(home)
    if os.geteuid() != 0:
        return _own_account(home, owner)
    if owner is not None:
        return owner
    for name in _PREFERRED:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=found.pw_uid, gid=found.pw_gid)
    message = "PostgreSQL cannot run as root and neither 'postgres' nor 'nobody' exists: run as an ordinary account."
    raise DataFolderError(message)


def run_as(account: Account, command: Sequence[str | Path], *, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program to its end as `account`, `text` on its standard input, both outputs in `stdout`.

    Raises:
        OSError: the account cannot start the program.
    """
    switch = account.switch
    return subprocess.run(  # noqa: S603 - a list of our own making, no shell
        command,
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
        cwd="/",
        env=ENVIRONMENT,
        user=switch,
        group=None if switch is None else account.gid,
        extra_groups=None if switch is None else [],
        umask=0o077,
    )


def first_closed(account: Account, folder: Path) -> Path | None:
    """Return the first folder on the way to `folder`, itself included, that `account` cannot enter; None if all are."""
    way = [*reversed(folder.parents), folder]
    closed = run_as(account, ["/bin/sh", "-c", _FIRST_CLOSED, "sh", *way]).stdout
    return Path(closed) if closed else None


def _owner(home: Home) -> Account | None:
    for folder in (home.cluster, home.folder):
        try:
            found = folder.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            # Inside a closed home: the home's own owner, asked next, is the cluster's too.
            continue
        if found.st_uid != 0:
            return _account(found.st_uid, folder_group=found.st_gid)
        if folder == home.cluster:
            message = f"{folder} belongs to root, as whom PostgreSQL cannot run: chown -R it to an ordinary account."
            raise DataFolderError(message)
    return None


def _account(uid: int, *, folder_group: int) -> Account:
    try:
        return Account(uid=uid, gid=pwd.getpwuid(uid).pw_gid)
    except KeyError:
        return Account(uid=uid, gid=folder_group)


def _own_account(home: Home, owner: Account | None) -> Account:
    uid = os.geteuid()
    if owner is not None and owner.uid != uid:
        message = (
            f"{home.folder} belongs to account {owner.name}, and this is {Account(uid, os.getegid()).name}: "
            f"run as {owner.name} or root, or set AX_DATA_DIR to a folder of your own."
        )
        raise DataFolderError(message)
    try:
        pwd.getpwuid(uid)
    except KeyError as error:
        message = f"User id {uid} has no name, which initdb needs: add it to /etc/passwd, or set AX_DATABASE_URL."
        raise DataFolderError(message) from error
    return Account(uid=uid, gid=os.getegid())
