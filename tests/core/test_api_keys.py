"""API keys: their form, the eight characters people know them by, and the digest that is kept."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest

from service.core.api_keys import (
    FIELDS,
    READ_ONLY,
    ApiKey,
    digest_of,
    key_fields,
    key_problems,
    key_text,
    looks_like_a_key,
    prefix_of,
)
from service.core.fields import check_body
from tests.core.builders import A_KEY, NOON, OURS

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


# --- new keys, and keys as they are shown ---

A_MOMENT = timedelta(microseconds=1)


def make_key(**facts: Any) -> ApiKey:
    plain = {"id": A_KEY, "organization_id": OURS, "label": "MES", "role": "company", "prefix": "Abcdefgh"}
    return ApiKey(**{**plain, "created_at": NOON, **facts})


def test_a_key_needs_a_label_and_a_role() -> None:
    _, problems = check_body({}, FIELDS)
    assert [(found.where, found.code) for found in problems] == [("#/label", "required"), ("#/role", "required")]


def test_a_key_is_given_to_somebody() -> None:
    _, problems = check_body({"label": "MES", "role": "anonymous"}, FIELDS)
    assert [(found.where, found.code) for found in problems] == [("#/role", "not_one_of")]


@pytest.mark.parametrize(
    ("kind", "role"),
    [("company", "company"), ("partner", "partner"), ("ministry", "ministry"), ("ministry", "operator")],
)
def test_a_role_that_fits_the_organization_is_taken(kind: str, role: str) -> None:
    assert key_problems({"role": role, "expires_at": None}, kind=kind, now=NOON) == []


@pytest.mark.parametrize(
    ("kind", "role"),
    [("company", "ministry"), ("partner", "company"), ("company", "operator"), ("ministry", "partner")],
)
def test_a_role_that_does_not_fit_is_refused(kind: str, role: str) -> None:
    problems = key_problems({"role": role}, kind=kind, now=NOON)
    assert [(found.where, found.code) for found in problems] == [("#/role", "role_does_not_fit")]


def test_a_refused_role_is_told_which_ones_fit() -> None:
    found = key_problems({"role": "company"}, kind="ministry", now=NOON)[0]
    assert found.message.en.endswith("Possible: ministry, operator.")


def test_a_key_expires_later_than_now() -> None:
    assert key_problems({"expires_at": NOON + A_MOMENT}, kind="company", now=NOON) == []
    problems = key_problems({"expires_at": NOON}, kind="company", now=NOON)
    assert [(found.where, found.code) for found in problems] == [("#/expires_at", "in_the_past")]


def test_what_is_wrong_already_is_not_told_twice() -> None:
    assert key_problems({}, kind="company", now=NOON) == []


def test_a_key_is_shown_without_the_key() -> None:
    shown = json.loads(json.dumps(key_fields(make_key(expires_at=NOON + A_MOMENT))))
    assert shown == {
        "id": str(A_KEY),
        "organization_id": str(OURS),
        "label": "MES",
        "role": "company",
        "prefix": "Abcdefgh",
        "created_at": "2026-11-22T03:00:00.000000Z",
        "expires_at": "2026-11-22T03:00:00.000001Z",
        "last_used_at": None,
    }


def test_when_a_key_was_last_used_is_shown() -> None:
    assert key_fields(make_key(last_used_at=NOON))["last_used_at"] == "2026-11-22T03:00:00.000000Z"


def test_what_the_registry_sets_is_no_field() -> None:
    assert not set(READ_ONLY) & set(FIELDS)
