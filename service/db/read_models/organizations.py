"""Pages of organizations."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, collate, func, literal_column, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.organizations import Organization
from service.core.pages import Page
from service.core.records import utc_text
from service.db.repositories.organizations import select_organizations
from service.db.tables import OrganizationRow


async def list_organizations(
    tx: AsyncSession,
    asked: Mapping[str, Any],
    *,
    position: tuple[str, ...] | None = None,
    only: UUID | None = None,
) -> Page[Organization]:
    """Return a page of organizations, or of the one with the id `only`.

    `asked` has `limit`, `sort` and the filters `q` (folded), `kind` and `state`, or None for each.
    """
    sort, limit = asked["sort"], asked["limit"]
    name, is_descending = sort.removeprefix("-"), sort.startswith("-")
    keys = _keys(name)
    query = select_organizations().where(*_filters(asked, only))
    if position is not None:
        here, there = tuple_(*keys), tuple_(*_values(name, position))
        query = query.where(here < there if is_descending else here > there)
    query = query.order_by(*(key.desc() if is_descending else key for key in keys)).limit(limit + 1)
    found = [Organization(**row) for row in (await tx.execute(query)).mappings()]
    return Page(found[:limit], _position(name, found[limit - 1]) if len(found) > limit else None)


def position_length(sort: str) -> int:
    """Return how many values a position in this order has."""
    return len(_keys(sort.removeprefix("-")))


def _keys(name: str) -> list[ColumnElement[Any]]:
    """Return what the order is by; ids rise with the instant of registration, so alone they are that order."""
    match name:
        case "registered_at":
            return [OrganizationRow.id.expression]
        case "updated_at":
            return [OrganizationRow.updated_at.expression, OrganizationRow.id.expression]
        case _:
            return [collate(OrganizationRow.name.expression, "C"), OrganizationRow.id.expression]


def _values(name: str, position: tuple[str, ...]) -> list[Any]:
    match name:
        case "registered_at":
            return [UUID(position[0])]
        case "updated_at":
            return [datetime.fromisoformat(position[0]), UUID(position[1])]
        case _:
            return [position[0], UUID(position[1])]


def _position(name: str, last: Organization) -> tuple[str, ...]:
    match name:
        case "registered_at":
            return (str(last.id),)
        case "updated_at":
            return (utc_text(last.updated_at), str(last.id))
        case _:
            return (last.name, str(last.id))


def _filters(asked: Mapping[str, Any], only: UUID | None) -> list[ColumnElement[bool]]:
    filters = []
    if only is not None:
        filters.append(OrganizationRow.id == only)
    if asked["kind"] is not None:
        filters.append(OrganizationRow.kind == asked["kind"])
    if asked["state"] is not None:
        filters.append(OrganizationRow.state == asked["state"])
    if asked["q"] is not None:
        # Without an index: there are thousands of organizations, not millions.
        names = func.concat_ws("\n", OrganizationRow.name, OrganizationRow.name_en)
        folded = func.lower(func.normalize(names, literal_column("NFKC")))
        filters.append(func.strpos(folded, asked["q"]) > 0)
    return filters
