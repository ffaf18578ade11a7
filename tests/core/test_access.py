"""Who may do what: the table of roles, and which records and keys a caller reaches."""

from uuid import UUID

import pytest

from service.core.access import (
    ANONYMOUS,
    KIND_OF_ROLE,
    PERMISSIONS,
    ROLES_OF_KIND,
    Act,
    Caller,
    Permission,
    Role,
    may_manage_keys_of,
    permissions_of,
    require,
    require_identity,
    require_open_organization,
    sees_record,
    sees_whole,
)
from service.core.errors import Forbidden, NotAuthenticated, OrganizationClosed
from service.core.lifecycle import Status
from tests.core.builders import A_KEY, NOON, OURS, THEIRS, make_caller

ALL = set(Role)
SIGNED_IN = ALL - {Role.ANONYMOUS}
STAFF = {Role.MINISTRY, Role.OPERATOR}
MEMBERS = [Role.COMPANY, Role.PARTNER]


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        (Permission.READ_PROGRESS, ALL),
        (Permission.READ_CODE_LISTS, ALL),
        (Permission.READ_ME, SIGNED_IN),
        (Permission.READ_RECORDS, SIGNED_IN),
        (Permission.WRITE_RECORDS, SIGNED_IN),
        (Permission.READ_HISTORY, SIGNED_IN),
        (Permission.REVIEW, STAFF),
        (Permission.SET_TARGETS, STAFF),
        (Permission.READ_ALERTS, SIGNED_IN),
        (Permission.ACT_ON_ALERTS, STAFF),
        (Permission.READ_EVENTS, SIGNED_IN),
        (Permission.READ_AUDIT, STAFF),
        (Permission.READ_ORGANIZATIONS, SIGNED_IN),
        (Permission.PATCH_ORGANIZATIONS, SIGNED_IN),
        (Permission.CREATE_ORGANIZATIONS, STAFF),
        (Permission.MANAGE_KEYS, SIGNED_IN),
        (Permission.READ_WEBHOOKS, SIGNED_IN),
        (Permission.WRITE_WEBHOOKS, SIGNED_IN),
        (Permission.READ_METRICS, {Role.OPERATOR}),
    ],
)
def test_the_table_of_roles(permission: Permission, roles: set[Role]) -> None:
    assert PERMISSIONS[permission] == roles


def test_every_permission_has_its_row() -> None:
    assert set(PERMISSIONS) == set(Permission)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_whoever_may_passes_and_nobody_else(permission: Permission, role: Role) -> None:
    caller = make_caller(role)
    if role in PERMISSIONS[permission]:
        assert require(caller, permission) is None
    else:
        with pytest.raises(NotAuthenticated if role is Role.ANONYMOUS else Forbidden):
            require(caller, permission)


def test_a_forbidden_call_names_the_role() -> None:
    with pytest.raises(Forbidden) as refused:
        require(make_caller(Role.COMPANY), Permission.REVIEW)
    assert refused.value.detail.en == "The role company may not do this."


def test_who_is_nobody_must_say_who_they_are_first() -> None:
    with pytest.raises(NotAuthenticated):
        require_identity(ANONYMOUS, Permission.READ_RECORDS)


@pytest.mark.parametrize(
    ("caller", "permission"), [(ANONYMOUS, Permission.READ_PROGRESS), (make_caller(Role.COMPANY), Permission.REVIEW)]
)
def test_identity_is_asked_of_nobody_else(caller: Caller, permission: Permission) -> None:
    assert require_identity(caller, permission) is None


def test_a_closed_organization_does_not_write() -> None:
    assert require_open_organization(make_caller()) is None
    with pytest.raises(OrganizationClosed):
        require_open_organization(make_caller(organization_open=False))


@pytest.mark.parametrize("role", MEMBERS)
@pytest.mark.parametrize("status", Status)
def test_members_see_their_own_records_in_every_state(role: Role, status: Status) -> None:
    assert sees_record(make_caller(role), organization_id=OURS, status=status)


