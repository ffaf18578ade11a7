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
        ("webhook_allow_http", "perhaps"),
        ("webhook_allow_networks", "localhost"),
        ("webhook_allow_networks", "10.0.0.0/8,10.1.2.3/8"),
        ("webhook_allow_networks", "10.0.0.0/33"),
        ("webhook_allow_networks", "10.0.0.0/8 ::1/128"),
        ("notify_urls", "someone@example.com"),
        ("notify_urls", "mailto://user:word@example.com slack"),
        ("sse_max", -1),
        ("sse_max", "many"),
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


def test_opened_networks_are_read_one_by_one() -> None:
    settings = read_settings(webhook_allow_networks=" 127.0.0.0/8, ::1 ,10.20.0.0/16,")
    assert [str(network) for network in settings.webhook_networks] == ["127.0.0.0/8", "::1/128", "10.20.0.0/16"]


def test_nothing_is_opened_and_nobody_notified_unless_it_is_said() -> None:
    settings = read_settings()
    assert not settings.webhook_allow_http
    assert settings.webhook_networks == ()
    assert settings.notify_channels == ()


@pytest.mark.parametrize("between", [",", " ", ", ", " ,", "\n", ",\r\n\t", "  ", ",,"])
def test_channels_stand_commas_or_white_space_apart(between: str) -> None:
    urls = ("mailto://user:word@example.com?to=a@example.com,b@example.com", "slack://A/B/C")
    assert read_settings(notify_urls=f" {between.join(urls)},").notify_channels == urls


def test_secret_of_a_channel_is_not_told_when_another_is_refused() -> None:
    with pytest.raises(BadSettingError, match="entry 2 is no URL") as refused:
        read_settings(notify_urls="mailto://user:private@example.com private")
    assert "private" not in str(refused.value)


def test_misspelt_name_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AX_DATABSE_URL", "postgresql://db.example.com/axreg")
    monkeypatch.setenv("AX_PORT", "8000")
    assert unknown_names() == ["AX_DATABSE_URL"]
