"""A worker that does nothing but deliver, and the same POSTs without a worker: each a process to be measured."""

import argparse
import asyncio
import json
import signal
import time
from datetime import timedelta
from ipaddress import ip_network
from itertools import repeat
from time import process_time

import aiohttp
import uvloop

import service.clock
from service.clients.secret_box import SecretBox
from service.clients.webhook_sender import WebhookSender
from service.db.engine import open_database
from service.telemetry import set_up_logging
from service.worker.delivery_loop import MOST_IN_FLIGHT, deliver

BOX = SecretBox(bytes(range(32)))
"""What secrets of benchmarks are encrypted with."""
_LOOPBACK = (ip_network("127.0.0.0/8"),)


def main() -> None:
    """Be one of the two."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delivery_worker", description=__doc__)
    parser.add_argument("--lease-seconds", type=float, default=45.0)
    parser.add_argument("--clock-off-seconds", type=float, default=0.0, help="go wrong by so much")
    parser.add_argument("--database-url", help="deliver from here until told to stop")
    parser.add_argument("--post", metavar="URL", help="only POST, then tell the CPU time of one")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--bytes", type=int, default=1_000)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_post(options) if options.post else _work(options))


async def _work(options: argparse.Namespace) -> None:
    set_up_logging("json")
    _put_clock_off(options.clock_off_seconds)
    database, stop = await open_database(options.database_url), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sender = WebhookSender(allow_http=True, networks=_LOOPBACK, most_connections=MOST_IN_FLIGHT)
    async with sender:
        print(json.dumps({"ready": True}), flush=True)
        await deliver(database, sender=sender, open_secret=BOX.open, stop=stop, lease_seconds=options.lease_seconds)
    await database.close()


def _put_clock_off(seconds: float) -> None:
    right_time, right_now = time.time, service.clock.utc_now  # noqa: TID251 - to be put wrong
    time.time = lambda: right_time() + seconds  # noqa: TID251 - as above
    service.clock.utc_now = lambda: right_now() + timedelta(seconds=seconds)


async def _post(options: argparse.Namespace) -> None:
    body, turns = b"x" * options.bytes, iter(range(options.count))
    async with aiohttp.ClientSession() as session:

        async def post_one_after_the_other() -> None:
            for _ in turns:
                async with session.post(options.post, data=body, headers=_HEADERS) as response:
                    await response.read()

        began = process_time()
        await asyncio.gather(*(post_one_after_the_other() for _ in repeat(None, options.at_once)))
        print(json.dumps({"seconds": (process_time() - began) / options.count}), flush=True)


_HEADERS = {"Content-Type": "application/json"}

if __name__ == "__main__":
    main()
