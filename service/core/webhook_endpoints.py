"""Webhook endpoints: where a partner's system is told, of what, and how it has been doing.

Source: PRODUCT.md section 6, "Endpoint" and promises 1 and 4; what it leaves open: docs/adr/0014-webhook-endpoints.md.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from service.core.access import Caller, Role
from service.core.errors import FieldProblem, TransitionNotAllowed
from service.core.events import EventType
from service.core.fields import (
    FREE_TEXT,
    Bad,
    Field,
    Fields,
    check_body,
    flag,
    identifier,
    instant,
    integer,
    list_of,
    one_of,
    problem,
)
from service.core.industries import DIVISIONS
from service.core.parameters import PAGE, Parameter, Parameters
from service.core.records import utc_text
from service.core.regions import RegionBook
from service.core.retry import disable_at
from service.core.target_fields import REGIONS_LIMIT, division

RECORD_TYPE = "webhook_endpoint"
SUBJECT = "webhook-endpoints"
TARGETS_LIMIT = 100
IN_FLIGHT_DEFAULT = 4
IN_FLIGHT_MOST = 32
OLDER_SECRETS_MOST = 4
"""How many secrets before the one in force may be valid at once: each is one more signature on every request."""
OVERLAP_HOURS_DEFAULT = 24
OVERLAP_HOURS_MOST = 168


class EndpointState(StrEnum):
    """Whether deliveries are sent; a paused or disabled endpoint holds them."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class EndpointFilter:
    """Which events an endpoint is told of; an empty tuple lets everything pass, as does an event without that side.

    Units: two-digit region codes, two-digit industry divisions, codes of targets.
    """

    regions: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint has been doing. `failing_since`: the first failure after the last success, None without one.

    `pending` and `held` count the deliveries that wait: while the endpoint is active, and while it isn't.
    """

    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    failing_since: datetime | None = None
    pending: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a partner's system is told. Its secrets stand elsewhere, encrypted."""

    id: UUID
    organization_id: UUID
    url: str
    created_at: datetime
    updated_at: datetime
    event_types: tuple[str, ...] = ()
    filter: EndpointFilter = EndpointFilter()
    description: str | None = None
    max_in_flight: int = IN_FLIGHT_DEFAULT
    ordered: bool = False
    state: EndpointState = EndpointState.ACTIVE
    version: int = 1
    health: Health = field(default=Health(), compare=False)

    @property
    def subject(self) -> str:
        """Return how events name it."""
        return f"{SUBJECT}/{self.id}"


# What a caller sends


