"""`ax-registry worker`, alone and beside `serve`: it starts, ends gently, and is never left behind nor missing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.bootstrap import derived_key
from service.clients.secret_box import SecretBox
from service.embedded.home import Home
from service.embedded.processes import find_all, find_servers
from service.settings import BadSettingError
from tests.cli.conftest import AS_IT_IS, COMMAND, PATIENCE_SECONDS, Call, Cli, Query

BESIDE = "service.cli\0worker\0--beside"
SLOW_SECONDS = 1.5
SLOW_RECEIVER = f"""
import http.server, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        print("came", flush=True)
        time.sleep({SLOW_SECONDS})
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
OPEN_TO_LOOPBACK = {"AX_WEBHOOK_ALLOW_HTTP": "1", "AX_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8"}


def eventually(holds: Callable[[], Any], *, seconds: float = 20.0) -> Any:
    """Return what holds, as soon as it does; or what does not, at the end of patience."""
    until = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < until:
        time.sleep(0.05)
    return held


def workers_of(pid: int) -> list[int]:
    """Return the workers that a process has beside it."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text()
        except OSError:
            continue  # it has ended meanwhile
        if parent == pid and BESIDE in command:
            found.append(int(folder.name))
    return found


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def home_of(cli: Cli) -> Home:
    return Home(Path(cli.settings["AX_DATA_DIR"]).resolve())


def age_of_worker(url: str) -> float | None:
    age: float | None = httpx.get(f"{url}/readyz").json()["worker"]["age_seconds"]
    return age


@contextmanager
def working(cli: Cli) -> Iterator["subprocess.Popen[str]"]:
    """Run a worker of its own, at work when the block begins; ended at its end unless it has been."""
    process = subprocess.Popen(
        [COMMAND, "worker", "--json"], env=cli._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        assert '"worker"' in process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)


@dataclass(frozen=True)
class SlowReceiver:
    """A receiver that takes its time, and prints a line for each request as it comes."""

    process: "subprocess.Popen[str]"
    url: str

    def wait_for_a_request(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "came\n"


@contextmanager
def slow_receiver() -> Iterator[SlowReceiver]:
    process = subprocess.Popen([sys.executable, "-c", SLOW_RECEIVER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield SlowReceiver(process, f"http://127.0.0.1:{process.stdout.readline().strip()}/")
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)


def send_something(query: Query, url: str) -> None:
    """Write one delivery, and an endpoint that gets nothing else."""
    box = SecretBox(derived_key("s" * 40, "webhook secrets"))
    owner, endpoint, event = uuid4(), uuid4(), uuid4()
    query(
        "INSERT INTO organization (id, name, kind, state, synthetic, version, created_at, updated_at)"
        " VALUES ($1, '가온정밀', 'company', 'active', false, 1, now(), now())",
        owner,
    )
    query(
        "INSERT INTO webhook_endpoint (id, organization_id, url, event_types, regions, divisions, targets, state,"
        "  ordered, max_in_flight, version, created_at, updated_at)"
        " VALUES ($1, $2, $3, '{import.completed}', '{}', '{}', '{}', 'active', false, 4, 1, now(), now())",
        endpoint,
        owner,
        url,
    )
    query(
        "INSERT INTO webhook_secret (id, endpoint_id, ciphertext, created_at) VALUES ($1, $2, $3, now())",
        uuid4(),
        endpoint,
        box.lock(b"s" * 32),
    )
    query(
        "INSERT INTO event (id, type, subject, sequence, at, audience, body)"
        " VALUES ($1, 'import.completed', 'imports/1', 1, now(), 'everyone', '{}')",
        event,
    )
    query(
        "INSERT INTO webhook_delivery (endpoint_id, event_id, event_type, subject, sequence)"
        " VALUES ($1, $2, 'import.completed', 'imports/1', 1)",
        endpoint,
        event,
    )


def test_two_workers_are_both_seen_and_end_gently(cli: Cli, query: Query) -> None:
    with working(cli) as one, working(cli) as other:
        assert eventually(lambda: query("SELECT count(*) FROM worker") == [(2,)])
        one.terminate()
        other.send_signal(signal.SIGINT)
        assert [each.wait(PATIENCE_SECONDS) for each in (one, other)] == [0, 0]
    assert query("SELECT count(*) FROM worker") == [(0,)]


def test_delivery_under_way_is_ended_before_the_worker_does(cli: Cli, query: Query) -> None:
    with slow_receiver() as receiver, working(cli.with_settings(**OPEN_TO_LOOPBACK)) as worker:
        send_something(query, receiver.url)
        receiver.wait_for_a_request()
        worker.terminate()
        assert worker.wait(PATIENCE_SECONDS) == 0
    assert query("SELECT state, attempts FROM webhook_delivery") == [("succeeded", 1)]


def test_second_signal_ends_at_once_and_what_was_being_sent_is_left_to_another(cli: Cli, query: Query) -> None:
    with slow_receiver() as receiver, working(cli.with_settings(**OPEN_TO_LOOPBACK)) as worker:
        send_something(query, receiver.url)
        receiver.wait_for_a_request()
        worker.terminate()
        time.sleep(0.2)
        began = time.monotonic()
        worker.terminate()
        assert worker.wait(PATIENCE_SECONDS) == 128 + signal.SIGTERM
        assert time.monotonic() - began < SLOW_SECONDS / 2
    assert query("SELECT state, lease_until > now() FROM webhook_delivery") == [("in_flight", True)]


def test_refuses_a_database_that_was_not_migrated_and_names_the_remedy(empty_cli: Cli) -> None:
    assert "run `ax-registry migrate`" in empty_cli.refuse("worker", status=1)


def test_missing_secret_key_is_one_line(cli: Cli) -> None:
    assert "AX_SECRET_KEY must be set" in cli.with_settings(AX_SECRET_KEY="").refuse("worker", status=2)


@pytest.mark.parametrize(
    ("started", "left_alone"),
    [
        ("service.cli.main, service.worker.working", ("fastapi", "uvicorn", "apprise")),
        ("service.cli.main, service.cli.web_server, service.main", ("aiohttp", "apprise", "cryptography")),
    ],
)
def test_neither_process_loads_what_the_other_needs(started: str, left_alone: tuple[str, ...]) -> None:
    look = f"import sys, {started}; print([name for name in {left_alone} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_serve_on_a_database_of_ones_own_has_no_worker_unless_asked(cli: Cli) -> None:
    with cli.serving(AS_IT_IS) as serving:
        time.sleep(0.5)
        assert workers_of(serving.process.pid) == []
        assert age_of_worker(serving.url) is None


@pytest.mark.parametrize(
    ("is_embedded", "options", "is_wanted"),
    [(True, [], True), (True, ["--no-worker"], False), (False, [], False), (False, ["--worker"], True)],
)
def test_worker_runs_beside_the_embedded_database_alone_unless_told_otherwise(
    cli: Cli, call: Call, monkeypatch: pytest.MonkeyPatch, *, is_embedded: bool, options: list[str], is_wanted: bool
) -> None:
    asked: list[bool] = []

    def look(*, is_wanted: bool) -> None:
        asked.append(is_wanted)
        raise BadSettingError("seen enough")  # before anything is started

    monkeypatch.setattr("service.cli.serving.WorkerBeside", look)
    settings = {"AX_DATABASE_URL": "", "AX_DATABASE_MIGRATION_URL": ""} if is_embedded else {}
    assert "seen enough" in call(cli.with_settings(**settings), "serve", *options).refusal(status=2)
    assert asked == [is_wanted]


def test_worker_beside_the_embedded_database_is_seen_and_ends_with_serve(embedded: Cli) -> None:
    with embedded.serving(AS_IT_IS) as serving:
        assert eventually(lambda: age_of_worker(serving.url) is not None)
        [worker] = workers_of(serving.process.pid)
        rollup = Path(f"/proc/{worker}/smaps_rollup").read_text(encoding="ascii")
        assert serving.end() == 0
        assert not is_running(worker)
    assert find_all(home_of(embedded)) == []
    pss_kib = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    assert pss_kib < 120 * 1024


def test_killed_worker_is_begun_anew_and_killing_serve_takes_it_and_the_database_along(embedded: Cli) -> None:
    with embedded.serving(AS_IT_IS) as serving:
        [first] = eventually(lambda: workers_of(serving.process.pid))
        os.kill(first, signal.SIGKILL)
        [second] = eventually(lambda: set(workers_of(serving.process.pid)) - {first})
        assert eventually(lambda: any("worker_died" in line for line in serving.log))
        assert eventually(lambda: sum("worker_started" in line for line in serving.log))
        serving.process.kill()
        serving.process.wait(PATIENCE_SECONDS)
        assert eventually(lambda: not is_running(second))
    assert eventually(lambda: find_servers(home_of(embedded)) == [])


def test_second_interrupt_of_serve_ends_the_worker_too(embedded: Cli) -> None:
    with embedded.serving(AS_IT_IS) as serving:
        [worker] = eventually(lambda: workers_of(serving.process.pid))
        serving.process.send_signal(signal.SIGINT)
        serving.process.send_signal(signal.SIGINT)
        assert serving.process.wait(PATIENCE_SECONDS) in {0, 130}
        assert eventually(lambda: not is_running(worker), seconds=5)
