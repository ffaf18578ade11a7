"""`ax-registry pace`: the targets as a table, and as JSON for machines."""

import json

from tests.cli.conftest import Cli


def test_table_shows_every_target_and_a_sentence_for_each(cli: Cli) -> None:
    ended = cli.run("pace", "--as-of", "2026-11-22", "--language", "en")
    assert ended.status == 0, ended.err
    lines = ended.out.splitlines()
    assert lines[0].split()[:4] == ["target", "pace", "since", "value"]
    assert [line.split()[0] for line in lines[1:4]] == ["factories-2026", "factories-2030", "models-2030"]
    assert ended.out.count("assum") == 3


def test_machines_get_what_the_api_answers(cli: Cli) -> None:
    ended = cli.run("pace", "--json")
    items = json.loads(ended.out)["items"]
    assert [item["goal"] for item in items] == [100, 500, 15]
    assert {"forecast", "pace", "since", "summary"} <= set(items[0])


def test_day_that_is_none_is_refused_in_one_line(cli: Cli) -> None:
    ended = cli.run("pace", "--as-of", "yesterday")
    assert ended.status == 2
    assert ended.err.count("\n") == 1
    assert "YYYY-MM-DD" in ended.err


def test_language_that_is_none_is_refused(cli: Cli) -> None:
    assert cli.run("pace", "--language", "fr").status == 2


def test_pace_is_judged_and_told_once(cli: Cli) -> None:
    first, again = (cli.run("pace", "evaluate", "--json") for _ in range(2))
    assert first.status == 0, first.err
    assert json.loads(first.out)["days_stored"] > 0
    assert json.loads(again.out) == {"days_stored": 0, "events": 0}
