"""What only shows on a real socket: bytes as clients send them, bodies that are too large or never end."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.api.builders import factory_body
from tests.api.conftest import Api, Caller
from tests.api.live import Live, live_app

MIB = 1024 * 1024


class Line:
    """A company's own way to the application: one connection for each request."""

    def __init__(self, live: Live, company: Caller) -> None:
        self.live = live
        self.company = company

    def send(self, head: str, *pieces: bytes) -> tuple[int, bytes]:
        """Send a request's head and whatever follows; return the status and the body of the answer."""
        where = urlsplit(self.live.url)
        key = f"Authorization: Bearer {self.company.key}\r\nHost: registry.example.com\r\nConnection: close\r\n"
        with socket.create_connection((where.hostname, where.port), timeout=10) as line:
            try:
                for piece in (f"{head}\r\n{key}\r\n".encode(), *pieces):
                    line.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before all of it was sent
            answer = b""
            try:
                while piece := line.recv(65536):
                    answer += piece
            except ConnectionResetError:
                pass  # the server does not wait for the rest of what it has refused
        status, _, rest = answer.partition(b"\r\n")
        return int(status.split()[1]), rest.partition(b"\r\n\r\n")[2]


@pytest.fixture(scope="module")
def line(shared_database_url: str) -> Iterator[Line]:
    async def company_of(api: Api) -> Caller:
        return await api.caller("company")

    with live_app(shared_database_url) as live:
        yield Line(live, live.run(company_of))


def test_announced_body_that_is_too_large_is_refused_unread(line: Line) -> None:
    head = f"POST /v1/factories HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {50 * MIB}"
    status, body = line.send(head)
    assert (status, json.loads(body)["code"]) == (413, "body_too_large")


def test_body_that_never_ends_is_refused_at_a_mebibyte(line: Line) -> None:
    head = "POST /v1/factories HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    status, body = line.send(head, *[chunk] * 20)
    assert (status, json.loads(body)["code"]) == (413, "body_too_large")


def test_body_in_chunks_is_read(line: Line) -> None:
    body = json.dumps(factory_body(name="조각난 공장")).encode()
    pieces = [f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (body[:7], body[7:])]
    head = "POST /v1/factories HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"
    status, answer = line.send(head, *pieces, b"0\r\n\r\n")
    assert (status, json.loads(answer)["name"]) == (201, "조각난 공장")


@pytest.mark.parametrize(
    "head",
    [
        "GET /v1/factories/%00 HTTP/1.1",
        "GET /v1/factories/%ED%A0%80 HTTP/1.1",
        "GET /v1/factories?q=%ED%A0%80%00 HTTP/1.1",
        "GET /v1/factories?after=%FF HTTP/1.1",
        "GET /v1/factories?q=수원 HTTP/1.1",
        "POST /v1/factories?%FF HTTP/1.1\r\nIdempotency-Key: \xff\r\nContent-Length: 0",
        "POST /v1/factories HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: -1",
        "PATCH /v1/factories/7 HTTP/1.1\r\nIf-Match: \xed",
        "BREW /v1/factories HTTP/1.1",
        "GET //v1/factories HTTP/1.1",
        "GET http://elsewhere.example.com/v1/nothing HTTP/1.1",
        "GET * HTTP/1.1",
    ],
)
def test_strange_request_gets_an_answer_that_is_no_failure(line: Line, head: str) -> None:
    status, _ = line.send(head)
    assert 400 <= status < 500


def test_caller_who_hangs_up_harms_nobody(line: Line) -> None:
    head = "POST /v1/factories HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1000"
    where = urlsplit(line.live.url)
    for _ in range(5):
        with socket.create_connection((where.hostname, where.port), timeout=10) as gone:
            gone.sendall(f"{head}\r\nAuthorization: Bearer {line.company.key}\r\nHost: x\r\n\r\n{{".encode())
    status, _ = line.send("GET /v1/factories HTTP/1.1")
    assert status == 200
    figures = line.live.api.app.state.metrics.text().decode()
    assert 'method="POST",status="499"' in figures
    assert 'status="500"' not in figures
