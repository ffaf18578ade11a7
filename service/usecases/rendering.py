"""Records as JSON text, rendered once when they are written, so that reading renders nothing."""

from collections.abc import Mapping
from typing import Any

import orjson

from service.core.records import Record, RecordKind
from service.core.regions import Region


def opening(kind: RecordKind, record: Record, regions: Mapping[str, Region]) -> str:
    """Return the record as everyone sees it: JSON without its closing brace."""
    return orjson.dumps(kind.public_fields(record, regions))[:-1].decode()


def private_part(kind: RecordKind, record: Record) -> str:
    """Return how the JSON goes on for the organization and the ministry, without the contact."""
    return "," + orjson.dumps(kind.private_fields(record))[1:-1].decode()


def contact_part(name: str | None, email: str | None) -> str:
    """Return how the JSON goes on with the contact."""
    if name is None and email is None:
        return ',"contact_name":null,"contact_email":null'
    return "," + orjson.dumps({"contact_name": name, "contact_email": email})[1:-1].decode()


def all_fields(kind: RecordKind, record: Record, regions: Mapping[str, Region]) -> dict[str, Any]:
    """Return every field but the contact's, as the history compares them."""
    return {**kind.public_fields(record, regions), **kind.private_fields(record)}