_EVENT_TYPES = tuple(EventType)
FILTER_NAMES = ("regions", "industries", "targets")
READ_ONLY = ("id", "state", "health", "secret", "created_at", "registered_at", "updated_at", "version")
ROTATION_FIELDS: Fields = {
    "overlap_hours": Field(integer(0, OVERLAP_HOURS_MOST), default=OVERLAP_HOURS_DEFAULT),
}
RECOVERY_FIELDS: Fields = {"since": Field(instant, required=True)}
_STATES = tuple(EndpointState)
LIST_PARAMETERS: Parameters = {
    **PAGE,
    "organization": Parameter(
        identifier, description="Those of this organization only.", example="019ab2c4-7d10-7abc-9def-0123456789ab"
    ),
    "state": Parameter(one_of(_STATES), description="Those in this state only.", values=_STATES),
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an endpoint's fields are held against: what its URL may be, the regions, and the targets there are."""

    url: Callable[[Any], str]
    book: RegionBook
    targets: Collection[str]


def check_new(body: Mapping[str, Any], around: Surroundings) -> tuple[dict[str, Any], list[FieldProblem]]:
    """Return the clean fields of a new endpoint and everything that is wrong with its body."""
    fields = {"organization_id": Field(identifier), **_fields(around, EndpointFilter())}
    return check_body(body, fields, read_only=READ_ONLY)


def check_patch(
    endpoint: Endpoint, patch: Mapping[str, Any], around: Surroundings
) -> tuple[Endpoint, list[FieldProblem]]:
    """Return an endpoint after a merge patch (RFC 7396) and everything that is wrong with it; null brings a default."""
    read_only = (*READ_ONLY, "organization_id")
    values, problems = check_body(patch, _fields(around, endpoint.filter), partial=True, read_only=read_only)
    return (endpoint if problems else replace(endpoint, **values)), problems


def _fields(around: Surroundings, current: EndpointFilter) -> Fields:
    return {
        "url": Field(around.url, required=True),
        "event_types": Field(list_of(one_of(_EVENT_TYPES), limit=len(_EVENT_TYPES), drops_repeats=True), default=()),
        "filter": Field(_filter_rule(around, current), default=EndpointFilter()),
        "description": Field(FREE_TEXT),
        "max_in_flight": Field(integer(1, IN_FLIGHT_MOST), default=IN_FLIGHT_DEFAULT),
        "ordered": Field(flag, default=False),
    }


def _filter_rule(around: Surroundings, current: EndpointFilter) -> Callable[[Any], EndpointFilter]:
    """Make the rule of a filter: an object, merged into the `current` one, for a patch reaches into it."""

    def target(value: Any) -> str:
        if not isinstance(value, str):
            raise Bad("not_text")
        if value not in around.targets:
            raise Bad("unknown_target")
        return value

    fields: Fields = {
        "regions": Field(list_of(around.book.resolve, limit=REGIONS_LIMIT, drops_repeats=True), default=()),
        "industries": Field(list_of(division, limit=len(DIVISIONS), drops_repeats=True), default=()),
        "targets": Field(list_of(target, limit=TARGETS_LIMIT, drops_repeats=True), default=()),
    }

    def rule(value: Any) -> EndpointFilter:
        if not isinstance(value, dict):
            raise Bad("not_an_object")
        values, problems = check_body(value, fields, partial=True)
        if problems:
            raise _all_in_one(problems)
        return replace(current, **values)

    return rule


def _all_in_one(problems: list[FieldProblem]) -> Bad:
    """Return problems of the fields of an object as one of the object, with the others in it."""
    bads = []
    for found in problems:
        bad = Bad("not_an_object", within=found.where.removeprefix("#"))
        bad.code, bad.message = found.code, found.message
        bads.append(bad)
    bads[0].others = bads[1:]
    return bads[0]


def named_targets(body: Mapping[str, Any]) -> bool:
    """Tell whether a body names targets, so that those there are have to be known."""
    chosen = body.get("filter")
    return isinstance(chosen, dict) and bool(chosen.get("targets"))


def organization_problems(caller: Caller, organization_id: UUID | None) -> list[FieldProblem]:
    """Tell why a caller can't make an endpoint for this organization: operators alone make them for others."""
    if organization_id is None or sees_endpoint(caller, organization_id):
        return []
    return [problem("organization_id", "unknown_organization")]


def recovery_problems(since: datetime, *, oldest: datetime, now: datetime) -> list[FieldProblem]:
    """Tell why nothing can be recovered since an instant: before what is kept, or still to come."""
    if since < oldest:
        return [problem("since", "before_retention", oldest=utc_text(oldest))]
    return [problem("since", "after_now", now=utc_text(now))] if since > now else []


# What may become of it


def sees_endpoint(caller: Caller, organization_id: UUID) -> bool:
    """Tell whether an endpoint exists for this caller: one's own organization's, and for operators every one."""
    return sees_every_endpoint(caller) or caller.owns(organization_id)


def sees_every_endpoint(caller: Caller) -> bool:
    """Tell whether the caller sees the endpoints of all organizations; the ministry sees its own."""
    return caller.role is Role.OPERATOR


def paused(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that holds its deliveries; one that is paused stays as it is.

    Raises:
        TransitionNotAllowed: it is disabled and holds them already; paused, nobody would see why.
    """
    if endpoint.state is EndpointState.DISABLED:
        allowed = f"{EndpointState.ACTIVE}, {EndpointState.PAUSED}"
        raise TransitionNotAllowed(status=endpoint.state.value, action="pause", allowed=allowed)
    return replace(endpoint, state=EndpointState.PAUSED)


def resumed(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that is sent its deliveries; one that was not begins with a clean record."""
    if endpoint.state is EndpointState.ACTIVE:
        return endpoint
    return replace(endpoint, state=EndpointState.ACTIVE, health=replace(endpoint.health, failing_since=None))


def disabled(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that has failed for too long, or said that it is gone: what waits for it is held."""
    waiting = endpoint.health.pending + endpoint.health.held
    return replace(endpoint, state=EndpointState.DISABLED, health=replace(endpoint.health, pending=0, held=waiting))


def in_current_regions(endpoint: Endpoint, book: RegionBook) -> Endpoint:
    """Return an endpoint whose filter names regions in force: a retired one's successor takes its place."""
    regions = tuple(dict.fromkeys(book.current(code).code for code in endpoint.filter.regions))
    return replace(endpoint, filter=replace(endpoint.filter, regions=regions))


def next_version(endpoint: Endpoint, *, now: datetime) -> Endpoint:
    """Return a changed endpoint as its next version, of the instant `now`."""
    # The clock may stand still or step back; the changes of one endpoint are in order all the same.
    return replace(endpoint, version=endpoint.version + 1, updated_at=max(now, endpoint.updated_at))


def overlap(hours: int) -> timedelta:
    """Return for how long the secret that was in force stays valid after a rotation."""
    return timedelta(hours=hours)


# How it is shown


def public_fields(endpoint: Endpoint) -> dict[str, Any]:
    """Return an endpoint as its organization sees it, ready for JSON. `registered_at`: another name of `created_at`."""
    created_at = utc_text(endpoint.created_at)
    return {
        "id": str(endpoint.id),
        **kept_fields(endpoint),
        "health": _health_fields(endpoint),
        "created_at": created_at,
        "registered_at": created_at,
        "updated_at": utc_text(endpoint.updated_at),
        "version": endpoint.version,
    }


def kept_fields(endpoint: Endpoint) -> dict[str, Any]:
    """Return what was chosen for an endpoint, and its state, ready for JSON: what the audit compares."""
    return {
        "organization_id": str(endpoint.organization_id),
        "url": endpoint.url,
        "event_types": list(endpoint.event_types),
        "filter": {name: list(getattr(endpoint.filter, name)) for name in FILTER_NAMES},
        "description": endpoint.description,
        "max_in_flight": endpoint.max_in_flight,
        "ordered": endpoint.ordered,
        "state": endpoint.state.value,
    }


def changed_fields(before: Endpoint, after: Endpoint) -> tuple[str, ...]:
    """Return the names of the fields in which two versions of an endpoint differ."""
    earlier, later = kept_fields(before), kept_fields(after)
    return tuple(name for name in later if earlier[name] != later[name])


def _health_fields(endpoint: Endpoint) -> dict[str, Any]:
    health = endpoint.health
    # Only what is sent to can fail, and be disabled for it.
    end = disable_at(health.failing_since) if endpoint.state is EndpointState.ACTIVE else None
    instants = {
        "last_success_at": health.last_success_at,
        "last_failure_at": health.last_failure_at,
        "failing_since": health.failing_since,
    }
    return {
        **{name: at and utc_text(at) for name, at in instants.items()},
        "pending": health.pending,
        "held": health.held,
        "disable_at": end and utc_text(end),
    }
