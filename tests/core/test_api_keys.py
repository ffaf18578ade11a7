"""API keys: their form, the eight characters people know them by, and the digest that is kept."""

import hashlib

import pytest

from service.core.api_keys import digest_of, key_text, looks_like_a_key, prefix_of

SECRET = "Abcdefgh" + "-_0" * 11 + "xy"
KEY = key_text(SECRET)


def test_a_key_is_recognised_by_its_form() -> None:
    assert KEY.removeprefix("axr_") == SECRET
    assert looks_like_a_key(KEY)


@pytest.mark.parametrize(
    "text",
    ["", "axr_", SECRET, KEY[:-1], f"{KEY}x", f"{KEY}\n", f" {KEY}", KEY.replace("axr_", "AXR_"), f"axr_{'가' * 43}"],
)
def test_what_has_another_form_is_no_key(text: str) -> None:
    assert not looks_like_a_key(text)


def test_the_prefix_is_the_eight_characters_after_axr() -> None:
    assert prefix_of(KEY) == "Abcdefgh"


def test_only_a_digest_is_kept() -> None:
    assert digest_of(KEY) == hashlib.sha256(KEY.encode()).digest()
    assert digest_of(KEY) != digest_of(f"{KEY[:-1]}z")
