"""Reading a request: its body, its query, and the conditions in its headers. Refusals come in the order promised."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from fastapi import Request

from service.core.errors import (
    BodyTooLarge,
    Invalid,
    MalformedJson,
    MalformedRequest,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Refusal,
    UnsupportedMediaType,
)
from service.core.fields import Bad, Fields, check_body, identifier
from service.core.idempotency import KEY_LENGTH, IdempotencyKey, idempotency_key
from service.core.parameters import Parameters, check_parameters
from service.web.dependencies import Call

BODY_LIMIT_BYTES = 1024 * 1024
JSON_TYPES = ("application/json", "application/merge-patch+json")
_CONTENT_LENGTH = re.compile(r"[0-9]{1,18}")
_IDEMPOTENCY_KEY = re.compile(rf"[\x21-\x7e]{{1,{KEY_LENGTH}}}")


async def read_bytes(request: Request, *, limit: int = BODY_LIMIT_BYTES) -> bytes:
    """Return the body.

    Raises:
        BodyTooLarge: it has more than `limit` bytes, announced or not.
    """
    if _announced_bytes(request) > limit:
        raise BodyTooLarge(limit_bytes=limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise BodyTooLarge(limit_bytes=limit)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _announced_bytes(request: Request) -> int:
    """Return what Content-Length says; 0 if it says nothing that can be read, for then the bytes are counted."""
    announced = request.headers.get("content-length", "")
    return int(announced) if _CONTENT_LENGTH.fullmatch(announced) else 0


@dataclass(frozen=True, slots=True)
class Received:
    """A body that has arrived, and what is wrong with it, which is told only once the record was found.

    So no row stays locked while a slow caller sends, and the order of refusals is kept: 404 and 403 before 413.
    """

    raw: bytes
    media_type: str
    refusal: Refusal | None = None

    def read_object(self, *, may_be_empty: bool = False) -> dict[str, Any]:
        """Return the JSON object; with `may_be_empty` no body at all is an empty one.

        Raises:
            BodyTooLarge, UnsupportedMediaType, MalformedJson: as they say.
        """
        if self.refusal is not None:
            raise self.refusal
        if not self.raw and may_be_empty:
            return {}
        if self.media_type not in JSON_TYPES:
            raise UnsupportedMediaType(expected=JSON_TYPES[0])
        try:
            body = orjson.loads(self.raw)
        except orjson.JSONDecodeError:
            raise MalformedJson from None
        if not isinstance(body, dict):
            raise MalformedJson
        return body

    def read_fields(self, fields: Fields) -> dict[str, Any]:
        """Return the clean fields of an action's body (none at all if it takes none).

        Raises:
            Invalid: with every problem of the body.
        """
        body = self.read_object(may_be_empty=not any(field.required for field in fields.values()))
        values, problems = check_body(body, fields)
        if problems:
            raise Invalid(problems)
        return values


async def receive(request: Request, *, limit: int = BODY_LIMIT_BYTES) -> Received:
    """Return the body, however wrong it is."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        return Received(await read_bytes(request, limit=limit), media_type)
    except BodyTooLarge as refusal:
        return Received(b"", media_type, refusal)


async def read_object(request: Request, *, may_be_empty: bool = False) -> tuple[dict[str, Any], bytes]:
    """Return the body as a JSON object, and its bytes, where there is no record to find first."""
    received = await receive(request)
    return received.read_object(may_be_empty=may_be_empty), received.raw


async def read_fields(request: Request, fields: Fields) -> dict[str, Any]:
    """Return the clean fields of an action's body (none at all if it takes none).

    Raises:
        Invalid: with every problem of the body.
    """
    return (await receive(request)).read_fields(fields)


def read_query(request: Request, parameters: Parameters) -> dict[str, Any]:
    """Return the clean parameters of the query.

    Raises:
        Invalid: with every problem of the query.
    """
    raw = request.scope["query_string"]
    try:
        # Some servers pass on bytes that were never percent-encoded: they mean UTF-8.
        text = raw.decode("utf-8", "replace")
        given = parse_qsl(text, keep_blank_values=True, max_num_fields=100) if text else []
    except ValueError:
        given = [("?", "")]
    values, problems = check_parameters(given, parameters)
    if problems:
        raise Invalid(problems)
    return values


def read_id(raw: str) -> UUID:
    """Return the id in a path; what is none names nothing.

    Raises:
        NotFound: it is not a UUID.
    """
    try:
        return identifier(raw)
    except Bad:
        raise NotFound from None


def check_precondition(request: Request, version: int, *, required: bool) -> None:
    """Hold the caller to the version that was read (RFC 9110, If-Match).

    Raises:
        PreconditionRequired: there is no If-Match, and it is `required`.
        PreconditionFailed: the record has another version.
    """
    lines = request.headers.getlist("if-match")
    if not lines:
        if required:
            raise PreconditionRequired
        return
    given = ",".join(lines)
    # A weak tag never matches here (RFC 9110, 13.1.1): strong comparison.
    if given.strip() != "*" and f'"{version}"' not in _tags(given):
        raise PreconditionFailed(etag=f'"{version}"')


def is_known(request: Request, etag: str) -> bool:
    """Tell whether the caller has this version already (If-None-Match, weak comparison)."""
    given = request.headers.get("if-none-match")
    if given is None:
        return False
    return given == etag or given.strip() == "*" or etag in (tag.removeprefix("W/") for tag in _tags(given))


def _tags(header: str) -> list[str]:
    return [tag.strip() for tag in header.split(",")]


def read_idempotency_key(call: Call, body: bytes) -> IdempotencyKey | None:
    """Return what a repeat of this POST would be known by, or None if the caller did not ask for it.

    Raises:
        MalformedRequest: the key is empty, too long or not printable ASCII.
    """
    key = call.request.headers.get("idempotency-key")
    if key is None:
        return None
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise MalformedRequest(
            header="Idempotency-Key",
            remedy_ko=f"공백 없는 ASCII 문자 1~{KEY_LENGTH}자여야 합니다",
            remedy_en=f"it must have 1 to {KEY_LENGTH} printable ASCII characters without spaces",
        )
    return idempotency_key(call.caller, path=call.request.scope["path"], key=key, body=body)
