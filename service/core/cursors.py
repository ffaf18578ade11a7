"""Cursors: where a page of a list ended, signed so that only ours are taken back."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

_MAC_BYTES = 12


@dataclass(frozen=True, slots=True)
class CursorSigner:
    """Writes and reads cursors. `key` is a secret of the registry; every process of it has the same."""

    key: bytes

    def write(self, scope: str, position: tuple[str, ...]) -> str:
        """Return the cursor of `position` (the sort values of a page's last row) in the list named `scope`."""
        payload = json.dumps(position, ensure_ascii=False, separators=(",", ":")).encode()
        return _text(self._mac(scope, payload) + payload)

    def read(self, scope: str, cursor: str, *, length: int) -> tuple[str, ...] | None:
        """Return the position, `length` values, or None if the cursor is not ours or of another list."""
        try:
            raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except ValueError:
            return None
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        # Decoding skips strange characters and loose bits; a cursor that was touched is none of ours all the same.
        if _text(raw) != cursor or not hmac.compare_digest(mac, self._mac(scope, payload)):
            return None
        position = tuple(json.loads(payload))
        return position if len(position) == length else None

    def _mac(self, scope: str, payload: bytes) -> bytes:
        return hmac.digest(self.key, b"cursor\n" + scope.encode() + b"\n" + payload, hashlib.sha256)[:_MAC_BYTES]


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
