"""Organizations: companies, partners and the ministry. Source: PRODUCT.md section 3."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from service.core.access import ROLES_OF_KIND, Caller, Role
from service.core.errors import FieldProblem
from service.core.fields import LINE, NAME, Bad, Field, email, one_of, problem
from service.core.parameters import PAGE, Parameter, Parameters, search_words
from service.core.records import utc_text

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
# Null in a merge patch means "none", and an organization always has a state: closed ones are not opened by a null.
PATCH_FIELDS = {**FIELDS, "state": Field(one_of(STATES), required=True)}
PRIVATE_FIELDS = ("contact_email",)
"""What stands in the table of contacts alone; the audit says only that it changed."""


def sees_organization(caller: Caller, organization_id: UUID) -> bool:
    """Tell whether the organization exists for this caller at all: one's own, and for staff every one."""
    return caller.is_staff or caller.owns(organization_id)


def public_fields(organization: Organization) -> dict[str, Any]:
    """Return every field but the private ones, ready for JSON, as the audit keeps them."""
    created_at = utc_text(organization.created_at)
    return {
        "id": str(organization.id),
        "name": organization.name,
        "name_en": organization.name_en,
        "kind": organization.kind,
        "business_registration_number": organization.business_registration_number,
        "state": organization.state,
        "synthetic": organization.synthetic,
        "created_at": created_at,
        "registered_at": created_at,
        "updated_at": utc_text(organization.updated_at),
        "version": organization.version,
    }


def all_fields(organization: Organization) -> dict[str, Any]:
    """Return the organization as itself and staff see it; nobody else sees it."""
    return {**public_fields(organization), "contact_email": organization.contact_email}


def changed_fields(before: Organization, after: Organization) -> tuple[str, ...]:
    """Return the names of the fields that a patch has changed."""
    return tuple(name for name in FIELDS if getattr(before, name) != getattr(after, name))


def ownership_problems(caller: Caller, given: Mapping[str, Any]) -> list[FieldProblem]:
    """Name the fields of a patch that only staff may set, if the caller is none."""
    if caller.is_staff:
        return []
    return [problem(name, "ministry_only") for name in given if name in FIELDS and name not in FIELDS_OF_OWNER]


def kind_problems(kind: str, roles_in_use: Iterable[Role]) -> list[FieldProblem]:
    """Tell why an organization can't become of this kind: a key in force would have a role that does not fit."""
    misfits = sorted(set(roles_in_use) - set(ROLES_OF_KIND[kind]))
    return [problem("kind", "keys_do_not_fit", roles=", ".join(misfits))] if misfits else []


SORTS = ("registered_at", "updated_at", "name", "-registered_at", "-updated_at", "-name")


PARAMETERS: Parameters = {
    **PAGE,
    "q": Parameter(
        search_words, description="Part of the name, Korean or English, two characters or more.", example="정밀"
    ),
    "kind": Parameter(one_of(KINDS), description="The kind of organization.", values=KINDS),
    "state": Parameter(one_of(STATES), description="Active, or closed.", values=STATES),
    "sort": Parameter(
        one_of(SORTS), default="-registered_at", description="The order; `-` for descending.", values=SORTS
    ),
}
