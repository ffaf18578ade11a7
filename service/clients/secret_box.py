"""Secrets at rest: what partners' webhooks are signed with stands in the database only encrypted.

Fernet (AES-128-CBC with HMAC-SHA256) under a key derived from the registry's secret: whoever reads a backup without
it can sign nothing.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class UnreadableSecretError(Exception):
    """A secret was encrypted under another key, or its ciphertext was touched."""


@dataclass(frozen=True)
class SecretBox:
    """Encrypts and decrypts secrets. `key`: 32 bytes; every process of a registry has the same."""

    key: bytes

    def __repr__(self) -> str:
        """Return a text without the key: objects end up in logs."""
        return "SecretBox()"

    def lock(self, secret: bytes) -> bytes:
        """Return a secret encrypted; the same one is never encrypted alike twice."""
        return self._fernet.encrypt(secret)

    def open(self, ciphertext: bytes) -> bytes:
        """Return the secret that `lock` has encrypted.

        Raises:
            UnreadableSecretError: not under this key.
        """
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - late, as below

        try:
            return self._fernet.decrypt(ciphertext)
        except InvalidToken:
            raise UnreadableSecretError("encrypted under another AX_SECRET_KEY") from None

    @cached_property
    def _fernet(self) -> "Fernet":
        from cryptography.fernet import Fernet  # noqa: PLC0415 - late: most processes never sign or make a secret

        return Fernet(urlsafe_b64encode(self.key))
