"""What people and machines see: tables, JSON, and a bar while it is long."""

import json
from datetime import UTC, datetime

import pytest

from service.cli.output import progress, tell, tell_rows

ROWS = [{"name": "가온정밀", "at": None, "number": 1, "hidden": "x"}]


def test_table_has_its_columns_and_no_null(capsys: pytest.CaptureFixture[str]) -> None:
    tell_rows(("name", "at", "number"), ROWS, as_json=False)
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["name", "at", "number"]
    assert row.split() == ["가온정밀", "1"]


def test_long_cells_are_not_folded_into_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    tell_rows(("name",), [{"name": "가" * 200}], as_json=False)
    assert "가" * 200 in capsys.readouterr().out


def test_markup_in_a_name_is_only_text(capsys: pytest.CaptureFixture[str]) -> None:
    tell_rows(("name",), [{"name": "[bold]가온[/bold] :smile:"}], as_json=False)
    assert "[bold]가온[/bold] :smile:" in capsys.readouterr().out


def test_machines_get_everything(capsys: pytest.CaptureFixture[str]) -> None:
    tell_rows(("name",), ROWS, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"items": ROWS}
    tell("Done.", {"at": datetime(2026, 11, 25, 3, tzinfo=UTC)}, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"at": "2026-11-25T03:00:00Z"}
    tell("Done.", {}, as_json=False)
    assert capsys.readouterr().out == "Done.\n"


def test_bar_is_shown_on_a_terminal_alone(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with progress("Backup", steps=2) as advance:
        advance("factory")
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress("Backup", steps=2) as advance:
        advance("factory")
        advance("organization")
    said = capsys.readouterr()
    assert said.out == ""
    assert "Backup" in said.err
