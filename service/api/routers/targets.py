"""Targets: all may read them and why they were revised; the ministry sets them."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from service.api.answers import json_answer, tagged_answer
from service.api.documenting import describe
from service.api.paging import answer_page, read_position
from service.api.requests import check_precondition, read_idempotency_key, read_query, receive
from service.api.schemas.targets import RevisionsOut, TargetCloseIn, TargetIn, TargetOut, TargetPatch, TargetsOut
from service.core import errors
from service.core.access import Permission, require_open_organization
from service.core.parameters import PAGE
from service.core.target_fields import CLOSING_FIELDS, LIST_PARAMETERS
from service.core.targets import RegisteredTarget, Revision, public_fields, revision_fields
from service.db.repositories.targets import POSITION_LENGTH
from service.usecases.target_setting import (
    close_target,
    create_target,
    lock_for_revision,
    revise_target,
    show_revisions,
    show_target,
    show_targets,
)
from service.web.dependencies import Call, Tx, guarded

router = APIRouter(prefix="/v1/targets", tags=["targets"])
Reader = Annotated[Call, guarded(Permission.READ_PROGRESS)]
Creator = Annotated[Call, guarded(Permission.SET_TARGETS)]
Setter = Annotated[Call, guarded(Permission.SET_TARGETS, record_first=True)]
_LIST = "targets"


@router.get("", **describe("List targets by code", out={200: TargetsOut}, query=LIST_PARAMETERS, headers=("Link",)))
async def list_targets(call: Reader, tx: Tx) -> Response:
    """List targets, page by page."""
    asked = read_query(call.request, LIST_PARAMETERS)
    position = read_position(call, asked, scope=_LIST, length=POSITION_LENGTH)
    return answer_page(call, await show_targets(tx, asked, position=position), public_fields, scope=_LIST)


@router.post(
    "",
    **describe(
        "Set a target",
        out={201: TargetOut},
        body=TargetIn,
        refusals=(errors.Forbidden, errors.OrganizationClosed, errors.AlreadyRegistered),
        idempotent=True,
        headers=("Location", "ETag"),
    ),
)
async def post_target(call: Creator, tx: Tx) -> Response:
    """Set a new target."""
    require_open_organization(call.caller)
    received = await receive(call.request)
    body = received.read_object()
    repeat = read_idempotency_key(call, received.raw)
    read_query(call.request, {})
    book = await call.resources.code_lists.regions()
    created = await create_target(tx, body, act=call.act, book=book, repeat=repeat)
    return json_answer(created.body, status=201, etag=created.etag, location=created.location)


@router.get(
    "/{code}",
    **describe(
        "Read a target", out={200: TargetOut}, refusals=(errors.NotFound,), if_none_match=True, headers=("ETag",)
    ),
)
async def get_target(code: str, call: Reader, tx: Tx) -> Response:
    """Read one target as it stands now."""
    target = await show_target(tx, code)
    read_query(call.request, {})
    return tagged_answer(call.request, public_fields(target), _etag(target))


@router.patch(
    "/{code}",
    **describe(
        "Revise a target (merge patch, RFC 7396) and say why",
        out={200: TargetOut},
        body=TargetPatch,
        refusals=(errors.NotFound, errors.Forbidden, errors.OrganizationClosed, errors.TargetClosed),
        if_match="required",
        headers=("ETag",),
    ),
)
async def patch_target(code: str, call: Setter, tx: Tx) -> Response:
    """Change the fields given; null brings back a default. Every day, past ones too, is judged anew."""
    received = await receive(call.request)
    current = await lock_for_revision(tx, code, act=call.act)
    patch = received.read_object()
    check_precondition(call.request, current.version, required=True)
    read_query(call.request, {})
    book = await call.resources.code_lists.regions()
    return _changed(await revise_target(tx, current, patch, act=call.act, book=book))


@router.post(
    "/{code}/close",
    **describe(
        "Close a target",
        out={200: TargetOut},
        body=TargetCloseIn,
        refusals=(errors.NotFound, errors.Forbidden, errors.OrganizationClosed, errors.TargetClosed),
        if_match="optional",
        headers=("ETag",),
    ),
)
async def post_close(code: str, call: Setter, tx: Tx) -> Response:
    """Close a target: it is not watched any more, and can't be revised."""
    received = await receive(call.request)
    current = await lock_for_revision(tx, code, act=call.act)
    received.read_object(may_be_empty=True)
    check_precondition(call.request, current.version, required=False)
    given = received.read_fields(CLOSING_FIELDS)
    read_query(call.request, {})
    return _changed(await close_target(tx, current, given["reason"], act=call.act))


@router.get(
    "/{code}/revisions",
    **describe(
        "List a target's revisions, the newest first",
        out={200: RevisionsOut},
        query=PAGE,
        refusals=(errors.NotFound,),
        headers=("Link",),
    ),
)
async def list_revisions(code: str, call: Reader, tx: Tx) -> Response:
    """List how a target stood, since when and why; who set it is for those who may read the audit."""
    await show_target(tx, code)  # that there is no such target is told first
    asked = read_query(call.request, PAGE)
    scope = f"revisions {code}"
    position = read_position(call, asked, scope=scope, length=POSITION_LENGTH)
    page = await show_revisions(tx, code, limit=asked["limit"], position=position)

    def show(revision: Revision) -> dict[str, Any]:
        return revision_fields(revision, with_actor=call.caller.is_staff)

    return answer_page(call, page, show, scope=scope)


def _changed(target: RegisteredTarget) -> Response:
    return json_answer(public_fields(target), etag=_etag(target))


def _etag(target: RegisteredTarget) -> str:
    return f'"{target.version}"'
