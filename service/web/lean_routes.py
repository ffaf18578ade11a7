"""Routes without FastAPI's solving of dependencies, where a route asks for no more than its guard opens."""

from collections.abc import Callable
from inspect import signature
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from service.web.dependencies import Guard


class LeanRoute(APIRoute):
    """A route that, if its function takes a guarded call and parts of the path as text, is called with just these.

    FastAPI looks through query, headers and cookies twice for a route with one dependency, to find nothing: measured
    (docs/adr/0003-hot-paths.md), that costs as much as a bare answer does. A route that asks for more is served in
    FastAPI's own way.
    """

    is_lean = False

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        asked = self.dependant
        guards = {str(each.name): each.call for each in asked.dependencies if isinstance(each.call, Guard)}
        texts = [part.name for part in asked.path_params if part.field_info.annotation is str]
        if len(guards) == 1 and signature(endpoint).parameters.keys() == {*guards, *texts}:
            self.is_lean = True
            [(name, guard)] = guards.items()
            self.app = _lean_app(endpoint, name, guard)


def _lean_app(endpoint: Callable[..., Any], name: str, guard: Guard) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        response = await endpoint(**scope["path_params"], **{name: await guard(request)})
        await response(scope, receive, send)

    return app
