"""The server's log file; PostgreSQL writes to it, and a failed start is explained by its end."""

import os
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from service.embedded.accounts import Account
from service.embedded.home import Home
from service.embedded.locks import open_private

_KEPT_BYTES: Final = 8 * 1024 * 1024
_TAIL_BYTES: Final = 4096
_TAIL_LINES: Final = 5


class ServerLog:
    """The log opened to append; remembers where this start's part begins. Past 8 MiB the old one is put aside."""

    def __init__(self, home: Home, account: Account) -> None:
        with suppress(FileNotFoundError):
            if home.log.lstat().st_size > _KEPT_BYTES:
                home.log.replace(home.log.with_suffix(".log.1"))
        self.descriptor = open_private(home.log, account, flags=os.O_RDWR | os.O_APPEND)
        self._begin = os.fstat(self.descriptor).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.descriptor)

    def tail(self) -> str:
        """Return the last lines of this start, joined to one."""
        size = os.fstat(self.descriptor).st_size
        offset = max(self._begin, size - _TAIL_BYTES)
        text = os.pread(self.descriptor, size - offset, offset).decode(errors="replace")
        return " | ".join(line.strip() for line in text.splitlines()[-_TAIL_LINES:]) or "the log is empty"
