"""`ax-registry openapi`, `--version` and `--help`: they need no database."""

import json
from importlib.metadata import version
from pathlib import Path

from service.api.event_documents import event_files
from service.cli.documents import document
from tests.cli.conftest import Call, Cli

NOWHERE = Cli({"AX_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"})


def test_written_document_passes_the_check_and_a_change_fails_it(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    call(NOWHERE, "openapi", "--write", "--file", file)
    assert call(NOWHERE, "openapi", "--check", "--file", file, "--json").json["current"]
    file.write_text(file.read_text(encoding="utf-8").replace('"/v1/regions"', '"/v1/provinces"'), encoding="utf-8")
    assert "openapi --write" in call(NOWHERE, "openapi", "--check", "--file", file).refusal(status=1)


def test_schemas_and_samples_of_events_are_written_and_checked_beside_it(call: Call, tmp_path: Path) -> None:
    file, events = tmp_path / "openapi.json", tmp_path / "events"
    events.mkdir()
    (events / "factory.demolished.sample.json").write_text("{}", encoding="utf-8")
    call(NOWHERE, "openapi", "--write", "--file", file)
    written = sorted(place.name for place in events.iterdir())
    (events / written[0]).unlink()
    told = call(NOWHERE, "openapi", "--check", "--file", file).refusal(status=1)
    assert written == sorted(event_files())
    assert str(events / written[0]) in told


def test_check_fails_without_a_file(call: Call, tmp_path: Path) -> None:
    assert "is not what this version serves" in call(
        NOWHERE, "openapi", "--check", "--file", tmp_path / "none.json"
    ).refusal(status=1)


def test_document_is_sorted_and_the_same_each_time(call: Call) -> None:
    printed = call(NOWHERE, "openapi").out
    assert printed == json.dumps(json.loads(printed), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    assert printed.encode() == document()


def test_writing_and_checking_at_once_is_refused(call: Call) -> None:
    call(NOWHERE, "openapi", "--check", "--write").refusal(status=2)


def test_version_is_the_packages(call: Call) -> None:
    assert call(NOWHERE, "--version").out.strip() == version("ax-registry")


def test_no_command_shows_the_help(call: Call) -> None:
    shown = call(NOWHERE)
    assert shown.status == 0
    for name in ("serve", "migrate", "keys", "organizations", "regions", "backup", "restore", "openapi", "doctor"):
        assert f"  {name}" in shown.out
