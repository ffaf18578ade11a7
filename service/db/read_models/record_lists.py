"""Pages of factories and of foundation models, by key, filtered and sorted by an index. Hot.

A statement is put together from constant pieces: one per filter given, so that each filter finds its own index.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from service.core.factories import KIND as FACTORY
from service.core.records import RecordKind
from service.db.engine import HotPool, Row

CONTACT_COLUMNS = "c.name AS contact_name, c.email AS contact_email"


@dataclass(frozen=True, slots=True)
class Sort:
    """One order of a list: by `expression`, ties by id. `read` makes its value out of a cursor's text.

    Without `read` it is the order of the ids alone, which rise with the instant of registration.
    """

    expression: str
    read: Callable[[str], Any] | None = None


SORTS: Mapping[str, Sort] = {
    "registered_at": Sort("r.id"),
    "updated_at": Sort("updated_at", datetime.fromisoformat),
    "adoption_date": Sort("adoption_date", date.fromisoformat),
    "released_on": Sort("released_on", date.fromisoformat),
    "name": Sort('r.name COLLATE "C"', str),
}

# One piece of SQL per filter; {n} is the number of its parameter.
_FILTERS: Mapping[str, str] = {
    "region": "region = ${n}",
    "division": "division = ${n}",
    "industry_prefix": "industry LIKE ${n} || '%'",
    "model_industry": "EXISTS (SELECT FROM unnest(industries) AS i WHERE i LIKE ${n} || '%')",
    "foundation_model": "foundation_model_ids @> ARRAY[${n}::uuid]",
    "kind": "kind = ${n}",
    "status": "status = ${n}",
    "organization": "organization_id = ${n}",
    "adopted_from": "adoption_date >= ${n}",
    "adopted_to": "adoption_date <= ${n}",
    "released_from": "released_on >= ${n}",
    "released_to": "released_on <= ${n}",
    "updated_from": "updated_at >= ${n}",
    "q": "character_pairs(search_text) @> character_pairs(${n}) AND position(${n} IN search_text) > 0",
    "visible_to": "(organization_id = ${n} OR status IN ('verified', 'retired'))",
}
PUBLIC = "status IN ('verified', 'retired')"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """One page asked for: `filters` by the names above, in the types of their columns."""

    sort: str
    is_descending: bool
    limit: int
    after: tuple[Any, ...] | None = None
    filters: Mapping[str, Any] = field(default_factory=dict)


async def list_records(pool: HotPool, kind: RecordKind, query: ListQuery) -> list[Row]:
    """Return up to `limit` + 1 rows.

    Their columns: id, organization_id, document, private_part, sort_value and, of factories, the contact.
    """
    parameters: list[Any] = []

    def numbered(value: Any) -> str:
        parameters.append(value)
        return f"${len(parameters)}"

    conditions = [
        _FILTERS[name].replace("${n}", numbered(value)) for name, value in query.filters.items() if value is not None
    ]
    sort = SORTS[query.sort]
    if query.after is not None:
        comparison = "<" if query.is_descending else ">"
        places = [numbered(value) for value in query.after]
        keys = f"({sort.expression}, r.id)" if sort.read else "(r.id)"
        conditions.append(f"{keys} {comparison} ({', '.join(places)})")
    direction = "DESC" if query.is_descending else "ASC"
    order = f"{sort.expression} {direction}, r.id {direction}" if sort.read else f"r.id {direction}"
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    contact, join = "", ""
    if kind is FACTORY:
        contact, join = f", {CONTACT_COLUMNS}", "LEFT JOIN contact c ON c.record_id = r.id"
    statement = (
        f"SELECT r.id, r.organization_id, r.document, r.private_part, {sort.expression} AS sort_value{contact} "  # noqa: S608 - constants above; values are parameters
        f"FROM {kind.record_type} r {join} {where} ORDER BY {order} LIMIT {numbered(query.limit + 1)}"
    ).replace("r.id AS sort_value", "NULL AS sort_value")
    return await pool.fetch(statement, *parameters)


def position_of(row: Row, sort: str) -> tuple[str, ...]:
    """Return where a page that ends with this row goes on from, as text for a cursor."""
    record_id = str(row["id"])
    if SORTS[sort].read is None:
        return (record_id,)
    value = row["sort_value"]
    return (value if isinstance(value, str) else value.isoformat(), record_id)


def position_from(position: Sequence[str], sort: str) -> tuple[Any, ...]:
    """Return the values of a cursor in the types that the statement compares."""
    read = SORTS[sort].read
    return (UUID(position[0]),) if read is None else (read(position[0]), UUID(position[1]))
