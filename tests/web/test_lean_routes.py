from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse, Response

from service.core.access import Permission
from service.main import build_app
from service.web.dependencies import Call, guarded
from service.web.lean_routes import LeanRoute

Reader = Annotated[Call, guarded(Permission.READ_RECORDS)]
HOT = {
    ("GET", "/v1/factories"),
    ("POST", "/v1/factories"),
    ("GET", "/v1/factories/{id}"),
    ("GET", "/v1/foundation-models/{id}"),
    ("GET", "/v1/progress/{code}"),
}


async def by_number(number: int, call: Reader) -> Response:  # noqa: ARG001 - what is asked for is all that matters here
    return PlainTextResponse(str(number), 200)


async def with_request(request: Request, call: Reader) -> Response:  # noqa: ARG001 - as above
    return PlainTextResponse(request.method, 200)


async def with_query(call: Reader, word: str = "") -> Response:  # noqa: ARG001 - as above
    return PlainTextResponse(word, 200)


async def unguarded() -> Response:
    return PlainTextResponse("open", 200)


def test_the_hot_routes_are_lean() -> None:
    app = build_app(lambda: pytest.fail("not started"))
    lean = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, LeanRoute) and route.is_lean
        for method in route.methods
    }

    assert lean >= HOT


@pytest.mark.parametrize(
    ("path", "function"),
    [("/{number}", by_number), ("/", with_request), ("/", with_query), ("/", unguarded)],
)
def test_a_route_that_asks_for_more_is_left_to_fastapi(path: str, function: object) -> None:
    route = LeanRoute(path, function)  # type: ignore[arg-type]  # four functions of different shapes

    assert not route.is_lean


async def test_a_route_left_to_fastapi_answers() -> None:
    app = FastAPI()
    app.router.route_class = LeanRoute
    app.get("/")(unguarded)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry.example.com") as client:
        answer = await client.get("/")

    assert answer.text == "open"
