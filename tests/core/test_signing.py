"""Signatures, held to the official vectors and to the unmodified reference library."""

import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from service.clock import utc_now
from service.core.signing import (
    SIGNATURE_HEADER,
    BadSecret,
    secret_bytes,
    secret_text,
    sign,
    signed_headers,
)

EVENT_ID = "evt_019ac2f3a1b07c3d8e4f5a6b7c8d9e0f"
OLD = bytes(range(32))
NEW = bytes(range(100, 132))
BODY = '{"type":"factory.verified","data":{"name":"가나정밀 창원공장 😀"}}'.encode()


def now() -> int:
    return int(utc_now().timestamp())


def verify(body: bytes, headers: dict[str, str], *, secret: bytes = OLD) -> object:
    return Webhook(secret_text(secret)).verify(body, headers)


def test_official_vector_of_the_specification() -> None:
    secret = secret_bytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_reference_library_takes_a_korean_payload() -> None:
    assert verify(BODY, signed_headers([OLD], EVENT_ID, now(), BODY)) == {
        "type": "factory.verified",
        "data": {"name": "가나정밀 창원공장 😀"},
    }


@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
    secret=st.binary(min_size=24, max_size=64),
)
def test_reference_library_takes_whatever_is_signed(text: str, secret: bytes) -> None:
    body = text.encode()
    headers = signed_headers([secret], EVENT_ID, now(), body)
    assert Webhook(secret_text(secret)).verify(body, headers, json_parse=False) is None
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_text(secret)).verify(body + b"!", headers, json_parse=False)


@pytest.mark.parametrize("held", [OLD, NEW], ids=["old", "new"])
def test_during_rotation_receivers_of_both_secrets_verify(held: bytes) -> None:
    headers = signed_headers([NEW, OLD], EVENT_ID, now(), BODY)
    assert verify(BODY, headers, secret=held)


def test_two_signatures_stand_one_space_apart_and_the_newest_first() -> None:
    alone = [sign([secret], EVENT_ID, 1, BODY) for secret in (NEW, OLD)]
    assert sign([NEW, OLD], EVENT_ID, 1, BODY) == " ".join(alone)


def test_after_rotation_the_old_secret_verifies_nothing() -> None:
    with pytest.raises(WebhookVerificationError):
        verify(BODY, signed_headers([NEW], EVENT_ID, now(), BODY), secret=OLD)


@pytest.mark.parametrize("seconds", [-290, 290])
def test_within_five_minutes_a_signature_is_fresh(seconds: int) -> None:
    assert verify(BODY, signed_headers([OLD], EVENT_ID, now() + seconds, BODY))


@pytest.mark.parametrize("seconds", [-310, 310])
def test_beyond_five_minutes_a_signature_is_stale(seconds: int) -> None:
    with pytest.raises(WebhookVerificationError, match="timestamp too"):
        verify(BODY, signed_headers([OLD], EVENT_ID, now() + seconds, BODY))


def test_another_attempt_has_the_same_id_and_another_signature() -> None:
    moment = utc_now()
    first, second = (
        signed_headers([OLD], EVENT_ID, int(at.timestamp()), BODY) for at in (moment, moment + timedelta(hours=2))
    )
    assert first["webhook-id"] == second["webhook-id"]
    assert first[SIGNATURE_HEADER] != second[SIGNATURE_HEADER]


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "evt_another"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v1a,AAAA"},
    ],
    ids=str,
)
def test_what_was_changed_on_the_way_is_not_verified(changed: dict[str, str]) -> None:
    headers = signed_headers([OLD], EVENT_ID, now(), BODY)
    with pytest.raises(WebhookVerificationError):
        verify(BODY, {**headers, **changed})


def test_nothing_is_sent_unsigned() -> None:
    with pytest.raises(ValueError, match="no secret"):
        sign([], EVENT_ID, 1, BODY)


@given(secret=st.binary(min_size=24, max_size=64))
def test_a_secret_is_read_as_it_was_shown(secret: bytes) -> None:
    assert secret_bytes(secret_text(secret)) == secret


@pytest.mark.parametrize("length", [0, 23, 65])
def test_a_secret_of_another_length_is_refused_both_ways(length: int) -> None:
    secret = bytes(length)
    with pytest.raises(BadSecret, match="24 to 64 bytes"):
        secret_text(secret)
    with pytest.raises(BadSecret, match="24 to 64 bytes"):
        secret_bytes(f"whsec_{base64.b64encode(secret).decode()}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "begins with whsec_"),
        (base64.b64encode(OLD).decode(), "begins with whsec_"),
        ("WHSEC_" + base64.b64encode(OLD).decode(), "begins with whsec_"),
        ("whsec_" + base64.b64encode(OLD).decode().rstrip("="), "not base64"),
        ("whsec_" + base64.b64encode(OLD).decode() + "\n", "not base64"),
        ("whsec_비밀", "not base64"),
    ],
)
def test_what_is_no_secret_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(BadSecret, match=reason):
        secret_bytes(text)


def test_a_refused_secret_is_not_told() -> None:
    private = "whsec_" + "a" * 100
    with pytest.raises(BadSecret) as refused:
        secret_bytes(private)
    assert "aaa" not in str(refused.value)
