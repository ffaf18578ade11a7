"""Regions and industries are whole lists, open to all."""

from tests.api.conftest import Api


async def test_regions_include_retired_ones_with_their_successors(api: Api) -> None:
    answer = await api.anonymous.get("/v1/regions")
    regions = {region["code"]: region for region in answer.json()["items"]}
    assert len(regions) == 20
    assert regions["29"]["successor"] == "12"
    assert regions["12"]["iso"] is None


async def test_there_are_25_divisions(api: Api) -> None:
    answer = await api.anonymous.get("/v1/industries")
    assert [item["code"] for item in answer.json()["items"]] == [str(code) for code in range(10, 35)]


async def test_unknown_parameter_is_refused_by_name(api: Api) -> None:
    answer = await api.anonymous.get("/v1/regions?colour=red", accept_language="en")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "colour"


async def test_bad_key_is_refused_even_where_none_is_needed(api: Api) -> None:
    answer = await api.anonymous.get("/v1/regions", authorization="Bearer axr_wrong")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
