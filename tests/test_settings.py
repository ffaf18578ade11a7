"""The settings: how they are read, and that their table in the documents is theirs."""

import re
from pathlib import Path

import pytest

from service.settings import BadSettingError, Settings, read_settings, unknown_names

TABLE = Path(__file__).parents[1] / "docs" / "settings.md"
ROW = re.compile(r"^\| `(AX_\w+)` \| (?:`(.*?)`)? ?\| (.*) \|$", re.MULTILINE)


def shown(default: object) -> str:
    if default is None:
        return ""
    return str(int(default)) if isinstance(default, bool) else str(default)


def test_table_of_the_documents_is_that_of_the_code() -> None:
    rows = ROW.findall(TABLE.read_text(encoding="utf-8"))
    fields = Settings.model_fields.items()
    assert rows == [(f"AX_{name.upper()}", shown(field.default), field.description) for name, field in fields]


def test_environment_is_read_and_empty_means_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AX_PORT", "9000")
    monkeypatch.setenv("AX_HOST", "")
    settings = read_settings()
    assert (settings.port, settings.host) == (9000, "127.0.0.1")


@pytest.mark.parametrize("spelling", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_usual_spelling_means_the_one_driver(spelling: str) -> None:
    settings = read_settings(database_url=f"{spelling}://me@db.example.com/axreg")
    assert settings.database_url == "postgresql+asyncpg://me@db.example.com/axreg"
    assert not settings.is_embedded


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 65536),
        ("port", "http"),
        ("database_url", "mysql://db.example.com/axreg"),
        ("secret_key", "short"),
        ("metrics_token", "short"),
        ("public_progress", "perhaps"),
        ("rate_limit", "6000"),
        ("rate_limit", "0/minute,1/minute"),
        ("rate_limit", "1/day,1/day"),
        ("log_format", "xml"),
    ],
)
def test_bad_setting_is_named_in_one_line(name: str, value: object) -> None:
    with pytest.raises(BadSettingError) as refused:
        read_settings(**{name: value})
    assert str(refused.value).startswith(f"AX_{name.upper()} can't be used: ")
    assert "\n" not in str(refused.value)


def test_secret_is_not_told_when_it_is_refused() -> None:
    private = "too-short-to-be-one"
    with pytest.raises(BadSettingError) as refused:
        read_settings(secret_key=private)
    assert private not in str(refused.value)


def test_misspelt_name_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AX_DATABSE_URL", "postgresql://db.example.com/axreg")
    monkeypatch.setenv("AX_PORT", "8000")
    assert unknown_names() == ["AX_DATABSE_URL"]
