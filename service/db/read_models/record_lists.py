"""Pages of factories and of foundation models, by key, filtered and sorted by an index. Hot.

A statement is put together from constant pieces: one per filter given, so that each filter finds its own index. It
gives the whole page as one value, in the bytes that go out: decoding and joining fifty rows cost more than all the
rest of the request (docs/adr/0003-hot-paths.md).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from service.core.records import RecordKind
from service.db.engine import HotPool, Row


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
    "industry": "industry = ${n}",
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
    "own": "organization_id = ${n}",
    "visible_to": "(organization_id = ${n} OR status IN ('verified', 'retired'))",
}

# The record's JSON goes on with these for its organization and the ministry, as `usecases.rendering` writes it.
_CONTACT = """',"contact_name":' || coalesce(to_json(c.name)::text, 'null')
  || ',"contact_email":' || coalesce(to_json(c.email)::text, 'null')"""

# The rows in their order get their places, then all but the one that tells whether there are more become one text.
_PAGE = """
SELECT convert_to(string_agg(item, ',') FILTER (WHERE place <= {limit}), 'UTF8') AS items,
  (array_agg(id) FILTER (WHERE place = {limit}))[1] AS last_id,
  (array_agg(sort_value) FILTER (WHERE place = {limit}))[1] AS last_sort_value,
  count(*) > {limit} AS has_more
FROM (
  SELECT *, row_number() OVER () AS place FROM (
    SELECT r.id, {sort} AS sort_value, {item} AS item
    FROM {table} r {join} {where} ORDER BY {order} LIMIT {limit} + 1
  ) AS found
) AS placed
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """One page asked for: `filters` by the names above, in the types of their columns.

    `whole` says whose records are shown with their private fields: all, or those of one organization.
    """

    whole: Literal["all"] | UUID | None
    sort: str
    is_descending: bool
    limit: int
    after: tuple[Any, ...] | None = None
    filters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordPage:
    """The items as JSON, with commas between them, and where the list goes on, as text for a cursor."""

    items: bytes
    position: tuple[str, ...] | None


async def list_records(pool: HotPool, kind: RecordKind, query: ListQuery) -> RecordPage:
    """Return a page of up to `limit` records."""
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
    statement = _PAGE.format(
        table=kind.record_type,
        join="LEFT JOIN contact c ON c.record_id = r.id" if _has_contact(kind) else "",
        item=_item(kind, query, numbered),
        where=f"WHERE {' AND '.join(conditions)}" if conditions else "",
        order=f"{sort.expression} {direction}, r.id {direction}" if sort.read else f"r.id {direction}",
        sort=sort.expression if sort.read else "NULL::text",
        limit=numbered(query.limit),
    )
    row = await pool.fetchrow(statement, *parameters)
    assert row is not None  # noqa: S101 - an aggregate without groups always gives one
    return RecordPage(row["items"] or b"", _position_of(row) if row["has_more"] else None)


def _has_contact(kind: RecordKind) -> bool:
    return "contact_name" in kind.fields


def _item(kind: RecordKind, query: ListQuery, numbered: Callable[[Any], str]) -> str:
    """Return the expression of a record's text."""
    private = f"r.private_part || {_CONTACT}" if _has_contact(kind) else "r.private_part"
    match query.whole:
        case "all":
            return f"r.document || {private} || '}}'"
        case None:
            return "r.document || '}'"
        case organization_id:
            own = f"r.organization_id = {numbered(organization_id)}"
            return f"r.document || CASE WHEN {own} THEN {private} || '}}' ELSE '}}' END"


def _position_of(row: Row) -> tuple[str, ...]:
    record_id, value = str(row["last_id"]), row["last_sort_value"]
    if value is None:
        return (record_id,)
    return (value if isinstance(value, str) else value.isoformat(), record_id)


def position_from(position: Sequence[str], sort: str) -> tuple[Any, ...]:
    """Return the values of a cursor in the types that the statement compares."""
    read = SORTS[sort].read
    return (UUID(position[0]),) if read is None else (read(position[0]), UUID(position[1]))
