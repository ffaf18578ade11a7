"""`ax-registry keys` and `organizations`: what an operator does at the machine."""

import json
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Call, Cli, Query
from tests.cli.test_serving import bearer

CREATE = ("keys", "create", "--organization", "가온정밀", "--role")


def keys_of(call: Call, cli: Cli, *options: str) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = call(cli, "keys", "list", *options, "--json").json["items"]
    return listed


def test_created_key_is_printed_alone_and_the_audit_names_the_command_line(cli: Cli, query: Query) -> None:
    key = cli.do(*CREATE, "company")
    assert key.startswith("axr_")
    assert len(key.splitlines()) == 1
    assert query("SELECT actor_kind, actor_label, action, record_type FROM audit_entry ORDER BY record_type") == [
        ("command_line", "ax-registry", "created", "api_key"),
        ("command_line", "ax-registry", "created", "organization"),
    ]


@pytest.mark.parametrize(
    ("role", "kind"),
    [("company", "company"), ("partner", "partner"), ("ministry", "ministry"), ("operator", "ministry")],
)
def test_new_organization_is_of_the_kind_the_role_asks_for(call: Call, cli: Cli, role: str, kind: str) -> None:
    made = call(cli, *CREATE, role, "--json").json
    listed = call(cli, "organizations", "list", "--json").json["items"]
    assert [(one["name"], one["kind"], one["id"]) for one in listed] == [("가온정밀", kind, made["organization_id"])]


def test_second_key_is_the_same_organizations(call: Call, cli: Cli) -> None:
    made = [call(cli, *CREATE, role, "--json").json["organization_id"] for role in ("ministry", "operator")]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((*CREATE, "minister"), 3, "role: Must be one of: company"),
        ((*CREATE, "partner", "--expires-at", "tomorrow"), 3, "expires_at: Must be an RFC 3339 instant"),
        ((*CREATE, "partner", "--expires-at", "2020-01-01T00:00:00Z"), 3, "expires_at: Must lie in the future"),
        (("keys", "create", "--organization", " ", "--role", "company"), 3, "name: Must not be empty"),
        (("keys", "create", "--role", "company"), 2, "Missing option '--organization'"),
        (("keys", "revoke", "nobodys0"), 4, "no key in place has the id or prefix 'nobodys0'"),
        (("organizations", "create", "--name", "가온정밀", "--kind", "bank"), 3, "kind: Must be one of"),
        (("organizations", "list", "--kind", "bank"), 2, "--kind must be one of"),
        (("nonsense",), 2, "No such command 'nonsense'"),
    ],
)
def test_refusal_is_one_line_with_the_remedy(
    call: Call, cli: Cli, arguments: tuple[str, ...], status: int, said: str
) -> None:
    assert said in call(cli, *arguments).refusal(status=status)


def test_role_that_does_not_fit_an_organization_there_is_changes_nothing(call: Call, cli: Cli) -> None:
    call(cli, *CREATE, "company")
    assert "does not fit an organization of kind company" in call(cli, *CREATE, "ministry").refusal(status=3)
    assert len(keys_of(call, cli)) == 1


def test_two_organizations_of_one_name_are_told_apart_by_a_person(call: Call, cli: Cli) -> None:
    ids = [
        call(cli, "organizations", "create", "--name", "가온정밀", "--kind", "company").out.strip() for _ in range(2)
    ]
    told = call(cli, *CREATE, "company").refusal(status=5)
    assert all(one in told for one in ids)


def test_revoked_key_is_refused_and_listed_only_when_asked_for(call: Call, cli: Cli) -> None:
    kept, revoked = (call(cli, *CREATE, "company").out.strip() for _ in range(2))
    with cli.serving() as serving:
        call(cli, "keys", "revoke", revoked[:12])
        answers = [httpx.get(f"{serving.url}/v1/me", headers=bearer(key)).status_code for key in (kept, revoked)]
    assert answers == [200, 401]
    assert [one["prefix"] for one in keys_of(call, cli)] == [kept[4:12]]
    shown = {one["prefix"]: one["revoked_at"] is not None for one in keys_of(call, cli, "--revoked")}
    assert shown == {kept[4:12]: False, revoked[4:12]: True}


def test_key_is_revoked_by_its_id_too(call: Call, cli: Cli) -> None:
    made = call(cli, *CREATE, "company", "--json").json
    assert call(cli, "keys", "revoke", made["id"], "--json").json["id"] == made["id"]


def test_lists_are_tables_for_people(call: Call, cli: Cli) -> None:
    call(cli, *CREATE, "company", "--label", "설비 연계")
    head, row = call(cli, "keys", "list").out.splitlines()
    assert head.split()[:4] == ["prefix", "role", "organization", "label"]
    assert "가온정밀" in row
    assert "설비 연계" in row
    assert call(cli, "keys", "list", "--organization", "다른 기관").out.split() == head.split()


def test_organization_is_found_by_part_of_its_name(call: Call, cli: Cli) -> None:
    for name in ("가온정밀", "한빛제철"):
        call(cli, "organizations", "create", "--name", name, "--kind", "company", "--contact-email", "ax@example.com")
    listed = json.loads(call(cli, "organizations", "list", "--q", "제철", "--json").out)["items"]
    assert [one["name"] for one in listed] == ["한빛제철"]


def test_command_migrates_the_embedded_database_by_itself(embedded: Cli) -> None:
    assert embedded.ask(*CREATE, "operator")["role"] == "operator"
    assert [one["role"] for one in embedded.ask("keys", "list")["items"]] == ["operator"]
    assert Path(embedded.settings["AX_DATA_DIR"]).exists()


def test_command_refuses_a_database_that_was_not_migrated(call: Call, empty_cli: Cli) -> None:
    assert "run `ax-registry migrate`" in call(empty_cli, "keys", "list").refusal(status=1)
    assert call(empty_cli, "migrate", "--json").json["revision"]
    assert keys_of(call, empty_cli) == []
