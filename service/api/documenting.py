"""What the OpenAPI document says of a route: its parameters, its body, every answer and refusal it can give.

The schemas describe; the rules themselves are in `core` (fields, parameters), so that they speak two languages and
name every error at once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from service.api.answers import JSON
from service.api.errors import PROBLEM_TYPE, STATUS_OF
from service.api.event_documents import webhooks_section
from service.api.schemas.problems import ProblemOut
from service.core import errors
from service.core.access import PERMISSIONS, Role
from service.core.errors import Refusal
from service.core.parameters import Parameter, Parameters
from service.web.dependencies import Guard

REFERENCE = "#/components/schemas/{model}"
_EVERYWHERE: tuple[type[Refusal], ...] = (
    errors.NotAuthenticated,
    errors.Invalid,
    errors.TooManyRequests,
    errors.Unavailable,
)
_WITH_BODY: tuple[type[Refusal], ...] = (errors.BodyTooLarge, errors.UnsupportedMediaType, errors.MalformedJson)
_HEADERS = {
    "ETag": "The version of what is answered, in quotes.",
    "Location": "Where what was made can be read.",
    "Link": 'The next page (`rel="next"`), if there is one.',
}


def describe(  # noqa: PLR0913 - the words of a description, each by name
    summary: str,
    *,
    out: Mapping[int, type[BaseModel] | None],
    query: Parameters | None = None,
    body: type[BaseModel] | None = None,
    refusals: Sequence[type[Refusal]] = (),
    if_match: str | None = None,
    if_none_match: bool = False,
    idempotent: bool = False,
    headers: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the arguments with which a route is added to its router.

    `out` maps each status of success to its schema; `if_match` is `required` or `optional`.
    """
    refused = {*_EVERYWHERE, *refusals, *(_WITH_BODY if body else ())}
    parameters = [_query_parameter(name, parameter) for name, parameter in (query or {}).items()]
    if if_match:
        refused |= {errors.PreconditionFailed} | ({errors.PreconditionRequired} if if_match == "required" else set())
        parameters.append(_header("If-Match", "The ETag that was read.", required=if_match == "required"))
    if if_none_match:
        parameters.append(_header("If-None-Match", "The ETag the caller has; unchanged: 304."))
    if idempotent:
        refused |= {errors.IdempotencyKeyReused, errors.StillRunning, errors.MalformedRequest}
        parameters.append(_header("Idempotency-Key", "Repeats of the same request get the same answer for 24 hours."))
    responses: dict[int | str, dict[str, Any]] = {
        status: _success(status, model, headers) for status, model in out.items()
    }
    if if_none_match:
        responses[304] = {"description": "The caller has this version already."}
    responses |= _refusals(refused)
    extra: dict[str, Any] = {"parameters": parameters} if parameters else {}
    if body:
        schema = body.model_json_schema(ref_template=REFERENCE)
        required = if_match == "required" or any(field.is_required() for field in body.model_fields.values())
        extra["requestBody"] = {"required": required, "content": {JSON: {"schema": schema}}}
    return {
        "summary": summary,
        "responses": responses,
        "openapi_extra": extra,
        "response_model": None,
        "status_code": min(out),
    }


def document(app: FastAPI) -> dict[str, Any]:
    """Return the app's OpenAPI 3.1 document."""
    if app.openapi_schema:
        return app.openapi_schema
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
        license_info=app.license_info,
    )
    components = made.setdefault("components", {})
    components["securitySchemes"] = {"api_key": {"type": "http", "scheme": "bearer", "bearerFormat": "axr_…"}}
    schemas = components.setdefault("schemas", {})
    problem = ProblemOut.model_json_schema(ref_template=REFERENCE)
    schemas |= problem.pop("$defs")
    schemas[ProblemOut.__name__] = problem
    for path in made["paths"].values():
        for operation in path.values():
            _name_body(operation, schemas)
    _state_security(app, made["paths"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    made["webhooks"] = webhooks_section(schemas, REFERENCE)
    components["schemas"] = dict(sorted(schemas.items()))
    app.openapi_schema = made
    return made


def _state_security(app: FastAPI, paths: Mapping[str, Any]) -> None:
    """Say of each operation whether it needs a key: what its guard lets anonymous callers do, it does not."""
    for route in (route for route in app.routes if isinstance(route, APIRoute)):
        for dependency in route.dependant.dependencies:
            if isinstance(dependency.call, Guard) and route.path in paths:
                is_open = Role.ANONYMOUS in PERMISSIONS[dependency.call.permission]
                for method in route.methods or ():
                    paths[route.path][method.lower()]["security"] = [{"api_key": []}, *([{}] if is_open else [])]


def _name_body(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Move the schema of a body, and those it needs, to where every schema has its name."""
    content = operation.get("requestBody", {}).get("content", {}).get(JSON)
    if content is None:
        return
    schema = content["schema"]
    schemas |= schema.pop("$defs", {})
    schemas[schema["title"]] = schema
    content["schema"] = {"$ref": REFERENCE.format(model=schema["title"])}


def _success(status: int, model: type[BaseModel] | None, headers: Sequence[str]) -> dict[str, Any]:
    words = {200: "Done.", 201: "Made.", 202: "Accepted.", 204: "Removed."}[status]
    shown = {name: {"description": _HEADERS[name], "schema": {"type": "string"}} for name in headers}
    answer: dict[str, Any] = {"description": words}
    if model:
        answer["model"] = model
    if shown:
        answer["headers"] = shown
    return answer


def _refusals(refused: set[type[Refusal]]) -> dict[int | str, dict[str, Any]]:
    by_status: dict[int, list[str]] = {}
    for refusal in refused:
        by_status.setdefault(STATUS_OF[refusal], []).append(refusal.code)
    return {
        status: {
            "description": f"Refused: {', '.join(f'`{code}`' for code in sorted(codes))}.",
            "content": {PROBLEM_TYPE: {"schema": {"$ref": REFERENCE.format(model=ProblemOut.__name__)}}},
        }
        for status, codes in sorted(by_status.items())
    }


def _query_parameter(name: str, parameter: Parameter) -> dict[str, Any]:
    is_flag = isinstance(parameter.default, bool)
    schema: dict[str, Any] = {"type": "boolean" if is_flag else "integer" if parameter.is_integer else "string"}
    if parameter.values and not is_flag:
        schema["enum"] = list(parameter.values)
    if parameter.default is not None:
        schema["default"] = parameter.default
    shown: dict[str, Any] = {"name": name, "in": "query", "required": parameter.is_required, "schema": schema}
    if parameter.description:
        shown["description"] = parameter.description
    if parameter.example is not None:
        shown["example"] = parameter.example
    return shown


def _header(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"},
    }
