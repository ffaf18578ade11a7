"""Cursors: what we wrote is read back, and nothing else."""

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.cursors import CursorSigner

SIGNER = CursorSigner(b"a secret of the registry")
POSITIONS = st.lists(st.text(max_size=20), min_size=1, max_size=3).map(tuple)


@given(st.text(max_size=20), POSITIONS)
def test_a_cursor_leads_back_to_its_position(scope: str, position: tuple[str, ...]) -> None:
    cursor = SIGNER.write(scope, position)
    assert SIGNER.read(scope, cursor, length=len(position)) == position


@given(POSITIONS)
def test_a_cursor_needs_no_escaping_in_an_address(position: tuple[str, ...]) -> None:
    assert SIGNER.write("factories", position).replace("-", "").replace("_", "").isalnum()


def test_a_cursor_of_another_list_is_not_ours() -> None:
    cursor = SIGNER.write("factories", ("a",))
    assert SIGNER.read("foundation_models", cursor, length=1) is None


def test_a_cursor_of_another_secret_is_not_ours() -> None:
    cursor = CursorSigner(b"another").write("factories", ("a",))
    assert SIGNER.read("factories", cursor, length=1) is None


def test_a_cursor_of_another_length_is_not_ours() -> None:
    cursor = SIGNER.write("factories", ("a", "b"))
    assert SIGNER.read("factories", cursor, length=1) is None


@given(st.text(max_size=60))
def test_no_text_whatever_is_taken_for_a_cursor(text: str) -> None:
    assert SIGNER.read("factories", text, length=1) is None


@pytest.mark.parametrize("payload", [b"", b"x", b"null", b'["a"]', b"\xff" * 40])
def test_bytes_without_our_signature_are_not_ours(payload: bytes) -> None:
    assert SIGNER.read("factories", urlsafe_b64encode(payload).decode(), length=1) is None


@given(st.integers(min_value=0, max_value=15), st.integers(min_value=1, max_value=255))
def test_a_cursor_with_a_changed_byte_is_not_ours(place: int, change: int) -> None:
    raw = bytearray(SIGNER._mac("factories", b'["a"]') + b'["a"]')
    raw[place] ^= change
    assert SIGNER.read("factories", urlsafe_b64encode(raw).decode(), length=1) is None
