"""Ends a process that runs for long: the first signal gently, a second Ctrl-C at once."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

_GENTLE: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name))
_SIGNALLED: Final = 128


class StopSignals:
    """What the signals of this process do; it must be made, and its signals come, in the main thread.

    With `any_second_ends` a second signal ends the process at once whichever it is, else only Ctrl-C's.
    uvicorn's own way can't be used: after a gentle end it raises the signal once more with the default handler, which
    ends the process before anything behind it, such as the embedded database, is closed.
    """

    def __init__(self, *, any_second_ends: bool = False) -> None:
        self._any_second_ends = any_second_ends
        self._stop: Callable[[], None] | None = None
        self._leave: list[Callable[[], None]] = []
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
        """Call `leave` before the process ends at once; what was named last goes first."""
        self._leave.append(leave)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if self.received:
            if self._any_second_ends or number == signal.SIGINT:
                self._end_at_once(number)
            return
        self.received = True
        if self._stop is None:
            raise SystemExit(_SIGNALLED + number)
        self._stop()

    def _end_at_once(self, number: int) -> None:
        for leave in reversed(self._leave):
            with suppress(Exception):
                leave()
        os._exit(_SIGNALLED + number)
