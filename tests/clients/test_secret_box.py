"""Secrets at rest: encrypted, and readable under the registry's own key alone."""

import pytest

from service.bootstrap import derived_key
from service.clients.secret_box import SecretBox, UnreadableSecretError

SECRET = bytes(range(32))


def make_box(key: str = "k" * 32) -> SecretBox:
    return SecretBox(derived_key(key, "webhook secrets"))


def test_secret_comes_back_as_it_was() -> None:
    assert make_box().open(make_box().lock(SECRET)) == SECRET


def test_ciphertext_holds_nothing_of_the_secret_and_is_never_the_same_twice() -> None:
    box = make_box()
    first, second = box.lock(SECRET), box.lock(SECRET)
    assert first != second
    assert SECRET[:8] not in first


@pytest.mark.parametrize("ciphertext", [make_box("other" * 8).lock(SECRET), b"", b"\xff", make_box().lock(SECRET)[:-4]])
def test_what_is_not_ours_is_refused_without_telling_anything_of_it(ciphertext: bytes) -> None:
    with pytest.raises(UnreadableSecretError, match="AX_SECRET_KEY"):
        make_box().open(ciphertext)


def test_box_does_not_tell_its_key() -> None:
    assert repr(make_box()) == str(make_box()) == "SecretBox()"
