"""File locks that the kernel drops when their holder dies, however it dies."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.embedded.accounts import Account
from service.embedded.errors import DataFolderError


def open_private(path: Path, account: Account, *, flags: int = os.O_RDWR) -> int:
    """Open a file of the home, made 0600 for `account` if it is missing; the caller closes it.

    The folder belongs to an account that may be less trusted than this process, hence no symbolic link is followed.

    Raises:
        DataFolderError: it cannot be opened, or is no plain file.
    """
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        message = f"{path} cannot be opened ({error.strerror}): run as the account that owns {path.parent}, or as root."
        raise DataFolderError(message) from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        os.close(descriptor)
        message = f"{path} is not a plain file: remove it and start again."
        raise DataFolderError(message)
    if found.st_uid != account.uid:
        os.fchown(descriptor, account.uid, account.gid)
    return descriptor


def take_if_free(descriptor: int) -> bool:
    """Take the lock exclusively if nobody else holds it; give up one's own shared hold if somebody does."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def share(descriptor: int) -> None:
    """Hold the lock together with others; waits for an exclusive holder."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)


@contextmanager
def alone(path: Path, account: Account) -> Iterator[None]:
    """Hold the lock file at `path` exclusively, waiting for as long as another holds it."""
    descriptor = open_private(path, account)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_free(path: Path, account: Account) -> bool:
    """Tell whether nobody holds the lock file at `path`; the answer lasts only under a lock of the caller's."""
    descriptor = open_private(path, account)
    try:
        return take_if_free(descriptor)
    finally:
        os.close(descriptor)
