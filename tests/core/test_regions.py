"""Regions by every name they have, and what became of those that are no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.fields import Bad
from service.core.regions import Region, RegionBook
from tests.core.builders import make_book, make_region

BOOK = make_book()


@pytest.mark.parametrize(
    "raw",
    ["41", "KR-41", "kr-41", "경기", "경기도", "Gyeonggi", "gyeonggi-do", "GYEONGGI-DO", "  41 ", "\t경기도\n", "４１"],
)
def test_code_iso_code_and_names_in_both_languages_are_taken(raw: str) -> None:
    assert BOOK.resolve(raw) == "41"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("29", "12"),
        ("46", "12"),
        ("KR-29", "12"),
        ("KR-46", "12"),
        ("광주", "12"),
        ("전라남도", "12"),
        ("Gwangju Metropolitan City", "12"),
        ("전남광주", "12"),
        ("42", "51"),
        ("KR-42", "51"),
        ("강원도", "51"),
        ("강원", "51"),
        ("45", "52"),
        ("KR-45", "52"),
        ("Jeollabuk-do", "52"),
        ("jeonbuk", "52"),
    ],
)
def test_what_is_retired_means_its_successor(raw: str, code: str) -> None:
    assert BOOK.resolve(raw) == code


def test_code_50_is_jeju_and_iso_50_is_sejong() -> None:
    assert (BOOK.resolve("50"), BOOK.resolve("KR-50"), BOOK.resolve("KR-49")) == ("50", "36", "50")


def test_names_are_taken_in_decomposed_hangul_too() -> None:
    assert BOOK.resolve("서울") == "11"


@pytest.mark.parametrize(
    "raw", ["", " ", "00", "99", "KR-", "KR-99", "US-41", "경기 도", "서울 경기", "41\x00", "Tokyo"]
)
def test_what_is_no_region_is_refused(raw: str) -> None:
    with pytest.raises(Bad) as refused:
        BOOK.resolve(raw)
    assert refused.value.code == "unknown_region"


@pytest.mark.parametrize("raw", [41, True, ["41"], {"code": "41"}])
def test_a_region_is_text(raw: object) -> None:
    with pytest.raises(Bad) as refused:
        BOOK.resolve(raw)
    assert refused.value.code == "not_text"


@given(st.sampled_from(BOOK.regions), st.data())
def test_every_name_of_every_region_leads_to_one_in_force(region: Region, data: st.DataObject) -> None:
    names = [region.code, region.iso, region.name_ko, region.name_en, region.short_ko, region.short_en]
    name = data.draw(st.sampled_from([name for name in names if name]))
    spelled = data.draw(st.sampled_from([name, name.upper(), name.lower(), f" {name}\n"]))
    resolved = BOOK.by_code[BOOK.resolve(spelled)]
    assert resolved.successor is None
    assert resolved == BOOK.current(region.code)


def test_a_second_merger_is_followed_to_its_end() -> None:
    book = RegionBook(
        [make_region("12", successor="13"), make_region("13"), make_region("29", successor="12"), make_region("30")]
    )
    assert book.resolve("29") == "13"
    assert book.codes_meant_by("13") == ["12", "13", "29"]


def test_a_name_shared_with_a_retired_region_belongs_to_the_one_in_force() -> None:
    retired = make_region("29", short_ko="가람", successor="12")
    book = RegionBook([make_region("12"), make_region("27", short_ko="가람"), retired])
    assert book.resolve("가람") == "27"


def test_a_retired_code_means_itself_and_what_it_became_but_not_what_merged_with_it() -> None:
    assert BOOK.codes_meant_by("29") == ["12", "29"]


@pytest.mark.parametrize("raw", ["Gangwon State", "gangwon special self-governing province"])
def test_either_of_two_english_names_will_do(raw: str) -> None:
    assert BOOK.resolve(raw) == "51"


def test_a_region_without_history_is_meant_by_itself_alone() -> None:
    assert BOOK.codes_meant_by("41") == ["41"]


def test_several_mean_what_each_of_them_means_and_none_means_nothing() -> None:
    assert BOOK.codes_meant_by_all(["41", "29"]) == ["12", "29", "41"]
    assert BOOK.codes_meant_by_all([]) == []


def test_a_circle_of_successors_ends() -> None:
    book = RegionBook([make_region("13", successor="14"), make_region("14", successor="13")])
    assert book.current("13").code == "14"


def test_regions_are_listed_by_code_with_the_retired_ones() -> None:
    assert [region.code for region in BOOK.regions] == sorted(BOOK.by_code)
    assert BOOK.by_code["29"].successor == "12"
