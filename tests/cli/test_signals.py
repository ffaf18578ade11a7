"""What signals do to a process that serves."""

import os
import signal
from collections.abc import Iterator

import pytest

from service.cli.signals import StopSignals


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The statuses with which the process would have ended at once."""
    statuses: list[int] = []
    monkeypatch.setattr("os._exit", statuses.append)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    yield statuses
    assert {number: signal.getsignal(number) for number in before} == before


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)
    signal.sigpending()  # a Python step, in which the handler runs


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_before_there_is_a_server_unwinds_everything(number: signal.Signals, ended: list[int]) -> None:
    with pytest.raises(SystemExit) as left, StopSignals().handled():
        send(number)
    assert left.value.code == 128 + number
    assert ended == []


def test_first_signal_stops_the_server_gently_and_a_second_term_changes_nothing(ended: list[int]) -> None:
    stopped: list[str] = []
    signals = StopSignals()
    with signals.handled(), signals.stopping(lambda: stopped.append("gently")):
        send(signal.SIGTERM)
        send(signal.SIGTERM)
    assert (stopped, ended) == (["gently"], [])


def test_second_interrupt_leaves_the_database_and_ends_at_once(ended: list[int]) -> None:
    left: list[str] = []
    signals = StopSignals()
    signals.leave_by(lambda: left.append("database"))
    with signals.handled(), signals.stopping(lambda: None):
        send(signal.SIGINT)
        send(signal.SIGINT)
    assert (left, ended) == (["database"], [130])


def test_failing_to_leave_does_not_keep_the_process(ended: list[int]) -> None:
    def fail() -> None:
        raise OSError

    signals = StopSignals()
    signals.leave_by(fail)
    with signals.handled(), signals.stopping(lambda: None):
        send(signal.SIGINT)
        send(signal.SIGINT)
    assert ended == [130]


def test_ignored_signal_stays_ignored_as_under_nohup(ended: list[int]) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopSignals().handled():
            send(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert ended == []


@pytest.mark.parametrize(("second", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_any_second_signal_ends_at_once_where_that_is_asked_for(
    ended: list[int], second: signal.Signals, status: int
) -> None:
    left: list[str] = []
    signals = StopSignals(any_second_ends=True)
    signals.leave_by(lambda: left.append("database"))
    signals.leave_by(lambda: left.append("worker"))
    with signals.handled(), signals.stopping(lambda: None):
        send(signal.SIGTERM)
        send(second)
    assert (left, ended) == (["worker", "database"], [status])
