"""Regions and industries: whole lists, open to all."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from service.api.answers import json_answer
from service.api.documenting import describe
from service.api.requests import read_query
from service.api.schemas.code_lists import IndustriesOut, RegionsOut
from service.core.access import Permission
from service.core.industries import DIVISIONS
from service.core.regions import Region
from service.web.dependencies import Call, guarded

router = APIRouter(prefix="/v1", tags=["code lists"])
Reader = Annotated[Call, guarded(Permission.READ_CODE_LISTS)]


@router.get("/regions", **describe("All regions, retired ones too", out={200: RegionsOut}))
async def list_regions(call: Reader) -> Response:
    """List the first-level regions."""
    read_query(call.request, {})
    book = await call.resources.code_lists.regions()
    return json_answer({"items": [_region(region) for region in book.regions], "next": None})


@router.get("/industries", **describe("The 25 divisions of manufacturing (KSIC Rev. 11)", out={200: IndustriesOut}))
async def list_industries(call: Reader) -> Response:
    """List the divisions of section C."""
    read_query(call.request, {})
    items = [{"code": one.code, "name_ko": one.name_ko, "name_en": one.name_en} for one in DIVISIONS]
    return json_answer({"items": items, "next": None})


def _region(region: Region) -> dict[str, Any]:
    return {
        "code": region.code,
        "iso": region.iso,
        "name_ko": region.name_ko,
        "name_en": region.name_en,
        "short_ko": region.short_ko,
        "short_en": region.short_en,
        "type": region.type,
        "valid_from": region.valid_from,
        "valid_to": region.valid_to,
        "successor": region.successor,
    }
