"""The worker that `serve` runs beside itself: a process of its own, begun anew if it dies, and never left behind."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import structlog

from service.cli.signals import StopSignals
from service.worker.running import DRAIN_SECONDS

log = structlog.get_logger()

FIRST_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 60.0
_RAN_WELL_SECONDS: Final = 60.0
_END_SECONDS: Final = DRAIN_SECONDS + 4.0
_KILL_SECONDS: Final = 2.0
# -P: what lies in the folder from which somebody serves is not for import.
_COMMAND: Final = (sys.executable, "-P", "-m", "service.cli", "worker", "--beside", "--json")


class WorkerBeside:
    """Keeps one worker running from `begin` on until `running` is left; with `is_wanted` false, none.

    Its standard input is a pipe whose other end this process holds: if this one is killed the pipe ends, and the worker
    finishes what it began and goes.
    """

    def __init__(self, *, is_wanted: bool, first_pause_seconds: float = FIRST_PAUSE_SECONDS) -> None:
        self._is_wanted = is_wanted
        self._first_pause_seconds = first_pause_seconds
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._change = threading.RLock()  # again by the same thread: a signal may come while it is held

    @contextmanager
    def running(self, signals: StopSignals) -> Iterator[None]:
        """Let `begin` be called in the block; at its end, or if the process must end at once, the worker is gone."""
        signals.leave_by(self._kill)
        try:
            yield
        finally:
            self._end()

    def begin(self) -> None:
        """Start the worker."""
        if self._is_wanted and self._thread is None:
            self._thread = threading.Thread(target=self._keep, name="worker-beside", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Tell the worker to finish, and begin none anew; does not wait for it."""
        with self._change:
            if self._process is not None and not self._over.is_set():
                self._process.terminate()
            self._over.set()

    def _end(self) -> None:
        self.stop()
        if self._thread is not None:
            self._thread.join(_END_SECONDS)
            if self._thread.is_alive():
                log.warning("worker_killed", after_seconds=_END_SECONDS)
                self._kill()
                self._thread.join(_END_SECONDS)

    def _kill(self) -> None:
        with self._change:
            self._over.set()
            process = self._process
        if process is not None:
            process.kill()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_KILL_SECONDS)

    def _keep(self) -> None:
        pause_seconds = self._first_pause_seconds
        while not self._over.is_set():
            began = time.monotonic()
            status = self._run()
            if self._over.is_set():
                return
            if time.monotonic() - began > _RAN_WELL_SECONDS:
                pause_seconds = self._first_pause_seconds
            log.error("worker_died", status=status, again_in_seconds=pause_seconds)
            self._over.wait(pause_seconds)
            pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)

    def _run(self) -> int | None:
        """Run a worker to its end and return its status; None if it can't be started."""
        with self._change:
            if self._over.is_set():
                return None
            try:
                process = self._process = subprocess.Popen(  # noqa: S603 - a command of our own, no shell
                    _COMMAND,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    # Ctrl-C in the terminal is for us: told twice, the worker would drop what it is sending.
                    start_new_session=True,
                )
            except OSError as error:
                log.error("worker_not_started", error=str(error))  # noqa: TRY400 - one line is what it is
                return None
        with process:
            return process.wait()
