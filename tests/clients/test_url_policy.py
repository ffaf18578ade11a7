"""No request leaves for an address that is not public: hostile URLs, hostile answers of name servers, and rebinding.

Everything is sent by the real sender. A refusal comes before any socket is made, so nothing leaves this machine.
"""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.abc import AbstractResolver
from aiohttp.connector import AddrInfoType

from service.clients.url_policy import Refused, SystemResolver, VettingResolver, vet_address, vetted_sockets
from service.clients.webhook_sender import WebhookSender
from service.core import addresses
from tests.clients.receivers import LOOPBACK, NAME, FakeNames, answering, http, receiving

USER = "refused: url with user"
SHAPE = "refused: not a webhook url"
HOST = "refused: bad url host"
PORT = "refused: bad url port"
DISGUISED = "refused: address not canonical"
INSIDE = "refused: address not public"

CLOSING = answering(http("200 OK", b"", "Connection: close"), and_close=True)

HOSTILE_URLS = {
    # other schemes, and none
    "http://hooks.example.com/": SHAPE,
    "ftp://hooks.example.com/": SHAPE,
    "file:///etc/passwd": SHAPE,
    "gopher://127.0.0.1:6379/_FLUSHALL": SHAPE,
    "dict://127.0.0.1:11211/stats": SHAPE,
    "unix:///var/run/docker.sock": SHAPE,
    "//127.0.0.1/": SHAPE,
    "https:/127.0.0.1/": SHAPE,
    # a user, or what some readers take for one
    "https://hooks.example.com@127.0.0.1/": USER,
    "https://user:word@hooks.example.com/": USER,
    "https://127.0.0.1\\@hooks.example.com/": USER,
    "https://hooks.example.com\\@127.0.0.1/": USER,
    "https://hooks.example.com＠127.0.0.1/": USER,
    # hosts that are read in two ways
    "https://127.0.0.1%2F.example.com/": HOST,
    "https://127.0.0.1%00.example.com/": HOST,
    "https://127.0.0.1\\.example.com/": HOST,
    "https://[::1]hooks.example.com/": HOST,
    "https:///127.0.0.1/": HOST,
    "https://127.0.0.1:0/": INSIDE,
    "https://8.8.8.8:0/": PORT,
    "https://8.8.8.8:99999/": PORT,
    "https://8.8.8.8:80:443/": PORT,
    # addresses inside
    "https://127.0.0.1/": INSIDE,
    "https://127.8.8.8:8443/": INSIDE,
    "https://0.0.0.0/": INSIDE,
    "https://10.0.0.1/": INSIDE,
    "https://172.16.0.1/": INSIDE,
    "https://192.168.0.1/": INSIDE,
    "https://169.254.169.254/latest/meta-data/": INSIDE,
    "https://100.100.100.200/": INSIDE,
    "https://192.0.0.192/": INSIDE,
    "https://224.0.0.1/": INSIDE,
    "https://255.255.255.255/": INSIDE,
    "https://[::]/": INSIDE,
    "https://[::1]/": INSIDE,
    "https://[fe80::1]/": INSIDE,
    "https://[fd00:ec2::254]/": INSIDE,
    "https://[fec0::1]/": INSIDE,
    "https://[ff02::1]/": INSIDE,
    "https://[::7f00:1]/": INSIDE,
    "https://[::ffff:0:7f00:1]/": INSIDE,
    "https://[64:ff9b::7f00:1]/": INSIDE,
    "https://[64:ff9b:1::a9fe:a9fe]/": INSIDE,
    "https://[2002:7f00:1::]/": INSIDE,
    "https://[2002:a9fe:a9fe::]/": INSIDE,
    "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/": INSIDE,
    "https://[2400:cb00::5efe:7f00:1]/": INSIDE,
    # addresses in disguise
    "https://2130706433/": DISGUISED,
    "https://2852039166/latest/meta-data/": DISGUISED,
    "https://0x7f000001/": DISGUISED,
    "https://0x7f.0.0.1/": DISGUISED,
    "https://017700000001/": DISGUISED,
    "https://0177.0.0.01/": DISGUISED,
    "https://127.1/": DISGUISED,
    "https://127.0.1/": DISGUISED,
    "https://0/": DISGUISED,
    "https://127.0.0.1./": DISGUISED,
    "https://１２７.０.０.１/": DISGUISED,
    "https://①②⑦.⓪.⓪.①/": DISGUISED,
    "https://127。0。0。1/": DISGUISED,
    "https://127.0.0.\u00ad1/": DISGUISED,
    "https://[::ffff:127.0.0.1]/": DISGUISED,
    "https://[::ffff:a9fe:a9fe]/": DISGUISED,
    "https://[0:0:0:0:0:0:0:1]/": DISGUISED,
    "https://[0000::1]/": DISGUISED,
    "https://[fe80::1%25eth0]/": DISGUISED,
}
HOSTILE_ANSWERS = [
    (["127.0.0.1"], addresses.LOOPBACK),
    (["127.255.255.254"], addresses.LOOPBACK),
    (["::1"], addresses.LOOPBACK),
    (["10.1.2.3"], addresses.PRIVATE),
    (["172.31.255.255"], addresses.PRIVATE),
    (["192.168.1.1"], addresses.PRIVATE),
    (["fd12::1"], addresses.PRIVATE),
    (["fec0::1"], addresses.PRIVATE),
    (["169.254.169.254"], addresses.LINK_LOCAL),
    (["fe80::1"], addresses.LINK_LOCAL),
    (["fe80::1%eth0"], addresses.ZONED),
    (["100.64.0.1"], addresses.SHARED),
    (["224.1.2.3"], addresses.MULTICAST),
    (["ff02::1"], addresses.MULTICAST),
    (["203.0.113.1"], addresses.DOCUMENTATION),
    (["0.0.0.0"], addresses.RESERVED),  # noqa: S104 - an answer, not listened on
    (["255.255.255.255"], addresses.RESERVED),
    (["::"], addresses.RESERVED),
    (["::7f00:1"], addresses.RESERVED),
    (["::ffff:0:7f00:1"], addresses.RESERVED),
    # IPv4 in IPv6's clothes
    (["::ffff:127.0.0.1"], addresses.LOOPBACK),
    (["::ffff:a00:1"], addresses.PRIVATE),
    (["::ffff:169.254.169.254"], addresses.LINK_LOCAL),
    (["64:ff9b::7f00:1"], addresses.IPV4_INSIDE),
    (["64:ff9b:1::a00:1"], addresses.IPV4_INSIDE),
    (["2002:7f00:1::1"], addresses.IPV4_INSIDE),
    (["2001:0:4136:e378:8000:63bf:80ff:fffe"], addresses.IPV4_INSIDE),
    (["2400:cb00::5efe:7f00:1"], addresses.IPV4_INSIDE),
    # good and bad ones mixed
    (["8.8.8.8", "127.0.0.1"], addresses.LOOPBACK),
    (["127.0.0.1", "8.8.8.8"], addresses.LOOPBACK),
    (["8.8.8.8", "2001:4860:4860::8888", "10.0.0.1"], addresses.PRIVATE),
    (["8.8.8.8", "::ffff:10.0.0.1"], addresses.PRIVATE),
    # no addresses at all
    (["127.1"], "no address"),
    (["2130706433"], "no address"),
    (["localhost"], "no address"),
    ([""], "no address"),
]


