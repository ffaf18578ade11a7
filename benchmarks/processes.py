"""The processes that are measured: started on a core of their own, and what they use read from /proc (Linux)."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_CORES = sorted(os.sched_getaffinity(0))
APP_CORE, LOAD_CORE = _CORES[0], _CORES[-1]
_URL = re.compile(r'"url": *"http://127\.0\.0\.1:(\d+)"')
_STOP_SECONDS = 20.0
_KIB_PER_MIB = 1024


@dataclass(frozen=True, slots=True)
class Served:
    """A process that answers HTTP. `ready_seconds`: from its start to its saying that it listens."""

    pid: int
    port: int
    ready_seconds: float

    def cpu_seconds(self) -> float:
        """Return the CPU time, user and system, that the process and all its threads have used so far."""
        return _cpu_seconds(self.pid)

    def pss_mib(self) -> float:
        """Return the memory that is its own, shared pages by their share."""
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / _KIB_PER_MIB
        raise ValueError(line)


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """The PostgreSQL server, for what its processes use."""

    postmaster_pid: int

    def cpu_seconds(self) -> float:
        """Return the CPU time that the server's living processes have used so far."""
        children = Path(f"/proc/{self.postmaster_pid}/task/{self.postmaster_pid}/children").read_text(encoding="ascii")
        return sum(_cpu_seconds(int(pid)) for pid in children.split())


def parent_of(pid: int) -> int:
    """Return the process that started another."""
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def _cpu_seconds(pid: int) -> float:
    # The clock of another process's CPU time, as clock_getcpuclockid(3) makes its number: nanoseconds, where
    # /proc/<pid>/stat has hundredths of a second.
    try:
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:  # it has ended meanwhile
        return 0.0


@contextmanager
def served(command: Sequence[str], settings: Mapping[str, str], *, log: Path) -> Iterator[Served]:
    """Run a command that prints its URL as JSON once it listens, on the app's core; end it gently afterwards.

    What it says on standard error is added to the file `log`.

    Raises:
        RuntimeError: it ended before it listened; the message has the end of its log.
    """
    started = time.perf_counter()
    with log.open("ab") as errors:
        process = _start_pinned(command, settings, errors=errors)
    try:
        port = _port_told(process)
        if port is None:
            raise RuntimeError(f"{' '.join(command)} ended before it listened: {log.read_text()[-2000:]}")
        yield Served(process.pid, port, time.perf_counter() - started)
    finally:
        _stop(process)


def _port_told(process: subprocess.Popen[str]) -> int | None:
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    for line in process.stdout:
        if match := _URL.search(line):
            return int(match[1])
    return None


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _start_pinned(command: Sequence[str], settings: Mapping[str, str], *, errors: IO[bytes]) -> subprocess.Popen[str]:
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {APP_CORE})  # inherited by the process and every thread of it
    try:
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**_plain_environment(), **settings},
        )
    finally:
        os.sched_setaffinity(0, ours)


def _plain_environment() -> dict[str, str]:
    """Return the environment without settings of the registry that happen to be set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AX_")}  # noqa: TID251 - a benchmark's own, handed on


def registry_command() -> list[str]:
    """Return how the registry is served, as in production."""
    return [str(Path(sys.executable).with_name("ax-registry")), "serve", "--json"]


def hello_command() -> list[str]:
    """Return how the yardstick is served."""
    return [sys.executable, "-m", "benchmarks.hello"]
