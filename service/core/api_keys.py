"""API keys: what they look like, and what is kept of them. Source: PRODUCT.md section 7."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

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
