"""Repeated requests: the same Idempotency-Key means the same answer."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from service.core.access import Caller

KEPT_FOR = timedelta(hours=24)
KEY_LENGTH = 255


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """What a kept answer is found by (`scope`: caller, method, path and key) and the digest of the body it answered."""

    scope: bytes
    body_digest: bytes


def idempotency_key(caller: Caller, *, path: str, key: str, body: bytes) -> IdempotencyKey:
    """Return the scope and digest (SHA-256) of a POST with an Idempotency-Key."""
    scope = f"{caller.key_id}\n{caller.organization_id}\nPOST\n{path}\n{key}".encode()
    return IdempotencyKey(hashlib.sha256(scope).digest(), hashlib.sha256(body).digest())
