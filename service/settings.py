"""Every setting of the service, read once from the environment (prefix `AX_`)."""

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "AX_"
DATABASE_SCHEME = "postgresql+asyncpg://"
# A comma may stand inside such a URL (mailto://…?to=a,b): it separates only where the next one begins.
_BETWEEN_URLS = re.compile(r"[\s,]*\s[\s,]*|,+(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


class BadSettingError(Exception):
    """A setting can't be used; the message is one line that names it."""


class Settings(BaseSettings):
    """The settings; `docs/settings.md` has them in one table."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    database_url: str | None = Field(None, description="PostgreSQL 15+ to use; empty: the embedded one")
    database_migration_url: str | None = Field(None, description="the same database as its owner, for `migrate`")
    data_dir: Path = Field(Path(".ax-registry"), description="where the embedded PostgreSQL and the key are kept")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0: any free one")
    secret_key: str | None = Field(None, min_length=32, description="signs cursors and encrypts secrets at rest")
    demo: bool | None = Field(
        None, description="load the demo register on first start; 1 on the embedded database, else 0"
    )
    public_progress: bool = Field(True, description="progress, targets and code lists without a key")
    rate_limit: str = Field("6000/minute,3000/minute", description="requests per key, and per anonymous address")
    webhook_allow_http: bool = Field(False, description="let webhook endpoints have http URLs, for development")
    webhook_allow_networks: str | None = Field(
        None, description="networks (CIDR, commas between) that webhooks may reach though they aren't public"
    )
    notify_urls: str | None = Field(None, description="Apprise URLs of people's channels, told of alerts")
    metrics_token: str | None = Field(None, min_length=16, description="bearer token that may read /metrics")
    log_format: Literal["json", "text"] = Field("json", description="how log lines are written")
    sse_max: int = Field(500, ge=0, le=100_000, description="open event streams per process; the next gets 503")
    postgres_bin: Path | None = Field(
        None, description="folder of PostgreSQL's programs, for the embedded server and backups"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _empty_means_unset(cls, value: Any, info: Any) -> Any:
        """Take `AX_NAME=` as if it were not there, as container files write it."""
        return cls.model_fields[info.field_name].default if value == "" else value

    @field_validator("database_url", "database_migration_url")
    @classmethod
    def _asyncpg(cls, value: str | None) -> str | None:
        """Take the usual spellings of a PostgreSQL URL, all meaning the one driver there is."""
        if value is None:
            return None
        rest = re.sub(r"^postgres(ql)?(\+asyncpg)?://", "", value)
        if rest == value:
            raise ValueError("must begin with postgresql://")
        return DATABASE_SCHEME + rest

    @field_validator("rate_limit")
    @classmethod
    def _two_limits(cls, value: str) -> str:
        if not re.fullmatch(r"[1-9]\d{0,8}/(second|minute|hour),[1-9]\d{0,8}/(second|minute|hour)", value):
            raise ValueError("must read like 6000/minute,3000/minute")
        return value

    @field_validator("webhook_allow_networks")
    @classmethod
    def _networks(cls, value: str | None) -> str | None:
        for text in _split_commas(value):
            try:
                ip_network(text)
            except ValueError as error:
                raise ValueError(f"must read like 127.0.0.0/8,::1/128; {error}") from None
        return value

    @field_validator("notify_urls")
    @classmethod
    def _channels(cls, value: str | None) -> str | None:
        # They hold passwords and tokens: a refusal says which one it is by its place.
        for place, url in enumerate(_split_urls(value), start=1):
            if not _URL.fullmatch(url):
                raise ValueError(f"entry {place} is no URL, such as mailto://user:password@example.com")
        return value

    @property
    def webhook_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return the networks that webhooks may reach though they aren't public."""
        return tuple(ip_network(text) for text in _split_commas(self.webhook_allow_networks))

    @property
    def notify_channels(self) -> tuple[str, ...]:
        """Return the Apprise URLs of the channels to people. They hold secrets: none belongs in a log."""
        return tuple(_split_urls(self.notify_urls))

    @property
    def loads_demo(self) -> bool:
        """Tell whether a first start loads the demo register."""
        return self.is_embedded if self.demo is None else self.demo

    @property
    def is_embedded(self) -> bool:
        """Tell whether the registry brings its own PostgreSQL."""
        return self.database_url is None


def _split_commas(value: str | None) -> list[str]:
    return [text for part in (value or "").split(",") if (text := part.strip())]


def _split_urls(value: str | None) -> list[str]:
    return [url for url in _BETWEEN_URLS.split((value or "").strip(" \t\r\n,")) if url]


def read_settings(**given: Any) -> Settings:
    """Read the settings from the environment; arguments win over it.

    Raises:
        BadSettingError: one line that names the first bad setting and what would be right.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = f"{PREFIX}{str(first['loc'][0]).upper()}"
        message = first["msg"].removeprefix("Value error, ")
        raise BadSettingError(f"{name} can't be used: {message}") from None


def unknown_names() -> list[str]:
    """Return the environment's names with our prefix that are no settings, such as a misspelt one."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    return sorted(
        name
        for name in os.environ  # noqa: TID251 - this is the one place
        if name.upper().startswith(PREFIX) and name.upper() not in known
    )
