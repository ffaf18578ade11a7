"""Processes that attach to a server, told what to do over pipes."""

import json
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import service
from service.embedded.home import Home
from service.embedded.processes import find_all, send
from service.embedded.waiting import wait_until

ROOT = Path(service.__file__).parents[1]
OWNER = """
import json, os, sys
from pathlib import Path
import service.embedded.attachment  # before the change of account, which may not reach the interpreter
from service.embedded import EmbeddedError, attach
data_dir, bin_dir, uid, gid = json.loads(sys.argv[1])
if uid is not None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
try:
    server = attach(Path(data_dir), durable=False, bin_dir=bin_dir and Path(bin_dir))
except EmbeddedError as error:
    print(json.dumps({"error": type(error).__name__, "message": str(error)}), flush=True)
    sys.exit(3)
print(json.dumps({"socket_dir": str(server.socket_dir), "bin_dir": str(server.bin_dir)}), flush=True)
if sys.stdin.readline() == "close\\n":
    server.close()
    print("closed", flush=True)
"""


@dataclass
class Owner:
    """A process of its own that attaches, tells so, and closes when it is told."""

    process: subprocess.Popen[str]

    def told(self) -> dict[str, str]:
        assert self.process.stdout is not None
        answer: dict[str, str] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self.process.communicate("close\n", timeout=20)[0] == "closed\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=20)

    def end(self) -> None:
        """Leave neither a process nor a pipe behind, whatever the test did with them."""
        self.process.kill()
        self.process.wait(timeout=20)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


StartOwner = Callable[..., Owner]
Ask = Callable[..., str]


def kill_all(home: Home) -> None:
    """Kill what is left of a server, and wait until it writes no more."""
    for pid in find_all(home):
        send(pid, signal.SIGKILL)
    assert wait_until(lambda: not find_all(home), seconds=10)