@pytest.fixture(scope="module")
def names() -> FakeNames:
    return FakeNames([])


@pytest_asyncio.fixture(scope="module")
async def sender(names: FakeNames) -> AsyncIterator[WebhookSender]:
    """A sender as it is without any setting."""
    async with WebhookSender(resolver=names, total_seconds=2) as opened:
        yield opened


def test_the_corpus_is_large_enough() -> None:
    assert len(HOSTILE_URLS) >= 60
    assert len(HOSTILE_ANSWERS) >= 30


@pytest.mark.parametrize(("url", "words"), HOSTILE_URLS.items())
async def test_hostile_url_is_refused_before_anything_is_looked_up(
    sender: WebhookSender, names: FakeNames, url: str, words: str
) -> None:
    names.answers, names.asked = [["127.0.0.1"]], []
    sent = await sender.send(url, {}, b"{}")
    assert (sent.status, sent.error) == (None, words)
    assert names.asked == []


@pytest.mark.parametrize(("answer", "reason"), HOSTILE_ANSWERS, ids=str)
async def test_name_that_stands_for_a_single_bad_address_is_refused(
    sender: WebhookSender, names: FakeNames, answer: list[str], reason: str
) -> None:
    names.answers, names.asked = [answer], []
    sent = await sender.send(f"https://{NAME}/hooks", {}, b"{}")
    assert (sent.status, sent.error) == (None, f"refused: {reason}")
    assert names.asked == [NAME]


@pytest.mark.parametrize("answer", [["8.8.8.8"], ["2001:4860:4860::8888", "8.8.8.8"], ["::ffff:8.8.8.8"]], ids=str)
async def test_public_addresses_pass_with_nothing_left_to_look_up(answer: list[str]) -> None:
    found = await VettingResolver(FakeNames(answer)).resolve(NAME, 443)
    assert [entry["host"] for entry in found] == [str(vet_address(text, ())) for text in answer]
    assert all(entry["flags"] & socket.AI_NUMERICHOST for entry in found)


async def test_nothing_reaches_an_address_that_no_setting_opens() -> None:
    async with (
        receiving(answering(http("200 OK"))) as receiver,
        WebhookSender(allow_http=True, resolver=FakeNames(["127.0.0.1"])) as sender,
    ):
        sent = [await sender.send(receiver.url(host), {}, b"{}") for host in (NAME, "127.0.0.1")]
    assert [each.error for each in sent] == ["refused: loopback address", "refused: address not public"]
    assert receiver.connections == 0


