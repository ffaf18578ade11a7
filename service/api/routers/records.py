"""The calls that factories and foundation models have in common: both are registered, reviewed and amended alike."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from service.api.answers import json_answer, page_answer, tagged_answer
from service.api.documenting import describe
from service.api.paging import answer_page, read_position
from service.api.requests import check_precondition, read_id, read_idempotency_key, read_query, receive
from service.api.schemas.audit import AuditOut
from service.api.schemas.lifecycle import BODY_OF, NothingIn
from service.core import errors
from service.core.access import Permission, require_open_organization
from service.core.audit import entry_fields
from service.core.fields import Bad
from service.core.lifecycle import TRANSITIONS, Action
from service.core.parameters import PAGE, Parameters
from service.core.records import RecordKind
from service.usecases.amendment import amend_record, erase_contact, lock_for_amendment
from service.usecases.history import HISTORY_POSITION_LENGTH, check_history_reader, read_history
from service.usecases.lifecycle import lock_for_action, move_record, permission_for
from service.usecases.reading import Shown, show_page, show_record
from service.usecases.registration import register
from service.web.dependencies import Call, Tx, guarded
from service.web.lean_routes import LeanRoute


@dataclass(frozen=True, slots=True)
class Resource:
    """What differs: the kind, its schemas, and the parameters of its list and of its creation."""

    kind: RecordKind
    noun: str
    nouns: str
    record_in: type[BaseModel]
    record_patch: type[BaseModel]
    record_out: type[BaseModel]
    page_out: type[BaseModel]
    list_parameters: Parameters
    create_parameters: Parameters
    create_refusals: tuple[type[errors.Refusal], ...]


Reader = Annotated[Call, guarded(Permission.READ_RECORDS)]
Writer = Annotated[Call, guarded(Permission.WRITE_RECORDS)]
HistoryReader = Annotated[Call, guarded(Permission.READ_HISTORY, record_first=True)]
Amender = Annotated[Call, guarded(Permission.WRITE_RECORDS, record_first=True)]


def router_for(resource: Resource) -> APIRouter:
    """Make the routes of one kind of record."""
    router = APIRouter(prefix=f"/v1/{resource.kind.path}", tags=[resource.kind.path], route_class=LeanRoute)
    _add_creation(router, resource)
    _add_reading(router, resource)
    _add_amending(router, resource)
    for action in Action:
        _add_action(router, resource, action)
    return router


def _add_creation(router: APIRouter, resource: Resource) -> None:
    kind = resource.kind

    @router.post(
        "",
        name=f"register_{kind.record_type}",
        **describe(
            f"Register {resource.noun}",
            out={201: resource.record_out},
            query=resource.create_parameters,
            body=resource.record_in,
            refusals=(errors.Forbidden, errors.OrganizationClosed, errors.AlreadyRegistered, *resource.create_refusals),
            idempotent=True,
            headers=("Location", "ETag"),
        ),
    )
    async def create(call: Writer) -> Response:
        """Register a record; it is submitted for review."""
        require_open_organization(call.caller)
        received = await receive(call.request)
        body = received.read_object()
        repeat = read_idempotency_key(call, received.raw)
        given = read_query(call.request, resource.create_parameters)
        book = await call.resources.code_lists.regions()
        async with call.resources.database.pool.acquire() as hot:
            created = await register(
                hot, kind, body, act=call.act, book=book, repeat=repeat, allow_similar=given.get("allow_similar", False)
            )
        call.resources.announcer.announce()
        return json_answer(created.body, status=201, etag=created.etag, location=created.location)


def _add_reading(router: APIRouter, resource: Resource) -> None:
    kind = resource.kind

    @router.get(
        "",
        name=f"list_{kind.record_type}",
        **describe(
            f"List {resource.nouns}",
            out={200: resource.page_out},
            query=resource.list_parameters,
            headers=("Link",),
        ),
    )
    async def read_page(call: Reader) -> Response:
        """List the records that the caller sees, page by page."""
        asked = read_query(call.request, resource.list_parameters)
        if asked.get("region"):
            asked["region"] = await _resolved_region(call, asked["region"])
        items, following = await show_page(
            call.resources.database.list_pool, kind, asked, caller=call.caller, cursors=call.resources.cursors
        )
        return page_answer(call.request, items, following)

    @router.get(
        "/{id}",
        name=f"get_{kind.record_type}",
        **describe(
            f"Read {resource.noun}",
            out={200: resource.record_out},
            refusals=(errors.NotFound,),
            if_none_match=True,
            headers=("ETag",),
        ),
    )
    async def read(id: str, call: Reader) -> Response:  # noqa: A002 - the path's own name
        """Read one record; its organization and the ministry see all of it."""
        shown = await show_record(call.resources.database.pool, kind, read_id(id), call.caller)
        read_query(call.request, {})
        return tagged_answer(call.request, shown.body, _etag(shown))

    @router.get(
        "/{id}/history",
        name=f"get_history_of_{kind.record_type}",
        **describe(
            f"Read the history of {resource.noun}, the newest change first",
            out={200: AuditOut},
            query=PAGE,
            refusals=(errors.NotFound, errors.Forbidden),
            headers=("Link",),
        ),
    )
    async def read_changes(id: str, call: HistoryReader, tx: Tx) -> Response:  # noqa: A002 - the path's own name
        """Read who changed what in a record of one's own."""
        record_id = read_id(id)
        await check_history_reader(call.resources.database.pool, kind, record_id, call.caller)
        asked = read_query(call.request, PAGE)
        scope = f"history {record_id}"
        position = read_position(call, asked, scope=scope, length=HISTORY_POSITION_LENGTH)
        page = await read_history(tx, kind, record_id, limit=asked["limit"], position=position)
        return answer_page(call, page, entry_fields, scope=scope)


