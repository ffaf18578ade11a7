"""The registry's secret: the setting's, or made once and kept; never half of one."""

import threading
from pathlib import Path

import pytest

from service.bootstrap import derived_key, secret_key
from service.settings import BadSettingError, Settings


def test_secret_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    first = secret_key(settings)
    assert secret_key(settings) == first
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_first_starts_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(secret_key(Settings(data_dir=tmp_path)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("kept", ["", "short", "\n"])
def test_damaged_secret_stops_the_start(tmp_path: Path, kept: str) -> None:
    (tmp_path / "secret-key").write_text(kept)
    with pytest.raises(BadSettingError, match="secret-key is damaged"):
        secret_key(Settings(data_dir=tmp_path))


def test_database_of_ones_own_wants_a_secret_of_ones_own() -> None:
    with pytest.raises(BadSettingError, match="AX_SECRET_KEY"):
        secret_key(Settings(database_url="postgresql://db.example.com/x"))


def test_no_two_purposes_share_a_key() -> None:
    assert derived_key("s" * 32, "cursors") != derived_key("s" * 32, "webhooks")
