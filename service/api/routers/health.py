"""Outside /v1: is it alive, is it ready, and its figures. Open, but for the figures."""

import hmac

import asyncpg
import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from service.api.answers import json_answer
from service.api.metrics import families
from service.core.access import ANONYMOUS, Permission, require
from service.db.read_models.figures import Figures
from service.db.repositories import workers
from service.telemetry import METRICS_TYPE
from service.web.resources import Resources

log = structlog.get_logger()

router = APIRouter(include_in_schema=False)


@router.get("/livez")
async def tell_liveness() -> Response:
    """Say that the process answers; it asks nothing else, so that a database at rest restarts no API."""
    return json_answer({"status": "ok"})


@router.get("/readyz")
async def tell_readiness(request: Request) -> Response:
    """Say whether requests can be served: the database answers and has this version's tables.

    And how long ago a worker was seen, null if none is there: requests are served without one.
    """
    database = request.app.state.resources.database
    if not await database.is_current():
        unseen = {"age_seconds": None}
        return json_answer({"status": "unavailable", "database": "not migrated", "worker": unseen}, status=503)
    age = await workers.age_seconds(database.pool)
    seen = {"age_seconds": None if age is None else round(age, 1)}
    return json_answer({"status": "ok", "database": "ok", "worker": seen})


@router.get("/metrics")
async def tell_metrics(request: Request) -> Response:
    """Give Prometheus' figures to an operator, or to whoever has the token of the settings."""
    resources: Resources = request.app.state.resources
    token = resources.settings.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not (token and hmac.compare_digest(token.encode(), given.encode())):
        require(request.scope["state"]["caller"] or ANONYMOUS, Permission.READ_METRICS)
    others = families(await _figures(resources))
    return Response(request.app.state.metrics.text(others), media_type=METRICS_TYPE)


async def _figures(resources: Resources) -> Figures | None:
    """Return what the database tells; None if it is away: just then the process' own figures are looked for."""
    try:
        return await resources.figures.figures()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        log.warning("figures_not_read", error=type(error).__name__)
        return None
