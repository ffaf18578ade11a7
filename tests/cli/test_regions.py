"""`ax-registry regions apply`: the next merger is a file, and every factory it touches says so."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from service.cli import regions
from tests.api.builders import factory_body, register_factory
from tests.api.conftest import running_app
from tests.cli.conftest import Call, Cli, Query, Serving
from tests.cli.test_serving import bearer
from tests.clocks import FakeClock

COLUMNS = ("code", "iso", "name_ko", "name_en", "short_ko", "short_en", "type", "valid_from", "valid_to", "successor")
# Invented: Daejeon (30) and Sejong (36) become one region.
MERGED = (
    "99",
    None,
    "대전세종특별시",
    "Daejeon-Sejong Special City",
    "대전세종",
    "Daejeon-Sejong",
    "special city",
    "2026-10-01",
    None,
    None,
)
DAEJEON = (
    "30",
    "KR-30",
    "대전광역시",
    "Daejeon Metropolitan City",
    "대전",
    "Daejeon",
    "metropolitan city",
    None,
    "2026-09-30",
    "99",
)
SEJONG = (
    "36",
    "KR-50",
    "세종특별자치시",
    "Sejong Special Self-Governing City",
    "세종",
    "Sejong",
    "special self-governing city",
    None,
    "2026-09-30",
    "99",
)
MERGER = [dict(zip(COLUMNS, row, strict=True)) for row in (DAEJEON, SEJONG, MERGED)]


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that run in this process don't wait until other processes have read the regions anew."""
    monkeypatch.setattr(regions, "_SETTLED_SECONDS", 0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "merger.json"
    written.write_text(json.dumps({"items": MERGER, "next": None}), encoding="utf-8")
    return written


def tsv_of(rows: list[dict[str, Any]], into: Path) -> Path:
    lines = ["\t".join(COLUMNS), *("\t".join(str(row[name] or "") for name in COLUMNS) for row in rows)]
    into.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return into


FACTORIES = "SELECT version, region, document FROM factory ORDER BY id"
Lying = Callable[..., None]


@pytest_asyncio.fixture
async def lying(database_url: str) -> AsyncIterator[Lying]:
    """Register a factory in each of the regions named."""
    async with running_app(database_url, FakeClock()) as api:
        company = await api.caller("company")
        loop = asyncio.get_running_loop()

        def register_in(*codes: str) -> None:
            for code in codes:
                loop.run_until_complete(register_factory(company, region=code, name=f"{code} 공장"))

        yield register_in


class Register:
    """A served register with an operator's key, over HTTP."""

    def __init__(self, cli: Cli, serving: Serving, key: str) -> None:
        self.cli = cli
        self.client = httpx.Client(base_url=serving.url, headers=bearer(key))
        self.owner = self.client.get("/v1/me").json()["organization"]["id"]

    def add(self, region: str, name: str) -> dict[str, Any]:
        made = self.client.post(
            "/v1/factories", json=factory_body(organization_id=self.owner, region=region, name=name)
        )
        assert made.status_code == 201, made.text
        return dict(made.json())


@pytest.fixture
def register(call: Call, cli: Cli) -> Iterator[Register]:
    key = call(cli, "keys", "create", "--organization", "산업통상부", "--role", "operator").out.strip()
    with cli.serving() as serving:
        made = Register(cli, serving, key)
        yield made
        made.client.close()


def test_merger_moves_every_factory_with_its_history_and_its_count(
    register: Register, call: Call, file: Path, query: Query
) -> None:
    daejeon, sejong, seoul = (register.add(code, f"{code} 공장") for code in ("30", "36", "11"))
    register.client.post(f"/v1/factories/{daejeon['id']}/verify").raise_for_status()
    path = f"/v1/factories/{daejeon['id']}"
    before = register.client.get(path)

    done = call(register.cli, "regions", "apply", file, "--json").json

    assert (done["added"], done["retired"], done["factories"]) == (["99"], ["30", "36"], 2)
    after = register.client.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.json()["region"] == {"code": "99", "iso": None, "name_ko": MERGED[2], "name_en": MERGED[3]}
    assert after.json()["version"] == before.json()["version"] + 1
    assert {key: value for key, value in after.json().items() if key not in ("region", "version", "updated_at")} == {
        key: value for key, value in before.json().items() if key not in ("region", "version", "updated_at")
    }
    newest = register.client.get(f"{path}/history").json()["items"][0]
    assert (newest["action"], newest["changed"]) == ("region_changed", ["region"])
    assert (newest["before"]["region"]["code"], newest["after"]["region"]["code"]) == ("30", "99")
    standings = query(
        "SELECT region, status FROM standing JOIN change ON change.id = change_id"
        " WHERE record_id = $1 ORDER BY standing.version",
        before.json()["id"],
    )
    assert standings == [("30", "submitted"), ("30", "verified"), ("99", "verified")]
    assert register.client.get(f"/v1/factories/{seoul['id']}").json() == seoul
    assert register.client.get(f"/v1/factories/{sejong['id']}").json()["region"]["code"] == "99"


def test_webhook_endpoints_that_asked_for_a_retired_region_ask_for_its_successor(
    register: Register, call: Call, file: Path
) -> None:
    def make(regions: list[str]) -> dict[str, Any]:
        body = {"url": "https://hooks.example.com/ax", "filter": {"regions": regions}}
        return dict(register.client.post("/v1/webhook-endpoints", json=body).raise_for_status().json())

    merged, other, everything = make(["대전", "서울", "세종"]), make(["서울"]), make([])
    factory = register.add("30", "대전 공장")

    call(register.cli, "regions", "apply", file)

    after = [register.client.get(f"/v1/webhook-endpoints/{one['id']}").json() for one in (merged, other, everything)]
    assert [one["filter"]["regions"] for one in after] == [["99", "11"], ["11"], []]
    assert [one["version"] for one in after] == [2, 1, 1]
    told = register.client.get(f"/v1/webhook-endpoints/{merged['id']}/deliveries").json()["items"]
    assert [one["event_type"] for one in told] == ["factory.updated", "factory.registered"]
    assert {one["subject"] for one in told} == {f"factories/{factory['id']}"}
    entry = register.client.get(f"/v1/audit?record=webhook_endpoint/{merged['id']}").json()["items"][0]
    assert (entry["action"], entry["changed"], entry["actor"]["kind"]) == ("region_changed", ["filter"], "command_line")


def test_retired_names_lead_to_the_successor_within_seconds(register: Register, call: Call, file: Path) -> None:
    made = register.add("대전", "대전 공장")
    call(register.cli, "regions", "apply", file)
    with register.cli.serving() as fresh, httpx.Client(base_url=fresh.url, headers=register.client.headers) as client:
        for name in ("30", "KR-30", "대전", "sejong", "99", "대전세종특별시"):
            listed = client.get("/v1/factories", params={"region": name}).json()["items"]
            assert [one["id"] for one in listed] == [made["id"]], name
        codes = {one["code"]: one for one in client.get("/v1/regions").json()["items"]}
    assert codes["30"]["successor"] == "99"
    assert codes["99"]["valid_to"] is None


def test_second_time_changes_nothing(call: Call, cli: Cli, lying: Lying, file: Path, query: Query) -> None:
    lying("30", "36", "11")
    assert call(cli, "regions", "apply", file, "--json").json["factories"] == 2
    before = query(FACTORIES)
    again = call(cli, "regions", "apply", file, "--json").json
    assert (again["written"], again["factories"]) == ([], 0)
    assert query(FACTORIES) == before


def test_rehearsal_tells_and_changes_nothing(call: Call, cli: Cli, lying: Lying, file: Path, query: Query) -> None:
    lying("30", "11")
    before = query(FACTORIES)
    told = call(cli, "regions", "apply", file, "--dry-run").out
    assert told == "Would change 3 regions (1 new, 2 retired) and 1 factories.\n"
    assert query(FACTORIES) == before
    assert query("SELECT count(*) FROM region") == [(20,)]


def test_renamed_region_is_told_in_every_factory_without_moving_a_count(
    call: Call, cli: Cli, lying: Lying, tmp_path: Path, query: Query
) -> None:
    lying("41")
    names = {"name_ko": "경기특별자치도", "name_en": "Gyeonggi Special Self-Governing Province"}
    renamed = {"code": "41", "iso": "KR-41", **names, "short_ko": "경기", "short_en": "Gyeonggi", "type": "province"}
    file = tsv_of([dict.fromkeys(COLUMNS) | renamed], tmp_path / "renamed.tsv")
    done = call(cli, "regions", "apply", file, "--json").json
    assert (done["added"], done["retired"], done["written"], done["factories"]) == ([], [], ["41"], 1)
    [(version, region, document)] = query(FACTORIES)
    assert (version, region) == (2, "41")
    assert json.loads(document + "}")["region"]["name_ko"] == "경기특별자치도"
    assert query("SELECT count(*) FROM standing") == [(1,)]


def test_factory_registered_while_the_old_regions_were_still_known_is_moved_too(
    call: Call, cli: Cli, lying: Lying, file: Path, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving = regions._move_late_ones

    async def meanwhile(*given: Any) -> int:
        await asyncio.to_thread(query, "UPDATE factory SET region = '30'")
        return await moving(*given)

    lying("30")
    monkeypatch.setattr(regions, "_move_late_ones", meanwhile)
    assert call(cli, "regions", "apply", file, "--json").json["factories"] == 2
    assert [(version, region) for version, region, _ in query(FACTORIES)] == [(3, "99")]


def test_audit_tells_of_the_regions_themselves(call: Call, cli: Cli, tmp_path: Path, query: Query) -> None:
    call(cli, "regions", "apply", tsv_of(MERGER, tmp_path / "merger.tsv"))
    assert query("SELECT action, record_id, changed FROM audit_entry ORDER BY record_id") == [
        ("updated", "30", ["successor", "valid_to"]),
        ("updated", "36", ["successor", "valid_to"]),
        ("created", "99", []),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "there is no row"),
        ("{", "neither JSON nor TSV"),
        ('{"items": 1}', "must hold a list of regions"),
        (b"\xb4\xeb\xc0\xfc\tx\n".decode("latin-1"), "row"),
        (json.dumps([*MERGER, MERGER[2]]), "region 99 stands here twice"),
        (json.dumps([MERGER[0]]), "its successor 99 is not a region"),
        (json.dumps([MERGER[2] | {"code": "9"}]), "row 1, code"),
        (json.dumps([MERGER[2] | {"name_ko": "서울특별시"}]), "are both called '서울특별시'"),
        (json.dumps([MERGER[2] | {"valid_from": "2199-01-01"}]), "is in force from 2199-01-01 on"),
        (json.dumps([MERGER[0] | {"valid_to": "2199-01-01"}, MERGER[2]]), "is in force up to 2199-01-01"),
        (json.dumps([MERGER[0] | {"successor": None}, MERGER[2]]), "valid_to and successor go together"),
        (json.dumps([MERGER[0] | {"successor": "36"}, MERGER[1] | {"successor": "30"}]), "round in a circle"),
        (json.dumps([MERGER[2] | {"mayor": "누구"}]), "row 1, mayor: No such field"),
    ],
)
def test_wrong_file_is_refused_in_one_line_and_changes_nothing(
    call: Call, cli: Cli, tmp_path: Path, query: Query, content: str, said: str
) -> None:
    file = tmp_path / "wrong"
    file.write_text(content, encoding="utf-8")
    assert said in call(cli, "regions", "apply", file).refusal(status=3)
    assert query("SELECT count(*) FROM region") == [(20,)]
