"""The description of the API works offline, and `/` leads to it."""

import re

from openapi_spec_validator import validate

from service.api.routers.docs import FOLDER
from tests.api.conftest import Api


async def test_root_leads_a_browser_to_the_docs(api: Api) -> None:
    answer = await api.anonymous.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


async def test_docs_page_loads_from_no_other_host(api: Api) -> None:
    page = (await api.anonymous.get("/docs")).text
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert links
    assert all(link.startswith("/") for link in links)


async def test_everything_the_docs_page_names_is_there(api: Api) -> None:
    page = (await api.anonymous.get("/docs")).text
    for link in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert (await api.anonymous.get(link)).status_code == 200, link


async def test_document_is_valid_openapi_3_1(api: Api) -> None:
    document = (await api.anonymous.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    validate(document)


async def test_every_field_of_every_schema_is_described_and_has_an_example(api: Api) -> None:
    schemas = (await api.anonymous.get("/openapi.json")).json()["components"]["schemas"]
    bare = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, facts in schema.get("properties", {}).items()
        if not ("$ref" in facts or "description" in facts) or not ("examples" in facts or "$ref" in str(facts))
    ]
    assert bare == []


def test_vendored_page_keeps_its_licence() -> None:
    names = {file.name for file in (FOLDER / "swagger-ui").iterdir()}
    assert {"LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"} <= names


async def test_document_says_where_a_key_is_needed(api: Api) -> None:
    paths = (await api.anonymous.get("/openapi.json")).json()["paths"]
    assert paths["/v1/factories"]["post"]["security"] == [{"api_key": []}]
    assert paths["/v1/progress"]["get"]["security"] == [{"api_key": []}, {}]
    assert all("security" in operation for path in paths.values() for operation in path.values())
