"""Outside /v1: is it alive, is it ready, and its figures. Open, but for the figures."""

import hmac

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.api.answers import json_answer
from service.core.access import ANONYMOUS, Permission, require
from service.telemetry import METRICS_TYPE
from service.web.resources import Resources

router = APIRouter(include_in_schema=False)


@router.get("/livez")
async def tell_liveness() -> Response:
    """Say that the process answers; it asks nothing else, so that a database at rest restarts no API."""
    return json_answer({"status": "ok"})


@router.get("/readyz")
async def tell_readiness(request: Request) -> Response:
    """Say whether requests can be served: the database answers and has this version's tables."""
    resources: Resources = request.app.state.resources
    if await resources.database.is_current():
        return json_answer({"status": "ok", "database": "ok"})
    return json_answer({"status": "unavailable", "database": "not migrated"}, status=503)


@router.get("/metrics")
async def tell_metrics(request: Request) -> Response:
    """Give Prometheus' figures to an operator, or to whoever has the token of the settings."""
    resources: Resources = request.app.state.resources
    token = resources.settings.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not (token and hmac.compare_digest(token.encode(), given.encode())):
        require(request.scope["state"]["caller"] or ANONYMOUS, Permission.READ_METRICS)
    return Response(request.app.state.metrics.text(), media_type=METRICS_TYPE)
