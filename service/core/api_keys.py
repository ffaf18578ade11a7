"""API keys: what they look like, and what is kept of them. Source: PRODUCT.md section 7."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from service.core.access import ROLES_OF_KIND, Role
from service.core.errors import FieldProblem
from service.core.fields import LINE, Field, instant, one_of, problem
from service.core.records import utc_text

PREFIX = "axr_"
PREFIX_LENGTH = 8
SECRET_BYTES = 32
_FORM = re.compile(r"axr_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as its organization sees it afterwards; the key itself is shown once and kept nowhere."""

    id: UUID
    organization_id: UUID
    label: str
    role: str
    prefix: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


def key_text(secret: str) -> str:
    """Return the key made of `secret`, 43 characters of URL-safe base64."""
    return PREFIX + secret


def prefix_of(key: str) -> str:
    """Return the eight characters after `axr_`, by which people tell keys apart."""
    return key[len(PREFIX) : len(PREFIX) + PREFIX_LENGTH]


def looks_like_a_key(text: str) -> bool:
    """Tell whether `text` has the form of a key; what has not is refused without asking the database."""
    return _FORM.fullmatch(text) is not None


def digest_of(key: str) -> bytes:
    """Return what is kept of a key: its SHA-256. Keys are random, so a slow hash would protect nothing."""
    return hashlib.sha256(key.encode()).digest()


ROLES = tuple(role.value for role in Role if role is not Role.ANONYMOUS)
FIELDS = {
    "label": Field(LINE, required=True),
    "role": Field(one_of(ROLES), required=True),
    "expires_at": Field(instant),
}
READ_ONLY = ("id", "organization_id", "prefix", "created_at", "last_used_at", "key")
VERSION = 1
"""A key is made and revoked, never changed: its ETag is always that of its first version."""


def key_problems(values: dict[str, Any], *, kind: str, now: datetime) -> list[FieldProblem]:
    """Return what is wrong with the fields of a new key for an organization of this kind, clean each for itself."""
    problems = []
    role, expires_at = values.get("role"), values.get("expires_at")
    if role and role not in ROLES_OF_KIND[kind]:
        problems.append(problem("role", "role_does_not_fit", kind=kind, allowed=", ".join(ROLES_OF_KIND[kind])))
    if expires_at and expires_at <= now:
        problems.append(problem("expires_at", "in_the_past"))
    return problems


def key_fields(key: ApiKey) -> dict[str, Any]:
    """Return a key as its organization sees it afterwards, ready for JSON."""
    return {
        "id": str(key.id),
        "organization_id": str(key.organization_id),
        "label": key.label,
        "role": key.role,
        "prefix": key.prefix,
        "created_at": utc_text(key.created_at),
        "expires_at": key.expires_at and utc_text(key.expires_at),
        "last_used_at": key.last_used_at and utc_text(key.last_used_at),
    }
