"""How failures are told: one line, a status, and nothing that is nobody's business."""

import subprocess

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from service.cli.failures import CommandFailed, explain
from service.core.api_keys import key_text
from service.core.errors import Invalid, NotFound, OrganizationClosed, Unavailable
from service.core.fields import problem
from service.db.migrating import MigrationRefused
from service.embedded import EmbeddedError
from service.settings import BadSettingError
from tests.cli.conftest import COMMAND, Call, Cli


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (CommandFailed("no", status=5), 5, "no"),
        (BadSettingError("AX_PORT can't be used"), 2, "AX_PORT can't be used"),
        (EmbeddedError("no programs"), 1, "no programs"),
        (MigrationRefused("too old"), 1, "too old"),
        (Invalid([problem("name", "empty"), problem("kind", "required")]), 3, "name: Must not be empty.; kind: "),
        (NotFound(), 4, "There is no such resource"),
        (OrganizationClosed(), 5, "A closed organization can't write."),
        (Unavailable(), 6, "The database can't be reached"),
        (ConnectionRefusedError(111, "Connection refused"), 6, "the database can't be reached"),
        (asyncpg.InvalidPasswordError("password authentication failed"), 6, "password authentication failed"),
        (asyncpg.InsufficientPrivilegeError("permission denied for table region"), 1, "the database refused: "),
        (PermissionError(13, "Permission denied", "/srv/register.dump"), 1, "/srv/register.dump: Permission denied"),
        (OSError("disk"), 1, "disk"),
        (KeyError("x"), 1, "unexpected KeyError at ?; please report it"),
    ],
)
def test_error_is_told_with_its_status(error: Exception, status: int, said: str) -> None:
    failure = explain(error)
    assert failure.status == status
    assert failure.line.startswith(said) or said in failure.line


def test_several_lines_become_one() -> None:
    assert explain(EmbeddedError("PostgreSQL did not start:\n  no space left\n")).line == (
        "PostgreSQL did not start: no space left"
    )


def test_drivers_error_is_told_without_statement_and_values() -> None:
    driver = asyncpg.UndefinedTableError('relation "region" does not exist')
    wrapped = DBAPIError("SELECT * FROM region WHERE name = 'private'", ("private",), Exception("…"))
    assert wrapped.orig is not None
    wrapped.orig.__cause__ = driver
    assert explain(wrapped).line == 'the database refused: relation "region" does not exist'


def test_keys_and_addresses_are_masked() -> None:
    line = explain(CommandFailed(f"{key_text('x' * 43)} of contact.person@example.com")).line
    assert line == "axr_[redacted] of [e-mail]"


def test_bug_is_told_by_its_place() -> None:
    def wrong() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        wrong()
    assert "test_failures.py" in explain(caught.value).line


def test_interrupt_is_no_failure_to_report(monkeypatch: pytest.MonkeyPatch, call: Call) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("service.cli.main.app", interrupted)
    assert call(Cli({}), "anything").refusal(status=130) == "error: stopped\n"


def test_reader_that_leaves_is_no_error_to_tell() -> None:
    with subprocess.Popen([COMMAND, "openapi"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (1, b"")
