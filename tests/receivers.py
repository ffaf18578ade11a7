"""The example receivers as processes of their own, and events sent to them as the registry sends them."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from service.api.event_documents import sample_of
from service.clock import utc_now
from service.core.events import EventType, json_text
from service.core.signing import secret_text, signed_headers

EXAMPLES = Path(__file__).resolve().parents[1] / "docs" / "examples"
SECRET = bytes(range(32))
OTHER_SECRET = bytes(range(50, 82))


@dataclass
class Receiver:
    """A running receiver."""

    url: str
    process: "subprocess.Popen[str]"

    def send(self, body: str, *, event_id: str, secrets: Sequence[bytes] = (SECRET,), seconds_ago: int = 0) -> int:
        """Send an event as the registry does; return what was answered."""
        raw = body.encode()
        timestamp = int(utc_now().timestamp()) - seconds_ago
        headers = signed_headers(list(secrets), event_id, timestamp, raw) | {"content-type": "application/json"}
        return httpx.post(self.url, content=raw, headers=headers, timeout=10).status_code

    def said(self) -> str:
        """Return the next line that it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@contextmanager
def receiving(*command: str | Path, **settings: str) -> Iterator[Receiver]:
    """Run a receiver until the block ends."""
    environment = os.environ | {"WEBHOOK_SECRET": secret_text(SECRET)} | settings  # noqa: TID251 - what it inherits
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            receiver = Receiver("", process)
            receiver.url = receiver.said().removeprefix("listening on ")
            yield receiver
        finally:
            process.terminate()


def document(type_: EventType = EventType.FACTORY_VERIFIED, **changes: str) -> tuple[str, str]:
    """Return a sample as it is sent, and its id."""
    event = sample_of(type_) | changes
    return json_text(event), event["id"]


def assert_receives_as_the_guide_says(receiver: Receiver) -> None:
    """Send what a receiver has to cope with; it says of each line what it made of it."""
    body, event_id = document(sequence="0000000002")
    assert receiver.send(body, event_id=event_id) == 204
    assert receiver.said().startswith("new: factory.verified factories/")
    assert receiver.send(body, event_id=event_id) == 204
    assert receiver.said().startswith("repeated: ")
    older, older_id = document(EventType.FACTORY_REGISTERED, sequence="0000000001")
    assert receiver.send(older, event_id=older_id, secrets=(OTHER_SECRET, SECRET)) == 204
    assert receiver.said().startswith("old: factory.registered ")
    assert receiver.send(body.replace("수원", "화성"), event_id=event_id, secrets=(OTHER_SECRET,)) == 400
    assert receiver.said().startswith("refused: ")
    assert receiver.send(body, event_id=event_id, seconds_ago=301) == 400
    assert receiver.said().startswith("refused: ")
