"""Builds the web application."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from service.api import documenting
from service.api import errors as api_errors
from service.api.routers import every_router
from service.api.routers.docs import static_files
from service.telemetry import Metrics
from service.web.edge import Edge
from service.web.resources import Resources
from service.web.rounds import making_rounds

ResourcesOpener = Callable[[], AbstractAsyncContextManager[Resources]]


def build_app(open_resources: ResourcesOpener) -> FastAPI:
    """Build the application; `open_resources` is entered at start-up and left at shutdown."""
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_resources() as resources:
            app.state.resources = resources
            app.state.metrics = metrics
            async with resources.announcer.passing_on(), resources.streams.running(), making_rounds(resources):
                yield

    app = FastAPI(
        title="AX Registry",
        summary="The registry of the Manufacturing AX (M.AX) Alliance's AI factories and foundation models.",
        version=version("ax-registry"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.add_middleware(Edge, metrics=metrics, refuse=api_errors.refuse)
    api_errors.install(app)
    for router in every_router():
        # Not `include_router`, which would look for the route of every request twice.
        app.router.routes.extend(router.routes)
    app.mount("/static", static_files, name="static")
    app.openapi = lambda: documenting.document(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app
