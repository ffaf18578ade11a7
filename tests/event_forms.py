"""What every event must be: valid by its own schema, a CloudEvent, and of the form that its sample shows."""

import json
from datetime import datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from service.api.event_documents import sample_of, schema_of
from service.core.events import EventType

ENVELOPE = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "timestamp",
    "datacontenttype",
    "dataschema",
    "sequence",
    "data",
]
_MAY_BE_LEFT_OUT = {"corrected"}


def checked(body: str) -> dict[str, Any]:
    """Return an event's document after it was held to its schema, to CloudEvents, and to its sample."""
    event: dict[str, Any] = json.loads(body)
    type_ = EventType(event["type"])
    schema = schema_of(type_)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(event)
    assert list(event) == ENVELOPE
    assert event["dataschema"] == f"/openapi/events/{type_}.schema.json"
    assert event["time"] == event["timestamp"]
    assert datetime.fromisoformat(event["time"]).tzinfo is not None
    sample = sample_of(type_)
    assert event["subject"].partition("/")[0] == sample["subject"].partition("/")[0]
    assert names(event["data"]) == names(sample["data"])
    return event


def names(value: Any) -> Any:
    """Return the names of an object and of the objects in it, in their order; what is no object has none."""
    if not isinstance(value, dict):
        return None
    return [(name, names(held)) for name, held in value.items() if name not in _MAY_BE_LEFT_OUT]
