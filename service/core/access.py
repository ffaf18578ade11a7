"""Who may do what: the roles, the table of permissions, and which records a caller sees.

Source: PRODUCT.md section 7, the table under "Callers".
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.core.errors import Forbidden, NotAuthenticated, OrganizationClosed


class Role(StrEnum):
    """What a caller is. An operator counts as ministry wherever records are concerned."""

    ANONYMOUS = "anonymous"
    COMPANY = "company"
    PARTNER = "partner"
    MINISTRY = "ministry"
    OPERATOR = "operator"


class Permission(StrEnum):
    """One right, named as `GET /v1/me` lists it under `may`."""

    READ_PROGRESS = "progress:read"
    READ_CODE_LISTS = "code_lists:read"
    READ_ME = "me:read"
    READ_RECORDS = "records:read"
    WRITE_RECORDS = "records:write"
    READ_HISTORY = "history:read"
    REVIEW = "records:review"
    SET_TARGETS = "targets:write"
    READ_ALERTS = "alerts:read"
    ACT_ON_ALERTS = "alerts:write"
    READ_EVENTS = "events:read"
    READ_AUDIT = "audit:read"
    READ_ORGANIZATIONS = "organizations:read"
    PATCH_ORGANIZATIONS = "organizations:patch"
    CREATE_ORGANIZATIONS = "organizations:create"
    MANAGE_KEYS = "keys:manage"
    READ_WEBHOOKS = "webhooks:read"
    WRITE_WEBHOOKS = "webhooks:write"
    READ_METRICS = "metrics:read"


_EVERYONE = frozenset(Role)
_SIGNED_IN = _EVERYONE - {Role.ANONYMOUS}
_STAFF = frozenset({Role.MINISTRY, Role.OPERATOR})

PERMISSIONS: dict[Permission, frozenset[Role]] = {
    Permission.READ_PROGRESS: _EVERYONE,
    Permission.READ_CODE_LISTS: _EVERYONE,
    Permission.READ_ME: _SIGNED_IN,
    Permission.READ_RECORDS: _SIGNED_IN,
    Permission.WRITE_RECORDS: _SIGNED_IN,
    Permission.READ_HISTORY: _SIGNED_IN,
    Permission.REVIEW: _STAFF,
    Permission.SET_TARGETS: _STAFF,
    Permission.READ_ALERTS: _SIGNED_IN,
    Permission.ACT_ON_ALERTS: _STAFF,
    Permission.READ_EVENTS: _SIGNED_IN,
    Permission.READ_AUDIT: _STAFF,
    Permission.READ_ORGANIZATIONS: _SIGNED_IN,
    Permission.PATCH_ORGANIZATIONS: _SIGNED_IN,
    Permission.CREATE_ORGANIZATIONS: _STAFF,
    Permission.MANAGE_KEYS: _SIGNED_IN,
    Permission.READ_WEBHOOKS: _SIGNED_IN,
    Permission.WRITE_WEBHOOKS: _SIGNED_IN,
    Permission.READ_METRICS: frozenset({Role.OPERATOR}),
}

ROLES_OF_KIND = {
    "company": (Role.COMPANY,),
    "partner": (Role.PARTNER,),
    "ministry": (Role.MINISTRY, Role.OPERATOR),
}
KIND_OF_ROLE = {role: kind for kind, roles in ROLES_OF_KIND.items() for role in roles}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: an organization's key, the operator at the command line, or nobody in particular."""

    role: Role
    organization_id: UUID | None = None
    key_id: UUID | None = None
    label: str = ""
    organization_open: bool = True
    is_worker: bool = False

    @property
    def is_staff(self) -> bool:
        """Tell whether the caller is the ministry or an operator."""
        return self.role in _STAFF

    @property
    def kind(self) -> str:
        """Return how the audit names the kind of actor."""
        if self.is_worker:
            return "worker"
        return "api_key" if self.key_id else "anonymous" if self.role is Role.ANONYMOUS else "command_line"

    @property
    def actor_id(self) -> str | None:
        """Return the id the audit keeps of the actor."""
        return str(self.key_id) if self.key_id else None

    def owns(self, organization_id: UUID) -> bool:
        """Tell whether a record of this organization is the caller's own."""
        return self.organization_id == organization_id


ANONYMOUS = Caller(role=Role.ANONYMOUS)
WORKER = Caller(role=Role.OPERATOR, label="worker", is_worker=True)
"""Who acts when nobody asked: the worker, of itself."""
PUBLIC_STATUSES = frozenset({"verified", "retired"})


def require(caller: Caller, permission: Permission) -> None:
    """Let the caller pass, or raise `NotAuthenticated` (anonymous) or `Forbidden` (the wrong role)."""
    if caller.role in PERMISSIONS[permission]:
        return
    if caller.role is Role.ANONYMOUS:
        raise NotAuthenticated
    raise Forbidden(role=caller.role.value)


def require_identity(caller: Caller, permission: Permission) -> None:
    """Refuse only those who must first say who they are: 401 comes before 404, and 403 after it."""
    if caller.role is Role.ANONYMOUS and Role.ANONYMOUS not in PERMISSIONS[permission]:
        raise NotAuthenticated


def require_open_organization(caller: Caller) -> None:
    """Refuse writes of a closed organization's keys."""
    if not caller.organization_open:
        raise OrganizationClosed


def sees_record(caller: Caller, *, organization_id: UUID, status: str) -> bool:
    """Tell whether a factory or foundation model exists for this caller at all."""
    if caller.is_staff or caller.owns(organization_id):
        return True
    return caller.role is not Role.ANONYMOUS and status in PUBLIC_STATUSES


def sees_whole(caller: Caller, organization_id: UUID) -> bool:
    """Tell whether the caller sees a record's private fields too."""
    return caller.is_staff or caller.owns(organization_id)


def may_manage_keys_of(caller: Caller, *, organization_id: UUID, kind: str) -> bool:
    """Tell whether the caller manages the keys of this organization (company and partner: their own)."""
    if caller.role is Role.OPERATOR or caller.owns(organization_id):
        return True
    return caller.role is Role.MINISTRY and kind != "ministry"


def permissions_of(caller: Caller) -> list[str]:
    """Return the names of what the caller may do, sorted; a closed organization's keys may only read."""
    named = (permission.value for permission, roles in PERMISSIONS.items() if caller.role in roles)
    return sorted(name for name in named if caller.organization_open or name.endswith(":read"))


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, when (aware UTC, read once at the edge), and in which request."""

    caller: Caller
    now: datetime
    request_id: str | None = None
