"""An example of a receiver of AX Registry's webhooks: Python's standard library and `standardwebhooks`.

    WEBHOOK_SECRET=whsec_… python receiver.py --port 9000 --database events.db

It verifies each request, writes it down, and only then says that it has it. Repeats are told by the event's id and
dropped, older news of a subject by its sequence. What there is to do with an event is done after the answer, from what
was written down: a sender waits 15 seconds and no longer.
"""

import argparse
import json
import os
import sqlite3
import sys
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

LARGEST = 1024 * 1024
TABLES = """
CREATE TABLE IF NOT EXISTS event (id TEXT PRIMARY KEY, subject TEXT, sequence TEXT, body TEXT);
CREATE TABLE IF NOT EXISTS subject (name TEXT PRIMARY KEY, sequence TEXT, data TEXT);
"""


class Inbox:
    """What was received, on the disk: a repeat after a restart is still a repeat."""

    def __init__(self, file: str) -> None:
        self._file = file
        with closing(self._open()) as database:
            database.executescript(TABLES)

    def take(self, event: dict[str, Any], body: bytes) -> str:
        """Write an event down; return `new`, `old` (a newer one of its subject came before it) or `repeated`."""
        with closing(self._open()) as database, database:  # one transaction: both rows or neither
            if not database.execute(
                "INSERT INTO event VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (event["id"], event["subject"], event["sequence"], body.decode()),
            ).rowcount:
                return "repeated"
            # Ten digits each, so that the order of the text is the order of the numbers.
            is_newest = database.execute(
                "INSERT INTO subject VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE"
                " SET sequence = excluded.sequence, data = excluded.data WHERE excluded.sequence > subject.sequence",
                (event["subject"], event["sequence"], json.dumps(event["data"], ensure_ascii=False)),
            ).rowcount
            return "new" if is_newest else "old"

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=10)


def make_handler(webhook: Webhook, inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    """Return the class that answers requests."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            if not 0 < size <= LARGEST:
                self._answer(413)
                return
            body = self.rfile.read(size)  # the bytes as they came: the signature is over these
            try:
                event = webhook.verify(body, dict(self.headers.items()))
            except WebhookVerificationError as error:
                print(f"refused: {error}", flush=True)
                self._answer(400)
                return
            verdict = inbox.take(event, body)
            self._answer(204)
            print(f"{verdict}: {event['type']} {event['subject']} {event['sequence']} {event['id']}", flush=True)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing more."""

    return Handler


def main() -> None:
    """Receive until stopped."""
    arguments = argparse.ArgumentParser(description="Receive AX Registry's webhooks.")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=9000, help="0: any free one")
    arguments.add_argument("--database", default="events.db", help="the file in which events are kept")
    given = arguments.parse_args()
    secret = os.environ.get("WEBHOOK_SECRET", "")
    if not secret.startswith("whsec_"):
        sys.exit("set WEBHOOK_SECRET to the secret that was shown when the endpoint was made")
    handler = make_handler(Webhook(secret), Inbox(given.database))
    with ThreadingHTTPServer((given.host, given.port), handler) as server:
        print(f"listening on http://{given.host}:{server.server_address[1]}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