def _add_amending(router: APIRouter, resource: Resource) -> None:
    kind = resource.kind

    @router.patch(
        "/{id}",
        name=f"amend_{kind.record_type}",
        **describe(
            f"Amend {resource.noun} (merge patch, RFC 7396)",
            out={200: resource.record_out},
            body=resource.record_patch,
            refusals=(
                errors.NotFound,
                errors.Forbidden,
                errors.OrganizationClosed,
                errors.NotYetAdopted,
                errors.AlreadyRegistered,
            ),
            if_match="required",
            headers=("ETag",),
        ),
    )
    async def amend(id: str, call: Amender, tx: Tx) -> Response:  # noqa: A002 - the path's own name
        """Change the fields given; null clears one."""
        received = await receive(call.request)
        record = await lock_for_amendment(tx, kind, read_id(id), act=call.act)
        patch = received.read_object()
        check_precondition(call.request, record.version, required=True)
        read_query(call.request, {})
        book = await call.resources.code_lists.regions()
        return _changed(await amend_record(tx, kind, record, patch, act=call.act, book=book))

    @router.post(
        "/{id}/erase-contact",
        name=f"erase_contact_of_{kind.record_type}",
        **describe(
            f"Erase the contact of {resource.noun}",
            out={200: resource.record_out},
            body=NothingIn,
            refusals=(errors.NotFound, errors.Forbidden, errors.OrganizationClosed),
            if_match="optional",
            headers=("ETag",),
        ),
    )
    async def erase(id: str, call: Amender, tx: Tx) -> Response:  # noqa: A002 - the path's own name
        """Empty the contact name and e-mail address."""
        received = await receive(call.request)
        record = await lock_for_amendment(tx, kind, read_id(id), act=call.act)
        received.read_object(may_be_empty=True)
        check_precondition(call.request, record.version, required=False)
        received.read_fields({})
        read_query(call.request, {})
        book = await call.resources.code_lists.regions()
        return _changed(await erase_contact(tx, kind, record, act=call.act, book=book))


def _add_action(router: APIRouter, resource: Resource, action: Action) -> None:
    kind, transition = resource.kind, TRANSITIONS[action]
    not_yet = (errors.NotYetAdopted,) if action is Action.VERIFY else ()

    @router.post(
        f"/{{id}}/{action.value}",
        name=f"{action.value}_{kind.record_type}",
        **describe(
            f"{action.value.capitalize()} {resource.noun}",
            out={200: resource.record_out},
            body=BODY_OF[action],
            refusals=(
                errors.NotFound,
                errors.Forbidden,
                errors.OrganizationClosed,
                errors.TransitionNotAllowed,
                *not_yet,
            ),
            if_match="optional",
            headers=("ETag",),
        ),
    )
    async def move(
        id: str,  # noqa: A002 - the path's own name
        call: Annotated[Call, guarded(permission_for(action), record_first=True)],
        tx: Tx,
    ) -> Response:
        """Move a record to its next status."""
        received = await receive(call.request)
        record = await lock_for_action(tx, kind, read_id(id), action, act=call.act)
        received.read_object(may_be_empty=not any(field.required for field in transition.fields.values()))
        check_precondition(call.request, record.version, required=False)
        given = received.read_fields(transition.fields)
        read_query(call.request, {})
        book = await call.resources.code_lists.regions()
        return _changed(await move_record(tx, kind, record, action, given, act=call.act, book=book))


async def _resolved_region(call: Call, raw: str) -> str:
    book = await call.resources.code_lists.regions()
    try:
        return book.resolve(raw)
    except Bad as bad:
        raise errors.Invalid([errors.FieldProblem("region", bad.code, bad.message, is_parameter=True)]) from None


def _changed(shown: Shown) -> Response:
    return json_answer(shown.body, etag=_etag(shown))


def _etag(shown: Shown) -> str:
    return f'"{shown.version}"'
