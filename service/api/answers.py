"""Shaping an answer: JSON that is ready already, its ETag, its Location, and pages of a list."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from fastapi import Request
from starlette.responses import Response

from service.api.requests import is_known

JSON = "application/json"


def json_answer(body: Any, *, status: int = 200, etag: str | None = None, location: str | None = None) -> Response:
    """Return `body` (JSON text, or anything that becomes it) as an answer."""
    content = body if isinstance(body, str | bytes) else orjson.dumps(body)
    headers = {}
    if etag is not None:
        headers["ETag"] = etag
    if location is not None:
        headers["Location"] = location
    return Response(content, status, headers, JSON)


def tagged_answer(request: Request, body: Any, etag: str) -> Response:
    """Return a single record, or 304 if the caller has this version already."""
    if is_known(request, etag):
        return Response(None, 304, {"ETag": etag})
    return json_answer(body, etag=etag)


def page_answer(request: Request, items: bytes, following: str | None) -> Response:
    """Return a page of items that are JSON already, with commas between them, with its Link header (RFC 8288)."""
    answer = Response(b'{"items":[%b],"next":%b}' % (items, orjson.dumps(following)), media_type=JSON)
    if following is not None:
        given = request.scope["query_string"].decode("utf-8", "replace")
        query = [pair for pair in parse_qsl(given, keep_blank_values=True) if pair[0] != "after"]
        answer.headers["Link"] = f'<{request.url.path}?{urlencode([*query, ("after", following)])}>; rel="next"'
    return answer
