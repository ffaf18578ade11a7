"""The sender against real receivers on loopback: whatever they do, it tells in time what came of it."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.abc import AbstractResolver

from service.clients.webhook_sender import Sent, WebhookSender, words_of
from service.core.retry import ANSWER_BYTES_KEPT
from tests.clients.certificates import certified
from tests.clients.receivers import (
    LOOPBACK,
    NAME,
    Behaviour,
    FakeNames,
    HangingNames,
    Receiver,
    Request,
    UnknownNames,
    answering,
    hang,
    http,
    receiving,
    reset,
)

BODY = '{"data":{"name":"가나정밀 창원공장"}}'.encode()
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HEADERS = {"webhook-id": "evt_1", "webhook-timestamp": "1764000000", "webhook-signature": "v1,AAAA"}


def make_sender(**limits: Any) -> WebhookSender:
    plain: dict[str, Any] = {"allow_http": True, "networks": LOOPBACK, "resolver": FakeNames(["127.0.0.1"])}
    return WebhookSender(**{**plain, "connect_seconds": 1, "total_seconds": 2, **limits})


@pytest_asyncio.fixture(scope="module")
async def sender() -> AsyncIterator[WebhookSender]:
    async with make_sender() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module")
async def hasty() -> AsyncIterator[WebhookSender]:
    """A sender that waits a quarter of a second in all."""
    async with make_sender(total_seconds=0.25) as opened:
        yield opened


async def send_to(behave: Behaviour, sender: WebhookSender) -> tuple[Sent, Receiver]:
    async with receiving(behave) as receiver:
        return await sender.send(receiver.url(), HEADERS, BODY), receiver


# --- what is sent ---


async def test_bytes_and_headers_arrive_as_they_are(sender: WebhookSender) -> None:
    sent, receiver = await send_to(answering(http("204 No Content")), sender)
    request = receiver.requests[0]
    assert (sent.status, sent.error) == (204, None)
    assert request.body == BODY
    assert request.headers.items() >= HEADERS.items()


async def test_request_says_who_sends_and_asks_for_nothing_compressed(sender: WebhookSender) -> None:
    _, receiver = await send_to(answering(http("200 OK")), sender)
    request = receiver.requests[0]
    assert request.line == "POST /hooks HTTP/1.1"
    assert request.headers["host"] == f"{NAME}:{receiver.port}"
    assert request.headers["user-agent"] == f"AX-Registry/{version('ax-registry')}"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["content-type"] == "application/json"


async def test_given_header_wins_over_our_own(sender: WebhookSender) -> None:
    async with receiving(answering(http("200 OK"))) as receiver:
        await sender.send(receiver.url(), {"Content-Type": "application/cloudevents+json"}, BODY)
    assert receiver.requests[0].headers["content-type"] == "application/cloudevents+json"


async def test_connection_is_kept_for_the_next_delivery(sender: WebhookSender) -> None:
    async with receiving(answering(http("200 OK", b"taken"))) as receiver:
        sent = [await sender.send(receiver.url(), HEADERS, BODY) for _ in range(3)]
    assert [each.status for each in sent] == [200] * 3
    assert receiver.connections == 1


async def test_cookies_are_not_kept(sender: WebhookSender) -> None:
    async with receiving(answering(http("200 OK", b"", "Set-Cookie: session=1; Path=/"))) as receiver:
        for _ in range(2):
            await sender.send(receiver.url(), HEADERS, BODY)
    assert not any("cookie" in request.headers for request in receiver.requests)


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving(answering(http("502 Bad Gateway"))) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url("127.0.0.1"))
        async with make_sender() as sender:
            sent, _ = await send_to(answering(http("200 OK")), sender)
    assert sent.status == 200
    assert proxy.connections == 0


# --- what comes back ---


@pytest.mark.parametrize("status", [200, 202, 299, 400, 404, 410, 429, 500, 503, 599])
async def test_any_status_comes_back_as_it_is(sender: WebhookSender, status: int) -> None:
    sent, _ = await send_to(answering(http(f"{status} Whatever", "받음".encode())), sender)
    assert (sent.status, sent.error, sent.answer.decode()) == (status, None, "받음")


@pytest.mark.parametrize("hint", ["120", "Sun, 22 Nov 2026 04:00:00 GMT", "soon"])
async def test_retry_after_comes_back_as_it_was_written(sender: WebhookSender, hint: str) -> None:
    sent, _ = await send_to(answering(http("503 Busy", b"", f"Retry-After: {hint}")), sender)
    assert sent.retry_after == hint


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(sender: WebhookSender, status: int) -> None:
    async with receiving(answering(http("200 OK"))) as other:
        answer = http(f"{status} Elsewhere", b"", f"Location: {other.url()}")
        sent, receiver = await send_to(answering(answer), sender)
    assert (sent.status, sent.error) == (status, "redirect not followed")
    assert (len(receiver.requests), other.connections) == (1, 0)


async def test_of_an_endless_answer_16_kib_are_read(sender: WebhookSender) -> None:
    written = 0

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            written += 65536
            await writer.drain()

    async with receiving(behave) as receiver:
        sent = await sender.send(receiver.url(), HEADERS, BODY)
    assert (sent.status, sent.error, sent.answer) == (200, None, b"x" * ANSWER_BYTES_KEPT)
    assert written < 64 * 2**20


async def test_answer_is_never_unpacked(sender: WebhookSender) -> None:
    bomb = gzip.compress(bytes(8 * 2**20))
    sent, _ = await send_to(answering(http("200 OK", bomb, "Content-Encoding: gzip")), sender)
    assert sent.answer == bomb[:ANSWER_BYTES_KEPT]


async def test_answer_in_pieces_is_put_together(sender: WebhookSender) -> None:
    pieces = b"".join(b"1\r\n%c\r\n" % letter for letter in b"taken")
    sent, _ = await send_to(answering(CHUNKED + pieces + b"0\r\n\r\n"), sender)
    assert (sent.error, sent.answer) == (None, b"taken")


# --- receivers that hang, break off, or talk nonsense ---


async def test_hanging_receiver_costs_the_promised_time_and_no_more(hasty: WebhookSender) -> None:
    sent, _ = await send_to(hang, hasty)
    assert (sent.status, sent.error) == (None, "timeout")
    assert 240 <= sent.milliseconds < 1_500


async def test_slow_body_ends_in_time_and_the_status_stands(hasty: WebhookSender) -> None:
    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.01)

    sent, _ = await send_to(behave, hasty)
    assert (sent.status, sent.error) == (200, "timeout")
    assert set(sent.answer) == set(b"x")


async def test_headers_that_drip_end_in_time(hasty: WebhookSender) -> None:
    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-A: b\r\n")
            await asyncio.sleep(0.01)

    sent, _ = await send_to(behave, hasty)
    assert (sent.status, sent.error) == (None, "timeout")


async def test_endless_interim_answers_end_in_time(hasty: WebhookSender) -> None:
    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
            await asyncio.sleep(0.01)

    sent, _ = await send_to(behave, hasty)
    assert (sent.status, sent.error) == (None, "timeout")


async def test_name_server_that_hangs_costs_the_time_to_connect() -> None:
    async with make_sender(resolver=HangingNames(), connect_seconds=0.05) as sender:
        sent = await sender.send(f"http://{NAME}/hooks", HEADERS, BODY)
    assert (sent.status, sent.error) == (None, "timeout while connecting")


async def test_tls_that_never_begins_costs_the_time_to_connect() -> None:
    async with receiving(hang) as receiver, make_sender(connect_seconds=0.05) as sender:
        sent = await sender.send(receiver.url(scheme="https"), HEADERS, BODY)
    assert (sent.status, sent.error) == (None, "timeout while connecting")


async def test_one_hanging_receiver_does_not_keep_another_waiting(hasty: WebhookSender) -> None:
    async with receiving(hang) as hanging, receiving(answering(http("200 OK"))) as healthy:
        held_up, *quick = await asyncio.gather(
            *(hasty.send(receiver.url(), HEADERS, BODY) for receiver in (hanging, healthy, healthy))
        )
    assert held_up.error == "timeout"
    assert [each.status for each in quick] == [200, 200]


CUT_OFF = {
    "resets": (reset, "connection reset"),
    "says nothing": (answering(b"", and_close=True), "closed without an answer"),
    "stops in its first line": (answering(b"HTTP/1.1 200", and_close=True), "closed without an answer"),
}
NONSENSE = {
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00",
    "every byte": bytes(range(256)),
    "status in words": b"HTTP/1.1 two hundred\r\n\r\n",
    "status too high": b"HTTP/1.1 99999 Many\r\n\r\n",
    "header too long": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    "name of a header": b"HTTP/1.1 200 OK\r\n\xff\xfe: x\r\n\r\n",
    "negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length of a chunk": CHUNKED + b"5\r\ntaken\r\nzz\r\n",
}


@pytest.mark.parametrize("how", CUT_OFF)
async def test_receiver_that_breaks_off_is_told_in_words(sender: WebhookSender, how: str) -> None:
    behave, words = CUT_OFF[how]
    sent, _ = await send_to(behave, sender)
    assert (sent.status, sent.error) == (None, words)


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
async def test_receiver_that_talks_nonsense_is_told_in_words(sender: WebhookSender, answer: bytes) -> None:
    sent, _ = await send_to(answering(answer), sender)
    assert (sent.status, sent.error) == (None, "no valid HTTP answer")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ntaken",
        CHUNKED + b"5\r\ntaken\r\n",
    ],
)
async def test_answer_that_is_cut_short_keeps_its_status(sender: WebhookSender, answer: bytes) -> None:
    sent, _ = await send_to(answering(answer, and_close=True), sender)
    assert (sent.status, sent.error) == (200, "answer cut short")


FLOODS = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 1_000, None, "no valid HTTP answer", 0),
    "one header": (b"HTTP/1.1 200 OK\r\nX-A: ", b"b" * 8_192, None, "no valid HTTP answer", 0),
    "answers": (http("200 OK", b"x"), http("200 OK", b"y") * 1_000, 200, None, 1),
    "tiny chunks": (CHUNKED, b"1\r\nx\r\n" * 1_000, 200, None, ANSWER_BYTES_KEPT),
    "until closed": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 8_192, 200, None, ANSWER_BYTES_KEPT),
}


@pytest.mark.parametrize(("begin", "again", "status", "words", "kept"), FLOODS.values(), ids=FLOODS)
async def test_flood_is_not_drunk_up(
    sender: WebhookSender, begin: bytes, again: bytes, status: int | None, words: str | None, kept: int
) -> None:
    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        while True:
            writer.write(again)
            await writer.drain()

    sent, _ = await send_to(behave, sender)
    assert (sent.status, sent.error, len(sent.answer)) == (status, words, kept)
    assert sent.milliseconds < 1_500


async def test_header_that_is_no_utf_8_hurts_nobody(sender: WebhookSender) -> None:
    answer = b"HTTP/1.1 503 Busy\r\nRetry-After: \xff\xfe\r\nContent-Length: 0\r\n\r\n"
    sent, _ = await send_to(answering(answer), sender)
    assert (sent.status, sent.error) == (503, None)


async def test_port_where_nobody_listens(sender: WebhookSender) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        sent = await sender.send(f"http://{NAME}:{unused.getsockname()[1]}/hooks", HEADERS, BODY)
    assert (sent.status, sent.error) == (None, "connection refused")


@pytest.mark.parametrize("names", [UnknownNames(), FakeNames([])], ids=["unknown", "empty"])
async def test_name_that_nobody_knows(names: AbstractResolver) -> None:
    async with make_sender(resolver=names) as sender:
        sent = await sender.send(f"http://{NAME}/hooks", HEADERS, BODY)
    assert (sent.status, sent.error) == (None, "name not found")


# --- TLS ---


async def test_trusted_certificate_for_the_name_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, trusted = certified(tmp_path, NAME)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with receiving(answering(http("200 OK")), tls=context) as receiver, make_sender(allow_http=False) as sender:
        sent = await sender.send(receiver.url(scheme="https"), HEADERS, BODY)
    assert (sent.status, sent.error) == (200, None)


async def test_certificate_for_another_name_is_not_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, trusted = certified(tmp_path, "other.example.com")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with receiving(answering(http("200 OK")), tls=context) as receiver, make_sender() as sender:
        sent = await sender.send(receiver.url(scheme="https"), HEADERS, BODY)
    assert sent.status is None
    assert str(sent.error).startswith("TLS certificate not accepted: Hostname mismatch")
    assert receiver.requests == []


async def test_certificate_that_nobody_vouches_for_is_not_accepted(sender: WebhookSender, tmp_path: Path) -> None:
    context, _ = certified(tmp_path, NAME)
    async with receiving(answering(http("200 OK")), tls=context) as receiver:
        sent = await sender.send(receiver.url(scheme="https"), HEADERS, BODY)
    assert (sent.status, sent.error) == (None, "TLS certificate not accepted: self-signed certificate")
    assert receiver.requests == []


async def test_receiver_without_tls_gets_nothing_by_https(sender: WebhookSender) -> None:
    server = await asyncio.start_server(_speak_plainly, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sent = await sender.send(f"https://{NAME}:{port}/hooks", HEADERS, BODY)
    server.close()
    assert (sent.status, sent.error) == (None, "TLS handshake failed")


async def _speak_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(http("400 Bad Request"))
    await writer.drain()
    writer.close()


# --- limits, and the end ---


def test_without_being_told_otherwise_it_waits_as_long_as_promised() -> None:
    limits = WebhookSender()._timeout
    assert (limits.total, limits.connect) == (15, 5)
    assert limits.ceil_threshold > 15


async def test_delivery_that_is_cancelled_is_cancelled(sender: WebhookSender) -> None:
    arrived = asyncio.Event()

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await hang(request, writer)

    async with receiving(behave) as receiver:
        task = asyncio.create_task(sender.send(receiver.url(), HEADERS, BODY))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def test_what_has_no_words_of_its_own_is_told_by_its_name() -> None:
    assert words_of(aiohttp.ClientError()) == "failed: ClientError"
