"""The API killed again and again under writes: what it acknowledged is there, and nothing is there by half."""

import secrets
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from service.embedded import attach
from tests.api.builders import factory_body
from tests.cli.conftest import Cli
from tests.cli.test_serving import bearer

KILLS = 20
WRITERS = 3

HALF = {
    "a factory without its entry in the history, or with two": """
        SELECT f.id FROM factory f LEFT JOIN audit_entry a ON a.record_id = f.id::text AND a.action = 'registered'
        GROUP BY f.id HAVING count(a.id) <> 1""",
    "a factory without its standing, or with two": """
        SELECT f.id FROM factory f LEFT JOIN standing s ON s.record_id = f.id GROUP BY f.id HAVING count(s.id) <> 1""",
    "a factory without its event, or with two": """
        SELECT f.id FROM factory f LEFT JOIN event e ON e.subject = 'factories/' || f.id
        GROUP BY f.id HAVING count(e.id) <> 1""",
    "a factory without its contact": """
        SELECT f.id FROM factory f LEFT JOIN contact c ON c.record_id = f.id WHERE c.email IS NULL""",
    "history, standing or contact of no factory": """
        SELECT a.record_id FROM audit_entry a WHERE record_type = 'factory'
          AND NOT EXISTS (SELECT FROM factory f WHERE f.id::text = a.record_id)
        UNION ALL SELECT s.record_id::text FROM standing s
          WHERE NOT EXISTS (SELECT FROM factory f WHERE f.id = s.record_id)
        UNION ALL SELECT c.record_id::text FROM contact c
          WHERE NOT EXISTS (SELECT FROM factory f WHERE f.id = c.record_id)""",
    "a standing without the instant at which it became known": """
        SELECT s.id FROM standing s WHERE NOT EXISTS (SELECT FROM change c WHERE c.id = s.change_id)""",
    "a factory made twice under one Idempotency-Key": """
        SELECT external_ref FROM factory GROUP BY external_ref HAVING count(*) > 1""",
    "an answer kept for a factory that is not there": """
        SELECT i.location FROM idempotent_answer i
        WHERE NOT EXISTS (SELECT FROM factory f WHERE i.location = '/v1/factories/' || f.id)""",
}


@dataclass
class Writers:
    """Callers who register factories without pause, and repeat under the same Idempotency-Key what was not answered."""

    key: str
    owner: str
    url: str = ""
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    unexpected: list[str] = field(default_factory=list)
    up: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def write(self) -> None:
        with httpx.Client(headers=bearer(self.key), trust_env=False) as client:
            while not self.over.is_set():
                self._register(client, f"ref-{secrets.token_hex(8)}")

    def wait_for(self, more: int) -> None:
        """Wait until so many more are acknowledged."""
        enough = len(self.acknowledged) + more
        until = time.monotonic() + 30
        while len(self.acknowledged) < enough:
            assert time.monotonic() < until, self.unexpected or "no write was acknowledged"
            time.sleep(0.005)

    def _register(self, client: httpx.Client, reference: str) -> None:
        body = factory_body(name=f"공장 {reference}", external_ref=reference, organization_id=self.owner)
        while not self.over.is_set():
            self.up.wait(1)
            try:
                answer = client.post(
                    f"{self.url}/v1/factories", json=body, headers={"Idempotency-Key": f'"{reference}"'}, timeout=10
                )
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            if answer.status_code == 201:
                self.acknowledged[reference] = answer.json()
                return
            if answer.status_code not in (409, 503):  # the first one is still at it; the database is starting
                self.unexpected.append(answer.text)
                return


@pytest.mark.timeout(400)  # two seconds for each start where nobody else uses the machine
async def test_api_killed_twenty_times_under_writes_loses_nothing_and_leaves_nothing_by_half(embedded: Cli) -> None:
    key = embedded.ask("keys", "create", "--organization", "가온정밀", "--role", "company")
    writers = Writers(key["key"], key["organization_id"])
    threads = [threading.Thread(target=writers.write, daemon=True) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for _ in range(KILLS):
        with embedded.serving(AX_RATE_LIMIT="1000000/minute,1000000/minute") as serving:
            writers.url = serving.url
            writers.up.set()
            writers.wait_for(WRITERS + 3)
            serving.end(signal.SIGKILL)
            writers.up.clear()
    writers.over.set()
    for thread in threads:
        thread.join(30)

    assert writers.unexpected == []
    with attach(Path(embedded.settings["AX_DATA_DIR"])) as server:
        connection = await asyncpg.connect(server.migration_url.replace("+asyncpg", ""))
        rows = await connection.fetch("SELECT external_ref, id::text, version FROM factory")
        kept = {row["external_ref"]: (row["id"], row["version"]) for row in rows}
        missing = {name for name, made in writers.acknowledged.items() if kept.get(name) != (made["id"], 1)}
        halves = [what for what, question in HALF.items() if await connection.fetch(question)]
        await connection.close()
    assert missing == set()
    assert halves == []
