"""Refusals as application/problem+json (RFC 9457): which code has which status, and in which language it speaks."""

from typing import Any

import orjson
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from service.core import errors
from service.core.errors import Invalid, LikelyDuplicate, Refusal
from service.web.languages import preferred_language

PROBLEM_TYPE = "application/problem+json"

STATUS_OF: dict[type[Refusal], int] = {
    errors.MalformedJson: 400,
    errors.MalformedRequest: 400,
    errors.NotAuthenticated: 401,
    errors.Forbidden: 403,
    errors.OrganizationClosed: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.TransitionNotAllowed: 409,
    errors.NotYetAdopted: 409,
    errors.LikelyDuplicate: 409,
    errors.AlreadyRegistered: 409,
    errors.TargetClosed: 409,
    errors.TooManySecrets: 409,
    errors.StillRunning: 409,
    errors.Gone: 410,
    errors.PreconditionFailed: 412,
    errors.BodyTooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.Invalid: 422,
    errors.IdempotencyKeyReused: 422,
    errors.PreconditionRequired: 428,
    errors.TooManyRequests: 429,
    errors.InternalFailure: 500,
    errors.StreamsFull: 503,
    errors.Unavailable: 503,
}


def refuse(refusal: Refusal, language: str, request_id: str) -> Response:
    """Return a refusal as an answer."""
    status = STATUS_OF[type(refusal)]
    problem: dict[str, Any] = {
        "type": f"urn:ax-registry:problem:{refusal.code}",
        "title": refusal.title.in_language(language),
        "status": status,
        "detail": refusal.detail.in_language(language),
        "code": refusal.code,
        "request_id": request_id,
    }
    if isinstance(refusal, Invalid):
        problem["errors"] = [_entry(found, language) for found in refusal.problems]
    if isinstance(refusal, LikelyDuplicate):
        problem["candidates"] = refusal.candidates
    answer = Response(orjson.dumps(problem), status, media_type=PROBLEM_TYPE)
    answer.headers["Content-Language"] = language
    if isinstance(refusal, errors.StreamsFull):
        answer.headers["Retry-After"] = str(refusal.facts["retry_after"])
    if status == 401:  # noqa: PLR2004 - RFC 9110 wants the challenge with this status
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _entry(found: errors.FieldProblem, language: str) -> dict[str, str]:
    place = "parameter" if found.is_parameter else "pointer"
    return {place: found.where, "code": found.code, "message": found.message.in_language(language)}


async def answer_refusal(request: Request, refusal: Exception) -> Response:
    """Answer a refusal raised anywhere below a route."""
    assert isinstance(refusal, Refusal)  # noqa: S101 - registered for this class alone
    return refuse(
        refusal, preferred_language(request.headers.get("accept-language")), request.scope["state"]["request_id"]
    )


async def answer_routing_failure(request: Request, failure: Exception) -> Response:
    """Answer what the router itself refuses: no such path, or no such method on it."""
    assert isinstance(failure, HTTPException)  # noqa: S101 - registered for this class alone
    if failure.status_code == 405:  # noqa: PLR2004 - the router's own word
        answer = await answer_refusal(request, errors.MethodNotAllowed(method=request.method))
        answer.headers["Allow"] = ", ".join(_methods_of(request))
        return answer
    return await answer_refusal(request, errors.NotFound())


def _methods_of(request: Request) -> list[str]:
    """Name every method of a path; each is a route of its own, and the router names those of the first alone."""
    methods: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def install(app: FastAPI) -> None:
    """Let the app answer every refusal as a problem."""
    app.add_exception_handler(Refusal, answer_refusal)
    app.add_exception_handler(HTTPException, answer_routing_failure)