async def test_a_setting_opens_a_network_and_no_other() -> None:
    names = FakeNames(["127.0.0.1"], ["10.0.0.1"])
    async with (
        receiving(CLOSING) as receiver,
        WebhookSender(allow_http=True, networks=LOOPBACK, resolver=names) as sender,
    ):
        sent = [await sender.send(receiver.url(host), {}, b"{}") for host in ("127.0.0.1", NAME, NAME)]
    assert [each.status for each in sent] == [200, 200, None]
    assert sent[2].error == "refused: private address"


# --- a DNS server that changes its mind ---


async def test_every_connect_asks_anew_and_goes_to_what_was_judged() -> None:
    """A name is asked for once per connection: there is no second look-up that could be answered otherwise."""
    names = FakeNames(["127.0.0.1"], ["127.0.0.1"], ["169.254.169.254"])
    async with (
        receiving(CLOSING) as receiver,
        WebhookSender(allow_http=True, networks=LOOPBACK, resolver=names) as sender,
    ):
        sent = [await sender.send(receiver.url(), {}, b"{}") for _ in range(3)]
    assert [each.status for each in sent] == [200, 200, None]
    assert sent[2].error == "refused: link-local address"
    assert names.asked == [NAME] * 3
    assert receiver.connections == 2


@pytest.mark.parametrize(
    "info",
    [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443)),
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 443, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.1", 443)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("localhost", 443)),
    ],
    ids=str,
)
def test_no_socket_is_made_for_a_bad_address_even_if_all_before_had_failed(info: AddrInfoType) -> None:
    with pytest.raises(Refused):
        vetted_sockets(())(info)


async def test_last_check_alone_refuses_what_the_others_let_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VettingResolver, "resolve", lambda self, host, port, **_: self._resolver.resolve(host, port))
    async with (
        receiving(answering(http("200 OK"))) as receiver,
        WebhookSender(allow_http=True, resolver=FakeNames(["127.0.0.1"])) as sender,
    ):
        sent = await sender.send(receiver.url(), {}, b"{}")
    assert sent.error == "refused: loopback address"
    assert receiver.connections == 0


# --- the system's own resolver ---


@pytest.mark.parametrize("resolver", [SystemResolver(), FakeNames(["127.0.0.1"])], ids=["real", "fake"])
async def test_real_and_fake_resolver_are_vetted_alike(resolver: AbstractResolver) -> None:
    open_to_loopback = VettingResolver(resolver, networks=LOOPBACK)
    found = await open_to_loopback.resolve("127.0.0.1", 80)
    with pytest.raises(Refused, match="loopback"):
        await VettingResolver(resolver).resolve("127.0.0.1", 80)
    await open_to_loopback.close()
    assert [(entry["host"], entry["port"], entry["family"]) for entry in found] == [("127.0.0.1", 80, socket.AF_INET)]


class HeldUp:
    """A look-up that answers when told to, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self._may_answer = threading.Event()

    def __call__(self, _: str, port: int, __: int) -> list[Any]:
        self.asked += 1
        assert self._may_answer.wait(5)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", port))]

    def answer(self) -> None:
        self._may_answer.set()


async def test_one_look_up_answers_all_who_wait_for_a_name() -> None:
    look_up = HeldUp()
    resolver = SystemResolver(look_up)
    impatient, *patient = [asyncio.create_task(resolver.resolve(NAME, 443)) for _ in range(4)]
    await asyncio.sleep(0)
    impatient.cancel()
    look_up.answer()
    found = await asyncio.gather(*patient)
    await resolver.close()
    assert [entries[0]["host"] for entries in found] == ["8.8.8.8"] * 3
    assert look_up.asked == 1


async def test_who_asks_later_gets_an_answer_of_his_own() -> None:
    look_up = HeldUp()
    look_up.answer()
    resolver = SystemResolver(look_up)
    for _ in range(2):
        await resolver.resolve(NAME, 443)
    await resolver.close()
    assert look_up.asked == 2


async def test_unknown_name_is_told_to_each_who_asked() -> None:
    def look_up(*_: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    resolver = SystemResolver(look_up)
    failures = await asyncio.gather(*(resolver.resolve(NAME, 443) for _ in range(2)), return_exceptions=True)
    await resolver.close()
    assert [type(failure) for failure in failures] == [socket.gaierror] * 2


async def test_closing_waits_for_no_name_server() -> None:
    look_up = HeldUp()
    resolver = SystemResolver(look_up, names_at_once=1)
    begun, queued = [asyncio.create_task(resolver.resolve(name, 443)) for name in (NAME, f"2.{NAME}")]
    await asyncio.sleep(0)
    await resolver.close()
    with pytest.raises(asyncio.CancelledError):
        await queued
    look_up.answer()
    assert [entry["host"] for entry in await begun] == ["8.8.8.8"]
