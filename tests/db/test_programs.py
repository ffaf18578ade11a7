"""How PostgreSQL's programs are told where to connect."""

import stat
from pathlib import Path

import pytest

from service.db.programs import connection_text, last_line


def test_password_stands_in_a_private_file_and_not_in_the_arguments() -> None:
    with connection_text("postgresql+asyncpg://me:s%3Aec%5Cret@db.example.com:6432/axreg?ssl=require") as text:
        parts = dict(part.split("=", 1) for part in text.split(" ") if "=" in part)
        file = Path(parts["passfile"].strip("'"))
        assert "s:ec" not in text
        assert file.read_text(encoding="utf-8") == "*:*:*:*:s\\:ec\\\\ret\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not file.exists()
    assert (parts["host"], parts["port"], parts["sslmode"]) == ("'db.example.com'", "'6432'", "'require'")


def test_socket_folder_and_awkward_names_are_quoted() -> None:
    with connection_text("postgresql+asyncpg://me@/it's?host=%2Frun%2Fa%20b&port=5432&sslmode=disable") as text:
        assert "host='/run/a b'" in text
        assert r"dbname='it\'s'" in text
        assert "sslmode='disable'" in text
        assert "passfile" not in text


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("pg_dump: last built-in OID\npg_dump: error: no such table\n", "no such table"),
        ("pg_dump: error: first\nsomething\npg_dump: error: last\npg_dump: detail: more\n", "last"),
        ("", "no reason given"),
    ],
)
def test_reason_is_the_last_error(said: str, line: str) -> None:
    assert last_line(said, beginning="pg_dump: error: ") == line
