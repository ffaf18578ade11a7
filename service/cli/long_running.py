"""What `serve` and `worker` share: their event loop, and the embedded database that must not fail them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from service.bootstrap import RunningDatabase
from service.cli.database_watch import DatabaseWatch
from service.cli.signals import StopSignals


@contextmanager
def looked_after(database: RunningDatabase, signals: StopSignals) -> Iterator[None]:
    """Restart the embedded database if it dies, and stop it even when the process must end at once."""
    attached = database.embedded
    if attached is None:
        yield
        return
    watch = DatabaseWatch(attached.revive)

    def leave() -> None:
        if not watch.busy:  # else the change lock is taken, by ourselves
            attached.close()

    signals.leave_by(leave)
    with watch.watching():
        yield


def loop_factory() -> Any:
    """Return what makes an event loop: uvloop's where there is one, else None for Python's own."""
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    return uvloop.new_event_loop
