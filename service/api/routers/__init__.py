"""The routes, one file per resource."""

from fastapi import APIRouter

from service.api.routers import (
    alerts,
    api_keys,
    audit,
    breakdown,
    code_lists,
    docs,
    events,
    factories,
    foundation_models,
    health,
    me,
    organizations,
    progress,
    targets,
    webhook_deliveries,
    webhook_endpoints,
)


def every_router() -> list[APIRouter]:
    """Return every router, in the order of the document and of looking for a request's route: the busiest first."""
    return [
        factories.router,
        progress.router,
        breakdown.router,
        foundation_models.router,
        organizations.router,
        api_keys.router,
        me.router,
        audit.router,
        targets.router,
        webhook_endpoints.router,
        webhook_deliveries.router,
        alerts.router,
        events.router,
        code_lists.router,
        health.router,
        docs.router,
    ]
