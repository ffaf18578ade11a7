"""Routes without FastAPI's solving of dependencies, where a route asks for no more than its guard opens."""

from collections.abc import Callable, Coroutine
from inspect import signature
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from service.web.dependencies import Guard

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class LeanRoute(APIRoute):
    """A route that, if its function takes a guarded call and parts of the path as text, is called with just these.

    FastAPI looks through query, headers and cookies twice for a route with one dependency, to find nothing: measured
    (docs/adr), that costs half of what a bare answer does. A route that asks for more is served in FastAPI's own way.
    """

    is_lean = False

    def get_route_handler(self) -> Handler:
        """Return what answers a request (the way FastAPI documents to do it by oneself)."""
        asked = self.dependant
        function = asked.call
        guards = {str(each.name): each.call for each in asked.dependencies if isinstance(each.call, Guard)}
        texts = [part.name for part in asked.path_params if part.field_info.annotation is str]
        if function is None or len(guards) != 1 or signature(function).parameters.keys() != {*guards, *texts}:
            return super().get_route_handler()
        self.is_lean = True
        [(name, guard)] = guards.items()

        async def answer(request: Request) -> Response:
            response: Response = await function(**request.path_params, **{name: await guard(request)})
            return response

        return answer
