"""Organizations: companies, partners and the ministry. Source: PRODUCT.md section 3."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from service.core.fields import LINE, NAME, Bad, Field, email, one_of

KINDS = ("company", "partner", "ministry")
STATES = ("active", "closed")
_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization as the registry keeps it; `contact_email` is private and kept apart."""

    id: UUID
    name: str
    kind: str
    created_at: datetime
    updated_at: datetime
    name_en: str | None = None
    business_registration_number: str | None = None
    contact_email: str | None = None
    state: str = "active"
    version: int = 1
    synthetic: bool = False


def business_number(raw: Any) -> str:
    """Take a business registration number, hyphens and spaces dropped, and verify its check digit.

    Ten digits: tax office 3, kind 2, serial 4, check 1. The check digit is (10 - s mod 10) mod 10, where s is the
    weighted sum of the first nine (1 3 7 1 3 7 1 3 5) and the tens of five times the ninth.

    Raises:
        Bad: not text of one line, not ten digits, or the check digit does not fit.
    """
    digits = re.sub(r"[ -]", "", LINE(raw))
    if not re.fullmatch(r"[0-9]{10}", digits) or check_digit(digits[:9]) != int(digits[9]):
        raise Bad("bad_business_number")
    return digits


def check_digit(first_nine: str) -> int:
    """Return the check digit that belongs to the first nine digits of a business registration number."""
    digits = [int(char) for char in first_nine]
    total = sum(digit * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) + digits[8] * 5 // 10
    return (10 - total % 10) % 10


FIELDS = {
    "name": Field(NAME, required=True),
    "name_en": Field(NAME),
    "kind": Field(one_of(KINDS), required=True),
    "business_registration_number": Field(business_number),
    "contact_email": Field(email),
    "state": Field(one_of(STATES), default="active"),
}
FIELDS_OF_OWNER = ("name_en", "contact_email")
READ_ONLY = ("id", "created_at", "registered_at", "updated_at", "version", "synthetic")
