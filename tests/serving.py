"""`ax-registry serve` as a process of its own, and keys to call it with."""

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from service.clock import utc_now
from service.core.api_keys import digest_of, key_text, prefix_of
from service.db.engine import Database


@dataclass(frozen=True)
class Keys:
    """Somebody with a key."""

    key: str
    organization_id: UUID


async def make_keys(database: Database, role: str) -> Keys:
    """Put an organization and its key into the database."""
    organization_id, key, now = uuid4(), key_text(secrets.token_urlsafe(32)), utc_now()
    await database.pool.execute(
        "INSERT INTO organization (id, name, kind, state, synthetic, version, created_at, updated_at)"
        " VALUES ($1, $2, $3, 'active', false, 1, $4, $4)",
        organization_id,
        f"{role} {organization_id.hex[:8]}",
        "ministry" if role == "operator" else role,
        now,
    )
    await database.pool.execute(
        "INSERT INTO api_key (id, organization_id, label, role, prefix, digest, created_at)"
        " VALUES ($1, $2, 'test', $3, $4, $5, $6)",
        uuid4(),
        organization_id,
        role,
        prefix_of(key),
        digest_of(key),
        now,
    )
    return Keys(key, organization_id)


@dataclass(frozen=True)
class Served:
    """What a process said as it started."""

    url: str
    operator_key: str


@asynccontextmanager
async def serving(*, worker: bool = False, **settings: str) -> AsyncIterator[Served]:
    """Run `ax-registry serve` with these settings on a free port; it is stopped by its own pid afterwards."""
    environment = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - what the process inherits
        if not name.startswith("AX_")
    }
    command = Path(sys.executable).with_name("ax-registry")
    process = await asyncio.create_subprocess_exec(
        command,
        "serve",
        "--json",
        "--worker" if worker else "--no-worker",
        env=environment | {"AX_PORT": "0"} | settings,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        said: dict[str, str] = {}
        while "url" not in said:
            line = await asyncio.wait_for(process.stdout.readline(), timeout=60)
            assert line, "the service ended before it was ready"
            said |= json.loads(line)
        yield Served(said["url"], said.get("operator_key", ""))
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), timeout=30)


def on_database(database_url: str) -> dict[str, str]:
    """Return the settings that name a database of one's own."""
    return {"AX_DATABASE_URL": database_url, "AX_SECRET_KEY": "s" * 40}
