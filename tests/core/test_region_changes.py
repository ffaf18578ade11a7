"""The next merger: which files are right, and what they make of the regions."""

from datetime import date
from typing import Any

import pytest

from service.core.region_changes import BadRegions, read_changes
from service.core.regions import Region, RegionBook

TODAY = date(2026, 11, 25)
NORTH = Region("10", "KR-10", "북도", "North-do", "북", "North", "province")
SOUTH = Region("20", "KR-20", "남도", "South-do", "남", "South", "province")
OLD = Region("21", None, "옛남도", "Old South-do", "옛남", "Old South", "province", None, date(2020, 1, 1), "20")
BOOK = RegionBook([NORTH, SOUTH, OLD])


def row(code: str, **changes: Any) -> dict[str, Any]:
    names = {"name_ko": f"{code}도", "name_en": f"{code}-do", "short_ko": f"{code}짧", "short_en": f"short {code}"}
    return {"code": code, "type": "province"} | names | changes


def as_row(region: Region, **changes: Any) -> dict[str, Any]:
    names = ("code", "iso", "name_ko", "name_en", "short_ko", "short_en", "type", "successor")
    return {name: getattr(region, name) for name in names} | changes


def retired(region: Region, successor: str, valid_to: str = "2026-11-24") -> dict[str, Any]:
    return as_row(region, successor=successor, valid_to=valid_to)


def test_merger_retires_two_into_a_new_one() -> None:
    changes = read_changes([retired(NORTH, "90"), retired(SOUTH, "90"), row("90")], BOOK, today=TODAY)
    assert [region.code for region in changes.added] == ["90"]
    assert [region.code for region in changes.retired] == ["10", "20"]
    assert [region.code for region in changes.written] == ["90", "10", "20"]
    assert changes.after.current("21").code == "90"
    assert changes.codes_to_rewrite == ["10", "20", "21"]


def test_row_that_is_as_it_was_writes_nothing() -> None:
    changes = read_changes([as_row(NORTH)], BOOK, today=TODAY)
    assert changes.written == ()
    assert changes.codes_to_rewrite == ["21"]


def test_renamed_region_is_shown_anew_and_one_retyped_is_not() -> None:
    renamed = read_changes([as_row(NORTH, name_en="Northern Province")], BOOK, today=TODAY)
    retyped = read_changes([as_row(NORTH, type="special province")], BOOK, today=TODAY)
    assert renamed.codes_to_rewrite == ["10", "21"]
    assert retyped.codes_to_rewrite == ["21"]
    assert [region.code for region in retyped.written] == ["10"]


def test_name_of_a_retired_region_may_be_its_successors() -> None:
    changes = read_changes([retired(SOUTH, "90"), row("90", short_ko="남")], BOOK, today=TODAY)
    assert changes.after.resolve("남") == "90"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "there is no row."),
        ([row("1")], "row 1, code"),
        ([row("1x")], "row 1, code"),
        ([row("90", name_ko=None)], "row 1, name_ko: This field is required."),
        ([row("90", mayor="x")], "row 1, mayor: No such field."),
        ([row("90"), row("90")], "row 2: region 90 stands here twice."),
        ([retired(NORTH, "90")], "region 10: its successor 90 is not a region."),
        ([retired(NORTH, "20"), retired(SOUTH, "10")], "region 10: its successors go round in a circle."),
        ([as_row(NORTH, successor="20")], "region 10: valid_to and successor go together."),
        ([as_row(NORTH, valid_to="2026-11-24")], "region 10: valid_to and successor go together."),
        (
            [retired(NORTH, "20", "2026-11-25")],
            "region 10 is in force up to 2026-11-25: apply the file after that day.",
        ),
        ([row("90", valid_from="2026-11-26")], "region 90 is in force from 2026-11-26 on: apply the file on that day."),
        ([{**retired(NORTH, "20"), "valid_from": "2026-11-25"}], "region 10: valid_from lies after valid_to."),
        ([row("90", short_en="NORTH")], "regions 10 and 90 are both called 'north'."),
    ],
)
def test_wrong_rows_are_refused_with_the_reason(rows: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(BadRegions) as refused:
        read_changes(rows, BOOK, today=TODAY)
    assert any(one.startswith(reason) for one in refused.value.reasons), refused.value.reasons


def test_every_wrong_row_is_named_at_once() -> None:
    with pytest.raises(BadRegions) as refused:
        read_changes([row("x"), row("y")], BOOK, today=TODAY)
    assert len(refused.value.reasons) == 2
