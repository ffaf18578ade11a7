"""Webhook endpoints and their secrets: single reads, and writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.webhook_endpoints import Endpoint, EndpointFilter, EndpointState, Health
from service.db.tables import WebhookDeliveryRow, WebhookEndpointRow, WebhookSecretRow


def select_endpoints() -> Select[Any]:
    """Return the statement that reads endpoints with what waits for them; `endpoint_of` makes its rows endpoints."""
    is_active = WebhookEndpointRow.state == EndpointState.ACTIVE.value
    of_it = select(func.count()).where(
        WebhookDeliveryRow.endpoint_id == WebhookEndpointRow.id, WebhookDeliveryRow.state == "pending"
    )
    # Each from an index of its own: after an outage there may be a million.
    waiting, pings = of_it.scalar_subquery(), of_it.where(WebhookDeliveryRow.is_ping).scalar_subquery()
    # Pings are sent in every state, so none is ever held.
    return select(
        WebhookEndpointRow,
        case((is_active, waiting), else_=pings).label("pending"),
        case((is_active, 0), else_=waiting - pings).label("held"),
    )


def endpoint_of(row: WebhookEndpointRow, *, pending: int = 0, held: int = 0) -> Endpoint:
    """Return the endpoint that a row holds."""
    return Endpoint(
        id=row.id,
        organization_id=row.organization_id,
        url=row.url,
        event_types=tuple(row.event_types),
        filter=EndpointFilter(tuple(row.regions), tuple(row.divisions), tuple(row.targets)),
        description=row.description,
        max_in_flight=row.max_in_flight,
        ordered=row.ordered,
        state=EndpointState(row.state),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        health=Health(row.last_success_at, row.last_failure_at, row.failing_since, pending, held),
    )


async def find(tx: AsyncSession, endpoint_id: UUID) -> Endpoint | None:
    """Return an endpoint, or None if there is none."""
    # Another transaction may have changed it since this one read it: the row is always read anew.
    query = select_endpoints().where(WebhookEndpointRow.id == endpoint_id).execution_options(populate_existing=True)
    found = (await tx.execute(query)).one_or_none()
    return None if found is None else endpoint_of(found[0], pending=found.pending, held=found.held)


async def lock(tx: AsyncSession, endpoint_id: UUID, *, to_delete: bool = False) -> Endpoint | None:
    """Return an endpoint and keep others from changing it until the transaction ends; None if there is none.

    Events are written for it all the while, unless it is locked `to_delete`.
    """
    query = select(WebhookEndpointRow.id).where(WebhookEndpointRow.id == endpoint_id)
    locked = await tx.scalar(query.with_for_update(key_share=not to_delete))
    # Read after the lock is had: what was read while waiting for it may be no longer true.
    return None if locked is None else await find(tx, endpoint_id)


async def lock_those_in(tx: AsyncSession, codes: Sequence[str]) -> list[Endpoint]:
    """Return the endpoints whose filter names any of these regions, locked, in the order of their ids."""
    query = select(WebhookEndpointRow).where(WebhookEndpointRow.regions.overlap(codes))
    rows = await tx.scalars(query.order_by(WebhookEndpointRow.id).with_for_update(key_share=True))
    return [endpoint_of(row) for row in rows]


async def add(tx: AsyncSession, endpoint: Endpoint) -> None:
    """Write a new endpoint."""
    values = _values(endpoint) | {"organization_id": endpoint.organization_id, "created_at": endpoint.created_at}
    await tx.execute(insert(WebhookEndpointRow).values(id=endpoint.id, **values))


async def save(tx: AsyncSession, endpoint: Endpoint) -> None:
    """Write a changed endpoint, but for how deliveries to it went, which is the worker's."""
    await tx.execute(update(WebhookEndpointRow).where(WebhookEndpointRow.id == endpoint.id).values(**_values(endpoint)))


async def forget_failures(tx: AsyncSession, endpoint_id: UUID) -> None:
    """Let an endpoint begin with a clean record: what failed before does not count towards disabling it."""
    await tx.execute(update(WebhookEndpointRow).where(WebhookEndpointRow.id == endpoint_id).values(failing_since=None))


async def remove(tx: AsyncSession, endpoint_id: UUID) -> None:
    """Remove an endpoint with its secrets, its deliveries and their attempts."""
    await tx.execute(delete(WebhookEndpointRow).where(WebhookEndpointRow.id == endpoint_id))


async def next_event_sequence(tx: AsyncSession, endpoint_id: UUID) -> int:
    """Count one more event about an endpoint, locked until the transaction ends; return its sequence."""
    change = update(WebhookEndpointRow).where(WebhookEndpointRow.id == endpoint_id)
    counted = change.values(event_sequence=WebhookEndpointRow.event_sequence + 1)
    return int((await tx.execute(counted.returning(WebhookEndpointRow.event_sequence))).scalar_one())


async def add_secret(
    tx: AsyncSession, endpoint_id: UUID, *, secret_id: UUID, ciphertext: bytes, created_at: datetime
) -> None:
    """Write the secret that is in force from now on."""
    values = {"id": secret_id, "endpoint_id": endpoint_id, "ciphertext": ciphertext, "created_at": created_at}
    await tx.execute(insert(WebhookSecretRow).values(**values))


async def retire_secrets(tx: AsyncSession, endpoint_id: UUID, *, now: datetime, until: datetime) -> int:
    """Let the secrets of a locked endpoint end at `until`, those that end earlier then; return how many still sign.

    Those that have ended are removed.
    """
    of_it = WebhookSecretRow.endpoint_id == endpoint_id
    ends = func.least(WebhookSecretRow.valid_until, until)  # nulls don't count
    await tx.execute(update(WebhookSecretRow).where(of_it).values(valid_until=ends))
    await tx.execute(delete(WebhookSecretRow).where(of_it, WebhookSecretRow.valid_until <= now))
    return int(await tx.scalar(select(func.count()).select_from(WebhookSecretRow).where(of_it)) or 0)


async def secrets_in_force(tx: AsyncSession, endpoint_id: UUID, *, now: datetime) -> list[bytes]:
    """Return the ciphertexts of an endpoint's valid secrets, the newest first."""
    is_valid = or_(WebhookSecretRow.valid_until.is_(None), WebhookSecretRow.valid_until > now)
    query = select(WebhookSecretRow.ciphertext).where(WebhookSecretRow.endpoint_id == endpoint_id, is_valid)
    return list(await tx.scalars(query.order_by(WebhookSecretRow.id.desc())))


def _values(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "url": endpoint.url,
        "event_types": list(endpoint.event_types),
        "regions": list(endpoint.filter.regions),
        "divisions": list(endpoint.filter.industries),
        "targets": list(endpoint.filter.targets),
        "description": endpoint.description,
        "max_in_flight": endpoint.max_in_flight,
        "ordered": endpoint.ordered,
        "state": endpoint.state.value,
        "version": endpoint.version,
        "updated_at": endpoint.updated_at,
    }
