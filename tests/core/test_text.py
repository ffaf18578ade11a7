"""Cleaning and folding of text, and sentences in two languages."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.text import (
    Text,
    digits_of,
    fold,
    has_control_character,
    has_visible_character,
    likeness_key,
    tidy_line,
    tidy_paragraphs,
)

WHITE_SPACE = [" ", "\t", "\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029", "\u00a0", "\u3000", " \t\r\n "]
LINE_BREAKS = ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029"]
CONTROL = ["\x00", "\x07", "\x08", "\x1b", "\x1c", "\x1f", "\x7f", "\x80", "\x9f"]


def test_sentence_is_korean_unless_english_is_asked_for() -> None:
    text = Text("안녕", "Hello")
    assert [text.in_language(language) for language in ("en", "ko", "fr", "")] == ["Hello", "안녕", "안녕", "안녕"]


def test_places_are_filled_in_both_languages() -> None:
    assert Text("{limit}자", "{limit} characters").with_facts(limit=3) == Text("3자", "3 characters")


def test_braces_in_a_fact_are_left_alone() -> None:
    assert Text("{name}", "{name}").with_facts(name="{code}").en == "{code}"


@pytest.mark.parametrize("space", WHITE_SPACE)
def test_white_space_and_line_breaks_become_one_space(space: str) -> None:
    assert tidy_line(f"{space}가람{space}{space}정밀{space}") == "가람 정밀"


@pytest.mark.parametrize("tidy", [tidy_line, tidy_paragraphs])
def test_decomposed_hangul_is_composed(tidy: type[str]) -> None:
    assert tidy(unicodedata.normalize("NFD", "가람정밀")) == "가람정밀"


@given(st.text())
def test_a_tidy_line_is_nfc_trimmed_and_singly_spaced(raw: str) -> None:
    line = tidy_line(raw)
    assert unicodedata.is_normalized("NFC", line)
    assert line == " ".join(line.split())
    assert tidy_line(line) == line


@pytest.mark.parametrize("line_break", LINE_BREAKS)
def test_paragraphs_keep_their_breaks_as_line_feeds(line_break: str) -> None:
    assert tidy_paragraphs(f" 가{line_break}{line_break}나 ") == "가\n\n나"


def test_paragraphs_keep_spaces_and_tabs() -> None:
    assert tidy_paragraphs("가  나\t다") == "가  나\t다"


@given(st.text())
def test_tidy_paragraphs_are_nfc_trimmed_and_stay(raw: str) -> None:
    text = tidy_paragraphs(raw)
    assert unicodedata.is_normalized("NFC", text)
    assert text == text.strip()
    assert tidy_paragraphs(text) == text


@pytest.mark.parametrize("char", CONTROL)
def test_control_characters_are_seen(char: str) -> None:
    assert has_control_character(f"가람{char}")


def test_half_a_surrogate_pair_is_a_control_character() -> None:
    assert has_control_character("가람\ud800")


@pytest.mark.parametrize("space", WHITE_SPACE)
def test_white_space_is_no_control_character(space: str) -> None:
    assert not has_control_character(f"가람{space}정밀")


@pytest.mark.parametrize("char", ["가", "a", "1", "!", "+", "🏭", "漢"])
def test_letters_digits_and_signs_are_visible(char: str) -> None:
    assert has_visible_character(f" {char} ")


@pytest.mark.parametrize("raw", ["", " ", "\u200b", "\ufeff", "\u0301", "\u3164", "\u2800", "\uffa0\u115f\u1160"])
def test_what_nobody_sees_is_not_visible(raw: str) -> None:
    assert not has_visible_character(raw)


@pytest.mark.parametrize(
    ("one", "other"),
    [("SMART", "smart"), ("ＡＸ　공장", "ax 공장"), ("①공장", "1공장"), ("Straße", "STRASSE"), (" 가\n람 ", "가 람")],
)
def test_folding_is_blind_to_width_case_and_kind_of_space(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(st.text())
def test_folding_twice_changes_nothing(raw: str) -> None:
    assert fold(fold(raw)) == fold(raw)


@given(st.text())
def test_folding_is_blind_to_composition(raw: str) -> None:
    assert fold(unicodedata.normalize("NFD", raw)) == fold(unicodedata.normalize("NFC", raw))


def test_likeness_does_not_see_spaces_case_or_width() -> None:
    assert likeness_key("가람 정밀 AX 공장") == likeness_key("가람정밀ａｘ공장")


@given(st.text())
def test_a_likeness_key_has_no_space(name: str) -> None:
    assert not any(char.isspace() for char in likeness_key(name))


@pytest.mark.parametrize(
    ("name", "digits"),
    [("가람 1공장", "1"), ("가람 제2공장 3라인", "23"), ("가람 공장", ""), ("가람 ②공장", "2"), ("가람 ４공장", "4")],
)
def test_digits_of_a_name_are_kept_apart(name: str, digits: str) -> None:
    assert digits_of(name) == digits


def test_plants_of_different_numbers_differ_in_their_digits() -> None:
    assert digits_of("가람 1공장") != digits_of("가람 2공장")
