"""Looks after the embedded database while the service runs: one that died is started again."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from service.embedded import EmbeddedError

log = structlog.get_logger()

EVERY_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 60.0


class DatabaseWatch:
    """Calls `revive` every second; it does nothing while the server lives (a look at two files)."""

    def __init__(self, revive: Callable[[], None], *, every_seconds: float = EVERY_SECONDS) -> None:
        self._revive = revive
        self._every_seconds = every_seconds
        self._over = threading.Event()
        self.busy = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch for as long as the block lasts; a restart that is under way is waited for."""
        thread = threading.Thread(target=self._watch, name="database-watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _watch(self) -> None:
        pause = self._every_seconds
        while not self._over.wait(pause):
            self.busy = True
            try:
                self._revive()
            except (EmbeddedError, OSError) as error:
                # A full disk, say: it is tried again, ever more slowly, and /readyz says so meanwhile.
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                log.error("embedded_database_down", error=str(error))  # noqa: TRY400 - one line is what it is
            else:
                pause = self._every_seconds
            finally:
                self.busy = False
