"""What a repeated request is known by: caller, method, path and key; and whether its body is the same."""

from uuid import UUID

import pytest

from service.core.access import Caller, Role
from service.core.idempotency import IdempotencyKey, idempotency_key
from tests.core.builders import THEIRS, make_caller


def make_key(
    caller: Caller | None = None, *, path: str = "/v1/factories", key: str = "k-1", body: bytes = b"{}"
) -> IdempotencyKey:
    return idempotency_key(caller or make_caller(), path=path, key=key, body=body)


def test_the_same_request_has_the_same_scope_and_digest() -> None:
    assert make_key() == make_key()


@pytest.mark.parametrize(
    "other",
    [
        make_key(make_caller(key_id=UUID(int=99))),
        make_key(make_caller(organization_id=THEIRS)),
        make_key(Caller(role=Role.OPERATOR)),
        make_key(path="/v1/foundation-models"),
        make_key(key="k-2"),
    ],
    ids=["key of the caller", "organization", "no key", "path", "idempotency key"],
)
def test_another_caller_path_or_key_is_another_scope(other: IdempotencyKey) -> None:
    assert other.scope != make_key().scope


def test_another_body_is_the_same_scope_with_another_digest() -> None:
    first, second = make_key(), make_key(body=b'{"name": "x"}')
    assert first.scope == second.scope
    assert first.body_digest != second.body_digest
