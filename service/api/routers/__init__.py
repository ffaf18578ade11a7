"""The routes, one file per resource."""

from fastapi import APIRouter

from service.api.routers import code_lists, health


def every_router() -> list[APIRouter]:
    """Return every router, in the order of the document."""
    return [code_lists.router, health.router]
