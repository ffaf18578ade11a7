"""Organizations: their own see and amend a little, the ministry all."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service.api.answers import json_answer, tagged_answer
from service.api.documenting import describe
from service.api.paging import answer_page, read_position
from service.api.requests import check_precondition, read_id, read_idempotency_key, read_query, receive
from service.api.schemas.organizations import OrganizationIn, OrganizationOut, OrganizationPatch, OrganizationsOut
from service.core import errors
from service.core.access import Permission, require_open_organization
from service.core.organizations import PARAMETERS, all_fields
from service.db.read_models.organizations import position_length
from service.usecases.organizations import (
    amend_organization,
    lock_for_amendment,
    register_organization,
    show_organization,
    show_page,
)
from service.web.dependencies import Call, Tx, guarded

router = APIRouter(prefix="/v1/organizations", tags=["organizations"])
Reader = Annotated[Call, guarded(Permission.READ_ORGANIZATIONS)]
Amender = Annotated[Call, guarded(Permission.PATCH_ORGANIZATIONS, record_first=True)]
Creator = Annotated[Call, guarded(Permission.CREATE_ORGANIZATIONS)]


@router.get(
    "",
    **describe(
        "List organizations: the ministry all, others their own",
        out={200: OrganizationsOut},
        query=PARAMETERS,
        headers=("Link",),
    ),
)
async def list_organizations(call: Reader, tx: Tx) -> Response:
    """List the organizations that the caller sees, page by page."""
    asked = read_query(call.request, PARAMETERS)
    scope = f"organizations {asked['sort']}"
    position = read_position(call, asked, scope=scope, length=position_length(asked["sort"]))
    page = await show_page(tx, asked, caller=call.caller, position=position)
    return answer_page(call, page, all_fields, scope=scope)


@router.post(
    "",
    **describe(
        "Register an organization",
        out={201: OrganizationOut},
        body=OrganizationIn,
        refusals=(errors.Forbidden, errors.OrganizationClosed, errors.AlreadyRegistered),
        idempotent=True,
        headers=("Location", "ETag"),
    ),
)
async def create_organization(call: Creator, tx: Tx) -> Response:
    """Register an organization."""
    require_open_organization(call.caller)
    received = await receive(call.request)
    body = received.read_object()
    repeat = read_idempotency_key(call, received.raw)
    read_query(call.request, {})
    created = await register_organization(tx, body, act=call.act, repeat=repeat)
    return json_answer(created.body, status=201, etag=created.etag, location=created.location)


@router.get(
    "/{organization_id}",
    **describe(
        "Read an organization",
        out={200: OrganizationOut},
        refusals=(errors.NotFound,),
        if_none_match=True,
        headers=("ETag",),
    ),
)
async def get_organization(organization_id: str, call: Reader, tx: Tx) -> Response:
    """Read one organization: one's own, or as the ministry any."""
    organization = await show_organization(tx, read_id(organization_id), caller=call.caller)
    read_query(call.request, {})
    return tagged_answer(call.request, all_fields(organization), f'"{organization.version}"')


@router.patch(
    "/{organization_id}",
    **describe(
        "Amend an organization (merge patch, RFC 7396)",
        out={200: OrganizationOut},
        body=OrganizationPatch,
        refusals=(errors.NotFound, errors.OrganizationClosed, errors.AlreadyRegistered),
        if_match="required",
        headers=("ETag",),
    ),
)
async def patch_organization(organization_id: str, call: Amender, tx: Tx) -> Response:
    """Change the fields given; null clears one."""
    received = await receive(call.request)
    organization = await lock_for_amendment(tx, read_id(organization_id), act=call.act)
    patch = received.read_object()
    check_precondition(call.request, organization.version, required=True)
    read_query(call.request, {})
    amended = await amend_organization(tx, organization, patch, act=call.act)
    call.resources.callers.forget()
    return json_answer(all_fields(amended), etag=f'"{amended.version}"')
