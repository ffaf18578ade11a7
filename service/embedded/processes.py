"""The process table, read for one purpose: which living processes are this home's server."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.embedded.accounts import ENVIRONMENT
from service.embedded.home import Home

_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """One process; a dead one that its parent has not collected yet is a zombie."""

    pid: int
    zombie: bool
    arguments: tuple[str, ...]


def is_server(pid: int, home: Home) -> bool:
    """Tell whether `pid` is a living server of this home, and not a zombie or a stranger who got its number."""
    return any(_serves(process, home) for process in _read(pid))


def find_servers(home: Home) -> list[int]:
    """Return the pid of this home's server; none if it is gone, even if its backends are not."""
    return [process.pid for process in _read() if _serves(process, home)]


def find_all(home: Home) -> list[int]:
    """Return the pids of the server and of all its backends, also of those whose server was killed."""
    return [process.pid for process in _read() if _serves(process, home) or _is_backend(process, home)]


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that is gone already is no error."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _serves(process: Process, home: Home) -> bool:
    # The server keeps its command line as we wrote it; a program that only mentions it has other arguments.
    match process.arguments:
        case (program, "-D", cluster, *_):
            return not process.zombie and program.endswith("/postgres") and cluster == str(home.cluster)
    return False


def _is_backend(process: Process, home: Home) -> bool:
    # A backend writes what it does over its command line.
    return not process.zombie and process.arguments[0].startswith(f"postgres: {home.name}: ")


def _read(pid: int | None = None) -> Iterator[Process]:
    return _read_proc(pid) if (_PROC / "self" / "stat").exists() else _read_ps(pid)


def _read_proc(pid: int | None) -> Iterator[Process]:
    folders = _PROC.glob("[0-9]*") if pid is None else iter([_PROC / str(pid)])
    for folder in folders:
        # A process may end between any two of these reads.
        with suppress(OSError):
            # "pid (name) state ...", where the name may hold anything.
            state = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
            arguments = tuple(os.fsdecode((folder / "cmdline").read_bytes()).split("\0"))
            yield Process(pid=int(folder.name), zombie=state in "ZX", arguments=arguments)


def _read_ps(pid: int | None) -> Iterator[Process]:
    """Read the table of a system without /proc, such as macOS."""
    which = ["-ax"] if pid is None else ["-p", str(pid)]
    found = subprocess.run(  # noqa: S603 - a fixed program and a number
        ["/bin/ps", "-ww", *which, "-o", "pid=,stat=,command="],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
        env=ENVIRONMENT,
    )
    for line in os.fsdecode(found.stdout).splitlines():
        number, state, command = [*line.split(maxsplit=2), ""][:3]
        yield Process(pid=int(number), zombie=state.startswith("Z"), arguments=_split(command))


def _split(command: str) -> tuple[str, ...]:
    """Part a command line that `ps` joined, as far as it is a server's; spaces in its paths are no ends."""
    program, found, rest = command.partition(" -D ")
    # Otherwise it is the argument of another program, such as a shell.
    if not found or not Path(program).is_file():
        return (command,)
    return (program, "-D", rest.partition(" -c ")[0])
