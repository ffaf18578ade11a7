"""Signatures of webhooks: Standard Webhooks `v1`, HMAC-SHA256 over id, timestamp and the stored bytes.

Source: the Standard Webhooks specification; PRODUCT.md section 6, promise 1.
"""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence

SECRET_PREFIX = "whsec_"  # noqa: S105 - how every secret begins, not one of them
SECRET_BYTES = 32
"""How many random bytes a new secret is made of."""
FEWEST_SECRET_BYTES = 24
MOST_SECRET_BYTES = 64
ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"


class BadSecret(ValueError):
    """What should be a secret is none. The message says why, and never holds the secret."""


def secret_text(secret: bytes) -> str:
    """Return a secret as its owner is shown it, `whsec_` and base64.

    Raises:
        BadSecret: `secret` has less than 24 or more than 64 bytes.
    """
    return SECRET_PREFIX + b64encode(_measured(secret)).decode()


def secret_bytes(text: str) -> bytes:
    """Return the key that `secret_text` has shown.

    Raises:
        BadSecret: no `whsec_` in front, no padded base64 behind it, or not 24 to 64 bytes.
    """
    if not text.startswith(SECRET_PREFIX):
        raise BadSecret(f"a secret begins with {SECRET_PREFIX}")
    try:
        secret = b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        raise BadSecret(f"what follows {SECRET_PREFIX} is not base64") from None
    return _measured(secret)


def _measured(secret: bytes) -> bytes:
    if not FEWEST_SECRET_BYTES <= len(secret) <= MOST_SECRET_BYTES:
        raise BadSecret(f"a secret has {FEWEST_SECRET_BYTES} to {MOST_SECRET_BYTES} bytes, this one {len(secret)}")
    return secret


def sign(secrets: Sequence[bytes], event_id: str, timestamp: int, body: bytes) -> str:
    """Return one `v1` signature for each valid secret, the newest first, one space between them.

    `timestamp` is this attempt's, in whole Unix seconds. One space and nothing else: the Python reference library
    fails on any other separator.

    Raises:
        ValueError: there is no secret; what is unsigned must not be sent.
    """
    if not secrets:
        raise ValueError("no secret to sign with")
    signed = b"%b.%d.%b" % (event_id.encode(), timestamp, body)
    return " ".join([f"v1,{_digest(secret, signed)}" for secret in secrets])


def _digest(secret: bytes, signed: bytes) -> str:
    # `hmac.digest` is one call into C, several times quicker than an HMAC object; b2a_base64 likewise.
    return binascii.b2a_base64(hmac.digest(secret, signed, "sha256"), newline=False).decode()


def signed_headers(secrets: Sequence[bytes], event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers that Standard Webhooks asks for; arguments and errors are those of `sign`."""
    return {
        ID_HEADER: event_id,
        TIMESTAMP_HEADER: str(timestamp),
        SIGNATURE_HEADER: sign(secrets, event_id, timestamp, body),
    }
