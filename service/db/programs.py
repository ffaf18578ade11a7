"""PostgreSQL's own programs: which ones fit, how they are told where to connect, and what they say when they fail."""

import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url

_VERSION: Final = re.compile(r"\(PostgreSQL\) (\d+)")
_PASSED_ON: Final = ("sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs")
"""Parameters of a URL that mean the same to libpq."""


class ProgramFailed(Exception):
    """A program is missing, does not fit, or failed; the message is one line."""


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder with pg_dump, pg_restore and psql, all of this major version."""

    folder: Path
    major: int


def find_programs(folders: Sequence[Path], *, at_least: int) -> list[Programs]:
    """Return, in the order given, the programs of version `at_least` or newer: pg_dump refuses a newer server.

    Raises:
        ProgramFailed: there are none.
    """
    found = [programs for folder in folders if (programs := _examine(folder))]
    fitting = [programs for programs in found if programs.major >= at_least]
    if fitting:
        return fitting
    seen = ", ".join(f"{programs.folder} ({programs.major})" for programs in found) or "none"
    message = (
        f"the server is PostgreSQL {at_least}, and pg_dump, pg_restore and psql must be as new; found: {seen}; "
        f"install postgresql-client-{at_least} or set AX_POSTGRES_BIN"
    )
    raise ProgramFailed(message)


@contextmanager
def connection_text(url: str) -> Iterator[str]:
    """Give libpq's spelling of a SQLAlchemy URL; a password stands in a file of its own, where `ps` doesn't show it."""
    parts = make_url(url)
    given = {name: str(value) for name, value in parts.query.items()}
    wanted: dict[str, object] = {
        "host": given.get("host") or parts.host,
        "port": given.get("port") or parts.port,
        "user": parts.username,
        "dbname": parts.database,
        "sslmode": _ssl_mode(given.get("ssl")),
        "application_name": "ax-registry backup",
        **{name: given[name] for name in _PASSED_ON if name in given},
    }
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="axreg-") as file:  # 0600
        if parts.password:
            file.write(_password_line(parts))
            file.flush()
            wanted["passfile"] = file.name
        yield " ".join(f"{name}={_quoted(value)}" for name, value in wanted.items() if value)


def last_line(said: str, *, beginning: str) -> str:
    """Return what a program said went wrong: its last line about an error, without its own name."""
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line.lower()]
    line = (errors or lines or ["no reason given"])[-1]
    return line.removeprefix(beginning).strip()


def _examine(folder: Path) -> Programs | None:
    try:
        majors = {_major(folder / name) for name in ("pg_dump", "pg_restore", "psql")}
    except OSError:
        return None
    return Programs(folder, min(majors)) if all(majors) else None


def _major(program: Path) -> int:
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - found by us
    match = _VERSION.search(shown.stdout)
    return int(match[1]) if match else 0


def _ssl_mode(ssl: str | None) -> str | None:
    return {"true": "require", "True": "require", "false": "disable"}.get(ssl, ssl) if ssl else None


def _password_line(parts: URL) -> str:
    password = str(parts.password).replace("\\", r"\\").replace(":", r"\:")
    return f"*:*:*:*:{password}\n"


def _quoted(value: object) -> str:
    text = str(value).replace("\\", r"\\").replace("'", r"\'")
    return f"'{text}'"
