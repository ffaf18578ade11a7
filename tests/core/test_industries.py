"""KSIC codes of section C: two to five digits, rolled up to the division."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core import industries
from service.core.fields import Bad
from service.core.industries import BY_CODE, DIVISIONS, division_of, resolve


def test_the_divisions_are_the_25_of_section_c() -> None:
    assert [division.code for division in DIVISIONS] == [str(code) for code in range(10, 35)]


def test_ksic_30_is_cars() -> None:
    assert "자동차" in BY_CODE["30"].name_ko
    assert "motor vehicles" in BY_CODE["30"].name_en


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("26", "26"),
        ("C26", "26"),
        ("c26", "26"),
        (" C26 ", "26"),
        ("261", "261"),
        ("2611", "2611"),
        ("26110", "26110"),
        ("C26110", "26110"),
        ("34", "34"),
        ("10", "10"),
        ("26999", "26999"),
    ],
)
def test_codes_of_two_to_five_digits_are_taken(raw: str, code: str) -> None:
    assert resolve(raw) == code


@pytest.mark.parametrize(
    "raw", ["", "2", "09", "35", "99", "261100", "C", "C2", "D26", "CC26", "C 26", "2６", "26.1", "-26", "전자"]
)
def test_what_is_no_code_of_section_c_is_refused(raw: str) -> None:
    with pytest.raises(Bad) as refused:
        resolve(raw)
    assert refused.value.code == "unknown_industry"


@pytest.mark.parametrize("raw", [26, 26.0, True, ["26"], {"code": "26"}])
def test_a_code_is_text(raw: object) -> None:
    with pytest.raises(Bad) as refused:
        resolve(raw)
    assert refused.value.code == "not_text"


@given(st.sampled_from(DIVISIONS), st.text(alphabet="0123456789", max_size=3), st.sampled_from(["", "C", "c"]))
def test_every_code_rolls_up_to_its_division(division: industries.Division, rest: str, letter: str) -> None:
    code = resolve(f"{letter}{division.code}{rest}")
    assert code == division.code + rest
    assert division_of(code) is division
    assert resolve(code) == code
