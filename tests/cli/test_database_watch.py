"""The watch over the embedded database: it asks again and again, ever more seldom while it is refused."""

import threading
import time

import pytest

from service.cli.database_watch import DatabaseWatch
from service.embedded import EmbeddedError
from service.telemetry import set_up_logging


def test_watch_revives_until_it_is_over() -> None:
    revived = threading.Semaphore(0)
    watch = DatabaseWatch(revived.release, every_seconds=0.001)
    with watch.watching():
        assert all(revived.acquire(timeout=10) for _ in range(3))
    assert not watch.busy
    assert "database-watch" not in [thread.name for thread in threading.enumerate()]


def test_failure_is_logged_and_tried_again_ever_more_seldom(capfd: pytest.CaptureFixture[str]) -> None:
    set_up_logging("json")
    tried: list[float] = []
    enough = threading.Event()

    def refuse() -> None:
        tried.append(time.monotonic())
        if len(tried) > 4:
            enough.set()
        message = "no space left"
        raise EmbeddedError(message)

    with DatabaseWatch(refuse, every_seconds=0.001).watching():
        assert enough.wait(10)
    assert "embedded_database_down" in capfd.readouterr().err
    assert tried[4] - tried[3] > tried[1] - tried[0]
