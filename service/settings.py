"""Every setting of the service, read once from the environment (prefix `AX_`)."""

import os
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "AX_"
DATABASE_SCHEME = "postgresql+asyncpg://"


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
    metrics_token: str | None = Field(None, min_length=16, description="bearer token that may read /metrics")
    log_format: Literal["json", "text"] = Field("json", description="how log lines are written")
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

    @property
    def loads_demo(self) -> bool:
        """Tell whether a first start loads the demo register."""
        return self.is_embedded if self.demo is None else self.demo

    @property
    def is_embedded(self) -> bool:
        """Tell whether the registry brings its own PostgreSQL."""
        return self.database_url is None


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
