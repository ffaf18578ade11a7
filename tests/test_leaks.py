"""The watch over the suite's output sees what it is there for, and the log lets none of it through."""

import logging

import pytest
import structlog

from service.telemetry import set_up_logging
from tests.leaks import ADDRESS, CONTACT_EMAIL, CONTACT_NAME, NOTES, leaks_in

KEY = "axr_" + "x" * 43


@pytest.mark.parametrize("text", [KEY, "whsec_" + "A" * 32, CONTACT_NAME, CONTACT_EMAIL, NOTES, ADDRESS])
def test_watch_sees_private_things(text: str) -> None:
    assert leaks_in(f'{{"event": "… {text} …"}}')


def test_watch_lets_ordinary_output_pass() -> None:
    assert leaks_in('{"event": "listening", "url": "http://127.0.0.1:8000", "prefix": "axr_…"}') == []


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_log_masks_keys_and_addresses(log_format: str, capfd: pytest.CaptureFixture[str]) -> None:
    set_up_logging(log_format)
    structlog.get_logger().info("said", words=f"Bearer {KEY} of {CONTACT_EMAIL}", contact_name=CONTACT_NAME)
    logging.getLogger("a.library").warning("sent %s to %s", KEY, CONTACT_EMAIL)
    written = capfd.readouterr().err
    assert "said" in written
    assert "sent" in written
    assert leaks_in(written) == []


def test_log_writes_korean_as_korean(capfd: pytest.CaptureFixture[str]) -> None:
    set_up_logging("json")
    structlog.get_logger().info("said", words="기관")
    assert '"words": "기관"' in capfd.readouterr().err
