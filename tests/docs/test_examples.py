"""The example receiver in Python does what docs/webhooks.md asks of a receiver."""

import subprocess
import sys
from pathlib import Path

from tests.receivers import EXAMPLES, assert_receives_as_the_guide_says, document, receiving

COMMAND = (sys.executable, EXAMPLES / "receiver.py", "--port", "0", "--database")


def test_python_receiver_verifies_drops_repeats_and_keeps_the_order(tmp_path: Path) -> None:
    with receiving(*COMMAND, tmp_path / "events.db") as receiver:
        assert_receives_as_the_guide_says(receiver)


def test_python_receiver_knows_a_repeat_after_a_restart(tmp_path: Path) -> None:
    body, event_id = document()
    said = []
    for _ in range(2):
        with receiving(*COMMAND, tmp_path / "events.db") as receiver:
            assert receiver.send(body, event_id=event_id) == 204
            said.append(receiver.said().partition(":")[0])
    assert said == ["new", "repeated"]


def test_python_receiver_says_what_it_needs() -> None:
    ended = subprocess.run(
        [sys.executable, EXAMPLES / "receiver.py"], env={}, capture_output=True, text=True, check=False
    )
    assert "WEBHOOK_SECRET" in ended.stderr
    assert ended.returncode != 0
