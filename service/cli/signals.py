"""Ends a process that serves: the first signal gently, a second Ctrl-C at once."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

_GENTLE: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name))
_INTERRUPTED: Final = 130


class StopSignals:
    """What the signals of this process do; it must be made, and its signals come, in the main thread.

    uvicorn's own way can't be used: after a gentle end it raises the signal once more with the default handler, which
    ends the process before anything behind it, such as the embedded database, is closed.
    """

    def __init__(self) -> None:
        self._stop: Callable[[], None] | None = None
        self._leave: Callable[[], None] | None = None
        self.received = False

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle the signals for as long as the block lasts. One that is ignored, as under `nohup`, stays so."""
        ours = [number for number in _GENTLE if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._receive) for number in ours}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Within the block the first signal calls `stop` instead of raising SystemExit."""
        self._stop = stop
        try:
            yield
        finally:
            self._stop = None

    def leave_by(self, leave: Callable[[], None]) -> None:
        """Call `leave` before the process ends at once."""
        self._leave = leave

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if self.received:
            if number == signal.SIGINT:
                self._end_at_once()
            return
        self.received = True
        if self._stop is None:
            raise SystemExit(128 + number)
        self._stop()

    def _end_at_once(self) -> None:
        with suppress(Exception):
            if self._leave:
                self._leave()
        os._exit(_INTERRUPTED)
