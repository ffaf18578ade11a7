"""Streams of a running service: served as they are written, and no reason for it not to end."""

import signal
import time

import httpx

from tests.cli.conftest import Cli


def test_open_stream_is_written_at_once_and_keeps_the_service_from_nothing(cli: Cli) -> None:
    key = cli.do("keys", "create", "--organization", "가온정밀", "--role", "company").strip()
    headers = {"Authorization": f"Bearer {key}"}
    body = {"name": "수원 1공장", "region": "41", "industry": "26", "adoption_date": "2026-03-02"}
    with cli.serving() as serving, httpx.Client(base_url=serving.url, headers=headers, timeout=10) as client:
        with client.stream("GET", "/v1/events/stream?after=now") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 3000"
            assert httpx.post(f"{serving.url}/v1/factories", json=body, headers=headers).status_code == 201
            assert "event: factory.registered" in [next(lines) for _ in range(5)]
            started = time.perf_counter()
            assert serving.end(signal.SIGTERM) == 0
            list(lines)  # to its end, which is in order
        assert time.perf_counter() - started < 5