@pytest.mark.parametrize("role", MEMBERS)
@pytest.mark.parametrize("status", Status)
def test_members_see_the_verified_and_retired_records_of_others(role: Role, status: Status) -> None:
    seen = sees_record(make_caller(role), organization_id=THEIRS, status=status)
    assert seen is (status in {Status.VERIFIED, Status.RETIRED})


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize("status", Status)
def test_staff_see_every_record_whole(role: Role, status: Status) -> None:
    caller = make_caller(role)
    assert sees_record(caller, organization_id=THEIRS, status=status)
    assert sees_whole(caller, THEIRS)


@pytest.mark.parametrize("status", Status)
def test_nobody_in_particular_sees_no_record(status: Status) -> None:
    assert not sees_record(ANONYMOUS, organization_id=OURS, status=status)
    assert not sees_whole(ANONYMOUS, OURS)


@pytest.mark.parametrize("role", MEMBERS)
def test_members_see_their_own_records_whole_and_no_others(role: Role) -> None:
    caller = make_caller(role)
    assert (sees_whole(caller, OURS), sees_whole(caller, THEIRS)) == (True, False)


@pytest.mark.parametrize(
    ("role", "owner", "kind", "may"),
    [
        (Role.COMPANY, OURS, "company", True),
        (Role.COMPANY, THEIRS, "company", False),
        (Role.PARTNER, OURS, "partner", True),
        (Role.PARTNER, THEIRS, "company", False),
        (Role.MINISTRY, OURS, "ministry", True),
        (Role.MINISTRY, THEIRS, "company", True),
        (Role.MINISTRY, THEIRS, "partner", True),
        (Role.MINISTRY, THEIRS, "ministry", False),
        (Role.OPERATOR, THEIRS, "ministry", True),
        (Role.OPERATOR, THEIRS, "company", True),
    ],
)
def test_whose_keys_a_caller_manages(role: Role, owner: UUID, kind: str, *, may: bool) -> None:
    assert may_manage_keys_of(make_caller(role), organization_id=owner, kind=kind) is may


def test_nobody_in_particular_manages_no_keys() -> None:
    assert not may_manage_keys_of(ANONYMOUS, organization_id=OURS, kind="company")


def test_roles_fit_the_kind_of_organization() -> None:
    assert ROLES_OF_KIND == {
        "company": (Role.COMPANY,),
        "partner": (Role.PARTNER,),
        "ministry": (Role.MINISTRY, Role.OPERATOR),
    }
    assert {KIND_OF_ROLE[role] for role in STAFF} == {"ministry"}


def test_what_a_role_may_is_listed_in_order() -> None:
    assert permissions_of(ANONYMOUS) == ["code_lists:read", "progress:read"]
    assert permissions_of(Caller(role=Role.OPERATOR)) == sorted(permission.value for permission in Permission)


def test_closed_organization_may_only_read() -> None:
    may = permissions_of(Caller(role=Role.COMPANY, organization_open=False))
    assert "records:read" in may
    assert all(name.endswith(":read") for name in may)


@pytest.mark.parametrize(
    ("caller", "kind", "actor_id"),
    [
        (make_caller(), "api_key", str(A_KEY)),
        (ANONYMOUS, "anonymous", None),
        (Caller(role=Role.OPERATOR), "command_line", None),
    ],
)
def test_how_the_audit_names_the_caller(caller: Caller, kind: str, actor_id: str | None) -> None:
    assert (caller.kind, caller.actor_id) == (kind, actor_id)


@pytest.mark.parametrize("role", Role)
def test_an_operator_counts_as_ministry(role: Role) -> None:
    assert make_caller(role).is_staff is (role in STAFF)


def test_an_act_has_its_time_from_outside() -> None:
    act = Act(caller=make_caller(), now=NOON)
    assert (act.now, act.request_id) == (NOON, None)
