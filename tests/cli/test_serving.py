"""`ax-registry serve`: it comes up, says so, and goes down without leaving anything behind."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from service.embedded.home import Home
from service.embedded.processes import find_all, find_servers
from tests.api.builders import factory_body
from tests.cli.conftest import Call, Cli
from tests.leaks import leaks_in


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def home_of(cli: Cli) -> Home:
    return Home(Path(cli.settings["AX_DATA_DIR"]).resolve())


def eventually(holds: Callable[[], bool], *, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.1)
    return False


def _connection_to(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", httpx.URL(url).port or 0, timeout=20)


def answers(url: str, **headers: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", headers=headers).status_code == 200
    except httpx.TransportError:
        return False


def test_first_start_shows_an_operator_key_once_and_a_gentle_end_stops_the_database(bare_embedded: Cli) -> None:
    with bare_embedded.serving() as first:
        key = first.said["operator_key"]
        me = httpx.get(f"{first.url}/v1/me", headers=bearer(key)).json()
        made = httpx.post(
            f"{first.url}/v1/factories",
            json=factory_body(organization_id=me["organization"]["id"]),
            headers=bearer(key),
        )
        assert (me["role"], me["organization"]["kind"], made.status_code) == ("operator", "ministry", 201)
        assert first.end(signal.SIGTERM) == 0
    assert find_all(home_of(bare_embedded)) == []
    assert leaks_in("".join(first.log)) == []

    with bare_embedded.serving() as second:
        again = httpx.get(f"{second.url}{made.headers['location']}", headers=bearer(key))
        assert again.json() == made.json()
        assert "operator_key" not in second.said
        assert second.end(signal.SIGINT) == 0
    assert find_all(home_of(bare_embedded)) == []


def test_killed_service_starts_again_with_everything_it_acknowledged(embedded: Cli) -> None:
    with embedded.serving() as first:
        key = first.said["operator_key"]
        owner = httpx.get(f"{first.url}/v1/me", headers=bearer(key)).json()["organization"]["id"]
        made = httpx.post(f"{first.url}/v1/factories", json=factory_body(organization_id=owner), headers=bearer(key))
        assert first.end(signal.SIGKILL) == -signal.SIGKILL
    with embedded.serving() as second:
        assert httpx.get(f"{second.url}{made.headers['location']}", headers=bearer(key)).json() == made.json()


def test_database_that_dies_is_back_within_seconds_with_everything_acknowledged(embedded: Cli) -> None:
    with embedded.serving() as serving:
        key = serving.said["operator_key"]
        owner = httpx.get(f"{serving.url}/v1/me", headers=bearer(key)).json()["organization"]["id"]
        body = factory_body(organization_id=owner)
        made = httpx.post(f"{serving.url}/v1/factories", json=body, headers=bearer(key))
        [postmaster] = find_servers(home_of(embedded))
        os.kill(postmaster, signal.SIGKILL)
        assert eventually(lambda: find_servers(home_of(embedded)) not in ([], [postmaster]), seconds=20)
        assert eventually(lambda: answers(serving.url), seconds=20)
        assert httpx.get(f"{serving.url}{made.headers['location']}", headers=bearer(key)).json() == made.json()


def test_serves_a_database_of_ones_own_without_showing_a_key(cli: Cli) -> None:
    with cli.serving() as serving:
        assert answers(serving.url)
        assert "operator_key" not in serving.said
        assert serving.said["docs"] == f"{serving.url}/docs"
        assert serving.end() == 0
    assert not Path(cli.settings["AX_DATA_DIR"]).exists()


def test_second_interrupt_ends_at_once(cli: Cli) -> None:
    key = cli.do("keys", "create", "--organization", "가온정밀", "--role", "company").strip()
    head = f"POST /v1/factories HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n"
    with cli.serving() as serving:
        # A request whose body never ends keeps the first one waiting.
        address = httpx.URL(serving.url)
        with socket.create_connection((address.host, address.port or 0)) as caller:
            caller.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
            time.sleep(0.5)
            serving.process.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.TimeoutExpired):
                serving.process.wait(1)
            serving.process.send_signal(signal.SIGINT)
            assert serving.process.wait(2) == 130


def test_port_in_use_is_one_line_and_nothing_was_started(bare_embedded: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = bare_embedded.with_settings(AX_PORT=port).refuse("serve", status=2)
    assert f"127.0.0.1 port {port}: address already in use" in told
    assert not Path(bare_embedded.settings["AX_DATA_DIR"]).exists()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AX_PORT", "http", "integer"),
        ("AX_PORT", "70000", "65535"),
        ("AX_DATABASE_URL", "mysql://db.example.com/x", "must begin with postgresql://"),
        ("AX_SECRET_KEY", "", "must be set when AX_DATABASE_URL is"),
        ("AX_SECRET_KEY", "short", "32"),
        ("AX_RATE_LIMIT", "many", "must read like"),
        ("AX_LOG_FORMAT", "xml", "'json' or 'text'"),
        ("AX_HOST", "203.0.113.7", "203.0.113.7 port 0: cannot assign requested address"),
    ],
)
def test_bad_setting_stops_the_start_with_one_line_that_names_it(
    call: Call, cli: Cli, name: str, value: str, said: str
) -> None:
    told = call(cli.with_settings(**{"AX_PORT": "0", name: value}), "serve").refusal(status=2)
    assert name in told
    assert said in told


def test_refuses_a_database_that_was_not_migrated_and_names_the_remedy(empty_cli: Cli) -> None:
    serving = empty_cli.start()
    out, err = serving.process.communicate(timeout=60)
    assert (serving.process.returncode, out) == (1, "")
    assert "run `ax-registry migrate`" in err


def test_unreachable_database_is_one_line_without_its_password(cli: Cli) -> None:
    elsewhere = cli.with_settings(AX_DATABASE_URL="postgresql://me:very-private@127.0.0.1:1/x", AX_PORT="0")
    assert "very-private" not in elsewhere.refuse("serve", status=6)


def test_ready_service_is_small(cli: Cli) -> None:
    with cli.serving() as serving:
        assert httpx.get(f"{serving.url}/v1/regions").status_code == 200
        rollup = Path(f"/proc/{serving.process.pid}/smaps_rollup").read_text(encoding="ascii")
    pss_kib = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    assert pss_kib < 120 * 1024


def test_connection_that_lay_idle_for_a_while_is_still_served(cli: Cli) -> None:
    with cli.serving() as serving, closing(_connection_to(serving.url)) as kept:
        statuses = []
        for pause in (0, 6):
            time.sleep(pause)
            kept.request("GET", "/livez")
            answer = kept.getresponse()
            answer.read()
            statuses.append((answer.status, kept.sock is not None))
    assert statuses == [(200, True)] * 2
