"""The description of the API, and the page that shows it; nothing of it is loaded from another host."""

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from service.api.answers import json_answer
from service.api.event_documents import event_files, media_type_of
from service.core.errors import NotFound

FOLDER = Path(__file__).resolve().parents[1] / "static"
_ONLY_OURS = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
)

router = APIRouter(include_in_schema=False)
static_files = StaticFiles(directory=FOLDER)


@router.get("/openapi.json")
async def tell_document(request: Request) -> Response:
    """Give the OpenAPI document."""
    return json_answer(request.app.openapi())


@router.get("/openapi/events/{name}")
async def tell_event_document(name: str) -> Response:
    """Give the schema or the sample of a type of events, which each event names as its `dataschema`."""
    document = event_files().get(name)
    if document is None:
        raise NotFound
    return Response(document, media_type=media_type_of(name))


@router.get("/docs")
async def show_docs() -> Response:
    """Show the OpenAPI document to a person."""
    # Swagger UI writes styles into the page, which its bundle can't do without.
    return FileResponse(FOLDER / "docs.html", headers={"Content-Security-Policy": _ONLY_OURS})


@router.get("/")
async def lead_to_docs() -> Response:
    """Lead a browser to the documentation until there are pages of our own."""
    return RedirectResponse("/docs", 307)
