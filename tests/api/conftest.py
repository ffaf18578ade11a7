"""The whole application over a database of its own, called in this process.

`api` is the application; `await api.caller("company")` registers an organization of the fitting kind with a key and
gives back who calls with it: `caller.get("/v1/factories")`, `caller.post("/v1/factories", {...})`,
`caller.organization_id`. `api.anonymous` calls without a key. `api.clock` is what the service takes for the time.

`shared_api` is one application for all tests of a file, for those who don't mind others' records: each caller's
organization is new, so most don't.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest_asyncio
from fastapi import FastAPI

from service.bootstrap import open_resources
from service.core.api_keys import digest_of, key_text, prefix_of
from service.db.engine import Database
from service.main import build_app
from service.settings import Settings
from service.web.resources import Resources
from tests.clocks import FakeClock
from tests.conftest import Server

KIND_OF_ROLE = {"company": "company", "partner": "partner", "ministry": "ministry", "operator": "ministry"}


@dataclass
class Caller:
    """Somebody with a key (or without), and how they call."""

    client: httpx.AsyncClient
    headers: dict[str, str]
    organization_id: UUID
    key_id: UUID
    key: str

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a request; `body` becomes JSON, `if_match="…"` a header `If-Match`."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, path, json=body, headers=self.headers | given)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.send("GET", path, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.send("POST", path, body, **headers)

    async def patch(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.send("PATCH", path, body, **headers)

    async def delete(self, path: str, **headers: str) -> httpx.Response:
        return await self.send("DELETE", path, **headers)


@dataclass
class Api:
    """The running application."""

    app: FastAPI
    client: httpx.AsyncClient
    clock: FakeClock
    resources: Resources

    @property
    def database(self) -> Database:
        return self.resources.database

    @property
    def anonymous(self) -> Caller:
        return Caller(self.client, {}, uuid4(), uuid4(), "")

    async def caller(self, role: str, *, organization_id: UUID | None = None, state: str = "active") -> Caller:
        """Return someone with a key of this role, of a new organization if none is given."""
        if organization_id is None:
            organization_id = uuid4()
            await self.database.pool.execute(
                "INSERT INTO organization (id, name, kind, state, synthetic, version, created_at, updated_at)"
                " VALUES ($1, $2, $3, $4, false, 1, $5, $5)",
                organization_id,
                f"{role} {organization_id.hex[:6]}",
                KIND_OF_ROLE[role],
                state,
                self.clock(),
            )
        key, key_id = key_text(secrets.token_urlsafe(32)), uuid4()
        await self.database.pool.execute(
            "INSERT INTO api_key (id, organization_id, label, role, prefix, digest, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            key_id,
            organization_id,
            "test",
            role,
            prefix_of(key),
            digest_of(key),
            self.clock(),
        )
        return Caller(self.client, {"Authorization": f"Bearer {key}"}, organization_id, key_id, key)


@asynccontextmanager
async def running_app(database_url: str, clock: FakeClock, **settings: Any) -> AsyncIterator[Api]:
    """Run the application over a database, with settings."""
    given = {"database_url": database_url, "secret_key": "k" * 32, "rate_limit": "1000000/minute,1000000/minute"}
    chosen = Settings(**(given | settings))
    app = build_app(lambda: open_resources(chosen, database_url, clock=clock))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://registry.example.com") as client,
    ):
        yield Api(app, client, clock, app.state.resources)


@pytest_asyncio.fixture
async def clock() -> FakeClock:
    return FakeClock()


@pytest_asyncio.fixture
async def api(database_url: str, clock: FakeClock) -> AsyncIterator[Api]:
    """The application over a fresh database."""
    async with running_app(database_url, clock) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def shared_api(server: Server) -> AsyncIterator[Api]:
    """One application over one database for all tests of a file."""
    name = await server.make()
    async with running_app(server.url(name), FakeClock()) as running:
        yield running
    await server.drop(name)
